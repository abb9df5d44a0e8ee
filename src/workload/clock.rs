//! Logical time: how far each step advances it, and when keys expire.

use super::dice::Dice;
use super::profile::TimeStyle;
use crate::command::{ExpireUnit, UserKey};
use crate::format::CommitTs;

/// The first step's time, 2100-01-01: after every time that a test machine can have, so that nothing written under it is in
/// the past of a real server.
pub(super) const START_MS: u64 = 4_102_444_800_000;

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Expiries that lie further ahead are not jumped to: time would soon run far into the future.
const HORIZON_MS: u64 = HOUR_MS.unsigned_abs();
const REMEMBERED: usize = 32;

/// How far from now, in milliseconds, and how often. Setting an expiry that is not in the future deletes the key.
type Distances = &'static [((i64, i64), u64)];

const STEADY: Distances =
    &[((-MINUTE_MS, 0), 8), ((1, 50), 12), ((SECOND_MS, MINUTE_MS), 40), ((HOUR_MS, 30 * DAY_MS), 40)];
const AROUND_EXPIRIES: Distances =
    &[((-MINUTE_MS, -1), 8), ((0, 0), 4), ((1, 200), 45), ((SECOND_MS, MINUTE_MS), 30), ((HOUR_MS, 30 * DAY_MS), 13)];
const FAR: Distances = &[((DAY_MS, 30 * DAY_MS), 1)];

#[derive(Clone, Debug)]
pub(super) struct Clock {
    style: TimeStyle,
    now_ms: u64,
    /// Expiries that were asked for, whether or not the command had an effect.
    expiries: Vec<(u64, UserKey)>,
}

impl Clock {
    pub(super) fn new(style: TimeStyle) -> Clock {
        Clock { style, now_ms: START_MS, expiries: Vec::new() }
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Advances to the next step's time. When that has to do with a key's expiry, the key is returned.
    pub(super) fn advance(&mut self, dice: &mut Dice) -> Option<UserKey> {
        self.expiries.retain(|(at_ms, _)| *at_ms >= self.now_ms);
        let jump_percent = match self.style {
            TimeStyle::Steady => 1,
            TimeStyle::AroundExpiries => 15,
        };
        if !self.expiries.is_empty() && dice.percent(jump_percent) {
            let (at_ms, key) = dice.pick_ref(&self.expiries)?.clone();
            // At its expiry a key is still there; one millisecond later it is not.
            let offset_ms = dice.pick(&[-1, 0, 0, 1, 1, 1, SECOND_MS]);
            self.go_to(at_ms.saturating_add_signed(offset_ms));
            return Some(key);
        }
        let advance_ms = match dice.below(1000) {
            0..=3 => dice.between(60_000, 300_000),
            4..=33 => dice.between(1000, 10_000),
            _ => dice.below(21),
        };
        self.go_to(self.now_ms.saturating_add(advance_ms));
        None
    }

    /// Goes to a time, unless that is past.
    pub(super) fn go_to(&mut self, at_ms: u64) {
        self.now_ms = at_ms.clamp(self.now_ms, CommitTs::MAX_MS.max(self.now_ms));
    }

    /// The time argument of an expiry command. `far` keeps it days away.
    pub(super) fn draw_expiry(&mut self, dice: &mut Dice, key: &UserKey, unit: ExpireUnit, far: bool) -> i64 {
        // The ends of time in every style: what goes wrong there, as in a double, must come up in every run.
        if unit == ExpireUnit::UnixMilliseconds && dice.percent(6) {
            return dice.pick(&[i64::MAX, i64::MAX, i64::MAX - 1, i64::MAX - 1, 0, 1, -1]);
        }
        let table = match (far, self.style) {
            (true, _) => FAR,
            (false, TimeStyle::Steady) => STEADY,
            (false, TimeStyle::AroundExpiries) => AROUND_EXPIRIES,
        };
        let (low, high) = dice.weighted(table).copied().unwrap_or_default();
        let now_ms = i64::try_from(self.now_ms).unwrap_or(i64::MAX);
        let distance_ms = dice.between_signed(low, high);
        let (time, at_ms) = match unit {
            ExpireUnit::Milliseconds => (distance_ms, now_ms.saturating_add(distance_ms)),
            ExpireUnit::UnixMilliseconds => {
                let at_ms = now_ms.saturating_add(distance_ms);
                (at_ms, at_ms)
            }
            ExpireUnit::Seconds => {
                let seconds = distance_ms / SECOND_MS + distance_ms.signum();
                (seconds, now_ms.saturating_add(seconds * SECOND_MS))
            }
            ExpireUnit::UnixSeconds => {
                let seconds = now_ms.saturating_add(distance_ms) / SECOND_MS + i64::from(distance_ms > 0);
                (seconds, seconds.saturating_mul(SECOND_MS))
            }
        };
        self.remember(key, at_ms);
        time
    }

    fn remember(&mut self, key: &UserKey, at_ms: i64) {
        let Ok(at_ms) = u64::try_from(at_ms) else { return };
        if at_ms > self.now_ms && at_ms - self.now_ms <= HORIZON_MS {
            if self.expiries.len() >= REMEMBERED {
                self.expiries.remove(0);
            }
            self.expiries.push((at_ms, key.clone()));
        }
    }
}

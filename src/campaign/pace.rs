//! Whether there is time for a slow case, where a run has a time limit.
//!
//! A case of a heavy profile costs a hundred others. One that is begun in the last second makes a run of ten seconds last
//! minutes, so before it is begun its time is estimated: by how long the cases of its profile have taken in this run, or if
//! there are none, by how long the others have taken for their size. Other cases are always begun, and so is one of which
//! nothing can be estimated.
//!
//! What is decided depends on the clock. A case that is run does the same whenever it is run.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::jobs::Interrupt;
use crate::workload::Profile;

/// How long a case may go on after the time is up: a quarter of the time, within these bounds.
const GRACE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// How long a case may go on after a time limit.
fn grace(limit: Duration) -> Duration {
    let (least, most) = GRACE;
    (limit / 4).clamp(least, most)
}

/// The time of a run.
pub(super) struct Clock {
    limit: Option<Duration>,
    started: Instant,
    /// What cases have taken.
    pub(super) pace: Pace,
    /// Who ends a case: somebody, or the time.
    pub(super) interrupt: Interrupt,
}

impl Clock {
    /// It begins now.
    pub(super) fn new(limit: Option<Duration>, interrupt: &Interrupt) -> Clock {
        let started = Instant::now();
        // A limit beyond what a clock can show is none.
        let last = limit.and_then(|limit| started.checked_add(limit.checked_add(grace(limit))?));
        let interrupt = last.map_or_else(|| interrupt.clone(), |last| interrupt.until(last));
        Clock { limit, started, pace: Pace::default(), interrupt }
    }

    /// What is left of the time, if it is limited.
    pub(super) fn left(&self) -> Option<Duration> {
        self.limit.map(|limit| limit.saturating_sub(self.started.elapsed()))
    }
}

/// What the cases of a run have taken so far.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<BTreeMap<&'static str, Taken>>);

/// What some cases have taken in all, and how large they were.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    time: Duration,
    size: u64,
}

impl Pace {
    /// Notes that a case of so many units was run to its end.
    pub(super) fn add(&self, profile: &Profile, size: u64, time: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = all.entry(profile.name).or_default();
        *taken = Taken { time: taken.time.saturating_add(time), size: taken.size.saturating_add(size) };
    }

    /// Whether a case of so many units is likely to end in the time that is left.
    pub(super) fn has_room(&self, profile: &Profile, size: u64, left: Duration) -> bool {
        !profile.is_heavy() || self.estimate(profile, size).is_none_or(|estimate| estimate <= left)
    }

    fn estimate(&self, profile: &Profile, size: u64) -> Option<Duration> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_all = || {
            all.values().fold(Taken::default(), |sum, taken| Taken {
                time: sum.time.saturating_add(taken.time),
                size: sum.size.saturating_add(taken.size),
            })
        };
        let Taken { time, size: measured } = all.get(profile.name).copied().unwrap_or_else(of_all);
        let seconds = time.as_secs_f64() * size as f64 / measured as f64;
        // Of nothing it is no number.
        Duration::try_from_secs_f64(seconds).ok().filter(|_| measured > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str) -> &'static Profile {
        Profile::find(name).expect("a profile")
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_heavy_case_is_not_begun_where_others_say_that_it_takes_too_long() {
        let pace = Pace::default();
        let (long, queue) = (profile("long"), profile("queue"));
        assert!(pace.has_room(long, 100_000, Duration::ZERO), "nothing is known");
        pace.add(queue, 1000, SECOND);
        pace.add(profile("ttl"), 1000, 3 * SECOND);
        // Two milliseconds a unit.
        assert!(!pace.has_room(long, 100_000, 199 * SECOND));
        assert!(pace.has_room(long, 100_000, 201 * SECOND));
        assert!(pace.has_room(queue, u64::MAX, Duration::ZERO), "others are always begun");
    }

    #[test]
    fn its_own_profile_says_more_than_others() {
        let pace = Pace::default();
        let (long, many) = (profile("long"), profile("many"));
        pace.add(profile("queue"), 1000, SECOND);
        pace.add(long, 100_000, 10 * SECOND);
        assert!(pace.has_room(long, 200_000, 21 * SECOND) && !pace.has_room(long, 200_000, 19 * SECOND));
        assert!(!pace.has_room(many, 200_000, 21 * SECOND), "of this one the others tell");
    }

    #[test]
    fn the_grace_is_a_quarter_within_bounds() {
        let seconds = |limit| grace(Duration::from_secs(limit)).as_secs();
        assert_eq!([1, 12, 60, 3600].map(seconds), [5, 5, 15, 60]);
    }
}

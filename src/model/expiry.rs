//! When a key goes away: from the time a client gave to the millisecond that is kept.

use crate::command::{ExpireCondition, ExpireUnit};

/// Whether a key with this expiry is gone at `now_ms`. It still lives in the millisecond that its expiry names.
pub fn is_past(expire_at_ms: Option<i64>, now_ms: u64) -> bool {
    expire_at_ms.is_some_and(|expire_at_ms| u64::try_from(expire_at_ms).map_or(true, |at_ms| now_ms > at_ms))
}

/// Whether *setting* this expiry deletes the key. A millisecond stricter than [`is_past`].
pub fn deletes_at_once(expire_at_ms: i64, now_ms: u64) -> bool {
    u64::try_from(expire_at_ms).map_or(true, |at_ms| at_ms <= now_ms)
}

/// The Unix milliseconds that `time` means; `None` when 64 bits do not hold them.
pub fn unix_ms(unit: ExpireUnit, time: i64, now_ms: u64) -> Option<i64> {
    let (factor, relative) = match unit {
        ExpireUnit::Seconds => (1000, true),
        ExpireUnit::Milliseconds => (1, true),
        ExpireUnit::UnixSeconds => (1000, false),
        ExpireUnit::UnixMilliseconds => (1, false),
    };
    let base_ms = if relative { i64::try_from(now_ms).unwrap_or(i64::MAX) } else { 0 };
    time.checked_mul(factor)?.checked_add(base_ms)
}

/// Whether the options let `new_ms` replace `current_ms`.
pub fn admits(condition: ExpireCondition, current_ms: Option<i64>, new_ms: i64) -> bool {
    let ExpireCondition { nx, xx, gt, lt } = condition;
    !(nx && current_ms.is_some()
        || xx && current_ms.is_none()
        || gt && current_ms.is_none_or(|current_ms| new_ms <= current_ms)
        || lt && current_ms.is_some_and(|current_ms| new_ms >= current_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_lives_through_its_last_millisecond_but_cannot_be_given_it() {
        assert!(!is_past(Some(5), 5));
        assert!(is_past(Some(5), 6));
        assert!(is_past(Some(-1), 0));
        assert!(!is_past(None, u64::MAX));
        assert!(deletes_at_once(5, 5));
        assert!(!deletes_at_once(6, 5));
        assert!(deletes_at_once(-1, 0));
        assert!(!deletes_at_once(i64::MAX, 0));
    }

    #[test]
    fn times_overflow_in_either_direction_as_in_redis() {
        use ExpireUnit::*;
        let longest = i64::MAX / 1000;
        assert_eq!(unix_ms(UnixSeconds, longest, 9), Some(longest * 1000));
        assert_eq!(unix_ms(UnixSeconds, longest + 1, 9), None);
        assert_eq!(unix_ms(UnixSeconds, -longest, 9), Some(-longest * 1000));
        assert_eq!(unix_ms(UnixSeconds, -longest - 1, 9), None);
        assert_eq!(unix_ms(Seconds, i64::MIN, 9), None);
        assert_eq!(unix_ms(Seconds, -1, 9), Some(-991));
        assert_eq!(unix_ms(Milliseconds, i64::MAX - 9, 9), Some(i64::MAX));
        assert_eq!(unix_ms(Milliseconds, i64::MAX - 8, 9), None);
        assert_eq!(unix_ms(Milliseconds, i64::MIN, u64::MAX), Some(-1));
        assert_eq!(unix_ms(UnixMilliseconds, i64::MIN, 9), Some(i64::MIN));
        assert_eq!(unix_ms(UnixMilliseconds, i64::MAX, u64::MAX), Some(i64::MAX));
    }

    #[test]
    fn no_expiry_counts_as_infinitely_late() {
        let none = ExpireCondition::default();
        let nx = ExpireCondition { nx: true, ..none };
        let xx = ExpireCondition { xx: true, ..none };
        let gt = ExpireCondition { gt: true, ..none };
        let lt = ExpireCondition { lt: true, ..none };
        let xx_lt = ExpireCondition { xx: true, lt: true, ..none };
        let admitted = |condition, current_ms| [4, 5, 6].map(|new_ms| admits(condition, current_ms, new_ms));
        assert_eq!(admitted(none, Some(5)), [true, true, true]);
        assert_eq!(admitted(nx, None), [true, true, true]);
        assert_eq!(admitted(nx, Some(5)), [false, false, false]);
        assert_eq!(admitted(xx, None), [false, false, false]);
        assert_eq!(admitted(xx, Some(5)), [true, true, true]);
        assert_eq!(admitted(gt, None), [false, false, false]);
        assert_eq!(admitted(gt, Some(5)), [false, false, true]);
        assert_eq!(admitted(lt, None), [true, true, true]);
        assert_eq!(admitted(lt, Some(5)), [true, false, false]);
        assert_eq!(admitted(xx_lt, None), [false, false, false]);
    }
}

//! Expiries: within the time that they can have, either is right; before and after, only one.

use super::*;

const MS: u64 = 1000;
const DAY_MS: u64 = 86_400_000;

/// A list with an expiry of 100 ms that is set between 10 and 20 ms, and what is seen of it at some time.
fn seen_at(at_ms: u64, words: &str, reply: Reply) -> Vec<Operation> {
    vec![
        told(0, 0, MS, "RPUSH k x", INT(1)),
        told(0, 10 * MS, 20 * MS, "PEXPIRE k 100", INT(1)),
        told(1, at_ms * MS, at_ms * MS + 1, words, reply),
    ]
}

#[test]
fn a_key_is_there_before_its_time_and_gone_after_it() {
    for (at_ms, there, gone) in [(30, true, false), (99, true, false), (115, true, true), (140, false, true)] {
        assert_eq!(is_right(seen_at(at_ms, "LLEN k", INT(1))), there, "{at_ms}");
        assert_eq!(is_right(seen_at(at_ms, "LLEN k", INT(0))), gone, "{at_ms}");
    }
}

#[test]
fn what_has_gone_stays_gone() {
    let mut operations = seen_at(115, "LLEN k", INT(0));
    operations.push(told(1, 116 * MS, 116 * MS + 1, "LLEN k", INT(1)));
    assert!(!is_right(operations.clone()));
    operations.pop();
    operations.push(told(1, 116 * MS, 116 * MS + 1, "RPUSH k y", INT(1)));
    operations.push(told(1, 900 * MS, 901 * MS, "LRANGE k 0 -1", bulks(&["y"])));
    assert!(is_right(operations.clone()), "the new list has no expiry");
    operations.push(told(1, 902 * MS, 903 * MS, "PEXPIRETIME k", INT(115)));
    assert!(!is_right(operations));
}

#[test]
fn the_time_that_is_told_is_kept_to() {
    let told_at = |at_ms| {
        let mut operations = seen_at(30, "PEXPIRETIME k", INT(at_ms));
        operations.push(told(1, 31 * MS, 32 * MS, "RENAME k j", Reply::OK));
        operations
    };
    assert!(!is_right(told_at(100)));
    assert!(is_right(told_at(110)));
    assert!(is_right(told_at(120)));
    assert!(!is_right(told_at(130)));
    let mut two_times = told_at(110);
    two_times.push(told(1, 33 * MS, 34 * MS, "PEXPIRETIME j", INT(111)));
    assert!(!is_right(two_times));
    let mut persists = told_at(110);
    persists.push(told(1, 33 * MS, 34 * MS, "PERSIST j", INT(1)));
    persists.push(told(1, 900 * MS, 901 * MS, "LLEN j", INT(1)));
    assert!(is_right(persists));
}

#[test]
fn absolute_times_are_by_the_clock_of_the_server() {
    let clock = ServerClock { earliest_us: 20_000 * DAY_MS * 1000, latest_us: 20_000 * DAY_MS * 1000 + 50 };
    let base_ms = (20_000 * DAY_MS) as i64;
    let right = |time: i64, exists: i64| {
        let operations = vec![
            told(0, 0, MS, "RPUSH k x", INT(1)),
            told(0, 10 * MS, 11 * MS, &format!("PEXPIREAT k {time}"), INT(1)),
            told(0, 50 * MS, 51 * MS, "EXISTS k", INT(exists)),
        ];
        let history = History { clock: Some(clock), operations };
        history.judge(STATES) == Judgement::Explained
    };
    for (time, there, gone) in [
        (base_ms + 200, true, false),
        (base_ms + 49, true, true),
        (base_ms + 30, false, true),
        (base_ms - 1, false, true),
        (-1, false, true),
        (i64::MAX, true, false),
    ] {
        assert_eq!((right(time, 1), right(time, 0)), (there, gone), "{time}");
    }
}

#[test]
fn conditions_hold_for_some_moment_of_the_span() {
    for (words, set, refused) in [
        ("PEXPIRE k 50 GT", false, true),
        ("PEXPIRE k 50 LT", true, false),
        ("PEXPIRE k 95 GT", true, true),
        ("PEXPIRE k 200 XX GT", true, false),
        ("PEXPIRE k 200 NX", false, true),
        ("PEXPIRE none 200 XX", false, true),
        ("EXPIRE k 9223372036854775807", false, false),
    ] {
        assert_eq!(is_right(seen_at(25, words, INT(1))), set, "{words}");
        assert_eq!(is_right(seen_at(25, words, INT(0))), refused, "{words}");
    }
    let error = || Reply::error("ERR invalid expire time in 'expire' command");
    assert!(is_right(seen_at(25, "EXPIRE k 9223372036854775807", error())));
}

#[test]
fn an_expiry_that_may_have_been_set_may_take_the_key_at_any_time() {
    let seen = |at_ms: u64, count| {
        vec![
            told(0, 0, MS, "RPUSH k x", INT(1)),
            lost(0, 10 * MS, "PEXPIRE k 100"),
            told(1, at_ms * MS, at_ms * MS + 1, "LLEN k", INT(count)),
        ]
    };
    assert!(is_right(seen(50, 1)));
    assert!(!is_right(seen(50, 0)));
    assert!(is_right(seen(500, 1)));
    assert!(is_right(seen(500, 0)));
}

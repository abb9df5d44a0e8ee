//! What MONITOR tells of keys that are no lists: whether they are there decides what becomes of lists.

use super::{aof, lists, monitor, monitor_text};
use crate::workload::recorded::is_known;
use crate::workload::recorded::monitor_prefix::find_head;

/// Lines of MONITOR, parted by `;`, and the lists in the end; `!` begins an error. A line without a time is at second 1.
const ROWS: &[(&str, &str)] = &[
    // Expiries, and their conditions.
    ("SET s v;PEXPIREAT s 2000;3 0 c: LPUSH s x", "s=x"),
    ("SET s v;PEXPIREAT s 2000;PERSIST s;3 0 c: LPUSH s x", ""),
    ("SET s v;PEXPIREAT s 2000 XX;3 0 c: LPUSH s x", ""),
    ("SET s v;PEXPIREAT s 2000 NX;3 0 c: LPUSH s x", "s=x"),
    ("SET s v;PEXPIREAT s 2000 GT;3 0 c: LPUSH s x", ""),
    ("SET s v;PEXPIREAT s 5000;PEXPIREAT s 2000 LT;3 0 c: LPUSH s x", "s=x"),
    ("SET s v;PEXPIREAT s 2000;PEXPIREAT s 5000 LT;3 0 c: LPUSH s x", "s=x"),
    ("SET s v;PEXPIREAT s 2000;PEXPIREAT s 5000 GT;3 0 c: LPUSH s x", ""),
    ("ZINCRBY z 1 x;PEXPIREAT z 2000;3 0 c: LPUSH z x", "z=x"),
    ("ZINCRBY z 1 x;PEXPIREAT z 2000 NX;3 0 c: LPUSH z x", "!LPUSH: the recording does not say"),
    // The options of SET and of its kin.
    ("SET s v EX 1;LPUSH s x;3 0 c: LPUSH s y", "s=y"),
    ("SET s v PX 500;LPUSH s x;3 0 c: LPUSH s y", "s=y"),
    ("SET s v EXAT 2;LPUSH s x;3 0 c: LPUSH s y", "s=y"),
    ("SET s v PXAT 2000;LPUSH s x;3 0 c: LPUSH s y", "s=y"),
    ("SETEX s 1 v;LPUSH s x;3 0 c: LPUSH s y", "s=y"),
    ("PSETEX s 500 v;LPUSH s x;3 0 c: LPUSH s y", "s=y"),
    ("SET s v EX 1 KEEPTTL;LPUSH s x", "s=x"),
    ("SET s v NX XX;LPUSH s x", "s=x"),
    ("SET s v XX;LPUSH s x", "s=x"),
    ("SET s v EX 1;SET s w NX;3 0 c: LPUSH s x", "s=x"),
    ("SET s v EX 1;SET s w KEEPTTL;3 0 c: LPUSH s x", "s=x"),
    ("SET s v EX 1;SET s w;3 0 c: LPUSH s x", ""),
    ("SET s v EX 1;SET s w GET;3 0 c: LPUSH s x", ""),
    ("SADD t x;PEXPIREAT t 2000;SET t v GET;3 0 c: LPUSH t x", "t=x"),
    ("SADD t x;PEXPIREAT t 2000;SET t v;3 0 c: LPUSH t x", ""),
    ("ZINCRBY z 1 x;SET z v;LPUSH z x", ""),
    ("ZINCRBY z 1 x;SET z v NX;LPUSH z x", "!LPUSH: the recording does not say"),
    ("ZINCRBY z 1 x;SET z v XX;LPUSH z x", "!LPUSH: the recording does not say"),
    ("ZINCRBY z 1 x;SET z v GET;LPUSH z x", "!LPUSH: the recording does not say"),
    ("ZINCRBY z 1 x;SET z v KEEPTTL;LPUSH z x", "!LPUSH: the recording does not say"),
    ("ZINCRBY z 1 x;SADD z y;SET z v;LPUSH z x", ""),
    ("ZINCRBY z 1 x;SADD z y;SET z v GET;LPUSH z x", "!LPUSH: the recording does not say"),
    ("SETNX s v;LPUSH s x", ""),
    ("GETSET s v;LPUSH s x", ""),
    ("SET s v EX 1;GETEX s PERSIST;3 0 c: LPUSH s x", ""),
    ("SET s v;GETEX s PX 500;3 0 c: LPUSH s x", "s=x"),
    ("ZINCRBY z 1 x;SADD z y;GETEX z PX 500;3 0 c: LPUSH z x", "!LPUSH: the recording does not say"),
    ("ZINCRBY z 1 x;SADD z y;GETDEL z;LPUSH z x", "!LPUSH: the recording does not say"),
    ("MSET n", "!MSET: it has a wrong number"),
    ("MSET n v;LPUSH n x", ""),
    ("MSETNX n v m v;LPUSH n x", ""),
    ("ZINCRBY z 1 x;MSETNX z v n v;LPUSH n x", "!LPUSH: the recording does not say"),
    ("MSETEX 1 n v;LPUSH n x", ""),
    ("MSETEX 3 m v k v n v;LPUSH n x", ""),
    ("MSETEX 1 n v KEEPTTL;LPUSH n x", "!LPUSH: the recording does not say"),
    ("RPUSH l a;ZINCRBY z 1 x;MSETEX 2 l v z v XX", "!MSETEX: the recording does not say whether \"z\""),
    // Of a key that two types may have, no command of either is known to run.
    ("RPUSH l a;SADD t x;SMOVE t u x;SADD u y;SUNIONSTORE l u", ""),
    ("RPUSH l a;ZINCRBY z 1 x;SADD z y;SUNIONSTORE l z", "!SUNIONSTORE: whether it failed"),
    ("SADD t x;SMOVE t u x;PEXPIREAT u 5000;SADD u y;RPUSH u x", "!RPUSH: the recording does not say"),
    ("ZINCRBY z 1 x;SADD z y;RPUSH z x", ""),
    ("ZINCRBY z 1 x;SADD z y;SREM z y;RPUSH z x", "!RPUSH: the recording does not say"),
    // What is stored, and moved.
    ("SUNIONSTORE n m;LPUSH n y", "!LPUSH: the recording does not say"),
    ("SADD t x;SINTERSTORE n t;LPUSH n y", "!LPUSH: the recording does not say"),
    ("SADD t x;SMOVE t u x;LPUSH u y", "!LPUSH: the recording does not say"),
    ("XGROUP CREATE x g 0 MKSTREAM;LPUSH x y", "!LPUSH: the recording does not say"),
    ("SADD t x;MOVE t 2;LPUSH t y", "t=y"),
    ("ZINCRBY z 1 x;MOVE z 2;LPUSH z y", "!LPUSH: the recording does not say"),
    ("ZINCRBY z 1 x;RENAMENX z n;LPUSH n y", "!LPUSH: the recording does not say"),
    ("SADD t x;ZINCRBY z 1 x;RENAMENX t z;LPUSH t y", "!LPUSH: the recording does not say"),
    ("RPUSH l a;COPY l l DB 2;DEL l;SWAPDB 0 2", "l=a"),
    ("SET s v EX 1;SADD t x;COPY s t;3 0 c: LPUSH t y", ""),
    ("SET s v;COPY s n;LPUSH n x", ""),
    ("ZINCRBY z 1 x;COPY z n;LPUSH n y", "!LPUSH: the recording does not say"),
    ("SET s v;SADD t x;COPY s t;LPUSH t y", ""),
    ("RPUSH l a;SET s v;LMPOP 2 l s LEFT", ""),
    // Those who wait.
    ("1 0 a: BLPOP k 0;1 0 b: RPUSH k x y;1 0 c: LPOP k", "!BLPOP: it waited for an item of"),
    ("RPUSH m z;1 0 a: BLPOP k 0;1 0 b: RPUSH k x y;1 0 c: LPOP m", "k=y"),
    ("1 0 a: BLPOP k 1;3 0 b: RPUSH k x", "!BLPOP: it waited for an item, and whether it had timed out"),
    // A clock that is set back later: what expired meanwhile may have been noticed, or not.
    ("10 0 c: SET s v PX 90000;5 0 c: LPUSH s x", ""),
    ("9 0 c: SET s v PXAT 10000;10 0 c: PING;5 0 c: LPUSH s x", ""),
    ("9 0 c: SET s v PXAT 9999;10 0 c: PING;5 0 c: LPUSH s x", "!LPUSH: the recording does not say"),
    ("9 0 c: RPUSH l a;9 0 c: PEXPIREAT l 10000;10 0 c: RPUSH l b;5 0 c: LLEN l", "l=a,b@10000"),
    ("10 0 c: RPUSH l a;10 0 c: PEXPIREAT l 9000;5 0 c: PING", ""),
    ("10 0 c: RPUSH l a;10 0 c: PEXPIREAT l 10000;5 0 c: PING", ""),
    ("10 0 c: RPUSH l a;10 0 c: PEXPIREAT l 10001;5 0 c: PING", "l=a@10001"),
    ("9 0 c: RPUSH l a;9 0 c: PEXPIREAT l 10000;12 0 c: PING;5 0 c: SETNX l v", "!SETNX: the list"),
    ("9 0 c: RPUSH l a;9 0 c: PEXPIREAT l 10000;12 0 c: PING;5 0 c: GET l;5 0 c: DEL l", ""),
    ("RPUSH l a;MULTI;PEXPIREAT l 500;RPUSH l b;EXPIRE l 5;EXEC", "l=b@6000"),
    ("RPUSH l a;MULTI;EXPIRE l 5;EXEC", "l=a@6000"),
    (
        "10 0 c: RPUSH l a;10 0 c: MULTI;10 0 c: LLEN l;9 0 c: EXPIRE l 5;10 0 c: EXEC",
        "!EXPIRE: it counts from a time that is not recorded, because the clock was set back",
    ),
];

fn require(script: &str, expected: &str) {
    let found = lists(monitor(&script.split(';').collect::<Vec<_>>()));
    match (expected.strip_prefix('!'), &found) {
        (Some(expected), Err(error)) if error.contains(expected) => {}
        (None, Ok(found)) if found == expected => {}
        _ => panic!("{script}: {found:?}, expected {expected}"),
    }
}

#[test]
fn what_is_known_of_other_keys_decides_what_becomes_of_lists() {
    ROWS.iter().for_each(|(script, expected)| require(script, expected));
}

/// The clock is set back in the end, so that the trace's time waits, and what counts from the recording's is worked out.
#[test]
fn conditions_hold_an_expiry_back_that_counts_from_a_time_ahead_of_the_traces() {
    for (before, option, expected) in [
        ("PING", "5 XX", "l=a"),
        ("PING", "5 GT", "l=a"),
        ("PING", "5 NX", "l=a@15000"),
        ("PING", "5 LT", "l=a@15000"),
        ("PEXPIREAT l 20000", "5", "l=a@15000"),
        ("PEXPIREAT l 20000", "11", "l=a@21000"),
        ("PEXPIREAT l 20000", "5 XX", "l=a@15000"),
        ("PEXPIREAT l 20000", "5 NX", "l=a@20000"),
        ("PEXPIREAT l 20000", "5 GT", "l=a@20000"),
        ("PEXPIREAT l 20000", "11 GT", "l=a@21000"),
        ("PEXPIREAT l 20000", "5 LT", "l=a@15000"),
        ("PEXPIREAT l 20000", "11 LT", "l=a@20000"),
    ] {
        let script = format!("10 0 c: RPUSH l a;10 0 c: {before};10 0 c: EXPIRE l {option};5 0 c: PING");
        require(&script, expected);
    }
}

/// What does nothing is a step too, where the store that is tried must do nothing as well.
#[test]
fn commands_that_read_or_do_nothing_are_steps_unless_another_type_is_in_the_way() {
    let steps = |lines: &[&str]| monitor(lines).filter(Result::is_ok).count();
    assert_eq!(steps(&["SET s v", "TYPE s", "EXISTS s", "PEXPIRETIME s"]), 3);
    assert_eq!(steps(&["SET s v", "LLEN s", "LPOP s", "EXPIRE s 5", "PERSIST s"]), 0);
    assert_eq!(steps(&["LLEN n", "LMPOP 1 n LEFT", "EXPIRE n 5", "PERSIST n"]), 4);
    assert_eq!(steps(&["SET s v", "LMPOP 2 n s LEFT"]), 0);
    let steps = |lines: &[&str]| aof(lines).filter(Result::is_ok).count();
    assert_eq!(steps(&["EXPIRE n 5"]), 0, "it counts from nothing, and nothing is there");
    assert_eq!((steps(&["#TS:5", "EXPIRE n 5"]), steps(&["PEXPIREAT n 90000"])), (1, 1));
}

#[test]
fn an_expiry_stays_as_it_was_sent_where_the_traces_time_is_the_recordings() {
    let last = monitor(&["RPUSH l a", "EXPIRE l 5 NX"]).last().expect("a step").expect("a good one");
    let sent = last.action.requests().first().map(|request| request.args().join(&b' '));
    assert_eq!(sent.as_deref(), Some(b"EXPIRE l 5 NX".as_slice()));
}

#[test]
fn an_expiry_at_the_very_time_of_the_recording_says_nothing_of_its_clock() {
    assert_eq!(lists(aof(&["#TS:5", "RPUSH l a", "PEXPIREAT l 5000", "EXPIRE l 5"])).as_deref(), Ok("l=a@10000"));
    let mut steps = aof(&["#TS:1000", "RPUSH q a", "PEXPIREAT q 900000", "#TS:1001", "PEXPIREAT q 800000"]);
    assert!(steps.by_ref().all(|step| step.is_ok()));
    assert_eq!(steps.notes().len(), 2, "a new time is a new step back: {:?}", steps.notes());
}

#[test]
fn whoever_waits_in_another_database_is_counted_there() {
    let mut steps = monitor(&["1 3 a: BLPOP k 0", "1 3 b: RPUSH k x", "1 3 a: PING", "1 0 a: RPUSH l a"]);
    assert!(steps.by_ref().all(|step| step.is_ok()));
    assert_eq!(steps.commands_elsewhere().collect::<Vec<_>>(), [(3, 2)]);
}

#[test]
fn a_line_that_is_cut_is_said_to_be() {
    for (end, is_cut) in [("\n", false), ("", true)] {
        let mut steps = monitor_text(format!("OK\n1.000000 [0 c] \"LLEN\" \"k\"{end}").as_bytes());
        assert_eq!((steps.by_ref().filter(Result::is_ok).count(), steps.is_cut()), (usize::from(!is_cut), is_cut));
    }
}

#[test]
fn what_is_no_head_of_a_line_is_none() {
    assert_eq!(find_head(b"x 1.107412 [0 c] \"GET\""), Some(2));
    for line in [".107412 [0 c] \"GET\"", "1.1074ab [0 c] \"GET\"", "1.107412 [ c] \"GET\"", "1.1074123 [0 c] \"GET\""]
    {
        assert_eq!(find_head(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn a_command_is_known_unless_it_is_refused_whatever_it_is_about() {
    assert!(["LPUSH", "get", "SORT", "JSON.SET"].iter().all(|name| is_known(name)));
    assert!(!["RESTORE", "DEBUG", "NOSUCH"].iter().any(|name| is_known(name)));
}

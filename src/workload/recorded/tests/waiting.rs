//! Blocking commands of MONITOR that wait.

use super::{lists, monitor};

/// What is done to lists while somebody waits, by client; `!` begins an error.
const WAITS: &[(&[&str], &str)] = &[
    (&["1 0 a: BLPOP q 0", "2 0 b: RPUSH q x y"], "q=y"),
    (&["1 0 a: BRPOP q 0", "2 0 b: RPUSH q x y"], "q=x"),
    (&["1 0 a: BLPOP q 5", "2 0 b: RPUSH q x y"], "q=y"),
    (&["1 0 a: BLMPOP 0 1 q LEFT COUNT 2", "2 0 b: RPUSH q x y z"], "q=z"),
    // Of several keys the one that comes.
    (&["1 0 a: BLPOP p q 0", "2 0 b: RPUSH q x y"], "q=y"),
    (
        &["1 0 a: BLPOP p q 0", "2 0 b: MULTI", "2 0 b: RPUSH q x", "2 0 b: RPUSH p x", "2 0 b: EXEC"],
        "!line 2: BLPOP: it waited for several keys",
    ),
    // A list can come otherwise, too.
    (&["1 0 b: RPUSH l x y", "2 0 a: BLPOP q 0", "3 0 b: RENAME l q"], "q=y"),
    (&["1 0 b: RPUSH l x y", "2 0 a: BLPOP q 0", "3 0 b: COPY l q"], "l=x,y q=y"),
    (&["1 2 b: RPUSH q x y", "2 0 a: BLPOP q 0", "3 0 b: SWAPDB 0 2"], "q=y"),
    (&["1 0 a: BLPOP q 0", "2 2 b: RPUSH q x y", "2 0 b: RPUSH l x"], "l=x"),
    // Served in turn.
    (&["1 0 a: BLMOVE q p LEFT LEFT 0", "1 0 b: BLPOP p 0", "2 0 c: RPUSH q x y"], "q=y"),
    (&["1 0 a: BRPOPLPUSH q q 0", "2 0 b: RPUSH q x y"], "q=y,x"),
    // After the whole transaction, or the whole script.
    (&["1 0 a: BLPOP q 0", "2 0 b: MULTI", "2 0 b: RPUSH q x y", "2 0 b: LPOP q", "2 0 b: EXEC"], ""),
    (&["1 0 a: BLPOP q 0", "2 0 b: EVAL code 0", "2 0 lua: RPUSH q x y", "2 0 lua: LPOP q"], ""),
    (
        &["1 0 a: BLPOP q 0", "2 0 b: MULTI", "2 0 b: RPUSH q x", "2 0 b: DEL q", "2 0 b: EXEC", "3 0 b: RPUSH q y z"],
        "q=z",
    ),
    // Who is heard of again waits no more.
    (&["1 0 a: BLPOP q 0", "2 0 a: PING", "3 0 b: RPUSH q x y"], "q=x,y"),
    (&["1 0 a: BLPOP q 1", "2 0 a: BLPOP q 0", "3 0 b: RPUSH q x y"], "q=y"),
    // Timeouts.
    (&["1 0 a: BLPOP q 5", "9 0 b: RPUSH q x y"], "q=x,y"),
    (
        &["1 0 a: BLPOP q 5", "6 0 b: RPUSH q x y"],
        "!line 2: BLPOP: it waited for an item, and whether it had timed out",
    ),
    (&["1 0 a: BLPOP q 1", "1 0 c: BLPOP q 0", "9 0 b: RPUSH q x y"], "q=y"),
    // Two that wait, and others that take.
    (
        &["1 0 a: BLPOP q 0", "1 0 c: BRPOP q 0", "2 0 b: RPUSH q x y"],
        "!line 2: BLPOP: it waited for an item, and so did line 3",
    ),
    (
        &["1 0 a: BLPOP q 0", "2 0 b: RPUSH q x y", "3 0 c: LPOP q"],
        "!line 2: BLPOP: it waited for an item of \"q\", and line 4",
    ),
    (
        &["1 0 a: BLPOP q 0", "2 0 b: RPUSH q x y", "3 0 c: BLPOP q 0"],
        "!line 2: BLPOP: it waited for an item of \"q\", and line 4",
    ),
    (&["1 0 a: BLPOP q 0", "2 0 b: RPUSH q x y", "3 0 a: PING", "3 0 c: LPOP q"], ""),
    (&["1 0 a: BLPOP q 0", "2 0 b: RPUSH q x y", "3 0 c: LLEN q", "3 0 c: RPUSH q z", "4 0 c: DEL l q"], ""),
    (&["1 0 a: BLPOP q 0", "2 0 c: LPOP q", "3 0 b: RPUSH q x y"], "q=y"),
    (&["1 0 unix:/s: BLPOP q 0"], "!line 2: BLPOP: it waited for an item, and clients of a unix socket"),
    // The destination holds another type.
    (&["1 0 b: SET p v", "1 0 a: BLMOVE q p LEFT LEFT 0", "2 0 b: RPUSH q x"], "q=x"),
    // A clock that goes back makes timeouts uncertain.
    (
        &["5 0 a: BLPOP q 9", "4 0 b: PING", "6 0 b: RPUSH q x"],
        "!line 2: BLPOP: it waited for an item, and whether it had",
    ),
    (&["5 0 a: BLPOP q 0", "4 0 b: PING", "6 0 b: RPUSH q x"], ""),
];

#[test]
fn who_waits_is_served_by_what_comes() {
    for (lines, expected) in WAITS {
        let found = lists(monitor(lines));
        match (expected.strip_prefix('!'), &found) {
            (Some(expected), Err(error)) if error.starts_with(expected) => {}
            (None, Ok(found)) if found == expected => {}
            _ => panic!("{lines:?}: {found:?}, expected {expected}"),
        }
    }
    let mut steps = monitor(&["1 0 a: BLPOP q 0", "2 0 b: PING"]);
    assert_eq!(steps.by_ref().count(), 0);
    assert_eq!(steps.notes(), ["note: skipped 1 BLPOP, 1 PING (no effect on lists)"]);
}

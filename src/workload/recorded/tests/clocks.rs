//! Recordings whose clock was set back.

use super::{aof, lists, monitor};

/// Every expiry here came out by what logical time had reached, minutes late, or the list was gone.
#[test]
fn in_an_append_only_file_what_is_written_took_effect() {
    let notes = |lines: &[&str]| {
        let mut steps = aof(lines);
        assert!(steps.by_ref().all(|step| step.is_ok()), "{lines:?}");
        steps.notes()
    };
    // The clock goes back, and nothing says so but the expiries.
    let back = ["#TS:1000", "RPUSH q a", "PEXPIREAT q 700000", "RPUSH q b", "PEXPIREAT q 600000", "LPOP q"];
    assert_eq!(lists(aof(&back)).as_deref(), Ok("q=b@600000"));
    let note = "note: byte 39: the clock was set back by 400.000 s or more; expiries are taken as they are written";
    assert_eq!(notes(&back), [note]);
    // A list that is used after its expiry had not expired.
    let used = ["#TS:1000", "RPUSH q a", "PEXPIREAT q 1100000", "#TS:1200", "RPUSH q b", "LSET q 0 c"];
    assert_eq!(lists(aof(&used)).as_deref(), Ok("q=c,b@1100000"));
    assert!(notes(&used)[0].contains("set back by 100.000 s or more"), "{:?}", notes(&used));
    // Several steps, and one within a transaction.
    let lines = [
        "#TS:1000",
        "MULTI",
        "RPUSH q a",
        "PEXPIREAT q 900000",
        "EXEC",
        "#TS:800",
        "RPUSH q b",
        "#TS:700",
        "RPUSH q c",
    ];
    assert_eq!(lists(aof(&lines)).as_deref(), Ok("q=a,b,c@900000"));
    let said: Vec<String> = notes(&lines).iter().map(|note| note.split(';').next().unwrap().to_owned()).collect();
    let sizes = ["100.000 s or more", "200.000 s", "100.000 s"];
    assert!(said.len() == 3 && said.iter().zip(sizes).all(|(note, size)| note.ends_with(size)), "{said:?}");
    // Other keys' expiries tell it as well.
    assert_eq!(notes(&["#TS:1000", "SET s v", "PEXPIREAT s 999000"]).len(), 2);
    // What the server deleted had expired, and what it set anew is there.
    let gone = ["#TS:1000", "RPUSH q a", "PEXPIREAT q 1100000", "#TS:1200", "DEL q", "RPUSH q b"];
    assert_eq!(lists(aof(&gone)).as_deref(), Ok("q=b"));
    assert_eq!(notes(&gone), [""; 0]);
    // A condition held, or the command would not be there.
    assert_eq!(lists(aof(&["RPUSH q a", "PEXPIREAT q 9000 GT"])).as_deref(), Ok("q=a@9000"));
    // What counts from a time that is not known any more is refused; with the next time it is known again.
    let relative = ["#TS:1000", "RPUSH q a", "PEXPIREAT q 900000", "PEXPIRE q 5"];
    let error = lists(aof(&relative)).expect_err("no time");
    assert!(error.starts_with("byte ") && error.contains("PEXPIRE: it counts from a time"), "{error}");
    let again = ["#TS:1000", "RPUSH q a", "PEXPIREAT q 900000", "#TS:1001", "PEXPIRE q 5"];
    assert_eq!(lists(aof(&again)).as_deref(), Ok("q=a@1001005"));
    // The recording's own end decides what has expired, unless its clock is in doubt.
    let last = |lines: &[&str]| {
        let mut steps = aof(lines);
        steps.by_ref().for_each(drop);
        steps.last_ms()
    };
    assert_eq!((last(&gone), last(&back), last(&["RPUSH q a"])), (Some(1_200_000), None, None));
}

/// In MONITOR an expiry counts from its own line, and what has expired by the lines' times is gone.
#[test]
fn in_monitor_expiries_count_from_their_own_lines() {
    for (lines, expected) in [
        // Lists come and go while logical time waits for the earliest line that is to come.
        (
            &["9 0 c: RPUSH q a", "9 0 c: EXPIRE q 2", "12 0 c: RPUSH q b", "1 0 c: RPUSH r x", "2 0 c: EXPIRE r 3"][..],
            "q=b r=x@5000",
        ),
        (&["9 0 c: RPUSH q a", "1 0 c: EXPIRE q 1", "2 0 c: RPUSH q b", "3 0 c: RPUSH q c"], "q=c"),
        (&["9 0 c: RPUSH q a", "1 0 c: EXPIRE q -1", "9 0 c: PING"], ""),
        (
            &[
                "9 0 c: RPUSH q a",
                "1 0 c: PEXPIREAT q 5000 NX",
                "1 0 c: PEXPIREAT q 4000 GT",
                "1 0 c: PEXPIREAT q 3000 LT",
            ],
            "q=a@3000",
        ),
        (&["9 0 c: RPUSH q a", "1 0 c: PEXPIREAT q 5000 XX", "1 0 c: PEXPIREAT q 5000", "2 0 c: PERSIST q"], "q=a"),
        // Several steps back.
        (
            &["9 0 c: RPUSH q a", "5 0 c: EXPIRE q 9", "8 0 c: PING", "4 0 c: RPUSH r x", "2 0 c: EXPIRE r 1"],
            "q=a@14000 r=x@3000",
        ),
        // A list in another database, and one that comes from there.
        (&["9 1 c: RPUSH q a", "9 1 c: EXPIRE q 2", "12 1 c: RPUSH q b", "1 1 c: MOVE q 0"], "q=b"),
        // Other keys.
        (&["9 0 c: SET s v EX 2", "12 0 c: RPUSH s a", "1 0 c: PING"], "s=a"),
        (
            &["9 0 c: SET s v EX 2", "12 0 c: PING", "1 0 c: RPUSH s a"],
            "!line 4: RPUSH: the recording does not say whether \"s\"",
        ),
        // Whether the server had noticed that a list was gone is not known.
        (
            &["9 0 c: RPUSH q a", "9 0 c: EXPIRE q 2", "12 0 c: PING", "1 0 c: RPUSH q b"],
            "!line 5: RPUSH: the list \"q\" had expired",
        ),
        (
            &["9 0 c: RPUSH q a", "9 0 c: EXPIRE q 2", "12 0 c: PING", "1 0 c: LLEN q"],
            "!line 5: the end: the list \"q\" had expired",
        ),
        (&["9 0 c: RPUSH q a", "9 0 c: EXPIRE q 2", "12 0 c: PING", "1 0 c: DEL q", "1 0 c: RPUSH q b"], "q=b"),
        (&["9 0 c: RPUSH q a", "9 0 c: EXPIRE q 2", "12 0 c: PING", "1 0 c: FLUSHALL"], ""),
        (&["9 0 c: RPUSH q a", "9 0 c: EXPIRE q 2", "12 0 c: LLEN q", "1 0 c: RPUSH q b"], "q=b"),
        (&["9 0 c: RPUSH q a", "9 0 c: EXPIRE q 2", "12 0 c: PING", "1 0 c: PING", "12 0 c: RPUSH q b"], "q=b"),
        // Within a transaction it is not known either which time counts.
        (
            &["9 0 c: RPUSH q a", "9 0 c: MULTI", "9 0 c: LLEN q", "1 0 c: EXPIRE q 5", "1 0 c: EXEC"],
            "!line 5: EXPIRE: it counts from a time",
        ),
    ] {
        let found = lists(monitor(lines));
        match (expected.strip_prefix('!'), &found) {
            (Some(expected), Err(error)) if error.starts_with(expected) => {}
            (None, Ok(found)) if found == expected => {}
            _ => panic!("{lines:?}: {found:?}, expected {expected}"),
        }
    }
    let mut steps = monitor(&["9 0 c: PING", "1 0 c: RPUSH q a", "1 0 c: MULTI", "1 0 c: LLEN q", "1 0 c: EXEC"]);
    assert_eq!(steps.by_ref().map(|step| step.expect("right").at_ms).collect::<Vec<_>>(), [Some(1000), Some(1000)]);
    assert_eq!(
        steps.notes()[1],
        "note: line 3: the clock was set back by 8.000 s; expiries count from their own lines"
    );
}

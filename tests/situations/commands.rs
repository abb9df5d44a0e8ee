//! What each row about commands takes, as small as can be: its last step reaches it, and the steps before do not.
//!
//! Steps are divided by semicolons, and all at one time, 2100-01-01, but those that begin with `@`, which are so many
//! milliseconds later. Rows of commands that are alike have their traces in one table, with words that stand for what
//! differs.

/// A table for several commands: of each, what the rows' names begin with, and what the words stand for.
struct Alike {
    commands: &'static [(&'static str, &'static [(&'static str, &'static str)])],
    rows: &'static [(&'static str, &'static str)],
}

const START_MS: u64 = 4_102_444_800_000;

const ALIKE: &[Alike] = &[
    Alike {
        commands: &[("lpush", &[("DO", "LPUSH")]), ("rpush", &[("DO", "RPUSH")])],
        rows: &[
            ("-missing", "DO k a"),
            ("-list", "RPUSH k a; DO k b"),
            ("-several", "DO k a b"),
            ("-wrong-arity", "DO k"),
        ],
    },
    Alike {
        commands: &[("lpushx", &[("DO", "LPUSHX")]), ("rpushx", &[("DO", "RPUSHX")])],
        rows: &[
            ("-missing", "DO k a"),
            ("-list", "RPUSH k a; DO k b"),
            ("-several", "RPUSH k a; DO k b c"),
            ("-wrong-arity", "DO k"),
        ],
    },
    Alike {
        commands: &[("lpop", &[("POP", "LPOP")]), ("rpop", &[("POP", "RPOP")])],
        rows: &[
            ("", "RPUSH k a b; POP k"),
            ("-last", "RPUSH k a; POP k"),
            ("-missing", "POP k"),
            ("-count-0", "RPUSH k a; POP k 0"),
            ("-count-below", "RPUSH k a b; POP k 1"),
            ("-count-equal", "RPUSH k a b; POP k 2"),
            ("-count-above", "RPUSH k a b; POP k 3"),
            ("-count-missing", "POP k 1"),
            ("-count-0-missing", "POP k 0"),
            ("-count-negative", "POP k -1"),
            ("-count-no-integer", "POP k many"),
            ("-two-counts", "POP k 1 1"),
            ("-wrong-arity", "POP"),
        ],
    },
    Alike {
        commands: &[("lrange", &[("TAKE", "LRANGE")]), ("ltrim", &[("TAKE", "LTRIM")])],
        rows: &[
            ("-all", "RPUSH k a b; TAKE k 0 -1"),
            ("-middle", "RPUSH k a b c; TAKE k 1 1"),
            ("-negative", "RPUSH k a b; TAKE k -1 -1"),
            ("-start-above-stop", "RPUSH k a b; TAKE k 1 0"),
            ("-start-at-length", "RPUSH k a b; TAKE k 2 3"),
            ("-start-before-head", "RPUSH k a b; TAKE k -3 0"),
            ("-stop-at-length", "RPUSH k a b; TAKE k 1 2"),
            ("-stop-before-head", "RPUSH k a b; TAKE k 0 -3"),
            ("-lowest-to-highest", "RPUSH k a b; TAKE k LOWEST HIGHEST"),
            ("-missing", "TAKE k 0 -1"),
            ("-start-no-integer", "TAKE k first 1"),
            ("-stop-no-integer", "TAKE k 0 last"),
            ("-wrong-arity", "TAKE k 0"),
        ],
    },
    Alike {
        commands: &[
            ("rpoplpush", &[("MOVE", "RPOPLPUSH"), ("ENDS", "")]),
            ("lmove", &[("MOVE", "LMOVE"), ("ENDS", " LEFT LEFT")]),
        ],
        rows: &[
            ("-one-item", "RPUSH k a; MOVE k kENDS"),
            ("-empties", "RPUSH k a; MOVE k lENDS"),
            ("-to-missing", "RPUSH k a b; MOVE k lENDS"),
            ("-missing", "RPUSH l a; MOVE k lENDS"),
            ("-both-missing", "MOVE k lENDS"),
            ("-missing-to-itself", "MOVE k kENDS"),
            ("-wrong-arity", "MOVE k"),
        ],
    },
    Alike {
        commands: &[("del", &[("NAME", "DEL")]), ("exists", &[("NAME", "EXISTS")])],
        rows: &[
            ("", "RPUSH k a; NAME k"),
            ("-missing", "NAME k"),
            ("-several", "RPUSH k a; RPUSH l a; NAME k l"),
            ("-some-missing", "RPUSH k a; NAME k l"),
            ("-all-missing", "NAME k l"),
            ("-same-key", "RPUSH k a; NAME k k"),
            ("-wrong-arity", "NAME"),
        ],
    },
    Alike {
        commands: &[
            ("expire", &[("SET", "EXPIRE"), ("SOON", "100"), ("LATER", "200"), ("PAST", "-10"), ("NOW", "0")]),
            ("pexpire", &[("SET", "PEXPIRE"), ("SOON", "100"), ("LATER", "200"), ("PAST", "-10"), ("NOW", "0")]),
            (
                "expireat",
                &[
                    ("SET", "EXPIREAT"),
                    ("SOON", "4102444900"),
                    ("LATER", "4102445000"),
                    ("PAST", "4102444790"),
                    ("NOW", "4102444800"),
                ],
            ),
            (
                "pexpireat",
                &[
                    ("SET", "PEXPIREAT"),
                    ("SOON", "4102444800100"),
                    ("LATER", "4102444800200"),
                    ("PAST", "4102444799990"),
                    ("NOW", "4102444800000"),
                ],
            ),
        ],
        rows: &[
            ("", "RPUSH k a; SET k SOON"),
            ("-again", "RPUSH k a; SET k SOON; SET k LATER"),
            ("-missing", "SET k SOON"),
            ("-past", "RPUSH k a; SET k PAST"),
            ("-now", "RPUSH k a; SET k NOW"),
            ("-past-refused", "RPUSH k a; SET k PAST XX"),
            ("-nx", "RPUSH k a; SET k SOON NX"),
            ("-nx-refused", "RPUSH k a; SET k SOON; SET k LATER NX"),
            ("-xx", "RPUSH k a; SET k SOON; SET k LATER XX"),
            ("-xx-refused", "RPUSH k a; SET k SOON XX"),
            ("-gt", "RPUSH k a; SET k SOON; SET k LATER GT"),
            ("-gt-equal", "RPUSH k a; SET k SOON; SET k SOON GT"),
            ("-gt-earlier", "RPUSH k a; SET k LATER; SET k SOON GT"),
            ("-gt-without", "RPUSH k a; SET k SOON GT"),
            ("-lt", "RPUSH k a; SET k LATER; SET k SOON LT"),
            ("-lt-equal", "RPUSH k a; SET k SOON; SET k SOON LT"),
            ("-lt-later", "RPUSH k a; SET k SOON; SET k LATER LT"),
            ("-lt-without", "RPUSH k a; SET k SOON LT"),
            ("-xx-gt", "RPUSH k a; SET k SOON; SET k LATER XX GT"),
            ("-xx-lt", "RPUSH k a; SET k LATER; SET k SOON XX LT"),
            ("-xx-lt-without", "RPUSH k a; SET k SOON XX LT"),
            ("-no-integer", "SET k soon"),
            ("-option", "SET k SOON EVER"),
            ("-nx-xx", "SET k SOON NX XX"),
            ("-gt-lt", "SET k SOON GT LT"),
            ("-wrong-arity", "SET k"),
        ],
    },
];

const TRACES: &[(&str, &str)] = &[
    ("lmpop-left", "RPUSH k a b; LMPOP 1 k LEFT"),
    ("lmpop-right", "RPUSH k a b; LMPOP 1 k RIGHT"),
    ("lmpop-last", "RPUSH k a; LMPOP 1 k LEFT"),
    ("lmpop-count-below", "RPUSH k a b; LMPOP 1 k LEFT COUNT 1"),
    ("lmpop-count-equal", "RPUSH k a b; LMPOP 1 k LEFT COUNT 2"),
    ("lmpop-count-above", "RPUSH k a b; LMPOP 1 k LEFT COUNT 3"),
    ("lmpop-second", "RPUSH l a; LMPOP 2 k l LEFT"),
    ("lmpop-first-of-lists", "RPUSH k a; RPUSH l a; LMPOP 2 k l LEFT"),
    ("lmpop-same-key", "RPUSH k a; LMPOP 2 k k LEFT"),
    ("lmpop-missing", "LMPOP 1 k LEFT"),
    ("lmpop-all-missing", "LMPOP 2 k l LEFT"),
    ("lmpop-numkeys-0", "LMPOP 0 k LEFT"),
    ("lmpop-numkeys-no-integer", "LMPOP one k LEFT"),
    ("lmpop-numkeys-above", "LMPOP 2 k LEFT"),
    ("lmpop-end", "LMPOP 1 k UP"),
    ("lmpop-option", "LMPOP 1 k LEFT ONLY 1"),
    ("lmpop-count-alone", "LMPOP 1 k LEFT COUNT"),
    ("lmpop-count-twice", "LMPOP 1 k LEFT COUNT 1 COUNT 1"),
    ("lmpop-count-0", "LMPOP 1 k LEFT COUNT 0"),
    ("lmpop-count-no-integer", "LMPOP 1 k LEFT COUNT all"),
    ("lmpop-wrong-arity", "LMPOP 1 k"),
    ("lset-first", "RPUSH k a; LSET k 0 b"),
    ("lset-last", "RPUSH k a b; LSET k 1 c"),
    ("lset-minus-1", "RPUSH k a; LSET k -1 b"),
    ("lset-minus-length", "RPUSH k a b; LSET k -2 c"),
    ("lset-above", "RPUSH k a; LSET k 1 b"),
    ("lset-below", "RPUSH k a; LSET k -2 b"),
    ("lset-no-integer", "RPUSH k a; LSET k first b"),
    ("lset-missing", "LSET k 0 a"),
    ("lset-missing-no-integer", "LSET k first a"),
    ("lset-wrong-arity", "LSET k 0"),
    ("linsert-before", "RPUSH k a; LINSERT k BEFORE a b"),
    ("linsert-after", "RPUSH k a; LINSERT k AFTER a b"),
    ("linsert-before-first", "RPUSH k a b; LINSERT k BEFORE a c"),
    ("linsert-after-last", "RPUSH k a b; LINSERT k AFTER b c"),
    ("linsert-several-pivots", "RPUSH k a a; LINSERT k AFTER a b"),
    ("linsert-no-pivot", "RPUSH k a; LINSERT k AFTER b c"),
    ("linsert-missing", "LINSERT k AFTER a b"),
    ("linsert-side", "LINSERT k BESIDE a b"),
    ("linsert-wrong-arity", "LINSERT k AFTER a"),
    ("lrem-all", "RPUSH k a; LREM k 0 a"),
    ("lrem-positive-fewer-matches", "RPUSH k a; LREM k 2 a"),
    ("lrem-positive-equal-matches", "RPUSH k a; LREM k 1 a"),
    ("lrem-positive-more-matches", "RPUSH k a a; LREM k 1 a"),
    ("lrem-negative-fewer-matches", "RPUSH k a; LREM k -2 a"),
    ("lrem-negative-equal-matches", "RPUSH k a; LREM k -1 a"),
    ("lrem-negative-more-matches", "RPUSH k a a; LREM k -1 a"),
    ("lrem-all-no-match", "RPUSH k a; LREM k 0 b"),
    ("lrem-positive-no-match", "RPUSH k a; LREM k 1 b"),
    ("lrem-negative-no-match", "RPUSH k a; LREM k -1 b"),
    ("lrem-empties", "RPUSH k a a; LREM k 0 a"),
    ("lrem-lowest-count", "RPUSH k a b; LREM k LOWEST a"),
    ("lrem-missing", "LREM k 0 a"),
    ("lrem-no-integer", "LREM k 1.5 a"),
    ("lrem-wrong-arity", "LREM k 0"),
    ("rpoplpush", "RPUSH k a b; RPUSH l c; RPOPLPUSH k l"),
    ("rpoplpush-rotates", "RPUSH k a b; RPOPLPUSH k k"),
    ("lmove-left-left", "RPUSH k a b; RPUSH l c; LMOVE k l LEFT LEFT"),
    ("lmove-left-right", "RPUSH k a b; RPUSH l c; LMOVE k l LEFT RIGHT"),
    ("lmove-right-left", "RPUSH k a b; RPUSH l c; LMOVE k l RIGHT LEFT"),
    ("lmove-right-right", "RPUSH k a b; RPUSH l c; LMOVE k l RIGHT RIGHT"),
    ("lmove-stays-left", "RPUSH k a b; LMOVE k k LEFT LEFT"),
    ("lmove-rotates-left", "RPUSH k a b; LMOVE k k LEFT RIGHT"),
    ("lmove-rotates-right", "RPUSH k a b; LMOVE k k RIGHT LEFT"),
    ("lmove-stays-right", "RPUSH k a b; LMOVE k k RIGHT RIGHT"),
    ("lmove-from", "LMOVE k l UP LEFT"),
    ("lmove-to", "LMOVE k l LEFT UP"),
    ("llen", "RPUSH k a; LLEN k"),
    ("llen-missing", "LLEN k"),
    ("llen-wrong-arity", "LLEN"),
    ("lindex-first", "RPUSH k a; LINDEX k 0"),
    ("lindex-last", "RPUSH k a b; LINDEX k 1"),
    ("lindex-minus-1", "RPUSH k a; LINDEX k -1"),
    ("lindex-minus-length", "RPUSH k a b; LINDEX k -2"),
    ("lindex-above", "RPUSH k a; LINDEX k 1"),
    ("lindex-below", "RPUSH k a; LINDEX k -2"),
    ("lindex-no-integer", "RPUSH k a; LINDEX k first"),
    ("lindex-missing", "LINDEX k 0"),
    ("lindex-missing-no-integer", "LINDEX k first"),
    ("lindex-wrong-arity", "LINDEX k"),
    ("lpos", "RPUSH k a; LPOS k a"),
    ("lpos-no-match", "RPUSH k a; LPOS k b"),
    ("lpos-missing", "LPOS k a"),
    ("lpos-missing-count", "LPOS k a COUNT 1"),
    ("lpos-rank", "RPUSH k a a; LPOS k a RANK 2"),
    ("lpos-rank-minus-1", "RPUSH k a; LPOS k a RANK -1"),
    ("lpos-rank-negative", "RPUSH k a a; LPOS k a RANK -2"),
    ("lpos-rank-beyond", "RPUSH k a; LPOS k a RANK 2"),
    ("lpos-rank-negative-beyond", "RPUSH k a; LPOS k a RANK -2"),
    ("lpos-rank-lowest", "RPUSH k a; LPOS k a RANK LOWEST"),
    ("lpos-rank-lowest-count", "RPUSH k a; LPOS k a RANK LOWEST COUNT 1"),
    ("lpos-count-0", "RPUSH k a a; LPOS k a COUNT 0"),
    ("lpos-count-more-matches", "RPUSH k a a; LPOS k a COUNT 1"),
    ("lpos-count-equal-matches", "RPUSH k a; LPOS k a COUNT 1"),
    ("lpos-count-fewer-matches", "RPUSH k a; LPOS k a COUNT 2"),
    ("lpos-count-no-match", "RPUSH k a; LPOS k b COUNT 1"),
    ("lpos-count-rank", "RPUSH k a a; LPOS k a RANK 2 COUNT 1"),
    ("lpos-maxlen", "RPUSH k a; LPOS k a MAXLEN 1"),
    ("lpos-maxlen-cuts-off", "RPUSH k a b; LPOS k b MAXLEN 1"),
    ("lpos-maxlen-negative-rank", "RPUSH k a; LPOS k a RANK -1 MAXLEN 1"),
    ("lpos-maxlen-cuts-off-head", "RPUSH k a b; LPOS k a RANK -1 MAXLEN 1"),
    ("lpos-maxlen-above", "RPUSH k a; LPOS k a MAXLEN 2"),
    ("lpos-rank-0", "LPOS k a RANK 0"),
    ("lpos-rank-no-integer", "LPOS k a RANK first"),
    ("lpos-count-negative", "LPOS k a COUNT -1"),
    ("lpos-maxlen-negative", "LPOS k a MAXLEN -1"),
    ("lpos-option", "LPOS k a LAST 1"),
    ("lpos-option-alone", "LPOS k a RANK"),
    ("lpos-wrong-arity", "LPOS k"),
    ("rename", "RPUSH k a; RENAME k l"),
    ("rename-over", "RPUSH k a; RPUSH l b; RENAME k l"),
    ("rename-to-itself", "RPUSH k a; RENAME k k"),
    ("rename-missing", "RENAME k l"),
    ("rename-missing-to-itself", "RENAME k k"),
    ("rename-wrong-arity", "RENAME k"),
    ("persist", "RPUSH k a; EXPIRE k 100; PERSIST k"),
    ("persist-without", "RPUSH k a; PERSIST k"),
    ("persist-missing", "PERSIST k"),
    ("persist-wrong-arity", "PERSIST"),
    ("type", "RPUSH k a; TYPE k"),
    ("type-missing", "TYPE k"),
    ("type-wrong-arity", "TYPE"),
    ("pexpiretime", "RPUSH k a; EXPIRE k 100; PEXPIRETIME k"),
    ("pexpiretime-without", "RPUSH k a; PEXPIRETIME k"),
    ("pexpiretime-missing", "PEXPIRETIME k"),
    ("pexpiretime-wrong-arity", "PEXPIRETIME"),
    ("expire-overflow", "EXPIRE k HIGHEST"),
    ("pexpire-overflow", "PEXPIRE k HIGHEST"),
    ("expireat-overflow", "EXPIREAT k HIGHEST"),
    ("read-at-expiry", "RPUSH k a; PEXPIRE k 5; @5 LLEN k"),
    ("read-after-expiry", "RPUSH k a; PEXPIRE k 5; @6 LLEN k"),
    ("write-at-expiry", "RPUSH k a; PEXPIRE k 5; @5 RPUSH k b"),
    ("write-after-expiry", "RPUSH k a; PEXPIRE k 5; @6 RPUSH k b"),
    ("refused-range-left", "seed k LOWEST; LPUSH k a"),
    ("refused-range-right", "seed k HIGHEST; RPUSH k a"),
    ("refused-move", "seed k LOWEST; RPUSH k a b; RPOPLPUSH k k"),
    ("refused-many-pushed", "RPUSH k ITEMS ITEMS a"),
    ("refused-many-moved", "RPUSH k ITEMS ITEMS; RPUSH k a; LTRIM k 0 -1"),
    ("refused-key-too-long", "RPUSH HUGE a"),
    ("transaction", "MULTI; RPUSH k a; RPUSH k b; EXEC"),
    ("transaction-reads", "MULTI; LLEN k; TYPE k; EXEC"),
    ("transaction-fails", "MULTI; LSET k 0 a; RPUSH k b; EXEC"),
    ("transaction-refused", "seed k LOWEST; MULTI; LPUSH k a; LLEN k; EXEC"),
    ("transaction-discarded", "MULTI; RPUSH k a; RPUSH k; EXEC"),
];

/// Each row by its name, and its trace as a script.
pub fn traces() -> Vec<(String, String)> {
    let mut traces: Vec<(String, String)> =
        TRACES.iter().map(|(name, trace)| ((*name).to_owned(), script(trace))).collect();
    for Alike { commands, rows } in ALIKE {
        for (name, words) in *commands {
            traces.extend(rows.iter().map(|(rest, trace)| {
                let mut trace = (*trace).to_owned();
                words.iter().for_each(|(word, meaning)| trace = trace.replace(word, meaning));
                (format!("{name}{rest}"), script(&trace))
            }));
        }
    }
    traces
}

fn script(trace: &str) -> String {
    let mut script = String::new();
    for step in trace.split("; ") {
        let (wait_ms, step) = match step.strip_prefix('@').and_then(|rest| rest.split_once(' ')) {
            Some((wait_ms, step)) => (wait_ms.parse().unwrap(), step),
            None => (0, step),
        };
        script.push_str(&format!("at {}\n{step}\n", START_MS + wait_ms));
    }
    script
        .replace("LOWEST", &i64::MIN.to_string())
        .replace("HIGHEST", &i64::MAX.to_string())
        .replace("ITEMS", &vec!["a"; 50_000].join(" "))
        .replace("HUGE", &"k".repeat(1 << 20))
}

//! What recordings become: each kind of command over a list and beside one, in both forms.

mod clocks;
mod others;
mod waiting;

use std::io::Cursor;

use super::table::Effect;
use super::*;
use crate::command::{UserKey, write_resp};
use crate::model::{Model, ModelValue};

/// Plain words to arguments; `~` stands for an empty one.
fn args(line: &str) -> Vec<Vec<u8>> {
    line.split_whitespace().map(|word| if word == "~" { Vec::new() } else { word.as_bytes().to_vec() }).collect()
}

fn aof(lines: &[&str]) -> RecordedSteps {
    let mut bytes = Vec::new();
    for line in lines {
        match line.strip_prefix("#TS:") {
            Some(_) => bytes.extend(format!("{line}\r\n").into_bytes()),
            None => write_resp(&args(line), &mut bytes),
        }
    }
    aof_bytes(&[("a", &bytes)]).expect("no preamble")
}

fn aof_bytes(files: &[(&str, &[u8])]) -> Result<RecordedSteps, RecordedError> {
    let several = files.len() > 1;
    let part = |(name, bytes): &(&str, &[u8])| AofPart {
        name: several.then(|| (*name).to_owned()),
        input: Ok(Box::new(Cursor::new(bytes.to_vec()))),
    };
    RecordedSteps::aof(files.iter().map(part).collect::<Vec<_>>().into_iter())
}

/// A line each, `SECONDS DB CLIENT` before the words, or the words alone.
fn monitor(lines: &[&str]) -> RecordedSteps {
    let mut text = "OK\n".to_owned();
    for line in lines {
        let (head, words) = line.split_once(": ").unwrap_or(("1 0 c", line));
        let [seconds, db, client] = head.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let words: Vec<String> =
            args(words).iter().map(|word| format!("\"{}\"", String::from_utf8_lossy(word))).collect();
        text.push_str(&format!("{seconds}.000000 [{db} {client}] {}\n", words.join(" ")));
    }
    monitor_text(text.as_bytes())
}

fn monitor_text(text: &[u8]) -> RecordedSteps {
    let input = || Box::new(Cursor::new(text.to_vec()));
    RecordedSteps::monitor(input(), MonitorTimes::read(input()))
}

/// The lists in the end, such as `k=a,b@5 l=c`; or the first error.
fn lists(mut steps: RecordedSteps) -> Result<String, String> {
    let mut model = Model::new();
    for step in steps.by_ref() {
        let step = step.map_err(|error| error.to_string())?;
        model.advance_to(step.at_ms.expect("every step has a time"));
        let requests = match &step.action {
            Action::Command(request) => std::slice::from_ref(request),
            Action::Transaction(requests) => requests,
            action => panic!("{action:?}"),
        };
        requests.iter().for_each(|request| {
            model.execute(request);
        });
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let shown = model.keys().map(|(UserKey(key), list)| {
        let ModelValue::List(items) = &list.value;
        let items: Vec<String> = items.iter().map(|item| text(item)).collect();
        let expiry = list.expire_at_ms.map(|at_ms| format!("@{at_ms}")).unwrap_or_default();
        format!("{}={}{expiry}", text(key), items.join(","))
    });
    Ok(shown.collect::<Vec<_>>().join(" "))
}

/// Before each row there are a list `l`, and in MONITOR's case a string `s`, a set `t` and a sorted set `z`.
const BEFORE: &[&str] = &["RPUSH l a b", "SET s v", "SADD t x", "ZINCRBY z 1 x"];

/// A script, lines parted by `;`, and the lists in the end by each kind of evidence; `!` begins an error.
const ROWS: &[(&str, &str, &str)] = &[
    ("LPUSH l c", "l=c,a,b", "l=c,a,b"),
    ("LPUSH s c", "l=a,b s=c", "l=a,b"),
    ("LPUSH z c", "l=a,b z=c", "!LPUSH: the recording does not say whether \"z\""),
    ("LPUSHX s c;LPOP s;LSET s 0 x;LLEN s;LPOP z", "l=a,b", "l=a,b"),
    ("RPOPLPUSH l n", "l=a n=b", "l=a n=b"),
    ("RPOPLPUSH l t", "l=a t=b", "l=a,b"),
    ("LMOVE l z LEFT LEFT", "l=b z=a", "!LMOVE: the recording does not say"),
    ("LMOVE s l LEFT LEFT", "l=a,b", "l=a,b"),
    ("LMPOP 2 n l LEFT", "l=b", "l=b"),
    ("LMPOP 2 s l LEFT", "l=b", "l=a,b"),
    ("LMPOP 2 z l LEFT", "l=b", "!LMPOP: the recording does not say"),
    ("DEL l s;LPUSH s x", "s=x", "s=x"),
    ("UNLINK l s;LPUSH s x", "s=x", "s=x"),
    ("RENAME l n", "n=a,b", "n=a,b"),
    ("RENAME s l", "", ""),
    ("RENAME z l", "", "!RENAME: the recording does not say"),
    ("RENAME l s;LPUSH s x", "s=x,a,b", "s=x,a,b"),
    ("RENAMENX l n", "n=a,b", "n=a,b"),
    ("RENAMENX l s", "s=a,b", "l=a,b"),
    ("RENAMENX l l;RENAMENX s l", "l=a,b", "l=a,b"),
    ("RENAMENX l z", "z=a,b", "!RENAMENX: the recording does not say"),
    ("PEXPIREAT l 90000;COPY l n", "l=a,b@90000 n=a,b@90000", "l=a,b@90000 n=a,b@90000"),
    ("RPUSH n x;COPY l n", "l=a,b n=x", "l=a,b n=x"),
    ("RPUSH n x;COPY l n REPLACE", "l=a,b n=a,b", "l=a,b n=a,b"),
    ("COPY s l", "l=a,b", "l=a,b"),
    ("COPY s l REPLACE", "", ""),
    ("COPY z l REPLACE", "", "!COPY: the recording does not say"),
    ("COPY l z", "l=a,b z=a,b", "!COPY: the recording does not say"),
    ("COPY l l", "l=a,b", "l=a,b"),
    ("COPY l m DB 2;DEL l;SWAPDB 0 2", "m=a,b", "m=a,b"),
    ("MOVE l 2", "", ""),
    ("MOVE l 0", "l=a,b", "l=a,b"),
    ("MOVE l 16", "", "!MOVE: whether the server has a database 16"),
    ("SET l v", "", ""),
    ("SET l v NX", "l=a,b", "l=a,b"),
    ("SET l v XX EX 5;LPUSH l x", "l=x", ""),
    ("SET l v GET", "l=a,b", "l=a,b"),
    ("SET l v EX 0", "l=a,b", "l=a,b"),
    ("SET l v NX XX;SET l v PX", "l=a,b", "l=a,b"),
    ("SETEX l 5 v", "", ""),
    ("PSETEX l 0 v", "l=a,b", "l=a,b"),
    ("SETNX l v;GETSET l v;GETDEL l;GETEX l EX 5;MSETNX n v l v", "l=a,b", "l=a,b"),
    ("MSET n v l v", "", ""),
    ("MSET n v l", "l=a,b", "l=a,b"),
    ("GETDEL s;LPUSH s x", "l=a,b s=x", "l=a,b s=x"),
    ("APPEND l v;INCR l;HSET l f v;SADD l x;ZADD l 1 x;XADD l * f v;PFADD l x;SPOP l;SREM l a", "l=a,b", "l=a,b"),
    ("SREM t x;LPUSH t y", "l=a,b t=y", "!LPUSH: the recording does not say"),
    ("SMOVE t u x;DEL t u;LPUSH t y", "l=a,b t=y", "l=a,b t=y"),
    ("SUNIONSTORE l t n", "", ""),
    ("SINTERSTORE l t n", "", ""),
    ("SDIFFSTORE l t s", "", "l=a,b"),
    ("SUNIONSTORE l t z", "", "!SUNIONSTORE: whether it failed"),
    ("SUNIONSTORE l l t", "l=a,b", "l=a,b"),
    ("SUNIONSTORE n t;LPUSH n y", "l=a,b n=y", "l=a,b"),
    ("ZUNIONSTORE l 1 z", "", "!ZUNIONSTORE: whether it failed"),
    ("ZRANGESTORE n z 0 -1", "l=a,b", "l=a,b"),
    ("GEOSEARCHSTORE l z FROMLONLAT 1 1 BYRADIUS 1 m", "", "!GEOSEARCHSTORE: whether"),
    ("GEORADIUS z 1 1 9 km COUNT 3 STORE l", "", "!GEORADIUS: whether"),
    ("GEORADIUSBYMEMBER z STORE 9 km STOREDIST l", "", "!GEORADIUSBYMEMBER: whether"),
    ("GEORADIUSBYMEMBER z STORE 9 km", "l=a,b", "l=a,b"),
    ("BITOP AND l s s", "", "!BITOP: whether"),
    ("SORT l ALPHA", "l=a,b", "l=a,b"),
    ("SORT l ALPHA STORE l", "!SORT: with STORE", "!SORT: with STORE"),
    ("RESTORE n 0 x", "!RESTORE: what is restored", "!RESTORE: what is restored"),
    ("MIGRATE h 1 l 0 5", "!MIGRATE: ", "!MIGRATE: "),
    ("FLUSHDB;LPUSH s x", "s=x", "s=x"),
    ("FLUSHALL ASYNC;LPUSH z x", "z=x", "z=x"),
    ("BLPOP n l 0", "l=b", "l=b"),
    ("BRPOP l 0", "l=a", "l=a"),
    ("BRPOPLPUSH l n 0", "l=a n=b", "l=a n=b"),
    ("BLMOVE l n LEFT LEFT 1.5", "l=b n=a", "l=b n=a"),
    ("BLMPOP 0 2 n l LEFT COUNT 5", "", ""),
    ("BLPOP n 0", "!BLPOP: it waited", "l=a,b"),
    ("BLMOVE n l LEFT LEFT 0", "!BLMOVE: it waited", "l=a,b"),
    ("BLPOP z 0", "!BLPOP: it waited", "!BLPOP: it waited"),
    ("BRPOP s l 0", "l=a", "l=a,b"),
    ("BLPOP l x", "l=a,b", "l=a,b"),
    ("MULTI;BLPOP n 0;LPOP l;EXEC", "l=b", "l=b"),
    ("MULTI;BLMOVE n l LEFT LEFT 0;EXEC", "l=a,b", "l=a,b"),
    ("EVAL code 0", "!EVAL: what a script does", "l=a,b"),
    ("NOSUCH l . 1", "!NOSUCH: what it does to lists is not known", "!NOSUCH: what it does to lists is not known"),
    (
        "JSON.SET l . 1;HSETEX l FVS 1 f v;FT.DROPINDEX i DD;VADD l VALUES 1 1 e;ARSET l 0 v;TS.ADD l 1 1",
        "l=a,b",
        "l=a,b",
    ),
    ("JSON.SET n $ 1;RPUSH n x", "l=a,b n=x", "!RPUSH: the recording does not say whether \"n\""),
    ("HSETNX h f v;HEXPIRE h 9 FIELDS 1 f;RPUSH h x", "h=x l=a,b", "!RPUSH: the recording does not say whether \"h\""),
    ("HSETNX h f v;FT.DROPINDEX i DD;RPUSH h x", "h=x l=a,b", "!RPUSH: the recording does not say whether \"h\""),
    ("JSON.MSET n $ 1 m $ 1;RPUSH m x", "l=a,b m=x", "!RPUSH: the recording does not say whether \"m\""),
    ("ZMOVE z n MIN;RPUSH n x", "l=a,b n=x", "!RPUSH: the recording does not say whether \"n\""),
    ("INCREX l BYINT 1;DELEX l IFEQ v;DELIFEQ l v;SADDEX l EX 5 x;SEXPIRE l 5 MEMBERS 1 x", "l=a,b", "l=a,b"),
    ("DELEX l", "", ""),
    ("DELEX s;LPUSH s x", "l=a,b s=x", "l=a,b s=x"),
    ("DELEX s IFEQ v;LPUSH s x", "l=a,b s=x", "!LPUSH: the recording does not say"),
    ("MSETEX 2 n v l v EX 5;LPUSH n x", "n=x", ""),
    ("MSETEX 1 l v XX;LPUSH l x", "l=x", ""),
    ("MSETEX 2 n v l v NX", "", "l=a,b"),
    ("MSETEX 2 n v l v XX", "", "l=a,b"),
    ("MSETEX 2 z v l v XX", "", "!MSETEX: the recording does not say"),
    ("MSETEX 1 l v IFEQ v", "!MSETEX: its option \"IFEQ\" is not", "!MSETEX: its option \"IFEQ\" is not"),
    ("HIMPORT PREPARE f a;HIMPORT SET n f 1;RPUSH n x", "l=a,b n=x", "!RPUSH: the recording does not say"),
    ("HIMPORT SET l f 1", "!HIMPORT: whether", "!HIMPORT: whether"),
    ("LMOVEM l n LEFT LEFT", "!LMOVEM: it moves several", "!LMOVEM: it moves several"),
    ("SET l v IFEQ x", "!SET: its option \"IFEQ\" is not", "!SET: its option \"IFEQ\" is not"),
    ("SET n v EX IFEQ", "l=a,b", "l=a,b"),
    ("GETEX s IFEQ", "!GETEX: its option", "!GETEX: its option"),
    ("EXPIRE l 5 EVER", "!EXPIRE: its option", "!EXPIRE: its option"),
    ("PEXPIREAT s 90000 NX EVER", "!PEXPIREAT: its option", "!PEXPIREAT: its option"),
    ("COPY l n OVER", "!COPY: its option", "!COPY: its option"),
    ("COPY l n DB x", "l=a,b", "l=a,b"),
    ("LPOS l a FROM 1", "!LPOS: its option", "!LPOS: its option"),
    ("LPOS l a RANK 0;LPOS l a COUNT", "l=a,b", "l=a,b"),
    ("LPOP l 1 FROM", "!LPOP: its option", "!LPOP: its option"),
    ("LMPOP 1 l LEFT UPTO 2", "!LMPOP: its option", "!LMPOP: its option"),
    ("LMPOP x l LEFT UPTO 2;LMPOP 1 l LEFT COUNT 0", "l=a,b", "l=a,b"),
    ("LMPOP 0 l LEFT;LMPOP 0 LEFT UPTO 2;LMPOP 1 l n LEFT;LMPOP 2 l LEFT UPTO 2", "l=a,b", "l=a,b"),
    ("BLMPOP 0 1 l LEFT UPTO 2", "!BLMPOP: its option", "!BLMPOP: its option"),
    ("FLUSHDB NOW", "!FLUSHDB: its option", "!FLUSHDB: its option"),
    ("FLUSHALL SYNC LATER", "!FLUSHALL: its option", "!FLUSHALL: its option"),
    ("SORT l BY STORE ALPHA", "l=a,b", "l=a,b"),
    ("SORT l LIMIT 0 STORE GET STORE", "l=a,b", "l=a,b"),
    ("SORT l INTO n", "!SORT: its option", "!SORT: its option"),
    ("GEORADIUS z 1 1 9 km INTO l", "!GEORADIUS: its option", "!GEORADIUS: its option"),
    ("INCR s EX 5", "!INCR: its option", "!INCR: its option"),
    ("LPUSH l", "!LPUSH: it has a wrong number", "!LPUSH: it has a wrong number"),
    ("LPOP l x", "l=a,b", "l=a,b"),
    ("EXPIRE l 5", "!EXPIRE: it counts from a time", "l=a,b@6000"),
    ("EXPIRE s 5;PEXPIREAT l 90000", "l=a,b@90000", "l=a,b@90000"),
    ("PEXPIREAT l 90000;PERSIST l", "l=a,b", "l=a,b"),
    ("EXPIREAT s 1;LPUSH s x", "l=a,b s=x", "l=a,b s=x"),
    ("GET s;HGET h f;TTL l;OBJECT ENCODING l;PING;CONFIG GET x;SUBSCRIBE c", "l=a,b", "l=a,b"),
];

#[test]
fn each_command_does_to_a_list_what_it_does() {
    for (script, by_effect, by_request) in ROWS {
        let lines: Vec<&str> = BEFORE.iter().copied().chain(script.split(';')).collect();
        for (expected, found) in [(by_effect, lists(aof(&lines))), (by_request, lists(monitor(&lines)))] {
            match (expected.strip_prefix('!'), &found) {
                (Some(expected), Err(error)) if error.contains(expected) => {}
                (None, Ok(found)) if found == expected => {}
                _ => panic!("{script}: {found:?}, expected {expected}"),
            }
        }
    }
}

/// Of every command that the table has, whatever its arguments: no panic, and a list stays unless the row is known to
/// end it.
#[test]
fn every_command_of_the_table_can_be_followed() {
    for (names, _) in table::TABLE {
        for name in names.split_whitespace() {
            for operands in ["", "l", "l l", "l l l", "l 1 l x l", "n 1 l LEFT 0 STORE l", "0 1"] {
                let line = format!("{name} {operands}");
                for steps in [aof(&["RPUSH l a", &line]), monitor(&["RPUSH l a", &line])] {
                    let ended = lists(steps);
                    let ends_here = ended.as_deref().is_ok_and(|lists| !lists.contains("l=a"));
                    let may_end = matches!(table::find(name.as_bytes()), Some((_, Effect::Depends(_))));
                    assert!(!ends_here || may_end, "{line}: {ended:?}");
                }
            }
        }
    }
}

#[test]
fn databases_are_told_apart() {
    let lines = ["RPUSH k a", "SELECT 3", "RPUSH k b", "LPOP k", "SET s v", "SELECT 0", "RPUSH k c"];
    let mut steps = aof(&lines);
    assert_eq!(steps.by_ref().count(), 2);
    let expected = [
        "note: skipped 1 SET (no effect on lists)",
        "note: only database 0 is taken; commands about lists elsewhere: 2 in database 3",
    ];
    assert_eq!(steps.notes(), expected);
    assert_eq!(lists(aof(&lines)).as_deref(), Ok("k=a,c"));
    let shown = monitor(&["1 0 c: RPUSH k a", "1 3 c: SELECT 3", "1 3 c: RPUSH k b", "1 0 d: RPUSH k c"]);
    assert_eq!(lists(shown).as_deref(), Ok("k=a,c"));
    // A list that was elsewhere comes with all that it has.
    let moved = ["SELECT 1", "RPUSH k a b", "PEXPIREAT k 90000", "MOVE k 0"];
    assert_eq!(lists(aof(&moved)).as_deref(), Ok("k=a,b@90000"));
    let swapped = ["RPUSH gone x", "SELECT 1", "RPUSH k a b", "SWAPDB 1 0", "RPUSH gone y"];
    assert_eq!(lists(aof(&swapped)).as_deref(), Ok("k=a,b"));
    let flushed = ["RPUSH k a", "SELECT 1", "FLUSHALL"];
    assert_eq!(lists(aof(&flushed)).as_deref(), Ok(""));
    // Each file begins in database 0.
    let (mut first, mut second) = (Vec::new(), Vec::new());
    ["SELECT 1", "RPUSH k a"].iter().for_each(|line| write_resp(&args(line), &mut first));
    write_resp(&args("RPUSH k b"), &mut second);
    let both = aof_bytes(&[("base", &first), ("incr", &second)]).expect("no preamble");
    assert_eq!(lists(both).as_deref(), Ok("k=b"));
    let error = lists(aof(&["SELECT 2", "RPUSH k a", "LPOP k"])).expect_err("nothing in database 0");
    assert!(error.contains("some are: 2 in database 2;") && error.contains("SWAPDB"), "{error}");
}

#[test]
fn transactions_are_one_step() {
    let lines =
        ["MULTI", "RPUSH k a", "SET x v", "LPOP k", "EXEC", "MULTI", "SET x v", "EXEC", "MULTI", "LLEN k", "EXEC"];
    for steps in [aof(&lines), monitor(&lines)] {
        let steps: Vec<Step> = steps.collect::<Result<_, _>>().expect("right");
        let sizes: Vec<usize> = steps
            .iter()
            .map(|step| if let Action::Transaction(requests) = &step.action { requests.len() } else { 0 })
            .collect();
        assert_eq!(sizes, [2, 1]);
    }
    // What one command did in several of ours is one step as well.
    let steps: Vec<Step> = aof(&["RPUSH k a", "COPY k l"]).collect::<Result<_, _>>().expect("right");
    assert!(matches!(&steps[1].action, Action::Command(_)), "{steps:?}");
    let steps: Vec<Step> =
        aof(&["RPUSH k a", "RPUSH l b", "COPY k l REPLACE"]).collect::<Result<_, _>>().expect("right");
    assert!(matches!(&steps[2].action, Action::Transaction(requests) if requests.len() == 2), "{steps:?}");
}

#[test]
fn time_is_the_recordings() {
    let at = |steps: RecordedSteps| steps.map(|step| step.expect("right").at_ms).collect::<Vec<_>>();
    assert_eq!(at(aof(&["RPUSH k a", "#TS:5", "LPOP k", "#TS:4", "LLEN k"])), [Some(1); 3]);
    assert_eq!(at(monitor(&["5 0 c: RPUSH k a", "7 0 c: LPOP k"])), [Some(5000), Some(7000)]);
    // Without a time only the server's own DEL ends a key.
    let lines = ["RPUSH k a", "PEXPIREAT k 1500", "RPUSH k b"];
    assert_eq!(lists(aof(&lines)).as_deref(), Ok("k=a,b@1500"));
    assert_eq!(lists(aof(&[&lines[..], &["DEL k", "RPUSH k c"]].concat())).as_deref(), Ok("k=c"));
    // With one, logical time may be first, and nothing comes of the DEL.
    let timed = ["#TS:1", "RPUSH k a", "PEXPIREAT k 1500", "#TS:2", "RPUSH l x", "DEL k", "RPUSH k c"];
    assert_eq!(lists(aof(&timed)).as_deref(), Ok("k=c l=x"));
    assert_eq!(lists(aof(&["#TS:1", "RPUSH k a", "PEXPIRE k 500"])).as_deref(), Ok("k=a@1500"));
    let shown = ["1 0 c: SET s v EX 5", "1 0 c: RPUSH s no", "6 0 c: RPUSH s no", "7 0 c: RPUSH s yes"];
    assert_eq!(lists(monitor(&shown)).as_deref(), Ok("s=yes"));
    let kept = ["1 0 c: SADD s a", "1 0 c: EXPIRE s 5", "1 0 c: SET s v KEEPTTL", "7 0 c: RPUSH s yes"];
    assert_eq!(lists(monitor(&kept)).as_deref(), Ok("s=yes"));
    let kept = ["1 0 c: RPUSH s a", "1 0 c: EXPIRE s 5", "1 0 c: SET s v KEEPTTL", "7 0 c: RPUSH s yes"];
    assert_eq!(lists(monitor(&kept)).as_deref(), Ok("s=yes"));
}

/// Other types need not be known: what an append-only file says of them took effect.
#[test]
fn keys_in_rdb_form_are_as_if_commands_had_made_them() {
    let at_ms = hex::encode(90_000_i64.to_le_bytes());
    let base = rdb::tests::bytes(&format!(
        "5245444953 30303131 fe00 fc{at_ms} 01 016c 02 0161 0162 00 0173 0176 02 0174 01 0178 00 0175 0176 \
         01 0167 01 0167 fe02 01 016f 01 0163 ff 0000000000000000"
    ));
    let after = |line: &str| {
        let mut bytes = base.clone();
        line.split(';').filter(|line| !line.is_empty()).for_each(|line| write_resp(&args(line), &mut bytes));
        aof_bytes(&[("a", &bytes)]).expect("keys and commands")
    };
    for (line, expected) in [
        ("", "g=g l=a,b@90000"),
        ("RPUSH l c;PERSIST l", "g=g l=a,b,c"),
        ("RENAME s l", "g=g"),
        ("RENAME l s;LPUSH s x", "g=g s=x,a,b@90000"),
        ("DEL s g;LPUSH s x", "l=a,b@90000 s=x"),
        ("SET l v;SADD g x", "g=g"),
        ("COPY t l REPLACE", "g=g"),
        ("SELECT 2;MOVE o 0", "g=g l=a,b@90000 o=c"),
        ("SWAPDB 0 2", "o=c"),
        ("FLUSHALL", ""),
    ] {
        assert_eq!(lists(after(line)).as_deref(), Ok(expected), "{line}");
    }
    let mut steps = after("");
    assert_eq!(steps.by_ref().map(|step| step.expect("a step").at_ms).collect::<Vec<_>>(), [Some(1); 3]);
    let [keys, elsewhere] = &steps.notes()[..] else { panic!("{:?}", steps.notes()) };
    assert!(keys.ends_with("passed over: sets 1, strings 2"), "{keys}");
    assert!(elsewhere.ends_with("1 in database 2"), "{elsewhere}");

    // More items than one command of the store takes.
    let count = 100_001;
    let long =
        [&b"REDIS0003\x01\x01k\x80"[..], &u32::to_be_bytes(count), &[0x00].repeat(count as usize), b"\xff"].concat();
    let pushed: Vec<usize> = aof_bytes(&[("a", &long)])
        .expect("a list")
        .map(|step| match step.expect("a push").action {
            Action::Command(request) => request.args().len() - 2,
            action => panic!("{action:?}"),
        })
        .collect();
    assert_eq!(pushed, [&[10_000; 10][..], &[1]].concat());
}

#[test]
fn the_end_of_a_file_may_be_missing_and_only_the_last_files() {
    let mut whole = Vec::new();
    for line in ["RPUSH k a", "MULTI", "RPUSH k b", "EXEC"] {
        write_resp(&args(line), &mut whole);
    }
    let first = whole.iter().skip(1).position(|byte| *byte == b'*').expect("a second command") + 1;
    for end in 0..=whole.len() {
        let mut steps = aof_bytes(&[("a", &whole[..end])]).expect("no preamble");
        let count = steps.by_ref().filter(|step| step.is_ok()).count();
        let expected = usize::from(end >= first) + usize::from(end == whole.len());
        let is_cut = ![0, first, whole.len()].contains(&end);
        assert_eq!((count, steps.notes().len()), (expected, usize::from(is_cut)), "{end}: {:?}", steps.notes());
        let followed = aof_bytes(&[("a", &whole[..end]), ("b", b"")]).expect("no preamble");
        let error = followed.filter_map(Result::err).next().map(|error| error.to_string());
        assert_eq!(error.is_some(), is_cut, "{end}: {error:?}");
        assert!(error.is_none_or(|error| error.starts_with("a: byte ")), "{end}");
    }
    let cut = aof_bytes(&[("a", &whole[..whole.len() - 1])]).map(|mut steps| {
        steps.by_ref().for_each(drop);
        steps.notes()
    });
    let note = format!("note: byte {first}: the transaction is cut short, and left out as Redis does");
    assert_eq!(cut.expect("no preamble"), [note]);
}

#[test]
fn places_are_told() {
    let error = lists(aof(&["PING", "RESTORE k 0 x"])).expect_err("refused");
    assert!(error.starts_with("byte 14: RESTORE: "), "{error}");
    let error = lists(monitor(&["PING", "RESTORE k 0 x"])).expect_err("refused");
    assert!(error.starts_with("line 3: RESTORE: "), "{error}");
    for (lines, problem) in [
        (&["EXEC"][..], "no MULTI began"),
        (&["MULTI", "MULTI"], "MULTI within MULTI"),
        (&["SELECT x"], "SELECT of no number"),
    ] {
        let error = lists(aof(lines)).expect_err("malformed");
        assert!(error.starts_with("byte ") && error.contains(problem), "{error}");
    }
    let scripts = ["1 0 c: EVAL code 0", "1 0 lua: RPUSH k a b", "1 0 lua: BLPOP n 0", "1 0 lua: LPOP k"];
    assert_eq!(lists(monitor(&scripts)).as_deref(), Ok("k=b"));
}

/// Every client of a unix socket is shown by the socket's path. A MULTI of one took in the lines of all others until
/// some EXEC, and what blocked among them counted as if it did not: lists came out wrong, and nothing said so.
#[test]
fn a_transaction_over_a_unix_socket_is_refused() {
    let error = lists(monitor(&["1 0 unix:/s: RPUSH k a", "1 0 unix:/s: multi", "1 0 unix:/s: LPOP k"]));
    let error = error.expect_err("whose LPOP it is cannot be known");
    assert!(error.starts_with("line 3: MULTI: clients of a unix socket cannot be told apart"), "{error}");
    assert!(error.contains("TCP"), "{error}");
    // A row that this line breaks comes first.
    let steps = monitor(&["1 0 c: MULTI", "1 0 c: RPUSH k a", "1 0 c: RPUSH k b", "1 0 unix:/s: MULTI"]);
    let outcomes: Vec<bool> = steps.map(|step| step.is_ok()).collect();
    assert_eq!(outcomes, [true, true, false]);
    // Single commands need no telling apart.
    let single = ["1 0 unix:/s: RPUSH k a b", "1 0 unix:/s: EXEC", "1 0 unix:/s: LPOP k", "1 0 unix:/s: BLPOP k 0"];
    assert_eq!(lists(monitor(&single)).as_deref(), Ok(""));
}

/// A row without an EXEC at the end of the file was taken as a transaction, in which nothing blocks.
#[test]
fn an_open_row_at_the_end_is_no_transaction() {
    let steps: Vec<Step> = monitor(&["MULTI", "RPUSH k a", "RPUSH k b"]).collect::<Result<_, _>>().expect("right");
    assert_eq!(steps.len(), 2, "{steps:?}");
    assert!(steps.iter().all(|step| matches!(step.action, Action::Command(_))), "{steps:?}");
    let open = ["ZADD n 1 m", "RPUSH l a", "MULTI", "LPOP l", "BLPOP n 0"];
    let error = lists(monitor(&open)).expect_err("whether it waited is not known");
    assert!(error.starts_with("line 6: BLPOP: it waited"), "{error}");
    assert_eq!(lists(monitor(&[&open[..], &["EXEC"]].concat())).as_deref(), Ok(""));
}

/// Each command of a broken row had the time of the row's first line, so an expiry that counts from now came too early,
/// by an hour here: the list was gone before the last line.
#[test]
fn commands_of_a_broken_row_keep_their_times() {
    let text = br#"1700000000.000000 [0 127.0.0.1:5] "MULTI"
1700000000.000000 [0 127.0.0.1:5] "RPUSH" "k" "a"
1700003600.000000 [0 127.0.0.1:5] "PEXPIRE" "k" "1000"
1700003600.000100 [0 127.0.0.1:6] "RPUSH" "k" "b"
"#;
    let steps = monitor_text(text);
    assert_eq!(lists(steps).as_deref(), Ok("k=a,b@1700003601000"));
    let at = |lines: &[&str]| monitor(lines).map(|step| step.expect("right").at_ms).collect::<Vec<_>>();
    let row = ["5 0 c: MULTI", "6 0 c: RPUSH k a", "7 0 c: LPOP k"];
    assert_eq!(at(&row), [Some(6000), Some(7000)]);
    assert_eq!(at(&[&row[..], &["8 0 d: LLEN k"]].concat()), [Some(6000), Some(7000), Some(8000)]);
    // A transaction has one, that of its first command.
    assert_eq!(at(&[&row[..], &["8 0 c: EXEC"]].concat()), [Some(6000)]);
}

/// Of a command that touches no list nothing else is known: what it names may be a key of another type.
#[test]
fn what_the_user_vouches_for_touches_no_list() {
    let names = ["nosuch".to_owned(), "RESTORE".to_owned()];
    let lines = ["RPUSH l a", "NOSUCH n l", "RESTORE h 0 x", "RPUSH l b"];
    assert_eq!(lists(aof(&lines).with_bystanders(&names)).as_deref(), Ok("l=a,b"));
    assert_eq!(lists(monitor(&lines).with_bystanders(&names)).as_deref(), Ok("l=a,b"));
    let error = lists(monitor(&[&lines[..], &["RPUSH n x"]].concat()).with_bystanders(&names)).expect_err("unsure");
    assert!(error.contains("RPUSH: the recording does not say whether \"n\""), "{error}");
    let mut steps = aof(&lines).with_bystanders(&names);
    steps.by_ref().for_each(drop);
    assert_eq!(steps.notes(), ["note: skipped 1 NOSUCH, 1 RESTORE (no effect on lists)"]);
}

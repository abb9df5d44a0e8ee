//! Short random scripts over few keys and every type, each on an empty server: what is read of its append-only file is
//! what the server has, and what is read of MONITOR is that too, or is refused. Nothing is guessed.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use ekv_roundtrip::case::replay::{model_state, on_model};
use ekv_roundtrip::command::Reply;
use ekv_roundtrip::model::Model;
use ekv_roundtrip::workload::recorded::{AofPart, MonitorTimes, RecordedSteps};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::recording::{Lists, Recording};
use crate::transcript::command_text;
use crate::{Args, report};

const SCRIPTS: u64 = 3_000;

/// `K` is a key, `S` another that holds a set more often than not.
const COMMANDS: &[&str] = &[
    "RPUSH K a b",
    "RPUSH K c",
    "LPUSH K d",
    "RPUSHX K e",
    "LPUSHX K f",
    "LPOP K",
    "RPOP K 2",
    "LSET K 0 g",
    "LREM K 0 a",
    "LTRIM K 1 -1",
    "LINSERT K BEFORE b h",
    "RPOPLPUSH K K",
    "LMOVE K K LEFT RIGHT",
    "LMPOP 2 K K LEFT",
    "DEL K",
    "DEL K K",
    "RENAME K K",
    "RENAMENX K K",
    "COPY K K",
    "COPY K K REPLACE",
    "COPY K K DB 1",
    "COPY K K DB 1 REPLACE",
    "MOVE K 1",
    "UNLINK K K",
    "SWAPDB 0 1",
    "FLUSHDB",
    "FLUSHALL ASYNC",
    "EXPIRE K 1000000",
    "EXPIRE K -1",
    "PEXPIREAT K 4102444800000",
    "PEXPIREAT K 4102444900000 GT",
    "PERSIST K",
    "SET K v",
    "SET K v NX",
    "SET K v XX",
    "SET K v GET",
    "SET K v KEEPTTL",
    "SET K v EX 1000000",
    "SET K v EX 0",
    "SET K v NX GET",
    "SET K v NX XX",
    "SETNX K v",
    "SETEX K 1000000 v",
    "PSETEX K 0 v",
    "GETSET K v",
    "GETDEL K",
    "GETEX K EX 1000000",
    "GETEX K PERSIST",
    "GETEX K EXAT 1",
    "MSET K v K w",
    "MSETNX K v K w",
    "APPEND K v",
    "INCR K",
    "INCRBY K x",
    "SETRANGE K 0 v",
    "SETBIT K 1 2",
    "BITOP NOT K K",
    "PFADD K a",
    "PFMERGE K K",
    "SADD K a",
    "SADD S a b",
    "SREM K a b",
    "SPOP K",
    "SMOVE S K a",
    "SINTERSTORE K S K",
    "SUNIONSTORE K S",
    "SUNIONSTORE K S K",
    "SDIFFSTORE K K S",
    "HSET K f v",
    "HSET K f v g",
    "HDEL K f",
    "HINCRBY K f x",
    "ZADD K 1 a",
    "ZADD K XX 1 a",
    "ZADD K x a",
    "ZREM K a",
    "ZPOPMIN K",
    "ZUNIONSTORE K 1 K",
    "ZRANGESTORE K K 0 -1",
    "ZRANGESTORE K K x y",
    "ZMPOP 1 K MIN",
    "GEOADD K 1 1 a",
    "GEORADIUS K 1 1 9 km STORE K",
    "GEORADIUS K 1 1 9 km COUNT 1",
    "XADD K * f v",
    "XADD K NOMKSTREAM * f v",
    "XDEL K 1-1",
    "XGROUP CREATE K g $ MKSTREAM",
    "SORT K",
    "SORT K ALPHA STORE K",
    "TYPE K",
    "LLEN K",
    "LRANGE K 0 -1",
    "GET K",
    "EXISTS K",
    "TTL K",
    "SELECT 0",
    "SELECT 1",
    "MULTI",
    "EXEC",
    "DISCARD",
    "MULTI",
    "EXEC",
    "EVAL redis.call('RPUSH',KEYS[1],'x')redis.pcall('LPOP',KEYS[2]) 2 K K",
    "NOSUCH K",
    "LPOP K x",
    "BLPOP K K 0.01",
    "BRPOP K 0.01",
    "BLMOVE K K LEFT LEFT 0.01",
    "BRPOPLPUSH K K 0.01",
    "BLMPOP 0.01 1 K RIGHT",
    "BLPOP K x",
    "TOUCH K",
    "RESET",
    "RPUSH K",
    "OBJECT ENCODING K",
    "DUMP K",
];

fn script(dice: &mut ChaCha8Rng) -> Vec<Args> {
    let length = dice.random_range(3..14);
    (0..length)
        .map(|_| {
            // Lists are made more often than one command of so many would.
            let row = if dice.random_ratio(1, 4) { 0 } else { dice.random_range(0..COMMANDS.len()) };
            let mut word = |word: &str| match word {
                "K" => vec![b'a' + dice.random_range(0..3)],
                "S" => vec![b'c' + dice.random_range(0..2)],
                word => word.as_bytes().to_vec(),
            };
            COMMANDS[row].split(' ').map(&mut word).collect()
        })
        .collect()
}

fn monitor(bytes: &[u8]) -> RecordedSteps {
    let input = || Box::new(Cursor::new(bytes.to_vec()));
    RecordedSteps::monitor(input(), MonitorTimes::read(input()))
}

fn lists(steps: RecordedSteps) -> Result<Lists, String> {
    let mut model = Model::new();
    for step in steps {
        on_model(&mut model, &step.map_err(|error| error.to_string())?, |_| false);
    }
    let expiry = |at: Option<ekv_roundtrip::format::ExpireAtMs>| at.map_or(-1, |at| at.0 as i64);
    Ok(model_state(&model)
        .keys
        .into_iter()
        .map(|(key, list)| (key, (list.items().to_vec(), expiry(list.expire_at))))
        .collect())
}

/// The line is a moment later than the command.
fn without_moments(lists: &Lists) -> Lists {
    let rounded = |expiry: i64| if (0..4_000_000_000_000).contains(&expiry) { 0 } else { expiry };
    lists.iter().map(|(key, (items, expiry))| (key.clone(), (items.clone(), rounded(*expiry)))).collect()
}

#[test]
fn nothing_is_guessed() {
    // Timeouts of blocking commands are looked at as often as this.
    let mut recording = Recording::start(&["--aof-timestamp-enabled", "yes", "--hz", "500"]);
    let mut incr = std::fs::File::open(recording.aof_folder().join("appendonly.aof.1.incr.aof")).unwrap();
    let mut taken = 0_u64;
    let mut refusals: BTreeMap<String, u64> = BTreeMap::new();
    for number in 0..SCRIPTS {
        let script = script(&mut ChaCha8Rng::seed_from_u64(number));
        let text = script.iter().map(|args| command_text(args)).collect::<Vec<_>>().join("\n");
        recording.client.pipeline(&[vec![b"RESET".to_vec()], vec![b"FLUSHALL".to_vec()]]);
        recording.client.pipeline(&script);
        recording.client.pipeline(&[vec![b"RESET".to_vec()]]);
        let expected = recording.lists();
        let monitored = recording.monitored();

        // The time is written only when it changes.
        let mut written = b"#TS:1700000000\r\n".to_vec();
        incr.read_to_end(&mut written).unwrap();
        let part = AofPart { name: None, input: Ok(Box::new(Cursor::new(written.clone()))) };
        match lists(RecordedSteps::aof(std::iter::once(part)).unwrap()) {
            Ok(found) => assert_eq!(found, expected, "script {number}:\n{text}\n{}", written.escape_ascii()),
            Err(error) => {
                let only_elsewhere = error.contains("is about a list in database 0") && expected.is_empty();
                assert!(error.contains("SORT: with STORE") || only_elsewhere, "script {number}: {error}\n{text}");
            }
        }
        let shown = String::from_utf8_lossy(&monitored).into_owned();
        match lists(monitor(&monitored)) {
            Ok(found) => {
                let (found, expected) = (without_moments(&found), without_moments(&expected));
                assert_eq!(found, expected, "script {number}:\n{text}\n{shown}");
                taken += 1;
            }
            Err(error) => {
                let elsewhere = error.contains("in others some are").then_some("other databases");
                let name = elsewhere.or(error.split(": ").nth(1)).unwrap_or_default().to_owned();
                *refusals.entry(name).or_default() += 1;
            }
        }
    }
    report(&format!("MONITOR: {taken} of {SCRIPTS} random scripts taken, the others refused: {refusals:?}"));
    assert!(taken * 3 > SCRIPTS, "only {taken} scripts were taken: {refusals:?}");
    assert_eq!(recording.client.command(&["PING"]), Reply::status("PONG"));
}

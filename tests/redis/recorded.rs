//! Append-only files and MONITOR lines of a real server, taken by the tool: they verify, and end with the lists that the
//! server ends with.

use std::path::Path;
use std::process::Output;

use ekv_roundtrip::command::{Command, ExpireUnit, KeyCommand, Reply, Request};
use ekv_roundtrip::state::State;
use ekv_roundtrip::workload::{Action, CaseSpec, Generator, Profile, case_seed};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::Args;
use crate::recording::{Lists, Recording};
use crate::transcript::command_text;

/// Relative expiries get this much longer, so that none is met before the test ends.
const FAR: i64 = 1_000_000_000;

fn tool(args: &[&str]) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    command.env_remove("GITHUB_ACTIONS").args(args).output().unwrap()
}

fn holds(args: &[&str]) -> (String, String) {
    let output = tool(args);
    let (out, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(0), "{args:?}: {said}{out}");
    (out, said)
}

fn refused(args: &[&str]) -> String {
    let output = tool(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn state(trace: &Path) -> Lists {
    let (out, _) = holds(&["state", &format!("trace:{}", trace.display())]);
    let state = State::read_json_lines(out.as_bytes()).unwrap();
    let expiry = |list: &ekv_roundtrip::state::KeyState| list.expire_at.map_or(-1, |at| i64::try_from(at.0).unwrap());
    state
        .keys
        .into_iter()
        .map(|(key, list)| {
            let at = expiry(&list);
            (key, (list.items().to_vec(), at))
        })
        .collect()
}

fn words(text: &str) -> Args {
    text.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

/// Requests of the generator, none of whose relative expiries is near, and beside them what other clients may send.
struct Load {
    steps: Generator,
    dice: ChaCha8Rng,
    keys: Vec<Vec<u8>>,
}

impl Load {
    fn new(profile: &str, case: u64) -> Load {
        let profile = Profile::find(profile).unwrap();
        let seed = case_seed(6, case);
        let steps = Generator::new(&CaseSpec { seed, profile, commands: 1500, keys: None });
        Load { steps, dice: ChaCha8Rng::seed_from_u64(seed), keys: vec![b"first".to_vec()] }
    }

    fn request(&mut self, mut request: Request) -> Args {
        if let Request::Valid(Command::Key(KeyCommand::Expire {
            unit: ExpireUnit::Seconds | ExpireUnit::Milliseconds,
            time,
            ..
        })) = &mut request
            && *time > 0
        {
            *time = time.saturating_add(FAR);
        }
        if let Request::Valid(command) = &request
            && let Some(key) = command.first_key()
            && self.keys.len() < 40
        {
            self.keys.push(key.0.clone());
        }
        request.args()
    }

    fn key(&mut self) -> Vec<u8> {
        self.keys[self.dice.random_range(0..self.keys.len())].clone()
    }

    /// With `K` and `L` for keys of lists.
    fn others(&mut self) -> Vec<Args> {
        const OTHERS: &[&str] = &[
            "SET K v|SET s v",
            "SET K v EX 1000000|DEL K",
            "SET K v KEEPTTL NX",
            "SETEX K 1000000 v|LPUSH K no|UNLINK K",
            "INCR n|HSET h f v|HDEL h f|SADD s1 a|ZADD z 1 a|XADD x * f v",
            "SADD s1 a|SADD s2 b|SUNIONSTORE K s1 s2|RPUSH K no|DEL K",
            "COPY K L",
            "COPY K L REPLACE",
            "RENAMENX K L",
            "UNLINK K L",
            "MULTI|SET K v|DEL K|RPUSH K a b|EXEC",
            "MULTI|INCR n|DISCARD",
            "EXPIRE K 100000000",
            "PEXPIREAT K 4102444800123",
            "RPUSH K a|BLPOP K L 0",
            "LPUSH K a b|BRPOPLPUSH K L 0",
            "LPUSH K a b c|BLMPOP 0 1 K RIGHT COUNT 2",
            "RPUSH K x|RPOPLPUSH K L",
            "SELECT 3|RPUSH K other|LPOP K|RPUSH K o1 o2|SELECT 0",
            "SELECT 3|RPUSH K moved|COPY K L DB 0 REPLACE|MOVE K 0|SELECT 0",
            "MOVE K 5",
            "EVAL redis.call('RPUSH',KEYS[1],'script','2')redis.call('LPOP',KEYS[1]) 1 K",
            "GETDEL K|GETEX K PERSIST|GETSET K v|APPEND K v",
            "MSETNX K v n v|SETNX K v",
        ];
        let script = OTHERS[self.dice.random_range(0..OTHERS.len())];
        let (k, l) = (self.key(), self.key());
        let place = |word: &str| match word {
            "K" => k.clone(),
            "L" => l.clone(),
            word => word.as_bytes().to_vec(),
        };
        script.split('|').map(|line| line.split(' ').map(place).collect()).collect()
    }

    fn next(&mut self) -> Option<Vec<Args>> {
        if self.dice.random_ratio(1, 6) {
            return Some(self.others());
        }
        match self.steps.next()?.action {
            Action::Command(request) => Some(vec![self.request(request)]),
            Action::Transaction(requests) => {
                let inner: Vec<Args> = requests.into_iter().map(|request| self.request(request)).collect();
                Some([vec![words("MULTI")], inner, vec![words("EXEC")]].concat())
            }
            _ => Some(Vec::new()),
        }
    }
}

#[test]
fn recordings_of_a_mixed_load_end_where_the_server_does() {
    let (mut keys, mut expiries) = (0, 0);
    for (case, timestamps) in [(0, "yes"), (1, "no")] {
        for profile in ["default", "churn", "binary"] {
            let mut recording = Recording::start(&["--aof-timestamp-enabled", timestamps]);
            let mut load = Load::new(profile, case);
            let mut monitored = b"+OK\r\n".to_vec();
            let mut batches = 0;
            while let Some(commands) = load.next() {
                for (command, reply) in commands.iter().zip(recording.client.pipeline(&commands)) {
                    let is_known = !matches!(&reply, Reply::Error(error) if error.starts_with("ERR unknown command"));
                    assert!(is_known, "{}", command_text(command));
                }
                batches += 1;
                if batches == 400 {
                    monitored.extend(recording.monitored());
                    recording.rewrite();
                }
            }
            let context = format!("{profile} {timestamps}");
            monitored.extend(recording.monitored());
            let lists = recording.lists();
            (keys, expiries) =
                (keys + lists.len(), expiries + lists.values().filter(|(_, expiry)| *expiry > 0).count());

            let folder = recording.aof_folder();
            assert_eq!(state(&folder), lists, "{context}");
            let (verified, said) = holds(&["verify", "--trace", folder.to_str().unwrap()]);
            assert!(verified.contains(" 0 mismatches "), "{context}: {verified}");
            assert!(said.contains("note: skipped ") && said.contains("in database 3"), "{context}: {said}");
            let manifest = folder.join("appendonly.aof.manifest");
            assert_eq!(state(&manifest), lists, "{context}: by the manifest");

            let lines = recording.path("monitor");
            std::fs::write(&lines, &monitored).unwrap();
            assert_same_but_for_a_moment(&state(&lines), &lists, &context);
            let (verified, _) = holds(&["verify", "--trace", lines.to_str().unwrap(), "--meta", "32"]);
            assert!(verified.contains(" 0 mismatches "), "{context}: {verified}");
        }
    }
    assert!(keys > 30 && expiries > 3, "{keys} lists, {expiries} with an expiry");
}

/// MONITOR's time is that of the line, which is a moment after the command's.
fn assert_same_but_for_a_moment(found: &Lists, expected: &Lists, context: &str) {
    const MOMENT_MS: i64 = 60_000;
    let keys = |lists: &Lists| lists.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(found), keys(expected), "{context}");
    for (key, (items, expiry)) in expected {
        let (found_items, found_expiry) = &found[key];
        assert_eq!(found_items, items, "{context}: {key:?}");
        let is_near = (found_expiry - expiry).abs() < MOMENT_MS && (*expiry < 0) == (*found_expiry < 0);
        assert!(is_near, "{context}: {key:?}: {found_expiry}, {expiry}");
    }
}

/// The server deletes what expires by name, sooner or later; logical time may have done so before.
#[test]
fn what_expired_on_the_server_is_gone() {
    for timestamps in ["yes", "no"] {
        let mut recording = Recording::start(&["--aof-timestamp-enabled", timestamps]);
        for command in ["RPUSH k a", "PEXPIRE k 1", "RPUSH stays b", "RPUSH l c", "PEXPIRE l 1"] {
            recording.client.pipeline(&[words(command)]);
        }
        recording.await_expiry("k");
        recording.await_expiry("l");
        recording.client.pipeline(&[words("RPUSH l d"), words("MULTI"), words("RPUSH m e"), words("EXEC")]);
        let lists = recording.lists();
        assert_eq!(lists.len(), 3, "{lists:?}");
        assert_eq!(state(&recording.aof_folder()), lists, "{timestamps}");
        let lines = recording.monitored();
        std::fs::write(recording.path("lines"), lines).unwrap();
        assert_eq!(state(&recording.path("lines")), lists, "{timestamps}: MONITOR");
    }
}

#[test]
fn an_rdb_base_is_taken_only_without_keys() {
    let mut recording = Recording::start(&["--aof-use-rdb-preamble", "yes"]);
    recording.client.command(&["RPUSH", "k", "v"]);
    let folder = recording.aof_folder();
    assert!(folder.join("appendonly.aof.1.base.rdb").exists(), "a new server's base is in RDB form");
    assert_eq!(state(&folder), recording.lists());
    recording.rewrite();
    let error = refused(&["state", &format!("trace:{}", folder.display())]);
    for word in ["appendonly.aof.2.base.rdb", "aof-use-rdb-preamble no", "BGREWRITEAOF"] {
        assert!(error.contains(word), "{word}: {error}");
    }
    assert_eq!(refused(&["verify", "--trace", folder.to_str().unwrap()]).lines().last(), error.lines().last());
    recording.client.command(&["CONFIG", "SET", "aof-use-rdb-preamble", "no"]);
    recording.rewrite();
    assert_eq!(state(&folder), recording.lists(), "the way out that the message names");
}

/// A server that is killed leaves half a command, and starts again without it.
#[test]
fn a_last_command_that_is_cut_short_is_left_out() {
    let mut recording = Recording::start(&[]);
    recording.client.command(&["RPUSH", "k", "v"]);
    let lists = recording.lists();
    recording.client.command(&["RPUSH", "k", "a value of some length"]);
    let folder = recording.aof_folder();
    let incr = folder.join("appendonly.aof.1.incr.aof");
    let bytes = std::fs::read(&incr).unwrap();
    std::fs::write(&incr, &bytes[..bytes.len() - 9]).unwrap();
    assert_eq!(state(&folder), lists);
    let (_, said) = holds(&["verify", "--trace", folder.to_str().unwrap()]);
    assert!(said.contains("appendonly.aof.1.incr.aof: byte ") && said.contains("cut short"), "{said}");
    let mut damaged = bytes.clone();
    damaged[30] = b'x';
    std::fs::write(&incr, damaged).unwrap();
    let error = refused(&["state", &format!("trace:{}", folder.display())]);
    assert!(error.contains("appendonly.aof.1.incr.aof: byte "), "{error}");
}

/// The two forms of MONITOR, and standard input.
#[test]
fn redis_cli_prints_what_is_read_here() {
    let mut recording = Recording::start(&[]);
    let mut monitor = recording.connect();
    monitor.command(&["MONITOR"]);
    let odd = b"a\"b\\c\n\r\t\x07\x08\x00\xff' ]".to_vec();
    recording.client.pipeline(&[vec![b"RPUSH".to_vec(), odd.clone(), odd, Vec::new()]]);
    let lists = recording.lists();
    let raw = recording.monitored();
    let printed = String::from_utf8(raw).unwrap().replace("\r\n", "\n").replace("+1", "1");
    for text in [format!("OK\n{printed}"), printed] {
        std::fs::write(recording.path("lines"), &text).unwrap();
        assert_eq!(state(&recording.path("lines")), lists);
        let input = std::fs::File::open(recording.path("lines")).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
        let output = command.args(["state", "trace:-"]).stdin(input).output().unwrap();
        let (out, _) = holds(&["state", &format!("trace:{}", recording.path("lines").display())]);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), out);
    }
}

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
        let steps = Generator::new(&CaseSpec { seed, profile, commands: 1500, keys: None, clients: 1 });
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
            Action::Command(request) if has_unknown_option(&request) => Some(Vec::new()),
            Action::Command(request) => Some(vec![self.request(request)]),
            Action::Transaction(mut requests) => {
                requests.retain(|request| !has_unknown_option(request));
                let inner: Vec<Args> = requests.into_iter().map(|request| self.request(request)).collect();
                Some([vec![words("MULTI")], inner, vec![words("EXEC")]].concat())
            }
            _ => Some(Vec::new()),
        }
    }
}

/// A newer server may know what this one refuses, so MONITOR with such a command is refused.
fn has_unknown_option(request: &Request) -> bool {
    let Request::Rejected { error, .. } = request else { return false };
    ["ERR Unsupported option", "ERR syntax error", "ERR wrong number"].iter().any(|start| error.starts_with(start))
}

#[test]
fn recordings_of_a_mixed_load_end_where_the_server_does() {
    let (mut keys, mut expiries) = (0, 0);
    for (case, timestamps, rdb) in [(0, "yes", "no"), (1, "no", "yes"), (2, "yes", "yes")] {
        for profile in ["default", "churn", "binary"] {
            let flags = ["--aof-timestamp-enabled", timestamps, "--aof-use-rdb-preamble", rdb];
            let mut recording = Recording::start(&flags);
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
            let context = format!("{profile} {timestamps} {rdb}");
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

/// Items that Redis packs, compresses, or keeps alone.
fn items_of_all_kinds() -> Vec<Vec<u8>> {
    let integers = [0, 12, -1, 127, 128, -4096, 4095, 32_767, -32_768, 8_388_607, -8_388_608, i64::MIN, i64::MAX];
    let mut items: Vec<Vec<u8>> = integers.iter().map(|integer| integer.to_string().into_bytes()).collect();
    items.extend([&b""[..], b"007", b"+1", b" 1", b"\xff\0", b"9223372036854775808"].map(<[u8]>::to_vec));
    items.extend([1, 63, 64, 300, 4096, 16_384, 70_000].map(|bytes| vec![b'x'; bytes]));
    items.extend((0..500).map(|number: u32| format!("{number}: {}", number.wrapping_mul(0x9e37_79b9)).into_bytes()));
    items
}

#[test]
fn a_base_in_rdb_form_says_what_the_server_shows() {
    for (depth, size) in [("0", "-2"), ("1", "-1"), ("2", "128"), ("1", "1")] {
        let flags = ["--list-compress-depth", depth, "--list-max-listpack-size", size, "--aof-use-rdb-preamble", "yes"];
        let mut recording = Recording::start(&flags);
        let folder = recording.aof_folder();
        assert!(folder.join("appendonly.aof.1.base.rdb").exists(), "a new server's base is in RDB form");
        let push = |key: &str, items: &[Vec<u8>]| [&[b"RPUSH".to_vec(), key.as_bytes().to_vec()], items].concat();
        let items = items_of_all_kinds();
        let mut commands = vec![words("DEBUG QUICKLIST-PACKED-THRESHOLD 20000"), push("all", &items)];
        for command in [
            "RPUSH one 1",
            "PEXPIREAT one 4102444800123",
            "RPUSH gone a",
            "RPUSH renamed a b",
            "RPUSH over x",
            "SET s v",
            "SADD set a 1",
            "SADD ints 1 2",
            "ZADD z 1.5 a",
            "HSET h f v",
            "XADD x * f v",
            "XGROUP CREATE x g 0",
            "XREADGROUP GROUP g c STREAMS x >",
            "HSET expires f v",
            "EXPIRE expires 1000000",
            "SELECT 3",
            "RPUSH other a",
            "RPUSH moved m",
            "PEXPIREAT moved 4102444800456",
            "SELECT 0",
        ] {
            commands.push(words(command));
        }
        recording.client.pipeline(&commands);
        recording.rewrite();
        assert_eq!(state(&folder), recording.lists(), "{depth} {size}");

        let after = [
            "LPUSH all 5",
            "RENAME s over",
            "SET renamed v",
            "DEL z gone",
            "RPUSH gone b",
            "PERSIST one",
            "DEL h",
            "RPUSH h 7",
            "COPY all copy",
            "SELECT 3",
            "MOVE moved 0",
            "SELECT 0",
            "RPUSH moved n",
        ];
        recording.client.pipeline(&after.map(words));
        let lists = recording.lists();
        assert_eq!((lists.len(), lists.contains_key(&b"over"[..])), (6, false));
        assert_eq!(state(&folder), lists, "{depth} {size}: and commands");
        let (verified, said) = holds(&["verify", "--trace", folder.to_str().unwrap()]);
        assert!(verified.contains(" 0 mismatches "), "{verified}");
        assert!(said.contains("passed over: hashes 2, sets 2, sorted sets 1, streams 1, strings 1"), "{said}");

        // Both in one file, as servers before 7.0 have it.
        let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
        let single = recording.path("appendonly.aof");
        let both = [read("appendonly.aof.2.base.rdb"), read("appendonly.aof.2.incr.aof")].concat();
        std::fs::write(&single, &both).unwrap();
        assert_eq!(state(&single), lists, "{depth} {size}: in one file");
        let mut damaged = both;
        damaged[60] ^= 1;
        std::fs::write(&single, damaged).unwrap();
        let error = refused(&["state", &format!("trace:{}", single.display())]);
        assert!(error.contains("byte ") && error.contains("the checksum is "), "{error}");

        recording.client.command(&["CONFIG", "SET", "aof-use-rdb-preamble", "no"]);
        recording.rewrite();
        assert_eq!(state(&folder), lists, "{depth} {size}: the same in commands");
    }
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

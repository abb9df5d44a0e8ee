//! What is asked for wrongly ends with 2, one line that says what is wrong, and nothing written.

use super::session::Session;

const LINE: &str = "{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"k\",\"v\"]}\n";

const TABLE: &[(&str, &str)] = &[
    ("", "Usage:"),
    ("nonsense", "unrecognized subcommand"),
    ("verify --cases 0", "--cases"),
    ("verify --jobs 0", "--jobs"),
    ("verify --jobs 1000", "--jobs"),
    ("verify --case 18446744073709551615", "--case"),
    ("verify --cases 2 --case 2", "of 2 cases the last is number 1"),
    ("verify --time soon", "a number and a unit"),
    ("verify --profile nonsense", "possible values: default"),
    ("verify --seed 99999999999999999999", "too large"),
    ("verify --trace /dev/null", "it holds no command, so nothing was verified"),
    ("verify --trace trace --report trace", "that is the trace being read"),
    ("verify --work-dir trace", "--work-dir trace"),
    ("verify --work-dir db --keep", "it is not empty"),
    ("verify --report x --junit x", "--report and --junit both name x"),
    ("verify --trace trace --junit trace", "that is the trace being read"),
    ("verify --junit absent/x.xml", "open the parent folder of absent/x.xml"),
    ("completions tcsh", "possible values: bash"),
    ("man fly", "no command \"fly\"; there are verify, generate"),
    ("fixtures --out db", "output folder db is not empty"),
    ("fixtures --out absent --check", "read absent: No such file"),
    ("fixtures --out db --check --force", "cannot be used with"),
    ("verify --report absent/report", "open the parent folder of absent/report"),
    ("generate --out absent/trace", "open the parent folder of absent/trace"),
    ("generate --out db", "Is a directory"),
    ("generate --out dangling", "leads nowhere"),
    ("generate --out /dev/full", "/dev/full: No space left"),
    ("apply --trace absent --db new", "read absent: No such file"),
    ("apply --trace db --db new", "it is a folder"),
    ("apply --trace garbage --db new", "trace garbage: line 1: expected one JSON object a line"),
    ("apply --trace torn --db new", "trace torn: line 2: EOF while parsing"),
    ("apply --trace trace --db db", "output folder db is not empty"),
    ("apply --trace trace --db trace", "is there and is not a folder"),
    ("apply --trace trace --db dangling", "is a symbolic link"),
    ("apply --trace trace --db absent/new", "open the parent folder of absent/new"),
    ("apply --trace trace --db new --replies trace", "that is the trace being read"),
    ("apply --trace trace --db new --replies new/replies", "will hold the database"),
    ("apply --trace trace --db new --replies /dev/full", "/dev/full: No space left"),
    ("state nonsense:x", "a source is one of trace:FILE"),
    ("state db:", "write db:DIR"),
    ("state db:trace", "there is no RocksDB database at trace"),
    ("state db:broken", "the database is damaged"),
    ("state dump:db", "MANIFEST.json: missing"),
    ("state dump:tampered", "SHA-256 is"),
    ("state state:garbage", "state garbage: line 1: expected value (column 1)"),
    ("state trace:garbage", "trace garbage: line 1"),
    ("compare trace:- state:-", "only one of the two sources"),
    ("compare trace:trace db:absent", "there is no RocksDB database at absent"),
    ("dump trace --out new", "must be a database, db:DIR"),
    ("dump db:broken --out new", "the database is damaged"),
    ("dump db:db --out db --force", "holds the database"),
    ("dump db:db --out . --force", "holds the database"),
    ("dump db:db --out db/new", "is in the database"),
    ("dump db:db --out dangling --force", "is a symbolic link"),
];

fn session() -> Session {
    let session = Session::new();
    session.write("trace", LINE);
    session.write("garbage", b"\x00\xff\x80 not a trace");
    session.write("torn", format!("{LINE}{}", &LINE[..20]));
    std::os::unix::fs::symlink("nowhere", session.path("dangling")).unwrap();
    for db in ["db", "broken"] {
        session.holds(&format!("apply --trace trace --db {db}"));
    }
    for name in session.names("broken").iter().filter(|name| name.ends_with(".sst")) {
        let path = session.path("broken").join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.iter_mut().for_each(|byte| *byte ^= 1);
        std::fs::write(path, bytes).unwrap();
    }
    session.holds_in_1970("dump db:db --out tampered");
    session.write("tampered/redis/db_0/lists/k.json", "{}");
    session
}

#[test]
fn each_is_told_and_leaves_nothing() {
    let session = session();
    let before = (session.names("."), session.tree("."));
    for (words, expected) in TABLE {
        let ended = session.run(words);
        assert_eq!(ended.code, Some(2), "{words}: {ended:?}");
        assert!(ended.stderr.contains(expected), "{words}: {expected:?} is not in {}", ended.stderr);
        assert!(!ended.stderr.contains("panicked"), "{words}: {}", ended.stderr);
        assert!(ended.stdout.is_empty(), "{words}: {}", ended.stdout);
        assert_eq!((session.names("."), session.tree(".")), before, "{words}");
    }
}

#[test]
fn the_time_of_a_dump_must_be_a_time() {
    let session = session();
    for epoch in ["", "x", "-1", "1.5", "99999999999999", "99999999999999999999"] {
        let output = session.command("dump db:db --out new").env("SOURCE_DATE_EPOCH", epoch).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{epoch:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("SOURCE_DATE_EPOCH is"), "{epoch:?}");
        assert!(!session.path("new").exists());
    }
}

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
    ("verify --trace trace --report trace", "that is being read"),
    ("verify --work-dir trace", "--work-dir trace"),
    ("verify --work-dir db --keep", "that is inside a database"),
    ("verify --report x --junit x", "--report and --junit both name x"),
    ("verify --trace trace --junit trace", "that is being read"),
    ("verify --junit absent/x.xml", "open the parent folder of absent/x.xml"),
    ("check-history absent", "read absent: No such file"),
    ("check-history /dev/null", "it holds no operation, so nothing was checked"),
    ("check-history trace", "history trace: line 1: unknown field `at_ms`"),
    ("probe", "--decoder <exec:CMD>"),
    ("probe --decoder true", "a decoder starts with \"exec:\""),
    ("probe --decoder exec:true", "no argument holds {fsm}"),
    ("completions tcsh", "possible values: bash"),
    ("man fly", "possible values: verify, shrink, faults, merge, generate"),
    ("fixtures --out db", "output folder db is not empty"),
    ("fixtures --out absent --check", "read absent: No such file"),
    ("fixtures --out db --check --force", "cannot be used with"),
    ("verify --report absent/report", "open the parent folder of absent/report"),
    ("generate --out absent/trace", "open the parent folder of absent/trace"),
    ("generate --out db", "Is a directory"),
    ("generate --out dangling", "leads nowhere"),
    ("generate --out /dev/full", "/dev/full: No space left"),
    ("apply --trace absent --db new", "read absent: No such file"),
    ("apply --trace db --db new", "it is a folder without the manifest of an append-only file"),
    ("apply --trace manifest --db new", "trace manifest: reading absent: No such file"),
    ("apply --trace aof --db new", "trace aof: byte 14: RESTORE: what is restored is in RDB form"),
    ("verify --trace aof", "trace aof: byte 14: RESTORE"),
    ("state trace:monitor", "trace monitor: line 2: expected a line of MONITOR"),
    ("state trace:rdb", "trace rdb: byte 11: the RDB part is cut short"),
    ("verify --trace recorded --report recorded/x.manifest", "that is being read"),
    ("apply --trace garbage --db new", "trace garbage: it is in none of the forms that are taken: JSON lines"),
    ("apply --trace torn --db new", "trace torn: line 2: EOF while parsing"),
    ("apply --trace trace --db db", "output folder db is not empty"),
    ("apply --trace trace --db trace", "is there and is not a folder"),
    ("apply --trace trace --db dangling", "is a symbolic link"),
    ("apply --trace trace --db absent/new", "open the parent folder of absent/new"),
    ("apply --trace trace --db new --replies trace", "that is being read"),
    ("apply --trace trace --db new --replies new/replies", "will hold the database"),
    ("apply --trace trace --db new --replies /dev/full", "/dev/full: No space left"),
    ("state nonsense:x", "a source is one of trace:FILE"),
    ("state db:", "write db:DIR"),
    ("state db:trace", "there is no RocksDB database at trace"),
    ("state db:broken", "the database is damaged"),
    ("state dump:db", "MANIFEST.json: missing"),
    ("state dump:tampered", "SHA-256 is"),
    ("state state:garbage", "state garbage: line 1: expected one JSON object a line"),
    ("state trace:garbage", "trace garbage: it is in none"),
    ("compare trace:- state:-", "only one of the two sources"),
    ("compare trace:trace db:absent", "there is no RocksDB database at absent"),
    ("dump trace --out new", "must be a database, db:DIR, or a snapshot, fsm:FILE"),
    ("dump db:broken --out new", "the database is damaged"),
    ("dump db:db --out db --force", "output folder db holds db; name another one"),
    ("dump db:db --out . --force", "output folder . holds db"),
    ("dump db:db --out db/new", "output db/new: that is inside a database, "),
    ("dump fsm:trace --out new", "snapshot trace: offset 0: unknown magic"),
    ("dump fsm:absent --out new", "snapshot absent: No such file"),
    ("dump fsm:db --out new", "snapshot db: it is a folder, not a file"),
    ("dump fsm:cut.fsm --out new", "row 3 at offset 162: the file ends inside the row's value length"),
    ("dump fsm:good.fsm --out . --force", "holds good.fsm"),
    ("state fsm:encrypted.fsm", "encrypted (flags 0x02)"),
    ("inspect fsm:sst.fsm", "an SST container"),
    ("inspect db:db --versions", "db is no snapshot file, which alone has rows"),
    ("state trace:trace --at 5", "has no commits"),
    ("compare trace:trace dump:tampered --at 5", "neither source has commits"),
    ("state db:db --at 5", "keeps only its present state"),
    ("state db:db --at 99999999", "the last commit of database db is 65536"),
    ("state fsm:good.fsm --at 65537", "is after its last one, 65536"),
    ("snapshot db:db --out new.fsm --history all", "keeps no history"),
    ("snapshot db:db --out new.fsm --history some", "latest, all, or window=MS"),
    ("snapshot db:db --out new.fsm --framing v3", "possible values: bare, legacy, v1, v2"),
    ("snapshot db:db --out db/new.fsm", "that is inside a database, "),
    ("snapshot db:db --out /dev/full", "/dev/full: No space left"),
    ("snapshot fsm:good.fsm --out new.fsm", "must be a database, db:DIR"),
    ("restore dump:tampered --db new", "dump tampered: redis/db_0/lists/k.json: SHA-256 is"),
    ("restore dump:whole", "--db <DIR>|--fsm <FILE>"),
    ("restore dump:whole --db new --fsm new.fsm", "cannot be used with"),
    ("restore dump:whole --db db", "output folder db is not empty"),
    ("restore dump:whole --fsm whole/new.fsm", "that is inside a dump, "),
    ("restore dump:whole --fsm /dev/full", "/dev/full: No space left"),
    ("restore db:db --db new", "must be a dump, dump:DIR"),
    ("verify --decoder true", "a decoder starts with"),
    ("verify --decoder exec:true", "no argument holds {fsm}"),
    ("bench --max-items 999", "--max-items"),
    ("bench --compare absent", "--compare absent: No such file"),
    ("bench --compare garbage", "--compare garbage: it is not UTF-8"),
    (
        "bench --compare trace",
        "--compare trace: it has no format_version, so it is no result of bench; measure it again",
    ),
    ("bench --compare torn", "--compare torn: it is damaged: "),
    ("bench --compare trace --seed 1", "cannot be used with"),
    ("bench --out absent/x.json", "open the parent folder of absent/x.json"),
    ("bench --out x.svg", "--out x.svg: the picture has that name; name a file .json"),
    ("bench --work-dir trace", "--work-dir trace"),
    ("bench --work-dir db", "that is inside a database"),
    ("dump db:db --out dangling --force", "is a symbolic link"),
    ("state db", "did you mean db:db?"),
    ("state trace", "did you mean trace:trace?"),
    ("state recorded", "did you mean trace:recorded?"),
    ("compare whole trace:trace", "did you mean dump:whole?"),
    ("compare trace:trace array", "did you mean trace:array?"),
    ("inspect good.fsm", "did you mean fsm:good.fsm?"),
    ("restore whole --db new", "did you mean dump:whole?"),
    ("generate --out trace", "--out trace: the file is there already; name another, or give --force"),
    ("snapshot db:db --out good.fsm", "--out good.fsm: the file is there already"),
    ("restore dump:whole --fsm good.fsm", "--fsm good.fsm: the file is there already"),
    ("shrink trace --out good.fsm", "--out good.fsm: the file is there already"),
    ("apply --trace trace --db new --replies good.fsm", "--replies good.fsm: the file is there already"),
    ("state db:pebble", "pebble is a Pebble database, not RocksDB's; have its engine write a snapshot file"),
    ("state trace:back", "trace back: line 2: at_ms goes back from 1 to 0"),
    ("state state:array", "state array: line 1: expected one JSON object a line"),
    (
        "state trace:surrogate",
        "trace surrogate: line 2: an escape of \\ud800 to \\udfff without its other half is no character",
    ),
    ("state state:half", "state half: line 1: an escape of \\ud800 to \\udfff without its other half is no character"),
    ("state dump:crlf", "CHECKSUMS: line 1: ends in CR LF; expected LF alone"),
    ("state dump:dots", "CHECKSUMS: line 1: the path begins with ./; expected it without"),
];

fn session() -> Session {
    let session = Session::new();
    session.write("trace", LINE);
    session.write("garbage", b"\x00\xff\x80 not a trace");
    session.write("torn", format!("{LINE}{}", &LINE[..20]));
    session.write("manifest", "file absent seq 1 type i\n");
    session.write("aof", "*1\r\n$4\r\nPING\r\n*4\r\n$7\r\nRESTORE\r\n$1\r\nk\r\n$1\r\n0\r\n$1\r\nx\r\n");
    session.write("monitor", "OK\nno line\n");
    session.write("rdb", b"REDIS0010\xfe\x00");
    std::fs::create_dir(session.path("recorded")).unwrap();
    session.write("recorded/x.manifest", "file i seq 1 type i\n");
    session.write("recorded/i", "*3\r\n$5\r\nRPUSH\r\n$1\r\nk\r\n$1\r\nv\r\n");
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
    session.holds_in_1970("dump db:db --out whole");
    for (name, from, to) in [("crlf", "\n", "\r\n"), ("dots", "  ", "  ./")] {
        session.holds_in_1970(&format!("dump db:db --out {name}"));
        let checksums = session.read(&format!("{name}/CHECKSUMS"));
        session.write(&format!("{name}/CHECKSUMS"), checksums.replace(from, to));
    }
    std::fs::create_dir(session.path("pebble")).unwrap();
    session.write("pebble/CURRENT", "MANIFEST-000001\n");
    session.write("pebble/marker.manifest.000001.MANIFEST-000001", "");
    session.write("back", format!("{LINE}{}", LINE.replace(":1,", ":0,")));
    session.write("array", "[{\"key\":\"k\",\"items\":[]}]\n");
    session.write("surrogate", format!("{LINE}{}", LINE.replace("\"v\"", "\"\\ud800\"")));
    session.write("half", "{\"key\":\"k\",\"items\":[\"\\udc00\"],\"expire_at_ms\":null}\n");
    session.holds("snapshot db:db --out good.fsm --framing v1");
    let good = std::fs::read(session.path("good.fsm")).unwrap();
    session.write("cut.fsm", &good[..good.len() - 20]);
    session.write("sst.fsm", "EKVSSTI1 and so on");
    session.write(
        "encrypted.fsm",
        b"EKVPBBL1\0\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\x0012345678\x09\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\0",
    );
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
fn a_file_is_written_over_if_that_is_asked_for() {
    let session = session();
    session.write("old", "old");
    for words in [
        "generate --seed 1 --commands 1 --out old --force",
        "snapshot db:db --out old --force",
        "restore dump:whole --fsm old --force",
    ] {
        session.holds(words);
        assert_ne!(std::fs::read(session.path("old")).unwrap(), b"old", "{words}");
        session.write("old", "old");
    }
}

#[test]
fn a_key_that_no_record_names_is_told() {
    let session = session();
    let ended = session.run("inspect db:db --key nothing");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    assert_eq!(ended.stderr, "db has no record under the key \"nothing\"\n");
    session.holds("inspect db:db --key k");
    let ended = session.run("inspect db:db --key no*");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), "db has no record under a key like \"no*\"\n"));
    assert_eq!(session.holds("inspect db:db --key [k]"), session.holds("inspect db:db --key k"));
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

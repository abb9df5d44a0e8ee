//! The command line with servers: what it prints, and what it ends with.

use std::path::Path;
use std::process::{Command, Output};

use ekv_roundtrip::command::Reply;

use crate::meddler::{Meddler, Meddling, address, name};
use crate::server::RedisServer;

fn tool(folder: &Path, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    command.args(words.split_whitespace()).current_dir(folder).env_remove("GITHUB_ACTIONS");
    command.output().expect("the tool runs")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_finding_is_told_as_any_other_and_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = Meddler::start(|args| match name(args).as_str() {
        "LPOP" if args.len() == 2 => {
            Meddling::Alter(|reply| if matches!(reply, Reply::Bulk(_)) { Reply::Null } else { reply })
        }
        _ => Meddling::None,
    });
    let server = wrong.address();
    let ran = tool(
        folder.path(),
        &format!(
            "verify --seed 3 --cases 4 --profile queue --store {server} --flush --report report.json --junit junit.xml"
        ),
    );
    let text = out(&ran);
    assert_eq!(ran.status.code(), Some(1), "{text}{}", err(&ran));
    assert!(text.contains("(profile queue, server)"), "{text}");
    assert!(text.contains("MISMATCH reply-lpop-") && text.contains(&format!("server {server}  null")), "{text}");
    let repeat = text.lines().find_map(|line| line.trim().strip_prefix("repeat   ekv-roundtrip ")).expect("a command");
    assert!(repeat.ends_with(&format!("--profile queue --store {server} --flush")), "{repeat}");
    let again = tool(folder.path(), repeat);
    let finding = |text: &str| text[..text.find("verified ").expect("a summary")].to_owned();
    assert!(text.contains(&finding(&out(&again))), "{text}\n{}", out(&again));
    let read = |name| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let report = read("report.json");
    assert!(report.contains("\"--store\"") && report.contains("\"meta\": \"server\""), "{report}");
    assert!(read("junit.xml").contains("<testcase name=\"server\""), "{}", read("junit.xml"));
    assert!(wrong.client().keys().is_empty());
}

#[test]
fn what_cannot_be_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = RedisServer::start();
    let (place, mut client) = (address(server.port()), server.connect());
    client.command(&["RPUSH", "theirs", "1"]);
    for (words, expected) in [
        (format!("verify --store {place}"), "holds 1 key"),
        (format!("verify --oracle {place} --jobs 2"), "--jobs 2: a server's database holds one case at a time"),
        (format!("verify --oracle {place} --store {place} --flush"), "cannot be both --store and --oracle"),
        (format!("verify --store {place}/99 --flush"), "to SELECT 99 it says"),
        ("verify --store redis://127.0.0.1:1".to_owned(), "redis://127.0.0.1:1: Connection refused"),
        ("verify --store localhost:6379".to_owned(), "a server is redis://HOST:PORT[/DB]"),
        ("verify --flush".to_owned(), "--flush: name a server"),
        ("state redis://127.0.0.1:1".to_owned(), "start the server there, or name another address"),
        ("state redis://nonsense".to_owned(), "a server is redis://HOST:PORT[/DB]"),
    ] {
        let ended = tool(folder.path(), &words);
        assert_eq!(ended.status.code(), Some(2), "{words}: {}", err(&ended));
        assert!(err(&ended).contains(expected), "{words}: {}", err(&ended));
        assert!(out(&ended).is_empty(), "{words}");
    }
    assert_eq!(client.keys().len(), 1);
}

/// A trace of 2023, as real traffic has it: every expiry in it is past for the server.
#[test]
fn a_trace_of_the_past_is_replayed_by_its_own_time() {
    let folder = tempfile::tempdir().unwrap();
    let trace = r#"{"at_ms":1700000000123,"cmd":["RPUSH","a","1","2"]}
{"at_ms":1700000000123,"cmd":["PEXPIRE","a","50"]}
{"at_ms":1700000000150,"txn":[["PEXPIRETIME","a"],["RPUSH","b","1"],["EXPIREAT","b","1700000001"],["PEXPIRETIME","b"]]}
{"at_ms":1700000000173,"cmd":["LLEN","a"]}
{"at_ms":1700000000174,"cmd":["LLEN","a"]}
{"at_ms":1700000000200,"txn":[["RPUSH","c","1"],["PEXPIRE","c","0"],["EXISTS","c"],["PEXPIREAT","b","1700000000100","GT"]]}
{"at_ms":1700000000300,"cmd":["PEXPIREAT","b","1700000000300","LT"]}
{"at_ms":1700000000300,"cmd":["EXISTS","b"]}
{"at_ms":1700000000300,"cmd":["RPUSH","d","1"]}
{"at_ms":1700000000301,"cmd":["PEXPIREAT","d","1700000000999"]}
"#;
    std::fs::write(folder.path().join("trace.jsonl"), trace).unwrap();
    let (one, two) = (RedisServer::start(), RedisServer::start());
    let (one, two) = (address(one.port()), address(two.port()));
    for servers in [format!("--store {one}"), format!("--oracle {two}"), format!("--store {one} --oracle {two}")] {
        let ran = tool(folder.path(), &format!("verify --trace trace.jsonl {servers}"));
        assert_eq!(ran.status.code(), Some(0), "{servers}: {}{}", out(&ran), err(&ran));
        let cases = if servers.starts_with("--store") { "1 case," } else { "2 cases," };
        assert!(out(&ran).contains(cases), "{}", out(&ran));
    }
}

/// Nothing but the expiry itself shows it: the key would be gone in the end on either side.
#[test]
fn a_key_that_does_not_expire_is_not_helped_out() {
    let folder = tempfile::tempdir().unwrap();
    let trace = r#"{"at_ms":4102444800000,"cmd":["RPUSH","a","1"]}
{"at_ms":4102444800000,"cmd":["PEXPIRE","a","50"]}
{"at_ms":4102444800000,"cmd":["RPUSH","b","1"]}
{"at_ms":4102444800051,"cmd":["LLEN","a"]}
"#;
    std::fs::write(folder.path().join("trace.jsonl"), trace).unwrap();
    let never = Meddler::start(|args| match name(args).as_str() {
        "PEXPIREAT" if args.len() > 1 => Meddling::Say(Reply::Integer(1)),
        _ => Meddling::None,
    });
    let ran = tool(folder.path(), &format!("verify --trace trace.jsonl --no-shrink --store {}", never.address()));
    let text = out(&ran);
    assert_eq!(ran.status.code(), Some(1), "{text}");
    assert!(text.contains(", step 2\n") && text.contains("its expiry by \"PEXPIRETIME\" \"a\""), "{text}");
    // Nobody looks at `a` when it is lost.
    let lost = "redis.call('PERSIST', 'a') return redis.call('RPUSH', KEYS[1], ARGV[1])";
    let forgetful = Meddler::start(move |args| match name(args).as_str() {
        "RPUSH" if args.get(1).is_some_and(|key| key == b"b") => {
            let words = ["EVAL", lost, "1", "b", "1"];
            Meddling::Instead(words.map(|word| word.as_bytes().to_vec()).to_vec())
        }
        _ => Meddling::None,
    });
    let ran = tool(folder.path(), &format!("verify --trace trace.jsonl --no-shrink --store {}", forgetful.address()));
    let text = out(&ran);
    assert_eq!(ran.status.code(), Some(1), "{text}");
    assert!(text.contains(", step 4\n") && text.contains("its expiry has passed for model"), "{text}");
    assert!(text.contains(&format!("server {} says of its expiry: -1", forgetful.address())), "{text}");
}

/// In a trace that asks none of these questions itself.
#[test]
fn what_a_server_says_of_its_keys_in_the_end_is_held_against_what_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let trace = "{\"at_ms\":4102444800000,\"cmd\":[\"RPUSH\",\"a\",\"1\"]}\n";
    std::fs::write(folder.path().join("trace.jsonl"), trace).unwrap();
    for (command, reply, expected) in [
        ("TYPE", Reply::status("string"), "is of type string, and no command makes anything but lists"),
        ("TYPE", Reply::status("none"), "missing"),
        ("LRANGE", Reply::Integer(1), "its items by \"LRANGE\" \"a\" \"0\""),
        ("LRANGE", Reply::bulks(vec![b"2".to_vec()]), "items"),
        ("PEXPIRETIME", Reply::Integer(4_102_444_800_001), "expiry"),
    ] {
        let said = reply.clone();
        let server = Meddler::start(move |args| match name(args) == command && args.len() > 1 {
            true => Meddling::Say(said.clone()),
            false => Meddling::None,
        });
        let ran = tool(folder.path(), &format!("verify --trace trace.jsonl --no-shrink --store {}", server.address()));
        let text = out(&ran);
        assert_eq!(ran.status.code(), Some(1), "{command}, {reply:?}: {text}{}", err(&ran));
        assert!(text.contains(expected), "{command}, {reply:?}: {text}");
        assert!(text.contains("MISMATCH store-state-"), "{command}, {reply:?}: {text}");
    }
}

#[test]
fn a_server_is_a_source() {
    let folder = tempfile::tempdir().unwrap();
    let server = RedisServer::start();
    let (place, mut client) = (address(server.port()), server.connect());
    for words in [
        &["RPUSH", "jobs", "a", "b"][..],
        &["RPUSH", "later", "c"],
        &["PEXPIREAT", "later", "4102444800000"],
        &["SET", "other", "1"],
        &["HSET", "another", "1", "1"],
        &["SET", "third", "1"],
    ] {
        client.command(words);
    }
    client.pipeline(&[vec![b"RPUSH".to_vec(), b"\xff".to_vec(), b"\xfe\r\n".to_vec()]]);
    let shown = tool(folder.path(), &format!("state {place}"));
    let expected = r#"{"key":"jobs","items":["a","b"],"expire_at_ms":null}
{"key":"later","items":["c"],"expire_at_ms":4102444800000}
{"key":{"base64":"_w"},"items":[{"base64":"_g0K"}],"expire_at_ms":null}
"#;
    assert_eq!((out(&shown).as_str(), shown.status.code()), (expected, Some(0)), "{}", err(&shown));
    assert!(err(&shown).contains("skipped 3 keys of other types (1 hash, 2 string)"), "{}", err(&shown));

    std::fs::write(folder.path().join("state.jsonl"), expected).unwrap();
    let same = tool(folder.path(), &format!("compare state:state.jsonl {place}/0"));
    assert_eq!(same.status.code(), Some(0), "{}{}", out(&same), err(&same));
    client.command(&["LPUSH", "jobs", "x"]);
    let differs = tool(folder.path(), &format!("compare state:state.jsonl {place}"));
    assert_eq!(differs.status.code(), Some(1), "{}", out(&differs));
    assert!(out(&differs).contains(&place.to_string()), "{}", out(&differs));
}

#[test]
fn a_server_without_much_is_a_source_too() {
    let folder = tempfile::tempdir().unwrap();
    let little = Meddler::without(&["SCAN", "TYPE", "PEXPIRETIME", "TIME", "DBSIZE"]);
    let mut client = little.client();
    for words in [&["RPUSH", "jobs", "a"][..], &["SET", "other", "1"], &["PEXPIRE", "jobs", "100000000"]] {
        client.command(words);
    }
    let shown = tool(folder.path(), &format!("state {}", little.address()));
    assert!(
        out(&shown).starts_with(r#"{"key":"jobs","items":["a"],"expire_at_ms":1"#),
        "{}{}",
        out(&shown),
        err(&shown)
    );
    assert!(err(&shown).contains("reckoned from PTTL"), "{}", err(&shown));
    assert!(err(&shown).contains("skipped 1 key of other types (1 unknown)"), "{}", err(&shown));
}

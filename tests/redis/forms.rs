//! Servers that know commands in fewer forms than Redis 7.0, or do one of them wrong.

use std::collections::{BTreeMap, BTreeSet};

use ekv_roundtrip::command::Reply;

use crate::Args;
use crate::meddler::{Meddler, Meddling, name, unknown};
use crate::server::RedisServer;
use crate::tool::Tool;

const WITHOUT_EXPIRY: &str = "local said = redis.call('LTRIM', KEYS[1], ARGV[1], ARGV[2]) redis.call('PERSIST', KEYS[1]) \
                              return said";

/// `LTRIM`, and the expiry of its key is gone.
fn trimmed_for_good(args: &Args) -> Meddling {
    let is_number = |word: &Vec<u8>| std::str::from_utf8(word).is_ok_and(|word| word.parse::<i64>().is_ok());
    if args.len() != 4 || !args[2..].iter().all(is_number) {
        return Meddling::None;
    }
    let words = ["EVAL", WITHOUT_EXPIRY, "1"].map(|word| word.as_bytes().to_vec());
    Meddling::Instead([&words[..], &args[1..]].concat())
}

fn wrong_number(args: &Args) -> Meddling {
    let name = name(args).to_lowercase();
    Meddling::Say(Reply::Error(format!("ERR wrong number of arguments for '{name}' command")))
}

/// As a server before 6.2, but for `LTRIM`, which it does wrong.
fn old_and_wrong(args: &Args) -> Meddling {
    match name(args).as_str() {
        "LPOP" if args.len() > 2 => wrong_number(args),
        "PEXPIRETIME" => unknown(args),
        "LTRIM" => trimmed_for_good(args),
        _ => Meddling::None,
    }
}

const WORKLOAD: &str = "--seed 3 --cases 12 --commands 300 --profile ttl --profile default";

/// The names of the classes in a report.
fn classes(tool: &Tool) -> BTreeSet<String> {
    tool.json("report.json")["classes"].as_object().unwrap().keys().cloned().collect()
}

/// What a run says that it has left out, and how often.
fn left_out(stdout: &str) -> BTreeMap<&str, u64> {
    let lines = stdout.lines().filter_map(|line| line.strip_prefix("LEFT OUT ")?.split_once(": "));
    lines.map(|(name, count)| (name, count.split(' ').next().unwrap().parse().expect("a count"))).collect()
}

/// Post-mortem: a server without a count for `LPOP` failed every case at once, and a lost expiry had as many classes as
/// there are commands that notice one.
#[test]
fn what_a_server_does_not_know_is_left_out_and_what_it_does_wrong_has_one_class() {
    let tool = Tool::new();
    let server = Meddler::start(old_and_wrong);
    let place = server.address();
    let verify = format!("verify {WORKLOAD} --store {place} --report report.json");
    let found = tool.ends(1, &verify);
    let notes = [
        format!("{place} does not know PEXPIRETIME; left out of the workload"),
        format!("{place} does not know the forms LPOP key count; left out of the workload"),
    ];
    assert!(notes.iter().all(|note| found.stderr.contains(note)), "{}", found.stderr);
    let left_out = left_out(&found.stdout);
    assert_eq!(left_out.keys().copied().collect::<Vec<_>>(), ["LPOP key count", "PEXPIRETIME"]);
    assert!(left_out.values().all(|count| *count > 0), "{left_out:?}");
    let classes = classes(&tool);
    let class = classes.first().expect("a class");
    assert!(classes.len() == 1 && class.starts_with("store-state-ltrim-"), "{classes:?}\n{}", found.stdout);
    let asked = found.stdout.lines().find(|line| line.trim().starts_with("after it ")).expect("what was asked");
    assert!(asked.contains("\"PEXPIRETIME\" "), "{}", found.stdout);
    assert!(found.stdout.contains("  \"LTRIM\" "), "{}", found.stdout);
    let mismatches = tool.json("report.json")["mismatches"].as_u64().unwrap();
    assert!(mismatches > 1, "{mismatches}");

    for entry in [class.as_str(), "LTRIM key start stop, state not compared"] {
        tool.write("known.txt", &format!("# of this server\n{entry}: since 2.1, ticket 12\n"));
        let holds = tool.ends(0, &format!("{verify} --known known.txt"));
        let report = tool.json("report.json");
        let name = entry.split(',').next().unwrap();
        let count = report["known"][name].as_u64().unwrap();
        assert!(count >= mismatches && report["mismatches"] == 0, "{report}");
        let line = format!("KNOWN {name}: {count} times (since 2.1, ticket 12)");
        assert!(holds.stdout.contains(&line), "{}", holds.stdout);
    }
    // Its replies are right, and an entry that says no more does not forgive the state.
    tool.write("known.txt", "LTRIM key start stop: its reply is odd\n");
    tool.ends(1, &format!("{verify} --known known.txt"));
    assert!(server.client().keys().is_empty());
}

#[test]
fn what_is_known_hides_nothing_behind_it() {
    let tool = Tool::new();
    let server = Meddler::start(|args| match name(args).as_str() {
        "LREM" if args.len() == 4 => Meddling::Alter(|reply| match reply {
            Reply::Integer(count) if count > 0 => Reply::Integer(count + 1),
            other => other,
        }),
        _ => old_and_wrong(args),
    });
    let verify = format!("verify {WORKLOAD} --store {} --report report.json --known known.txt", server.address());
    tool.write("known.txt", "LTRIM key start stop, state not compared: ticket 12\n");
    tool.ends(1, &verify);
    let found = classes(&tool);
    let class = found.first().expect("a class");
    assert!(found.len() == 1 && class.starts_with("reply-lrem-"), "{found:?}");
    let known =
        format!("LTRIM key start stop, state not compared: ticket 12\n{class}: ticket 13\nLPOS key item: once\n");
    tool.write("known.txt", &known);
    let holds = tool.ends(0, &verify);
    assert!(holds.stdout.contains(&format!("KNOWN {class}: ")), "{}", holds.stdout);
    assert!(holds.stdout.contains("not needed in --known: LPOS key item did not happen"), "{}", holds.stdout);

    for (text, expected) in [
        ("LPOP: x", "--known known.txt: line 1: \"LPOP\" is neither a class"),
        ("LPOP key", "--known known.txt: line 1: a line is the name of a class or of a form"),
    ] {
        tool.write("known.txt", text);
        let refused = tool.ends(2, &verify);
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    }
    tool.ends(2, "verify --known known.txt --cases 1");
}

#[test]
fn a_finding_on_a_server_is_shrunk_and_run_again_by_its_class() {
    let tool = Tool::new();
    let server = Meddler::start(old_and_wrong);
    tool.ends(1, &format!("verify {WORKLOAD} --findings found --store {}", server.address()));
    let folders: Vec<String> = std::fs::read_dir(tool.path("found"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(folders.len() == 1 && folders[0].starts_with("store-state-ltrim-"), "{folders:?}");
    let again = tool.ends(1, &format!("verify --trace found/{}", folders[0]));
    assert!(again.stdout.contains(&format!("MISMATCH {}: ", folders[0])), "{}", again.stdout);
}

/// Errors of other servers than Redis, and of proxies.
#[test]
fn a_form_can_be_refused_in_many_ways() {
    let tool = Tool::new();
    let server = Meddler::start(|args| match name(args).as_str() {
        "LPOP" | "RPOP" if args.len() > 2 => wrong_number(args),
        "RPUSH" | "LPUSH" if args.len() > 3 => wrong_number(args),
        "EXPIRE" | "PEXPIRE" | "EXPIREAT" | "PEXPIREAT" if args.len() > 3 => {
            Meddling::Say(Reply::error("ERR Unsupported option NX"))
        }
        "LPOS" if args.len() > 3 => Meddling::Say(Reply::error("ERR syntax error")),
        "LINSERT" if args.len() == 5 && args[2].eq_ignore_ascii_case(b"AFTER") => {
            Meddling::Say(Reply::error("ERR not implemented yet"))
        }
        "LMPOP" => Meddling::Close,
        "DEL" if args.len() > 2 => Meddling::Close,
        _ => Meddling::None,
    });
    let holds = tool.ends(0, &format!("verify {WORKLOAD} --store {}", server.address()));
    let left_out = left_out(&holds.stdout);
    for name in
        ["RPUSH key item item", "RPOP key count", "PEXPIREAT key unix-ms NX", "LPOS key item COUNT count", "LMPOP"]
    {
        assert!(left_out.get(name).is_some_and(|count| *count > 0), "{name}: {left_out:?}");
    }
    for name in ["LINSERT key AFTER pivot item", "DEL key key"] {
        assert!(left_out.contains_key(name), "{name}: {left_out:?}");
    }
}

#[test]
fn the_matrix_names_what_is_unknown_and_what_is_wrong() {
    let tool = Tool::new();
    let (right, wrong) = (RedisServer::start(), Meddler::start(old_and_wrong));
    let right = crate::meddler::address(right.port());
    let holds = tool.ends(0, &format!("probe --store {right}"));
    assert!(
        holds.stdout.contains(" forms: ") && holds.stdout.ends_with(" ok, 0 bugs, 0 unknown\n"),
        "{}",
        holds.stdout
    );

    let probe = format!("probe --store {}", wrong.address());
    let text = tool.ends(1, &probe).stdout;
    let verdicts = |text: &str, verdict: &str| -> Vec<String> {
        let rows = text.lines().filter(|line| line.ends_with(verdict) && line.contains("  "));
        rows.map(|line| line.split("  ").next().unwrap().to_owned()).collect()
    };
    assert_eq!(verdicts(&text, " unknown")[..2], ["LPOP key count", "PEXPIRETIME key"], "{text}");
    assert_eq!(verdicts(&text, " bug"), ["LTRIM key start stop"], "{text}");
    assert!(text.contains("  got       a = 2 1, never expires; b is gone\n"), "{text}");
    assert!(text.contains("1 bug, 2 unknown\n"), "{text}");

    let json: serde_json::Value =
        serde_json::from_str(&tool.ends(1, &format!("{probe} --format json")).stdout).expect("JSON");
    let of = |form: &str| json["forms"].as_array().unwrap().iter().find(|row| row["form"] == form).unwrap().clone();
    assert_eq!(of("LTRIM key start stop")["verdict"], "bug");
    assert_eq!(of("LPOP key count")["got"], "{\"error\":\"ERR wrong number of arguments for 'lpop' command\"}");
    assert_eq!(of("LLEN key")["expected"], "3");
    let markdown = tool.ends(1, &format!("{probe} --format markdown")).stdout;
    assert!(markdown.contains("## Bug: LTRIM key start stop\n"), "{markdown}");
    assert!(markdown.contains("| LPOP key count | "), "{markdown}");

    tool.write("known.txt", "LTRIM key start stop: ticket 12\nLLEN key: never\n");
    let waived = tool.ends(0, &format!("{probe} --waive known.txt")).stdout;
    assert!(waived.contains("WAIVED LTRIM key start stop: ticket 12"), "{waived}");
    assert!(waived.contains("waiver not needed: LLEN key"), "{waived}");

    wrong.client().command(&["SET", "theirs", "1"]);
    assert!(tool.ends(2, &probe).stderr.contains("the database holds 1 key"));
    assert_eq!(wrong.client().keys().len(), 1);
    tool.ends(1, &format!("{probe} --flush"));
    assert!(wrong.client().keys().is_empty());
    for words in ["probe", "probe --flush --decoder exec:x{fsm}{out}"] {
        tool.ends(2, words);
    }
}

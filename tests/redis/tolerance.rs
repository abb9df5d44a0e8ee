//! Servers that tell of an expiry only how far off it is.

use ekv_roundtrip::command::Reply;

use crate::meddler::{Meddler, Meddling, name, unknown};
use crate::server::RedisServer;
use crate::tool::Tool;

/// As a server before 7.0, which has answered a moment later.
fn start(late: bool) -> Meddler {
    let server = Meddler::start(move |args| match name(args).as_str() {
        "PEXPIRETIME" => unknown(args),
        "PTTL" if late => Meddling::Alter(|reply| match reply {
            Reply::Integer(left_ms) if left_ms > 0 => Reply::Integer(left_ms - 120),
            other => other,
        }),
        _ => Meddling::None,
    });
    fill(&mut server.client());
    server
}

fn fill(client: &mut crate::server::RedisClient) {
    for number in 0..20 {
        let key = format!("list:{number}");
        client.command(&["RPUSH", &key, "1"]);
        client.command(&["PEXPIREAT", &key, &(4_102_444_800_000_i64 + number).to_string()]);
    }
}

#[test]
fn expiries_that_are_reckoned_are_compared_within_a_tolerance_that_is_printed() {
    let tool = Tool::new();
    let (one, two, exact) = (start(false), start(true), RedisServer::start());
    fill(&mut exact.connect());
    let exact = crate::meddler::address(exact.port());
    let (one, two) = (one.address(), two.address());
    let same = tool.ends(0, &format!("compare {one} {two}"));
    assert!(same.stdout.contains("same visible state: 20 lists at "), "{}", same.stdout);
    assert!(same.stdout.contains(" ms, expiries within "), "{}", same.stdout);
    let same = tool.ends(0, &format!("compare {exact} {two} --format json"));
    let json: serde_json::Value = serde_json::from_str(&same.stdout).unwrap();
    // More where the machine is slow.
    assert!(json["equal"] == true && json["ttl_tolerance_ms"].as_u64().unwrap() >= 500, "{json}");
    let differs = tool.ends(1, &format!("compare {exact} {two} --ttl-tolerance 0"));
    assert!(differs.stdout.contains("different visible state in 20 of 20 lists"), "{}", differs.stdout);
    let same = tool.ends(0, &format!("compare {exact} {exact}"));
    assert!(same.stdout.ends_with(" ms\n"), "{}", same.stdout);
}

#[test]
fn a_tolerance_can_be_had_for_any_sources_and_forgives_no_lost_expiry() {
    let tool = Tool::new();
    let line = |key: &str, at: &str| format!("{{\"key\":\"{key}\",\"items\":[\"1\"],\"expire_at_ms\":{at}}}\n");
    tool.write("a.jsonl", &(line("a", "5000") + &line("b", "9000") + &line("c", "null")));
    tool.write("b.jsonl", &(line("a", "5400") + &line("b", "8990") + &line("c", "null")));
    let compare = "compare state:a.jsonl state:b.jsonl --now-ms 0";
    tool.ends(1, compare);
    tool.ends(1, &format!("{compare} --ttl-tolerance 399"));
    let same = tool.ends(0, &format!("{compare} --ttl-tolerance 400"));
    assert!(same.stdout.ends_with("same visible state: 3 lists at 0 ms, expiries within 400 ms\n"), "{}", same.stdout);
    // At this time one of the two has expired, and both are right.
    let near = "compare state:a.jsonl state:b.jsonl --now-ms 5100 --ttl-tolerance 400";
    assert!(tool.ends(0, near).stdout.contains(", 1 list about to expire not compared"));
    tool.write("b.jsonl", &(line("a", "5400") + &line("b", "null") + &line("c", "null")));
    let lost = tool.ends(1, &format!("{compare} --ttl-tolerance 18446744073709551615"));
    assert!(lost.stdout.contains("key \"b\" (hex 62): expiry: "), "{}", lost.stdout);
}

#[test]
fn a_server_that_tells_no_expiries_is_compared_without_them() {
    let tool = Tool::new();
    let silent = Meddler::without(&["PEXPIRETIME", "PTTL", "TTL"]);
    fill(&mut silent.client());
    let exact = RedisServer::start();
    fill(&mut exact.connect());
    let words = format!("compare {} {} --ttl-tolerance 5", silent.address(), crate::meddler::address(exact.port()));
    assert!(tool.ends(0, &words).stdout.ends_with(" ms, expiries not compared\n"));
}

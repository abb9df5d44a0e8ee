//! `check-history`: what it prints of histories that are right, wrong and undecided.

use std::fmt::Write as _;

use super::session::Session;

const RIGHT: &str = r#"{"format_version":1,"tool_version":"0.1.0"}
{"client":0,"call_us":0,"reply_us":90,"cmd":["RPUSH","k","a"],"reply":2}
{"client":1,"call_us":10,"reply_us":80,"cmd":["RPUSH","k","b"],"reply":1}
{"client":2,"call_us":20,"cmd":["LPOP","k"]}
{"client":0,"call_us":100,"reply_us":110,"cmd":["LRANGE","k","0","-1"],"reply":["a"]}
"#;

#[test]
fn a_history_that_some_order_explains_holds() {
    let session = Session::new();
    session.write("history.jsonl", RIGHT);
    let printed = session.holds("check-history history.jsonl");
    assert_eq!(printed, "some order explains 4 operations of 3 clients, 4 commands\n");
}

#[test]
fn a_history_that_no_order_explains_is_a_finding() {
    let session = Session::new();
    session.write("history.jsonl", RIGHT.replace(r#"["a"]}"#, r#"["b","b"]}"#));
    let ended = session.run("check-history history.jsonl");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""), "{ended:?}");
    assert!(
        ended.stdout.starts_with("no order explains 4 operations of 3 clients, 4 commands\n  client 0"),
        "{ended:?}"
    );
    assert!(ended.stdout.contains("LRANGE k 0 -1 -> [\"b\", \"b\"]\n"), "{ended:?}");
}

#[test]
fn too_many_orders_are_undecided_and_not_a_verdict() {
    let session = Session::new();
    let mut lines = String::new();
    for client in 0..40 {
        writeln!(lines, "{{\"client\":{client},\"call_us\":0,\"cmd\":[\"LPUSH\",\"k\",\"{client}\"]}}").unwrap();
    }
    lines.push_str("{\"client\":40,\"call_us\":1,\"reply_us\":2,\"cmd\":[\"LLEN\",\"k\"],\"reply\":41}\n");
    session.write("history.jsonl", lines);
    let ended = session.run("check-history history.jsonl");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
    assert!(ended.stderr.contains("undecided after 500000 states; record shorter histories"), "{ended:?}");
}

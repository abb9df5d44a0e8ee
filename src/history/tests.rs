//! The checker is held against a search that tries every order, and against histories that are known to be right or wrong.

mod made;
mod naive;
mod random;
mod times;
mod windows;

use super::*;
use crate::command::{Reply, Request};

/// A request from words that are separated by blanks.
pub(super) fn request(words: &str) -> Request {
    Request::parse(words.split(' ').map(|word| word.as_bytes().to_vec()).collect()).expect("a known command")
}

/// A command without a reply.
pub(super) fn lost(client: u32, call_us: u64, words: &str) -> Operation {
    let sent = if words.is_empty() { Sent::Transaction(Vec::new()) } else { Sent::Command(request(words)) };
    Operation { client, call_us, sent, outcome: Outcome::Lost }
}

/// A command with its reply.
pub(super) fn told(client: u32, call_us: u64, at_us: u64, words: &str, reply: Reply) -> Operation {
    Operation { outcome: Outcome::Replied { at_us, reply }, ..lost(client, call_us, words) }
}

/// The same as a transaction.
pub(super) fn txn(operation: Operation, commands: &[&str]) -> Operation {
    Operation { sent: Sent::Transaction(commands.iter().map(|words| request(words)).collect()), ..operation }
}

pub(super) fn bulks(items: &[&str]) -> Reply {
    Reply::bulks(items.iter().map(|item| item.as_bytes().to_vec()).collect())
}

pub(super) fn bulk(item: &str) -> Reply {
    Reply::Bulk(item.as_bytes().to_vec())
}

/// The operations, one a line, for the messages of tests that fail.
pub(super) fn lines(history: &History) -> String {
    let line = |operation: &Operation| {
        let words = |request: &Request| {
            let args = request.args();
            args.iter().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect::<Vec<_>>().join(" ")
        };
        let sent: Vec<String> = operation.sent.requests().iter().map(words).collect();
        let Operation { client, call_us, outcome, .. } = operation;
        format!("{client} {call_us} {sent:?} {outcome:?}\n")
    };
    history.operations.iter().map(line).collect()
}

pub(super) fn history(mut operations: Vec<Operation>) -> History {
    operations.sort_by_key(|operation| operation.call_us);
    History { clock: None, operations }
}

fn is_right(operations: Vec<Operation>) -> bool {
    match history(operations).judge(STATES) {
        Judgement::Explained => true,
        Judgement::Unexplained(_) => false,
        Judgement::Undecided { states } => panic!("{states} states do not suffice"),
    }
}

const INT: fn(i64) -> Reply = Reply::Integer;

#[test]
fn replies_that_an_order_gives_are_explained_whatever_the_order_of_calls() {
    assert!(is_right(Vec::new()));
    let pushes = |one, other| {
        vec![
            told(0, 0, 10, "RPUSH k x", INT(one)),
            told(1, 5, 15, "RPUSH k y", INT(other)),
            told(0, 20, 21, "LRANGE k 0 -1", bulks(if one == 1 { &["x", "y"] } else { &["y", "x"] })),
        ]
    };
    assert!(is_right(pushes(1, 2)));
    assert!(is_right(pushes(2, 1)));
    assert!(!is_right(pushes(1, 1)), "one of them did not see the other");
    assert!(!is_right(pushes(2, 2)));
}

#[test]
fn what_ended_before_is_before() {
    let stale = |call_us| vec![told(0, 0, 10, "RPUSH k x", INT(1)), told(1, call_us, 20, "LLEN k", INT(0))];
    assert!(is_right(stale(10)), "of one microsecond, nothing is known");
    assert!(!is_right(stale(11)));
}

#[test]
fn an_operation_without_a_reply_may_have_been_done_at_any_later_time_or_never() {
    let after = |items: &[&str]| {
        vec![
            lost(0, 5, "RPUSH k x"),
            told(1, 6, 7, "LLEN k", INT(0)),
            told(1, 8, 9, "RPUSH k y", INT(if items.first() == Some(&"x") { 2 } else { 1 })),
            told(1, 10, 11, "LRANGE k 0 -1", bulks(items)),
        ]
    };
    assert!(is_right(after(&["y"])));
    assert!(is_right(after(&["x", "y"])));
    assert!(is_right(after(&["y", "x"])));
    assert!(!is_right(after(&["y", "x", "x"])), "not twice");
    let mut before_its_call = after(&["y", "x"]);
    before_its_call.insert(0, told(1, 0, 1, "LRANGE k 0 -1", bulks(&["x"])));
    assert!(!is_right(before_its_call));
}

#[test]
fn what_failed_was_not_done() {
    let failed = Outcome::Failed { at_us: 9, why: "retry limit exceeded".to_owned() };
    let failed = Operation { outcome: failed, ..lost(0, 0, "RPUSH k x") };
    assert!(is_right(vec![failed.clone(), told(0, 10, 11, "LLEN k", INT(0))]));
    assert!(!is_right(vec![failed, told(0, 10, 11, "LLEN k", INT(1))]));
}

#[test]
fn a_transaction_is_one_moment() {
    let moved = |between| {
        vec![
            told(0, 0, 1, "RPUSH a x", INT(1)),
            txn(told(0, 2, 9, "", Reply::Array(vec![bulk("x"), INT(1)])), &["LPOP a", "RPUSH b x"]),
            txn(told(1, 3, 8, "", Reply::Array(between)), &["LLEN a", "LLEN b"]),
        ]
    };
    assert!(is_right(moved(vec![INT(1), INT(0)])));
    assert!(is_right(moved(vec![INT(0), INT(1)])));
    assert!(!is_right(moved(vec![INT(0), INT(0)])));
    assert!(!is_right(moved(vec![INT(1), INT(1)])));
    assert!(!is_right(moved(vec![INT(1)])), "a reply is missing");
    let aborted = Reply::error("EXECABORT Transaction discarded because of previous errors.");
    let refused = txn(told(0, 0, 1, "", aborted), &["RPUSH a x", "LLEN"]);
    assert!(is_right(vec![refused.clone(), told(0, 2, 3, "LLEN a", INT(0))]));
    assert!(!is_right(vec![refused, told(0, 2, 3, "LLEN a", INT(1))]));
}

#[test]
fn replies_are_compared_as_far_as_files_and_servers_tell_them_apart() {
    let says = |words: &str, reply| is_right(vec![told(0, 0, 1, "RPUSH k x", INT(1)), told(0, 2, 3, words, reply)]);
    assert!(says("TYPE k", bulk("list")));
    assert!(says("LPOP none", Reply::NullArray));
    assert!(says("LSET none 0 y", Reply::error("ERR there is no such key")));
    assert!(says("LSET none 0 y", Reply::error("ERR no such key")));
    assert!(!says("LSET none 0 y", Reply::error("ERR index out of range")));
    assert!(!says("LSET none 0 y", Reply::error("WRONGTYPE no such key")));
    assert!(!says("LSET none 0 y", Reply::OK));
    assert!(!says("LLEN k", Reply::error("ERR no such key")));
}

#[test]
fn the_states_that_may_be_visited_are_counted() {
    let mut operations: Vec<Operation> = (0..12).map(|at| lost(at, 0, &format!("LPUSH k {at}"))).collect();
    operations.push(told(99, 1, 2, "LLEN k", INT(13)));
    let few = history(operations.clone()).judge(1000);
    assert_eq!(few, Judgement::Undecided { states: 1000 });
    operations.truncate(5);
    operations.push(told(99, 1, 2, "LLEN k", INT(6)));
    assert!(!is_right(operations));
}

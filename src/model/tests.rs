//! What the model shows, command by command; that Redis shows the same is for `tests/redis/random.rs` to say.

use super::*;
use crate::command::error;

/// `run(&mut model, "LPUSH k a b")`: the reply.
fn run(model: &mut Model, words: &str) -> Reply {
    let args = words.split(' ').map(|word| word.as_bytes().to_vec()).collect();
    model.execute(&Request::parse(args).expect("a known command"))
}

fn at(now_ms: u64, commands: &[&str]) -> Model {
    let mut model = Model::new();
    model.advance_to(now_ms);
    for command in commands {
        run(&mut model, command);
    }
    model
}

fn bulk(text: &str) -> Reply {
    Reply::Bulk(text.as_bytes().to_vec())
}

fn bulks(texts: &[&str]) -> Reply {
    Reply::Array(texts.iter().map(|text| bulk(text)).collect())
}

fn whole(model: &mut Model, key: &str) -> Reply {
    run(model, &format!("LRANGE {key} 0 -1"))
}

#[test]
fn time_only_moves_forward() {
    let mut model = at(7, &[]);
    model.advance_to(3);
    assert_eq!(model.now_ms(), 7);
}

#[test]
fn a_key_is_gone_one_millisecond_after_its_expiry() {
    let mut model = at(10, &["RPUSH k a", "RPUSH l a", "PEXPIREAT k 20"]);
    model.advance_to(20);
    assert_eq!(run(&mut model, "PEXPIRETIME k"), Reply::Integer(20));
    assert_eq!(model.take_expired(), []);
    model.advance_to(21);
    assert_eq!(model.get(&"k".into()), None);
    assert!(model.get(&"l".into()).is_some_and(|found| found.expire_at_ms.is_none()));
    assert_eq!(model.keys().map(|(key, _)| key.clone()).collect::<Vec<_>>(), ["l".into()]);
    assert_eq!(run(&mut model, "PEXPIRETIME k"), Reply::Integer(-2));
    assert_eq!(run(&mut model, "EXISTS k l l"), Reply::Integer(2));
    assert_eq!((run(&mut model, "TYPE k"), run(&mut model, "TYPE l")), (Reply::status("none"), Reply::status("list")));
    assert_eq!(model.take_expired(), ["k".into()]);
    assert_eq!(model.take_expired(), []);
}

#[test]
fn expired_keys_are_taken_in_byte_order_unless_a_write_came_first() {
    let mut model = at(1, &["RPUSH b a", "RPUSH a a", "RPUSH c a", "RPUSH d a"]);
    for key in ["a", "b", "c"] {
        run(&mut model, &format!("PEXPIREAT {key} 5"));
    }
    run(&mut model, "PEXPIREAT d 50");
    model.advance_to(6);
    assert_eq!(run(&mut model, "RPUSH c new"), Reply::Integer(1));
    assert_eq!(run(&mut model, "PEXPIRETIME c"), Reply::Integer(-1));
    assert_eq!(model.take_expired(), ["a".into(), "b".into()]);
    model.advance_to(51);
    assert_eq!(model.take_expired(), ["d".into()]);
}

#[test]
fn writes_see_an_expired_key_as_missing() {
    for (command, reply) in [
        ("LPUSHX k x", Reply::Integer(0)),
        ("LPOP k", Reply::Null),
        ("LSET k 0 x", Reply::error(error::NO_SUCH_KEY)),
        ("LREM k 0 a", Reply::Integer(0)),
        ("RENAME k l", Reply::error(error::NO_SUCH_KEY)),
        ("LMOVE k l LEFT LEFT", Reply::Null),
        ("DEL k k", Reply::Integer(0)),
        ("PERSIST k", Reply::Integer(0)),
        ("EXPIRE k 9 XX", Reply::Integer(0)),
    ] {
        let mut model = at(1, &["RPUSH k a b", "PEXPIREAT k 5"]);
        model.advance_to(6);
        assert_eq!(run(&mut model, command), reply, "{command}");
        assert_eq!(model.keys().count(), 0, "{command}");
    }
}

#[test]
fn an_expiry_that_is_not_in_the_future_deletes() {
    for command in ["PEXPIREAT k 10", "PEXPIRE k 0", "EXPIRE k -1", "PEXPIREAT k -9223372036854775808"] {
        let mut model = at(10, &["RPUSH k a"]);
        assert_eq!(run(&mut model, command), Reply::Integer(1), "{command}");
        assert_eq!(run(&mut model, "TYPE k"), Reply::status("none"), "{command}");
    }
}

#[test]
fn a_time_that_does_not_fit_is_refused_before_the_key_is_looked_up() {
    let mut model = at(10, &[]);
    for (command, name) in [
        ("EXPIRE k 9223372036854776", "expire"),
        ("EXPIRE k -9223372036854776", "expire"),
        ("PEXPIRE k 9223372036854775798", "pexpire"),
        ("EXPIREAT k 9223372036854775807", "expireat"),
    ] {
        assert_eq!(run(&mut model, command), Reply::Error(error::invalid_expire_time(name)), "{command}");
    }
    assert_eq!(run(&mut model, "PEXPIRE k 9223372036854775797"), Reply::Integer(0));
}

#[test]
fn a_pop_that_empties_drops_the_expiry() {
    for command in ["LPOP k", "RPOP k 1", "LREM k 0 a", "LTRIM k 1 0", "LMPOP 1 k LEFT", "LMOVE k l LEFT LEFT"] {
        let mut model = at(1, &["RPUSH k a", "PEXPIREAT k 99"]);
        run(&mut model, command);
        assert_eq!(run(&mut model, "PEXPIRETIME k"), Reply::Integer(-2), "{command}");
        run(&mut model, "RPUSH k b");
        assert_eq!(run(&mut model, "PEXPIRETIME k"), Reply::Integer(-1), "{command}");
    }
}

#[test]
fn nothing_to_pop_has_three_spellings() {
    let mut model = at(1, &["RPUSH k a b"]);
    assert_eq!(run(&mut model, "LPOP none"), Reply::Null);
    assert_eq!(run(&mut model, "LPOP none 0"), Reply::NullArray);
    assert_eq!(run(&mut model, "LPOP k 0"), bulks(&[]));
    assert_eq!(run(&mut model, "LMPOP 2 none no LEFT"), Reply::NullArray);
    assert_eq!(run(&mut model, "LMPOP 2 none k RIGHT COUNT 9"), Reply::Array(vec![bulk("k"), bulks(&["b", "a"])]));
}

#[test]
fn a_missing_key_hides_a_bad_index() {
    let mut model = at(1, &["RPUSH k a"]);
    assert_eq!(run(&mut model, "LSET none x v"), Reply::error(error::NO_SUCH_KEY));
    assert_eq!(run(&mut model, "LINDEX none x"), Reply::Null);
    assert_eq!(run(&mut model, "LSET k x v"), Reply::error(error::NOT_AN_INTEGER));
    assert_eq!(run(&mut model, "LINDEX k x"), Reply::error(error::NOT_AN_INTEGER));
    assert_eq!(run(&mut model, "LSET k -2 v"), Reply::error(error::INDEX_OUT_OF_RANGE));
    assert_eq!(run(&mut model, "LSET k -1 v"), Reply::OK);
    assert_eq!(run(&mut model, "LINDEX k 0"), bulk("v"));
}

#[test]
fn an_insertion_replies_with_zero_minus_one_or_the_length() {
    let mut model = at(1, &["RPUSH k a"]);
    assert_eq!(run(&mut model, "LINSERT none BEFORE a x"), Reply::Integer(0));
    assert_eq!(run(&mut model, "LINSERT k BEFORE b x"), Reply::Integer(-1));
    assert_eq!(run(&mut model, "LINSERT k AFTER a x"), Reply::Integer(2));
}

#[test]
fn a_move_onto_itself_rotates_and_keeps_the_expiry() {
    let mut model = at(1, &["RPUSH k a b c", "PEXPIREAT k 99"]);
    assert_eq!(run(&mut model, "RPOPLPUSH k k"), bulk("c"));
    assert_eq!(whole(&mut model, "k"), bulks(&["c", "a", "b"]));
    assert_eq!(run(&mut model, "LMOVE k k LEFT LEFT"), bulk("c"));
    run(&mut model, "LTRIM k 0 0");
    assert_eq!(run(&mut model, "LMOVE k k LEFT RIGHT"), bulk("c"));
    assert_eq!(run(&mut model, "PEXPIRETIME k"), Reply::Integer(99));
}

#[test]
fn a_move_creates_its_destination_and_leaves_the_expiry_behind() {
    let mut model = at(1, &["RPUSH k a b", "PEXPIREAT k 99"]);
    assert_eq!(run(&mut model, "LMOVE k l LEFT RIGHT"), bulk("a"));
    assert_eq!(run(&mut model, "PEXPIRETIME l"), Reply::Integer(-1));
    assert_eq!(run(&mut model, "LMOVE none l LEFT RIGHT"), Reply::Null);
}

#[test]
fn a_rename_carries_the_source_s_expiry_and_drops_the_destination_s() {
    let mut model = at(1, &["RPUSH a 1", "RPUSH b 2", "PEXPIREAT b 99"]);
    assert_eq!(run(&mut model, "RENAME a b"), Reply::OK);
    assert_eq!(run(&mut model, "PEXPIRETIME b"), Reply::Integer(-1));
    run(&mut model, "PEXPIREAT b 50");
    assert_eq!(run(&mut model, "RENAME b b"), Reply::OK);
    assert_eq!(run(&mut model, "RENAME b c"), Reply::OK);
    assert_eq!(run(&mut model, "PEXPIRETIME c"), Reply::Integer(50));
    assert_eq!(run(&mut model, "RENAME b b"), Reply::error(error::NO_SUCH_KEY));
}

#[test]
fn repeated_keys_are_deleted_once_and_exist_twice() {
    let mut model = at(1, &["RPUSH k a"]);
    assert_eq!(run(&mut model, "EXISTS k k none"), Reply::Integer(2));
    assert_eq!(run(&mut model, "DEL k k none"), Reply::Integer(1));
}

#[test]
fn positions_of_nothing() {
    let mut model = at(1, &["RPUSH k a"]);
    assert_eq!(run(&mut model, "LPOS none a"), Reply::Null);
    assert_eq!(run(&mut model, "LPOS none a COUNT 0"), bulks(&[]));
    assert_eq!(run(&mut model, "LPOS k b"), Reply::Null);
    assert_eq!(run(&mut model, "LPOS k a COUNT 3"), Reply::Array(vec![Reply::Integer(0)]));
}

#[test]
fn a_rejected_request_replies_with_its_own_words() {
    let mut model = at(1, &["RPUSH k a"]);
    assert_eq!(run(&mut model, "LPOP k x"), Reply::error("ERR value is out of range, must be positive"));
    assert_eq!(whole(&mut model, "k"), bulks(&["a"]));
}

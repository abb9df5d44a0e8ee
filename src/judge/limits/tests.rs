//! Which refusals are right: commands at each limit, and just beyond it.

use super::*;
use crate::command::{ExpireCondition, ExpireUnit, Request, Side};

/// 1 MiB less what the longest record key has beside a user key.
const LONGEST_KEY: usize = (1 << 20) - 28;
const LONGEST_VALUE: usize = 256 << 20;

/// A list at the limit (`full`), one beyond it (`over`), a short one (`k`), and keys without a list whose heads are at the
/// ends of the sequence numbers (`low`, `high`).
struct Bench {
    judge: Judge,
    model: Model,
}

impl Bench {
    fn new() -> Bench {
        let mut bench = Bench { judge: Judge::new(false), model: Model::new() };
        for (key, count) in [("full", 100_000), ("over", 100_001), ("k", 2)] {
            let values = (0..count).map(|place| if place == 1 { b"second".to_vec() } else { b"x".to_vec() });
            let push = push(key, End::Right, values.collect(), false);
            bench.model.execute(&Request::Valid(push));
        }
        for (key, head) in [("low", i64::MIN + 1), ("high", i64::MAX - 1)] {
            bench.judge.seed(&key.into(), head, &bench.model);
        }
        bench
    }

    fn refuses(&self, command: &Command) -> bool {
        self.judge.must_refuse(command, &self.model)
    }
}

fn key(bytes: usize) -> UserKey {
    UserKey(vec![b'q'; bytes])
}

/// The zeros are never touched, so they take no memory.
fn value(bytes: usize) -> Vec<u8> {
    vec![0; bytes]
}

fn push(key: impl Into<UserKey>, end: End, values: Vec<Vec<u8>>, only_existing: bool) -> Command {
    Command::List(ListCommand::Push { key: key.into(), end, values, only_existing })
}

fn pop(key: &str, count: Option<u64>) -> Command {
    Command::List(ListCommand::Pop { key: key.into(), end: End::Left, count })
}

fn multi_pop(keys: &[&str], count: Option<u64>) -> Command {
    let keys = keys.iter().map(|key| UserKey::from(*key)).collect();
    Command::List(ListCommand::MultiPop { keys, end: End::Left, count })
}

fn set(key: &str, index: i64, value: Vec<u8>) -> Command {
    Command::List(ListCommand::Set { key: key.into(), index: IndexArgument::Index(index), value })
}

fn insert(key: &str, pivot: &str, value: Vec<u8>) -> Command {
    Command::List(ListCommand::Insert { key: key.into(), side: Side::Before, pivot: pivot.into(), value })
}

fn move_item(source: &str, from: End, destination: impl Into<UserKey>, to: End) -> Command {
    Command::List(ListCommand::Move { source: source.into(), destination: destination.into(), from, to })
}

fn rename(source: &str, destination: impl Into<UserKey>) -> Command {
    Command::Key(KeyCommand::Rename { source: source.into(), destination: destination.into() })
}

/// Each row: what must be refused, and what must not.
fn hold(rows: Vec<(&str, Vec<Command>, Vec<Command>)>) {
    let bench = Bench::new();
    for (name, refused, taken) in rows {
        for (place, command) in refused.iter().enumerate() {
            assert!(bench.refuses(command), "{name}: refused, number {place}");
        }
        for (place, command) in taken.iter().enumerate() {
            assert!(!bench.refuses(command), "{name}: taken, number {place}");
        }
    }
}

#[test]
fn a_push_is_bound_by_items_values_keys_and_sequence_numbers() {
    let some = |count| vec![b"x".to_vec(); count];
    let (left, right) = (End::Left, End::Right);
    hold(vec![
        (
            "items",
            vec![push("k", right, some(100_001), false), push("k", right, some(100_001), true)],
            vec![push("k", right, some(100_000), false), push("none", right, some(100_001), true)],
        ),
        (
            "a value",
            vec![push("k", right, vec![value(LONGEST_VALUE + 1)], false)],
            vec![push("k", right, vec![value(LONGEST_VALUE)], false)],
        ),
        (
            "a key",
            vec![push(key(LONGEST_KEY + 1), right, some(1), false)],
            vec![push(key(LONGEST_KEY), right, some(1), false), push(key(LONGEST_KEY + 1), right, some(1), true)],
        ),
        (
            "sequence numbers",
            vec![push("low", left, some(2), false), push("high", right, some(2), false)],
            vec![
                push("low", left, some(1), false),
                push("high", right, some(1), false),
                push("low", right, some(2), false),
                push("high", left, some(2), false),
            ],
        ),
    ]);
}

#[test]
fn pops_and_rewrites_are_bound_by_the_items_that_they_move() {
    let x = || b"x".to_vec();
    let remove = |key: &str| Command::List(ListCommand::Remove { key: key.into(), count: 1, value: b"x".to_vec() });
    let trim = |key: &str| Command::List(ListCommand::Trim { key: key.into(), start: 0, stop: 1 });
    let no_integer = IndexArgument::NotAnInteger(b"one".to_vec());
    let set_nowhere = Command::List(ListCommand::Set { key: "over".into(), index: no_integer, value: x() });
    hold(vec![
        (
            "pop",
            vec![pop("over", Some(100_001)), pop("over", Some(u64::MAX))],
            vec![pop("over", Some(100_000)), pop("over", None), pop("full", Some(100_001)), pop("none", Some(100_001))],
        ),
        (
            "pop of the first list that is there",
            vec![multi_pop(&["over"], Some(100_001)), multi_pop(&["none", "over", "k"], Some(100_001))],
            vec![
                multi_pop(&["over"], Some(100_000)),
                multi_pop(&["over"], None),
                multi_pop(&["k", "over"], Some(100_001)),
                multi_pop(&["full"], Some(100_001)),
            ],
        ),
        (
            "set",
            vec![
                set("over", 0, x()),
                set("over", -100_001, x()),
                set("over", 100_000, x()),
                set("k", 1, value(LONGEST_VALUE + 1)),
            ],
            vec![
                set("full", 0, x()),
                set("k", 1, value(LONGEST_VALUE)),
                set("k", 2, value(LONGEST_VALUE + 1)),
                set("k", -3, value(LONGEST_VALUE + 1)),
                set("over", 100_001, x()),
                set("none", 0, value(LONGEST_VALUE + 1)),
                set_nowhere,
            ],
        ),
        (
            "insert",
            vec![
                insert("over", "missing", x()),
                insert("full", "second", x()),
                insert("k", "second", value(LONGEST_VALUE + 1)),
            ],
            vec![
                insert("full", "missing", x()),
                insert("k", "second", value(LONGEST_VALUE)),
                insert("k", "missing", value(LONGEST_VALUE + 1)),
                insert("none", "x", value(LONGEST_VALUE + 1)),
            ],
        ),
        ("remove and trim", vec![remove("over"), trim("over")], vec![remove("full"), trim("full"), trim("none")]),
    ]);
}

#[test]
fn moves_and_renames_are_bound_by_where_they_go() {
    let (left, right) = (End::Left, End::Right);
    let rotate = |source: &str, destination: UserKey| {
        Command::List(ListCommand::RPopLPush { source: source.into(), destination })
    };
    let mut bench = Bench::new();
    // Lists of one item whose next item on one side would have no sequence number.
    for (key, end) in [("low", left), ("high", right)] {
        let request = Request::Valid(push(key, end, vec![b"x".to_vec()], false));
        let reply = bench.model.execute(&request);
        let Request::Valid(command) = &request else { unreachable!() };
        bench.judge.command(command, &reply, &bench.model);
    }
    let refused = [
        move_item("k", left, "low", left),
        move_item("k", left, "high", right),
        move_item("low", right, "low", left),
        move_item("k", left, key(LONGEST_KEY + 1), left),
        rotate("k", "low".into()),
        rotate("low", "low".into()),
        rotate("k", key(LONGEST_KEY + 1)),
        rename("over", "new"),
        rename("k", key(LONGEST_KEY + 1)),
    ];
    let taken = [
        move_item("k", left, "low", right),
        move_item("k", left, "high", left),
        move_item("low", left, "low", left),
        move_item("high", right, "high", right),
        move_item("none", left, "low", left),
        move_item("none", left, key(LONGEST_KEY + 1), left),
        move_item("over", left, "k", left),
        move_item("k", left, key(LONGEST_KEY), left),
        rotate("k", "high".into()),
        rotate("none", "low".into()),
        rename("full", "new"),
        rename("over", "over"),
        rename("k", key(LONGEST_KEY)),
        rename("none", key(LONGEST_KEY + 1)),
    ];
    for (place, command) in refused.iter().enumerate() {
        assert!(bench.refuses(command), "refused, number {place}");
    }
    for (place, command) in taken.iter().enumerate() {
        assert!(!bench.refuses(command), "taken, number {place}");
    }
}

#[test]
fn what_moves_nothing_is_never_refused() {
    let over = || UserKey::from("over");
    let index = IndexArgument::Index(0);
    let expire =
        KeyCommand::Expire { key: over(), unit: ExpireUnit::Seconds, time: 1, condition: ExpireCondition::default() };
    let taken = vec![
        Command::List(ListCommand::Length { key: over() }),
        Command::List(ListCommand::Range { key: over(), start: 0, stop: -1 }),
        Command::List(ListCommand::Index { key: over(), index }),
        Command::List(ListCommand::Position { key: over(), value: b"x".to_vec(), rank: 1, count: Some(0), max_len: 0 }),
        Command::Key(KeyCommand::Delete { keys: vec![over()] }),
        Command::Key(expire),
        Command::Key(KeyCommand::Persist { key: over() }),
    ];
    hold(vec![("no limit", Vec::new(), taken)]);
}

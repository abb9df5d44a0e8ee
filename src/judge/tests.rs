//! The judge on batches written by hand: right ones hold, and with any one record left out or changed they do not.

use super::{Batch, Judge, Violation};
use crate::command::{Request, UserKey};
use crate::model::Model;

mod steps;
mod told;

type Row = (Vec<u8>, Option<Vec<u8>>);

const AT_MS: u64 = 9;
const FIRST: u64 = AT_MS << 16;

fn seq(seq: i64) -> [u8; 8] {
    // The sign bit is turned, so that -1, 0 and 1 are in the order of their bytes.
    (seq as u64 ^ 0x8000_0000_0000_0000).to_be_bytes()
}

fn item(seq_of_item: i64) -> Vec<u8> {
    [b"!lst|itm|k".as_slice(), &seq(seq_of_item)].concat()
}

fn claim(seq_of_claim: i64) -> Vec<u8> {
    [b"!lst|claim|\0\0\0\x01k".as_slice(), &seq(seq_of_claim)].concat()
}

fn delta(step: u64, number: u32) -> Vec<u8> {
    [b"!lst|meta|d|\0\0\0\x01k".as_slice(), &(FIRST + step).to_be_bytes(), &number.to_be_bytes()].concat()
}

fn moved(head: i64, len: i64) -> Option<Vec<u8>> {
    Some([head.to_be_bytes(), len.to_be_bytes()].concat())
}

fn meta(head: i64, len: i64, expiry: Option<u64>) -> Option<Vec<u8>> {
    let fields = [head, head + len, len].map(i64::to_be_bytes).concat();
    Some([fields, expiry.map(u64::to_be_bytes).map(Vec::from).unwrap_or_default()].concat())
}

fn text(text: &str) -> Option<Vec<u8>> {
    Some(text.as_bytes().to_vec())
}

const META: &[u8] = b"!lst|meta|k";
const FENCE: &[u8] = b"!redis|txn-wide-list|k";
const TTL: &[u8] = b"!redis|ttl|k";

fn fence() -> Row {
    (FENCE.to_vec(), Some(Vec::new()))
}

/// Those of every type, as a deletion, a rewrite and a pop that empties put them.
fn fences() -> Vec<Row> {
    let of_type = |name: &str| ([b"!redis|txn-wide-", name.as_bytes(), b"|k"].concat(), Some(Vec::new()));
    ["list", "hash", "set", "zset"].map(of_type).to_vec()
}

fn ttl(ms: u64) -> Row {
    (TTL.to_vec(), Some(ms.to_be_bytes().to_vec()))
}

/// What a step is: commands, in a transaction if there are several, or an operation of the store's own.
#[derive(Clone)]
enum Is {
    Commands(&'static [&'static str]),
    Compaction,
    Read,
    Commit,
    Seed(i64),
    /// A command that the store has refused.
    Refused(&'static str),
    /// The time moves to these milliseconds.
    At(u64),
    Upgrade,
}

use Is::{At, Commands, Commit, Compaction, Read, Refused, Seed, Upgrade};

fn request(command: &str) -> Request {
    let words = command.split(' ').map(|word| word.as_bytes().to_vec()).collect();
    Request::parse(words).expect("a known command")
}

/// Runs steps, each with its batch, and gives the first violation with the number of its step.
fn judged(wide: bool, steps: &[(Is, Vec<Row>)]) -> Result<(), (usize, Box<Violation>)> {
    let (mut judge, mut model) = (Judge::new(wide), Model::new());
    judge.advance_to(AT_MS);
    model.advance_to(AT_MS);
    for (number, (is, rows)) in steps.iter().enumerate() {
        let key = UserKey::from("k");
        match is {
            Commands(commands) => {
                for command in *commands {
                    let request = request(command);
                    let reply = model.execute(&request);
                    let Request::Valid(command) = &request else { panic!("{request:?}") };
                    judge.command(command, &reply, &model);
                }
            }
            Compaction => judge.compact(&key),
            Read => judge.compact_read(&key),
            Commit => judge.compact_commit(&key),
            Seed(head) => judge.seed(&key, *head, &model),
            Refused(command) => {
                let Request::Valid(command) = request(command) else { panic!("{command}") };
                judge.refused(&command, &model);
            }
            At(ms) => {
                judge.advance_to(*ms);
                model.advance_to(*ms);
            }
            Upgrade => judge.upgrade(),
        }
        let mut batch = Batch::default();
        if !rows.is_empty() {
            let first = FIRST.max(model.now_ms() << 16);
            batch.commit(first + number as u64, rows.iter().map(|(key, value)| (key.as_slice(), value.as_deref())));
        }
        judge.verdict(&batch, &model).map_err(|violation| (number, violation))?;
    }
    Ok(())
}

/// The right batches hold. With any record left out, changed or doubled under another key they do not, in that very step.
fn holds_and_breaks(wide: bool, steps: &[(Is, Vec<Row>)]) {
    judged(wide, steps).unwrap_or_else(|(number, violation)| panic!("step {number}: {violation:?}"));
    for (number, (_, rows)) in steps.iter().enumerate() {
        for place in 0..rows.len() {
            let broken = |change: &dyn Fn(&mut Vec<Row>)| {
                let mut steps = steps.to_vec();
                change(&mut steps[number].1);
                let found = judged(wide, &steps).expect_err("a wrong batch");
                assert_eq!(found.0, number, "row {place} of step {number}: {:?}", found.1);
            };
            broken(&|rows| {
                rows.remove(place);
            });
            broken(&|rows| match &mut rows[place].1 {
                Some(value) if !value.is_empty() => *value.last_mut().expect("a byte") ^= 1,
                Some(value) => value.push(0),
                deleted => *deleted = Some(Vec::new()),
            });
            if steps[number].1[place].1.is_some() {
                broken(&|rows| rows[place].1 = None);
            }
            broken(&|rows| {
                // Of another key, or of none.
                let (mut key, value) = rows[place].clone();
                let last_of_key = if key.ends_with(b"k") { key.len() - 1 } else { key.len() - 9 };
                key[last_of_key] ^= 1;
                rows.push((key, value));
            });
        }
    }
}

#[test]
fn pushes_pops_expiries_and_rewrites_of_a_short_store() {
    let push = vec![(item(0), text("a")), (item(1), text("b")), fence(), (delta(0, 0), moved(0, 2))];
    let pop = vec![(claim(0), text("")), (item(0), None), fence(), (delta(1, 0), moved(1, -1))];
    let left = vec![(item(0), text("x")), (item(-1), text("y")), fence(), (delta(3, 0), moved(-2, 2))];
    let rewritten = |form: Row| {
        let gone = [claim(0), delta(0, 0), delta(1, 0), delta(3, 0), item(1), item(-1)].map(|key| (key, None));
        let mut rows = gone.to_vec();
        rows.retain(|(key, _)| *key != item(1));
        rows.extend([(item(0), text("y")), (item(1), text("new")), (item(2), text("b")), form]);
        [rows, fences()].concat()
    };
    let steps = |form: Row, folds: Vec<Row>, pops: Vec<Row>| {
        vec![
            (Commands(&["RPUSH k a b"]), push.clone()),
            (Commands(&["LPOP k"]), pop.clone()),
            (Commands(&["PEXPIREAT k 500"]), vec![ttl(500)]),
            (Commands(&["LPUSH k x y"]), left.clone()),
            (Commands(&["LLEN k"]), Vec::new()),
            (Commands(&["LSET k 1 new"]), rewritten(form)),
            (Compaction, folds),
            (Commands(&["RPOP k 3"]), pops),
            (Commands(&["RPOP k"]), Vec::new()),
        ]
    };
    let pops = vec![
        (claim(0), text("")),
        (claim(1), text("")),
        (claim(2), text("")),
        (item(0), None),
        (item(1), None),
        (item(2), None),
        (delta(7, 0), moved(0, -3)),
        (TTL.to_vec(), None),
    ];
    let pops = [pops, fences()].concat();
    let folds = vec![(META.to_vec(), meta(0, 3, None)), (delta(5, 0), None)];
    holds_and_breaks(false, &steps((delta(5, 0), moved(0, 3)), folds, pops.clone()));
    holds_and_breaks(false, &steps((META.to_vec(), meta(0, 3, None)), Vec::new(), pops));
}

#[test]
fn an_inline_expiry_goes_with_the_base_and_all_deltas() {
    let steps = vec![
        (Commands(&["RPUSH k a"]), vec![(item(0), text("a")), fence(), (delta(0, 0), moved(0, 1))]),
        (Commands(&["PEXPIREAT k 500"]), vec![ttl(500), (META.to_vec(), meta(0, 1, Some(500))), (delta(0, 0), None)]),
        (Commands(&["PERSIST k"]), vec![(TTL.to_vec(), None), (META.to_vec(), meta(0, 1, Some(0)))]),
        (Commands(&["PEXPIREAT k 700"]), vec![ttl(700), (META.to_vec(), meta(0, 1, Some(700)))]),
        (Commands(&["RPUSH k b"]), vec![(item(1), text("b")), fence(), (delta(4, 0), moved(0, 1))]),
        (
            Commands(&["LPOP k 2"]),
            [
                vec![
                    (claim(0), text("")),
                    (claim(1), text("")),
                    (item(0), None),
                    (item(1), None),
                    (delta(4, 0), None),
                    (META.to_vec(), None),
                    (TTL.to_vec(), None),
                ],
                fences(),
            ]
            .concat(),
        ),
        (Commands(&["RPUSH k c"]), vec![(item(0), text("c")), fence(), (delta(6, 0), moved(0, 1))]),
        (
            Commands(&["DEL k"]),
            [[claim(0), claim(1), item(0), delta(6, 0)].map(|key| (key, None)).to_vec(), fences()].concat(),
        ),
    ];
    holds_and_breaks(true, &steps);
}

#[test]
fn a_compaction_folds_what_it_read_and_gives_up_when_that_has_changed() {
    let push = |step: u64, at: i64| vec![(item(at), text("a")), fence(), (delta(step, 0), moved(0, 1))];
    let begin = |then: Vec<(Is, Vec<Row>)>| {
        let mut steps = vec![
            (Commands(&["RPUSH k a"]), push(0, 0)),
            (Commands(&["RPUSH k a"]), push(1, 1)),
            (Commands(&["LPOP k"]), vec![(claim(0), text("")), (item(0), None), fence(), (delta(2, 0), moved(1, -1))]),
            (Read, Vec::new()),
        ];
        steps.extend(then);
        steps
    };
    let folded = || {
        let mut rows = vec![(META.to_vec(), meta(1, 1, None)), (claim(0), None)];
        rows.extend((0..3).map(|step| (delta(step, 0), None)));
        rows
    };
    // A push in between stays; a claim that came later does too.
    holds_and_breaks(false, &begin(vec![(Commands(&["RPUSH k a"]), push(4, 2)), (Commit, folded())]));
    let pop = vec![(claim(1), text("")), (item(1), None), fence(), (delta(5, 0), moved(1, -1))];
    let overtaken = vec![(Commands(&["RPUSH k a"]), push(4, 2)), (Commands(&["LPOP k"]), pop), (Commit, folded())];
    holds_and_breaks(false, &begin(overtaken));
    let expired = vec![(Commands(&["PEXPIREAT k 77"]), vec![ttl(77)]), (Commit, Vec::new())];
    holds_and_breaks(false, &begin(expired.clone()));
    let mut folds_all_the_same = expired;
    folds_all_the_same[1].1 = folded();
    let (number, violation) = judged(false, &begin(folds_all_the_same)).expect_err("it must give up");
    assert_eq!((number, violation.rule), (5, "claim"));
}

#[test]
fn transactions_number_their_deltas_and_leave_the_last_of_each_record() {
    let steps = vec![
        (
            Commands(&["RPUSH k a", "LPOP k", "RPUSH k b c"]),
            [
                vec![
                    (claim(0), text("")),
                    (item(1), text("b")),
                    (item(2), text("c")),
                    (delta(0, 0), moved(0, 1)),
                    (delta(0, 1), moved(1, -1)),
                    (delta(0, 2), moved(0, 2)),
                ],
                fences(),
            ]
            .concat(),
        ),
        (
            Commands(&["RPOPLPUSH k k"]),
            vec![
                (item(2), None),
                (item(0), text("c")),
                fence(),
                (delta(1, 0), moved(0, -1)),
                (delta(1, 1), moved(-1, 1)),
            ],
        ),
    ];
    holds_and_breaks(false, &steps);
    // What a step has put and deleted again may be deleted in the batch; and a move may leave its claim.
    let mut with_more = steps.clone();
    with_more[0].1.push((item(0), None));
    with_more[1].1.push((claim(2), text("")));
    judged(false, &with_more).expect("right as well");
    let mut swapped = steps;
    swapped[0].1[3] = (delta(0, 1), moved(0, 1));
    swapped[0].1[4] = (delta(0, 0), moved(1, -1));
    assert_eq!(judged(false, &swapped).expect_err("another order").1.rule, "delta");
}

#[test]
fn a_seed_gives_a_head_and_only_a_key_without_a_list_gets_one() {
    let push = |step: u64, at: i64| vec![(item(at), text("a")), fence(), (delta(step, 0), moved(0, 1))];
    let seeded = (Seed(i64::MAX - 1), vec![(META.to_vec(), meta(i64::MAX - 1, 0, None))]);
    let steps = vec![seeded, (Commands(&["RPUSH k a"]), push(1, i64::MAX - 1)), (Seed(5), Vec::new())];
    judged(false, &steps).expect("right");
    let mut wrong = steps.clone();
    wrong[1].1[0].0 = item(0);
    assert_eq!(judged(false, &wrong).expect_err("not at the head").1.rule, "item");
    let mut wrong = steps;
    wrong[2].1 = vec![(META.to_vec(), meta(5, 0, None))];
    assert_eq!(judged(false, &wrong).expect_err("a list is there").1.rule, "unnamed-key");
}

#[test]
fn the_commit_clock_grows_and_keeps_up_with_time() {
    let rows = [(item(0), text("a"))];
    for commit_ts in [0, FIRST - 1] {
        let (mut judge, mut batch) = (Judge::new(false), Batch::default());
        judge.advance_to(AT_MS);
        batch.commit(commit_ts, rows.iter().map(|(key, value)| (key.as_slice(), value.as_deref())));
        assert_eq!(judge.verdict(&batch, &Model::new()).expect_err("behind the time").rule, "commit-clock");
    }
}

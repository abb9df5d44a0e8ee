//! Histories that are right, as a model has run them, and ways to make them wrong.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::super::*;
use super::naive::says;
use super::request;
use crate::command::Reply;
use crate::model::Model;

pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0.random_range(0..limit.max(1))
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

/// What a history is drawn from.
pub(super) struct Kind {
    pub(super) operations: u64,
    pub(super) clients: u64,
    pub(super) keys: u64,
    /// The longest time of an operation in microseconds.
    pub(super) longest_us: u64,
    /// Commands about expiries, with times of milliseconds.
    pub(super) expires: bool,
    /// One of so many operations gets no reply.
    pub(super) one_lost_of: u64,
}

/// A history that some order explains: that of the moments in which the model has run the operations.
pub(super) fn right(dice: &mut Dice, kind: &Kind) -> History {
    let mut free_from_us = vec![0; kind.clients as usize];
    let mut moments = Vec::new();
    for number in 0..kind.operations {
        let client = dice.below(kind.clients) as usize;
        let call_us = free_from_us[client] + dice.below(kind.longest_us / 2 + 1);
        let moment_us = call_us + dice.below(kind.longest_us / 2 + 1);
        let end_us = moment_us + dice.below(kind.longest_us / 2 + 1);
        free_from_us[client] = end_us + 1;
        let sent = sent(dice, kind, number);
        let is_lost = dice.below(kind.one_lost_of) == 0;
        let outcome = if is_lost { Outcome::Lost } else { Outcome::Replied { at_us: end_us, reply: Reply::Null } };
        let is_done = !is_lost || dice.below(2) == 0;
        // What no reply came to may be done much later.
        let moment_us = if is_lost { moment_us + dice.below(3 * kind.longest_us) } else { moment_us };
        moments.push((moment_us, is_done, Operation { client: client as u32, call_us, sent, outcome }));
    }
    moments.sort_by_key(|(moment_us, ..)| *moment_us);
    let mut model = Model::new();
    for (moment_us, is_done, operation) in &mut moments {
        model.advance_to(*moment_us / 1000);
        if *is_done {
            let says = says(&mut model, &operation.sent);
            if let Outcome::Replied { reply, .. } = &mut operation.outcome {
                *reply = says;
            }
        }
    }
    super::history(moments.into_iter().map(|(_, _, operation)| operation).collect())
}

fn sent(dice: &mut Dice, kind: &Kind, number: u64) -> Sent {
    if dice.below(5) > 0 {
        return Sent::Command(request(&words(dice, kind, number)));
    }
    let count = 1 + dice.below(3);
    Sent::Transaction((0..count).map(|part| request(&words(dice, kind, number * 10 + part + 1000))).collect())
}

fn words(dice: &mut Dice, kind: &Kind, value: u64) -> String {
    let key = |dice: &mut Dice| format!("k{}", dice.below(kind.keys));
    let (one, other) = (key(dice), key(dice));
    let ms = 1 + dice.below(kind.longest_us / 250);
    let timed = [
        format!("PEXPIRE {one} {ms}"),
        format!("PEXPIRE {one} {ms} {}", dice.pick(&["NX", "XX", "GT", "LT"])),
        format!("PEXPIREAT {one} {}", dice.below(kind.operations * kind.longest_us / 2000)),
        format!("PEXPIRETIME {one}"),
        format!("PERSIST {one}"),
        format!("EXISTS {one} {other}"),
    ];
    if kind.expires && dice.below(3) == 0 {
        return dice.pick(&timed).clone();
    }
    let plain = [
        format!("RPUSH {one} v{value}"),
        format!("RPUSH {one} v{value} w{value}"),
        format!("LPUSH {one} v{value}"),
        format!("LPUSHX {one} v{value}"),
        format!("LPOP {one}"),
        format!("RPOP {one} 2"),
        format!("LSET {one} 0 v{value}"),
        format!("LTRIM {one} 1 -1"),
        format!("LLEN {one}"),
        format!("LRANGE {one} 0 -1"),
        format!("LINDEX {one} -1"),
        format!("DEL {one}"),
        format!("RENAME {one} {other}"),
        format!("RPOPLPUSH {one} {other}"),
        format!("LMOVE {one} {other} LEFT LEFT"),
        format!("LMPOP 2 {one} {other} LEFT"),
    ];
    dice.pick(&plain).clone()
}

/// Changes one reply, loses or doubles an item of one, or swaps two. The result is mostly wrong.
pub(super) fn disturb(dice: &mut Dice, history: &mut History) {
    let told: Vec<usize> =
        (0..history.operations.len()).filter(|at| history.operations[*at].reply().is_some()).collect();
    if told.is_empty() {
        return;
    }
    let (one, other) = (*dice.pick(&told), *dice.pick(&told));
    let mut replies: Vec<Reply> =
        [one, other].iter().map(|at| history.operations[*at].reply().expect("it is told").clone()).collect();
    if dice.below(3) == 0 {
        replies.swap(0, 1);
    } else {
        change(dice, &mut replies[0]);
        replies.truncate(1);
    }
    for (at, new) in [one, other].into_iter().zip(replies) {
        if let Outcome::Replied { reply, .. } = &mut history.operations[at].outcome {
            *reply = new;
        }
    }
}

fn change(dice: &mut Dice, reply: &mut Reply) {
    match reply {
        Reply::Integer(number) => *number += if dice.below(2) == 0 { 1 } else { -1 },
        Reply::Array(replies) if replies.is_empty() => replies.push(Reply::Bulk(b"v0".to_vec())),
        Reply::Array(replies) => {
            let at = dice.below(replies.len() as u64) as usize;
            match dice.below(3) {
                0 => drop(replies.remove(at)),
                1 => replies.insert(at, replies[at].clone()),
                _ => change(dice, &mut replies[at]),
            }
        }
        Reply::Null | Reply::NullArray => *reply = Reply::Bulk(b"v0".to_vec()),
        Reply::Bulk(_) => *reply = if dice.below(2) == 0 { Reply::Null } else { Reply::Bulk(b"v1".to_vec()) },
        Reply::Status(_) => *reply = Reply::error("ERR no such key"),
        Reply::Error(_) => *reply = Reply::OK,
    }
}

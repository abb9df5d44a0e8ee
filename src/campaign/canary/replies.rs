//! Canaries in replies: one for each command, for each text of an error, and for each form that a reply can have.

use super::row::{Canary, How};
use super::scene::Scene;
use crate::command::Reply;
use crate::faults::Act;
use crate::finding::FindingKind;
use crate::store::{Answer, Refusal};

/// The most items that a command may move.
const ITEMS_PER_COMMAND: u64 = 100_000;

/// What comes before a command, and the command.
type Row = (&'static str, &'static [&'static str]);

/// The reply of each command, which is made another one of its form.
pub(super) const COMMANDS: &[Row] = &[
    ("LPUSH", &["LPUSH k# a b"]),
    ("RPUSH", &["RPUSH k# a b"]),
    ("LPUSHX", &["RPUSH k# a", "LPUSHX k# b"]),
    ("RPUSHX", &["LPUSH k# a", "RPUSHX k# b"]),
    ("LPOP", &["RPUSH k# a b", "LPOP k#"]),
    ("RPOP", &["RPUSH k# a b", "RPOP k# 2"]),
    ("LSET", &["RPUSH k# a", "LSET k# 0 b"]),
    ("LINSERT", &["RPUSH k# a", "LINSERT k# BEFORE a b"]),
    ("LREM", &["RPUSH k# a b a", "LREM k# 0 a"]),
    ("LTRIM", &["RPUSH k# a b", "LTRIM k# 0 0"]),
    ("RPOPLPUSH", &["RPUSH k# a b", "RPOPLPUSH k# l#"]),
    ("LMOVE", &["RPUSH k# a b", "LMOVE k# l# LEFT RIGHT"]),
    ("LMPOP", &["RPUSH k# a b", "LMPOP 1 k# LEFT COUNT 2"]),
    ("DEL", &["RPUSH k# a", "DEL k# l#"]),
    ("RENAME", &["RPUSH k# a", "RENAME k# l#"]),
    ("EXPIRE", &["RPUSH k# a", "EXPIRE k# 100"]),
    ("PEXPIRE", &["RPUSH k# a", "PEXPIRE k# 100"]),
    ("EXPIREAT", &["RPUSH k# a", "EXPIREAT k# 5000000000"]),
    ("PEXPIREAT", &["RPUSH k# a", "PEXPIREAT k# 5000000000000"]),
    ("PERSIST", &["RPUSH k# a", "PEXPIRE k# 100", "PERSIST k#"]),
    ("LLEN", &["RPUSH k# a", "LLEN k#"]),
    ("LRANGE", &["RPUSH k# a b c", "LRANGE k# 0 -1"]),
    ("LINDEX", &["RPUSH k# a b", "LINDEX k# 1"]),
    ("LPOS", &["RPUSH k# a b", "LPOS k# b"]),
    ("TYPE", &["RPUSH k# a", "TYPE k#"]),
    ("EXISTS", &["RPUSH k# a", "EXISTS k# k#"]),
    ("PEXPIRETIME", &["RPUSH k# a", "PEXPIREAT k# 5000000000000", "PEXPIRETIME k#"]),
];

/// An error, its command, and what makes it.
type ErrorRow = (&'static str, &'static str, &'static [&'static str]);

/// The texts of errors, each of which is made another text.
const ERRORS: &[ErrorRow] = &[
    ("ERR no such key", "LSET", &["LSET k# 0 a"]),
    ("ERR no such key", "RENAME", &["RENAME k# l#"]),
    ("ERR index out of range", "LSET", &["RPUSH k# a", "LSET k# 7 b"]),
    ("ERR value is not an integer", "LINDEX", &["RPUSH k# a", "LINDEX k# one"]),
    ("ERR value is not an integer", "LRANGE", &["LRANGE k# 0 one"]),
    ("ERR value is out of range", "LPOP", &["LPOP k# -1"]),
    ("ERR wrong number of arguments", "LLEN", &["LLEN"]),
    ("ERR syntax error", "LINSERT", &["LINSERT k# BESIDE a b"]),
    ("ERR invalid expire time", "PEXPIRE", &["RPUSH k# a", "PEXPIRE k# 9223372036854775807"]),
    ("ERR numkeys", "LMPOP", &["LMPOP 0 k# LEFT"]),
    ("ERR count", "LMPOP", &["LMPOP 1 k# LEFT COUNT 0"]),
    ("ERR RANK", "LPOS", &["LPOS k# a RANK 0"]),
];

/// A reply in another form: what it is, the command, the steps, and the change.
type FormRow = (&'static str, &'static str, &'static [&'static str], fn(&mut Answer));

/// Replies that a careless client takes for one another.
const FORMS: &[FormRow] = &[
    ("an integer is smaller", "RPUSH", &["RPUSH k# a b"], |answer| put(answer, Reply::Integer(1))),
    ("an integer is in a string", "RPUSH", &["RPUSH k# a b"], |answer| put(answer, Reply::Bulk(b"2".to_vec()))),
    ("a status is in a string", "TYPE", &["RPUSH k# a", "TYPE k#"], |answer| {
        put(answer, Reply::Bulk(b"list".to_vec()));
    }),
    ("a string is in another case", "LPOP", &["RPUSH k# a", "LPOP k#"], |answer| {
        put(answer, Reply::Bulk(b"A".to_vec()))
    }),
    ("an array begins with another item", "LRANGE", &["RPUSH k# a b c", "LRANGE k# 0 -1"], |answer| {
        put(answer, Reply::bulks(vec![b"d".to_vec(), b"b".to_vec(), b"c".to_vec()]));
    }),
    ("a null is an empty string", "LPOP", &["LPOP k#"], |answer| put(answer, Reply::Bulk(Vec::new()))),
    ("an empty string is a null", "LPOP", &["RPUSH k# a", "LSET k# 0 \"\"", "LPOP k#"], |answer| {
        put(answer, Reply::Null)
    }),
    ("a null is a null array", "LPOP", &["LPOP k#"], |answer| put(answer, Reply::NullArray)),
    ("a null array is a null", "LPOP", &["LPOP k# 2"], |answer| put(answer, Reply::Null)),
    ("an empty array is a null", "LRANGE", &["LRANGE k# 0 -1"], |answer| put(answer, Reply::Null)),
    ("an empty array is a null array", "LRANGE", &["LRANGE k# 0 -1"], |answer| put(answer, Reply::NullArray)),
    ("an array lacks its last item", "LRANGE", &["RPUSH k# a b", "LRANGE k# 0 -1"], |answer| {
        put(answer, Reply::bulks(vec![b"a".to_vec()]));
    }),
    ("an array has an item more", "LRANGE", &["RPUSH k# a", "LRANGE k# 0 -1"], |answer| {
        put(answer, Reply::bulks(vec![b"a".to_vec(), b"b".to_vec()]));
    }),
    ("an array ends with another item", "LRANGE", &["RPUSH k# a b c", "LRANGE k# 0 -1"], |answer| {
        put(answer, Reply::bulks(vec![b"a".to_vec(), b"b".to_vec(), b"d".to_vec()]));
    }),
    ("an error is none", "LSET", &["LSET k# 0 a"], |answer| put(answer, Reply::OK)),
    ("an error is in a status", "RENAME", &["RENAME k# l#"], |answer| {
        put(answer, Reply::status("ERR no such key"));
    }),
    ("a reply in a transaction", "LLEN", &["MULTI RPUSH k# a;LLEN k#"], other),
];

/// Commands that no limit forbids, which are refused: where they stand, the command, and the steps.
const ALLOWED: &[ErrorRow] = &[
    ("refused in the middle of the sequence range", "RPUSH", &["RPUSH k# a b"]),
    ("refused at its left end", "LPUSH", &["SEED k# -9223372036854775806", "LPUSH k# a b"]),
    ("refused at its right end", "RPUSH", &["SEED k# 9223372036854775805", "RPUSH k# a b"]),
];

/// The canaries.
pub(super) fn canaries() -> Vec<Canary> {
    let reply = |name, command, steps, change| Canary {
        scene: Scene::of(steps),
        how: How::Act(Act::Answer(command, change)),
        ..Canary::of(name, FindingKind::Reply, command)
    };
    let of_commands = COMMANDS.iter().map(|(command, steps)| reply("another reply", command, steps, other));
    let of_errors = ERRORS.iter().map(|(text, command, steps)| Canary {
        says: text,
        ..reply("another text of an error", command, steps, other)
    });
    let of_forms = FORMS.iter().map(|(name, command, steps, change)| reply(name, command, steps, *change));
    let rejected: ErrorRow = ("a refusal of what Redis rejects", "LLEN", &["LLEN"]);
    let each = COMMANDS.iter().map(|(command, steps)| ("a refusal", *command, *steps));
    let refusals =
        ALLOWED.iter().copied().chain([rejected]).chain(each).map(|(name, command, steps)| Canary {
            kind: FindingKind::Refusal,
            ..reply(name, command, steps, refused)
        });
    of_commands.chain(of_errors).chain(of_forms).chain(refusals).collect()
}

fn refused(answer: &mut Answer) {
    *answer = Answer::Refused(Refusal::TooManyItems { count: ITEMS_PER_COMMAND + 1 });
}

fn put(answer: &mut Answer, reply: Reply) {
    *answer = Answer::Reply(reply);
}

/// Makes a reply another one of its form.
pub(super) fn other(answer: &mut Answer) {
    if let Answer::Reply(reply) = answer {
        *reply = otherwise(reply);
    }
}

fn otherwise(reply: &Reply) -> Reply {
    match reply {
        Reply::Status(text) => Reply::Status(format!("{text}.").into()),
        Reply::Error(text) => Reply::Error(format!("{text}.")),
        Reply::Integer(number) => Reply::Integer(number + 1),
        Reply::Bulk(bytes) => Reply::Bulk([bytes, &b"."[..]].concat()),
        Reply::Null => Reply::NullArray,
        Reply::NullArray => Reply::Null,
        Reply::Array(replies) => Reply::Array(replies.iter().rev().cloned().collect()),
    }
}

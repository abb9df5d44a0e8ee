//! Faults in the fences of lists: a kind of command leaves out those that it must put and read.
//!
//! Only the test of transactions is changed. The fences are in the records as ever, so that no batch tells.

use crate::faults::fault::kinds::{RECORD, REPLY, STATE};
use crate::faults::fault::{Act, Fault, Reports};
use crate::format::family::fence_keys;
use crate::store::Attempt;

/// One client's transaction was wrong about another's: so says its reply, its batch or the lists after it.
pub(in crate::faults) const BY_ANOTHER: &[Reports] = &[REPLY, RECORD, STATE];

pub(in crate::faults) const PUSHES: &[&str] = &["LPUSH", "RPUSH", "LPUSHX", "RPUSHX"];
pub(in crate::faults) const POPS: &[&str] = &["LPOP", "RPOP", "LMPOP"];
pub(in crate::faults) const MOVES: &[&str] = &["RPOPLPUSH", "LMOVE"];
pub(in crate::faults) const RENAMES: &[&str] = &["RENAME", "RENAMENX"];
pub(in crate::faults) const DELETIONS: &[&str] = &["DEL", "UNLINK"];
pub(in crate::faults) const EXPIRIES: &[&str] = &["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"];
pub(in crate::faults) const COMPACTIONS: &[&str] = &["compaction"];

/// What each kind of command does to the fences.
pub(in crate::faults) const OF_COMMANDS: &[Fault] = &[
    Fault {
        name: "rpush-without-fence",
        breaks: "RPUSH neither puts nor reads the fence of its list",
        rule: "fences-of-writes",
        act: Act::Attempt(|attempt| leave_out(attempt, &["RPUSH", "RPUSHX"])),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "lpush-without-fence",
        breaks: "LPUSH neither puts nor reads the fence of its list",
        rule: "fences-of-writes",
        act: Act::Attempt(|attempt| leave_out(attempt, &["LPUSH", "LPUSHX"])),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "push-puts-no-fence",
        breaks: "a push reads the fence of its list and does not put it",
        rule: "fences-of-writes",
        act: Act::Attempt(|attempt| put_none(attempt, PUSHES)),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "lpop-without-fence",
        breaks: "LPOP neither puts nor reads the fence of its list",
        rule: "fences-of-writes",
        act: Act::Attempt(|attempt| leave_out(attempt, &["LPOP"])),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "rpop-without-fence",
        breaks: "RPOP neither puts nor reads the fence of its list",
        rule: "fences-of-writes",
        act: Act::Attempt(|attempt| leave_out(attempt, &["RPOP"])),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "lmpop-without-fence",
        breaks: "LMPOP neither puts nor reads the fence of its list",
        rule: "fences-of-writes",
        act: Act::Attempt(|attempt| leave_out(attempt, &["LMPOP"])),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "pop-puts-no-fence",
        breaks: "a pop reads the fence of its list and does not put it",
        rule: "fences-of-writes",
        act: Act::Attempt(|attempt| put_none(attempt, POPS)),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "move-source-fence-left-out",
        breaks: "a move neither puts nor reads the fence of the list that it takes from",
        rule: "fences-of-writes",
        act: Act::Attempt(|attempt| leave_out_of(attempt, MOVES, 0)),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "move-destination-fence-left-out",
        breaks: "a move neither puts nor reads the fence of the list that it adds to",
        rule: "fences-of-writes",
        act: Act::Attempt(|attempt| leave_out_of(attempt, MOVES, 1)),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "multi-without-fences",
        breaks: "the commands of a MULTI neither put nor read the fences of their lists",
        rule: "fences-of-writes",
        act: Act::Attempt(|attempt| {
            if attempt.names.len() > 1 {
                attempt.mutated.retain(|key| !is_fence(key));
                attempt.read.retain(|key| !is_fence(key));
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "emptying-pop-without-fences",
        breaks: "a pop of all that is left neither puts nor reads the fences of its list",
        rule: "fences-of-deletions",
        act: Act::Attempt(|attempt| {
            // A pop that leaves something puts one.
            if attempt.mutated.iter().filter(|key| is_fence(key)).count() > 1 {
                leave_out(attempt, POPS);
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "del-without-fences",
        breaks: "DEL neither puts nor reads the fences of a list",
        rule: "fences-of-deletions",
        act: Act::Attempt(|attempt| leave_out(attempt, DELETIONS)),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "del-puts-no-fences",
        breaks: "DEL reads the fences of a list and does not put them, nor does the test hear of the items that it deletes",
        rule: "fences-of-deletions",
        act: Act::Attempt(|attempt| {
            if is_of(attempt, DELETIONS) {
                attempt.mutated.clear();
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "past-expiry-without-fences",
        breaks: "EXPIRE into the past neither puts nor reads the fences of the list that it deletes",
        rule: "fences-of-deletions",
        act: Act::Attempt(|attempt| leave_out(attempt, EXPIRIES)),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "lset-without-fences",
        breaks: "LSET neither puts nor reads the fences of its list",
        rule: "fences-of-deletions",
        act: Act::Attempt(|attempt| leave_out(attempt, &["LSET"])),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "linsert-without-fences",
        breaks: "LINSERT neither puts nor reads the fences of its list",
        rule: "fences-of-deletions",
        act: Act::Attempt(|attempt| leave_out(attempt, &["LINSERT"])),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "lrem-without-fences",
        breaks: "LREM neither puts nor reads the fences of its list",
        rule: "fences-of-deletions",
        act: Act::Attempt(|attempt| leave_out(attempt, &["LREM"])),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "ltrim-without-fences",
        breaks: "LTRIM neither puts nor reads the fences of its list",
        rule: "fences-of-deletions",
        act: Act::Attempt(|attempt| leave_out(attempt, &["LTRIM"])),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "rename-source-fences-left-out",
        breaks: "RENAME neither puts nor reads the fences of the list that it takes away",
        rule: "fences-of-deletions",
        act: Act::Attempt(|attempt| leave_out_of(attempt, RENAMES, 0)),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "rename-destination-fences-left-out",
        breaks: "RENAME neither puts nor reads the fences of the list that it writes over",
        rule: "fences-of-deletions",
        act: Act::Attempt(|attempt| leave_out_of(attempt, RENAMES, 1)),
        reported: BY_ANOTHER,
    },
];

/// Whether all commands of a transaction are among these.
pub(in crate::faults) fn is_of(attempt: &Attempt, names: &[&str]) -> bool {
    !attempt.names.is_empty() && attempt.names.iter().all(|name| names.contains(name))
}

pub(in crate::faults) fn is_fence(key: &[u8]) -> bool {
    fence_keys(b"").any(|prefix| key.starts_with(&prefix))
}

/// Such commands neither put nor read fences.
fn leave_out(attempt: &mut Attempt, names: &[&str]) {
    put_none(attempt, names);
    if is_of(attempt, names) {
        attempt.read.retain(|key| !is_fence(key));
    }
}

fn put_none(attempt: &mut Attempt, names: &[&str]) {
    if is_of(attempt, names) {
        attempt.mutated.retain(|key| !is_fence(key));
    }
}

/// Such a command neither puts nor reads the fences of one of the keys that it names, unless it is about one key only.
fn leave_out_of(attempt: &mut Attempt, names: &[&str], place: usize) {
    if !is_of(attempt, names) || attempt.user_keys.windows(2).any(|pair| pair.first() == pair.last()) {
        return;
    }
    let fences: Vec<Vec<u8>> = attempt.user_keys.get(place).into_iter().flat_map(|key| fence_keys(key)).collect();
    attempt.mutated.retain(|key| !fences.contains(key));
    attempt.read.retain(|key| !fences.contains(key));
}

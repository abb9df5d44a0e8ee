//! Faults in what transactions on lists read, and in the other keys by which they collide.
//!
//! As in `fences`, only the test of transactions is changed.

use super::fences::{BY_ANOTHER, COMPACTIONS, DELETIONS, EXPIRIES, MOVES, POPS, PUSHES, is_fence, is_of};
use crate::faults::fault::{Act, Fault};
use crate::format::list::{CLAIM_PREFIX, ITEM_PREFIX, META_PREFIX};
use crate::store::Attempt;

/// Reads left out, and claims.
pub(in crate::faults) const READS: &[Fault] = &[
    Fault {
        name: "push-reads-no-ends",
        breaks: "a push neither reads the items at the ends of its list nor its fence",
        rule: "boundary-reads",
        act: Act::Attempt(|attempt| {
            if is_of(attempt, PUSHES) {
                attempt.read.retain(|key| !is_fence(key) && !key.starts_with(ITEM_PREFIX));
                attempt.mutated.retain(|key| !is_fence(key));
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "push-reads-no-head",
        breaks: "a push reads neither the first item of its list nor its fence",
        rule: "boundary-reads",
        act: Act::Attempt(|attempt| leave_end_out(attempt, <[_]>::first)),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "push-reads-no-tail",
        breaks: "a push reads neither the last item of its list nor its fence",
        rule: "boundary-reads",
        act: Act::Attempt(|attempt| leave_end_out(attempt, <[_]>::last)),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "first-push-without-fences",
        breaks: "a push on a missing list neither puts its fence nor reads any, so that one to either end commutes",
        rule: "boundary-reads",
        act: Act::Attempt(|attempt| {
            if is_first_push(attempt) {
                forget(attempt, is_fence);
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "first-push-reads-nothing",
        breaks: "a push on a missing list reads nothing, and the test does not hear of its items and fence",
        rule: "boundary-reads",
        act: Act::Attempt(|attempt| {
            if is_first_push(attempt) {
                forget(attempt, |key| is_fence(key) || key.starts_with(ITEM_PREFIX));
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "move-reads-nothing",
        breaks: "a move reads neither the ends of its lists nor their fences",
        rule: "boundary-reads",
        act: Act::Attempt(|attempt| {
            if is_of(attempt, MOVES) {
                forget(attempt, |key| is_fence(key) || key.starts_with(ITEM_PREFIX));
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "claims-left-out",
        breaks: "the test does not hear of a pop's claims, items and fence, so that pops do not collide",
        rule: "claims-collide",
        act: Act::Attempt(|attempt| {
            if is_of(attempt, POPS) {
                forget(attempt, |key| is_fence(key) || key.starts_with(ITEM_PREFIX) || key.starts_with(CLAIM_PREFIX));
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "claims-and-fence-left-out",
        breaks: "the test does not hear of a pop's claims and fence, so that pops of holes do not collide",
        rule: "claims-collide",
        act: Act::Attempt(|attempt| {
            if is_of(attempt, POPS) {
                forget(attempt, |key| is_fence(key) || key.starts_with(CLAIM_PREFIX));
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "expiry-over-emptied-list",
        breaks: "EXPIRE does not read that the list is still there",
        rule: "expiry-reads",
        act: Act::Attempt(|attempt| {
            if is_of(attempt, EXPIRIES) {
                attempt.read.clear();
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "expiry-reads-no-fences",
        breaks: "EXPIRE reads the base meta and the expiry of a list, and no fence that a pop which empties it puts",
        rule: "expiry-reads",
        act: Act::Attempt(|attempt| {
            if is_of(attempt, EXPIRIES) {
                attempt.read.retain(|key| !is_fence(key));
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "persist-reads-nothing",
        breaks: "PERSIST does not read that the list and its expiry are still there",
        rule: "expiry-reads",
        act: Act::Attempt(|attempt| {
            if is_of(attempt, &["PERSIST"]) && attempt.former.is_none() {
                forget(attempt, |_| true);
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "compaction-forgets-head",
        breaks: "a compaction of an emptied list does not read its fence, and deletes the base meta below a push",
        rule: "compaction-conflicts",
        act: Act::Attempt(|attempt| {
            if is_of(attempt, COMPACTIONS) {
                attempt.read.retain(|key| !is_fence(key));
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "compaction-over-deletion",
        breaks: "a compaction writes its base meta whatever was deleted or folded since it read",
        rule: "compaction-conflicts",
        act: Act::Attempt(|attempt| {
            if is_of(attempt, COMPACTIONS) {
                forget(attempt, |_| true);
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "compaction-unnoticed",
        breaks: "no transaction hears of what a compaction writes, such as an expiry that finds other deltas",
        rule: "compaction-conflicts",
        act: Act::Attempt(|attempt| {
            if is_of(attempt, COMPACTIONS) {
                attempt.mutated.clear();
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "deletion-of-missing-list-reads-nothing",
        breaks: "DEL of a missing list does not read its fence",
        rule: "fences-of-deletions",
        act: Act::Attempt(|attempt| {
            if is_of(attempt, DELETIONS) {
                attempt.read.clear();
            }
        }),
        reported: BY_ANOTHER,
    },
];

/// A push does not read the item at one end, nor its list's fence; of a single item both ends are one.
fn leave_end_out(attempt: &mut Attempt, end: fn(&[Vec<u8>]) -> Option<&Vec<u8>>) {
    let ends: Vec<Vec<u8>> = attempt.read.iter().filter(|key| key.starts_with(ITEM_PREFIX)).cloned().collect();
    if is_of(attempt, PUSHES) && attempt.names.len() == 1 && ends.len() == 2 {
        forget(attempt, |key| is_fence(key) || end(&ends).is_some_and(|end| end == key));
    }
}

/// Whether these are pushes on a missing list: only those read its meta.
fn is_first_push(attempt: &Attempt) -> bool {
    is_of(attempt, PUSHES) && attempt.read.iter().any(|key| key.starts_with(META_PREFIX))
}

/// The test does not hear of such keys.
fn forget(attempt: &mut Attempt, is_forgotten: impl Fn(&[u8]) -> bool) {
    attempt.mutated.retain(|key| !is_forgotten(key));
    attempt.read.retain(|key| !is_forgotten(key));
}

//! Faults in the test whether a transaction may be applied, and in what becomes of one that goes out twice.

use super::fault::{Act, Fault};
use super::list::{BY_ANOTHER, DELETIONS, MOVES, POPS, PUSHES, is_of};
use crate::store::{Attempt, Version};

/// The test, and retries.
pub(super) const TESTS: &[Fault] = &[
    Fault {
        name: "conflicts-by-commit-order",
        breaks: "the test looks at commit timestamps after the snapshot, and misses what was drawn before and applied since",
        rule: "conflict-test",
        act: Act::Attempt(|attempt| {
            let start = attempt.start;
            attempt.since.retain(|version| version.commit_ts > start);
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "conflicts-up-to-own-commit",
        breaks: "the test looks for commits below the transaction's own alone, and misses what has overtaken it",
        rule: "conflict-test",
        act: Act::Attempt(|attempt| {
            let commit_ts = attempt.commit_ts;
            attempt.since.retain(|version| version.commit_ts <= commit_ts);
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "conflicts-of-last-commit-only",
        breaks: "the test looks at the last commit, and misses those between it and the snapshot",
        rule: "conflict-test",
        act: Act::Attempt(|attempt| {
            let last = attempt.since.last().map(|version| version.commit_ts);
            attempt.since.retain(|version| Some(version.commit_ts) == last);
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "snapshot-amid-a-commit",
        breaks: "a snapshot is read while a commit is applied: it shows nothing of it, and the test takes it as seen",
        rule: "whole-commits",
        act: Act::Attempt(|attempt| {
            let first = attempt.since.first().map(|version| version.commit_ts);
            if attempt.former.is_none() {
                attempt.since.retain(|version| Some(version.commit_ts) != first);
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "no-conflict-test",
        breaks: "a transaction is applied whatever was applied since its snapshot",
        rule: "conflict-test",
        act: Act::Attempt(|attempt| {
            if attempt.former.is_none() {
                attempt.since.clear();
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "no-read-test",
        breaks: "the test looks at the keys that a transaction writes, and at none that it has read",
        rule: "conflict-test",
        act: Act::Attempt(|attempt| attempt.read.clear()),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "multi-reads-not-tested",
        breaks: "the test looks at no key that a MULTI has only read",
        rule: "conflict-test",
        act: Act::Attempt(|attempt| {
            if attempt.names.len() > 1 {
                attempt.read.clear();
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "multi-not-tested",
        breaks: "a MULTI is applied whatever was applied since its snapshot",
        rule: "conflict-test",
        act: Act::Attempt(|attempt| {
            if attempt.names.len() > 1 && attempt.former.is_none() {
                attempt.since.clear();
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "only-smallest-key-tested",
        breaks: "the test looks at the smallest key that a transaction writes, and at no other",
        rule: "conflict-test",
        act: Act::Attempt(|attempt| {
            attempt.mutated = attempt.mutated.iter().take(1).cloned().collect();
            attempt.read.clear();
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "conflict-for-ever",
        breaks: "a transaction meets its own keys as if another had written them, each time that it is tried",
        rule: "conflict-test",
        act: Act::Attempt(|attempt| {
            let commit_ts = attempt.start;
            attempt.since.extend(attempt.mutated.iter().map(|key| Version { key: key.clone(), commit_ts }));
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "commit-applied-below-another",
        breaks: "a transaction is applied at the commit of its snapshot, as if its timestamp had been drawn before that was read",
        rule: "conflict-test",
        act: Act::Attempt(|attempt| attempt.commit_ts = attempt.start),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "push-sent-again-is-pushed-again",
        breaks: "a push that goes out once more does not say under which commit it went out before",
        rule: "retries",
        act: Act::Attempt(|attempt| forget_former(attempt, PUSHES)),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "pop-sent-again-pops-again",
        breaks: "a pop that goes out once more does not say under which commit it went out before",
        rule: "retries",
        act: Act::Attempt(|attempt| forget_former(attempt, POPS)),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "move-sent-again-moves-again",
        breaks: "a move that goes out once more does not say under which commit it went out before",
        rule: "retries",
        act: Act::Attempt(|attempt| forget_former(attempt, MOVES)),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "deletion-sent-again-deletes-again",
        breaks: "a DEL that goes out once more does not say under which commit it went out before",
        rule: "retries",
        act: Act::Attempt(|attempt| forget_former(attempt, DELETIONS)),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "lost-commit-taken-as-applied",
        breaks: "a commit that never arrived is taken as applied when it goes out once more",
        rule: "retries",
        act: Act::Attempt(|attempt| {
            if let (Some(commit_ts), Some(key)) = (attempt.former, attempt.mutated.first().cloned()) {
                attempt.since.push(Version { key, commit_ts });
            }
        }),
        reported: BY_ANOTHER,
    },
    Fault {
        name: "retry-tested-from-its-own-time",
        breaks: "a commit that goes out once more is tested as if it had read the present",
        rule: "retries",
        act: Act::Attempt(|attempt| {
            if let Some(former) = attempt.former {
                attempt.since.retain(|version| version.commit_ts == former);
            }
        }),
        reported: BY_ANOTHER,
    },
];

fn forget_former(attempt: &mut Attempt, names: &[&str]) {
    if is_of(attempt, names) {
        attempt.former = None;
    }
}

//! What the judge has found.

/// A record that should have been written, or one that was: its key, and its value or `None` if it is deleted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WrittenRow {
    /// The logical key.
    pub key: Vec<u8>,
    /// The value; `None` is a deletion.
    pub value: Option<Vec<u8>>,
}

/// A batch that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The name of the rule, one of [`RULES`].
    pub rule: &'static str,
    /// The user key that is concerned, where there is one.
    pub user_key: Option<Vec<u8>>,
    /// What is wrong, in a clause.
    pub problem: String,
    /// What should have been written for the key, in the order of the keys.
    pub expected: Vec<WrittenRow>,
    /// What was written for it.
    pub written: Vec<WrittenRow>,
}

pub(super) const ITEM: &str = "item";
pub(super) const CLAIM: &str = "claim";
pub(super) const DELTA: &str = "delta";
pub(super) const FENCE: &str = "fence";
pub(super) const META: &str = "base-meta";
pub(super) const TTL: &str = "ttl";
pub(super) const NUMBER: &str = "delta-number";
pub(super) const CLOCK: &str = "commit-clock";
pub(super) const UNNAMED: &str = "unnamed-key";
pub(super) const MALFORMED: &str = "malformed";
pub(super) const LIMIT: &str = "limit";

/// The rules by name, each with what it demands.
pub const RULES: &[(&str, &str)] = &[
    (ITEM, "After each commit the seqs of the window, and no others, have items, and these are the list."),
    (
        CLAIM,
        "A pop leaves a claim for each seq that it popped. Claims stay until a rewrite, a deletion or a compaction.",
    ),
    (
        DELTA,
        "A push or a pop writes one delta; deltas stay until they are folded or the list is replaced; 1024 are the most.",
    ),
    (
        FENCE,
        "A push or a pop writes the fence of lists; what deletes, empties or rewrites a list writes those of all types.",
    ),
    (
        META,
        "Only a rewrite, a rename, an expiry or a compaction writes the base meta; its tail is head + len, and 32 bytes hold \
            the expiry.",
    ),
    (TTL, "The TTL record holds the expiry of the list, and there is none without an expiry or without a list."),
    (NUMBER, "The deltas of one transaction are numbered in the order of its commands, from 0."),
    (CLOCK, "The commit clock only grows, and is never behind the time of the commands (Unix milliseconds << 16)."),
    (UNNAMED, "A transaction writes only records of the keys that its commands name."),
    (MALFORMED, "Every record has the key and the size of value that the format describes."),
    (LIMIT, "A logical key has at most 1 MiB and a value 256 MiB, and a command moves at most 100 000 items."),
];

/// A violation that is about no key.
pub(super) fn plain(rule: &'static str, problem: String, written: Vec<WrittenRow>) -> Box<Violation> {
    Box::new(Violation { rule, user_key: None, problem, expected: Vec::new(), written })
}

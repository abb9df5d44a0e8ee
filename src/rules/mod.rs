//! The rules of the format, in one table: what each says, and what shows whether it is kept.
//!
//! A rule is tied to its faults by their field `rule` ([`crate::faults`]), and to probes
//! ([`crate::probe::probes`]) and situations ([`crate::situations`]) by their names here. A test fails for a rule
//! without any of the three, and for a name that nothing has.

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name: lower-case words with hyphens.
    pub name: &'static str,
    /// The section of the format that it is from, 1 to 6; 6 are the hazards, and 7 what several clients do side by side.
    pub section: u8,
    /// What it says, as a clause.
    pub says: &'static str,
    /// The probes that ask a decoder about it; none where [`Rule::has_probes`] says so.
    pub probes: &'static [&'static str],
    /// The situations that reach it.
    pub situations: &'static [&'static str],
}

impl Rule {
    /// Whether a decoder can be asked about it. What clients do to each other is over when a snapshot is written.
    pub fn has_probes(&self) -> bool {
        self.section != CONCURRENCY
    }

    /// The rule of that name.
    pub fn find(name: &str) -> Option<&'static Rule> {
        RULES.iter().find(|rule| rule.name == name)
    }
}

/// The section of the rules about clients side by side.
const CONCURRENCY: u8 = 7;

/// Every rule: of records, of commands, of expiries, of dumps, of snapshots, of clients side by side.
pub const RULES: &[Rule] = &[
    Rule {
        name: "sequence-order",
        section: 1,
        says: "the items of a list come in the order of their sequence numbers, the negative ones first, \
               which is the byte order of their keys",
        probes: &["sequence-both-signs", "sequence-lowest", "sequence-highest"],
        situations: &["both-signs", "negative-head", "head-near-lowest", "tail-near-highest"],
    },
    Rule {
        name: "sequence-range",
        section: 6,
        says: "sequence numbers use all 64 bits, from the lowest to the highest",
        probes: &["sequence-lowest", "sequence-highest"],
        situations: &["head-near-lowest", "tail-near-highest", "push-refused-at-the-end"],
    },
    Rule {
        name: "keys-that-extend",
        section: 1,
        says: "the last 8 bytes of an item's key are its sequence number, and the rest is its user key; items \
               of longer keys stand in between",
        probes: &["keys-that-extend", "keys-out-of-order"],
        situations: &["keys-interleaved"],
    },
    Rule {
        name: "key-bytes",
        section: 1,
        says: "a user key is any bytes: none, NUL, bytes that are no text",
        probes: &["segment-empty", "delta-shaped-item-key"],
        situations: &["key-empty", "segment-percent"],
    },
    Rule {
        name: "meta-value",
        section: 1,
        says: "a base meta is head, tail and length as big-endian numbers, its tail being its head and its length",
        probes: &["meta-invariant-broken", "empty-list-kept"],
        situations: &["base-meta-only", "meta-upgraded"],
    },
    Rule {
        name: "malformed-record",
        section: 4,
        says: "a malformed record ends the dump, and no dump is left",
        probes: &["malformed-meta-23-bytes", "malformed-ttl-7-bytes"],
        situations: &["meta-upgraded"],
    },
    Rule {
        name: "delta",
        section: 1,
        says: "a delta is what is added to the head, then what is added to the length, signed and big-endian, \
               each of them once",
        probes: &["deltas-outstanding", "deltas-many"],
        situations: &["delta-only-list", "txn-several-deltas"],
    },
    Rule {
        name: "one-transaction",
        section: 1,
        says: "the deltas of one transaction are told apart by their numbers",
        probes: &["deltas-many"],
        situations: &["txn-several-deltas", "txn-deleted-and-put"],
    },
    Rule {
        name: "resolved-meta",
        section: 2,
        says: "base meta and all deltas add up to the window of a list; the base alone says little",
        probes: &["deltas-outstanding", "items-outside-window"],
        situations: &["base-with-deltas", "base-longer-than-list"],
    },
    Rule {
        name: "delta-namespace",
        section: 6,
        says: "the meta of a user key that starts with d| lies among the deltas; its value's length tells",
        probes: &["d-key", "d-key-ttl", "d-key-inline-expiry", "d-key-inline-expiry-over-ttl", "d-key-empty-list"],
        situations: &["key-in-delta-namespace"],
    },
    Rule {
        name: "imitated-delta",
        section: 6,
        says: "a user key can be such that its meta has the very key of another list's delta",
        probes: &["delta-shaped-key"],
        situations: &["key-imitates-delta", "imitation-beside-deltas"],
    },
    Rule {
        name: "claims-hide-nothing",
        section: 4,
        says: "a claim never hides an item: its sequence number may be used again",
        probes: &["claim-over-item", "claims-alone"],
        situations: &["seq-under-old-claim"],
    },
    Rule {
        name: "fences",
        section: 1,
        says: "a write fence carries no data, not even that its list is there",
        probes: &["fences"],
        situations: &["empty-base-kept", "pop-empties-ttl"],
    },
    Rule {
        name: "items-are-the-truth",
        section: 4,
        says: "the items that are there are the list, with a meta or without",
        probes: &["items-without-meta", "items-missing", "items-outside-window"],
        situations: &["delta-only-list", "list-long"],
    },
    Rule {
        name: "empty-list",
        section: 4,
        says: "a base meta without items is kept as a list without items",
        probes: &["empty-list-kept", "body-of-empty-list"],
        situations: &["empty-base-kept"],
    },
    Rule {
        name: "deltas-alone",
        section: 4,
        says: "deltas without anything else are no list",
        probes: &["deltas-alone"],
        situations: &["delta-only-list", "pop-empties-ttl"],
    },
    Rule {
        name: "push-right",
        section: 2,
        says: "RPUSH adds at the tail, in the order of its words",
        probes: &["items-without-meta"],
        situations: &["delta-only-list"],
    },
    Rule {
        name: "push-left",
        section: 2,
        says: "LPUSH adds at the head, so that its last value is leftmost",
        probes: &["sequence-both-signs"],
        situations: &["negative-head"],
    },
    Rule {
        name: "pop",
        section: 2,
        says: "a pop claims and deletes just the items that it gives",
        probes: &["claim-over-item"],
        situations: &["claim-outside-window", "move-within-key", "move-between-keys"],
    },
    Rule {
        name: "move",
        section: 2,
        says: "LMOVE and RPOPLPUSH take from one end and put to another, of one list or of two",
        probes: &["claim-over-item"],
        situations: &["move-within-key", "move-between-keys"],
    },
    Rule {
        name: "rewrite",
        section: 2,
        says: "LSET, LINSERT, LREM and LTRIM leave the list that Redis would",
        probes: &["items-equal"],
        situations: &["rewrite-as-delta", "rewrite-as-base", "rewrite-leaves-nothing"],
    },
    Rule {
        name: "rewrite-keeps-expiry",
        section: 6,
        says: "a rewrite keeps the expiry, and RENAME carries it over",
        probes: &["expiry-ttl"],
        situations: &["rewrite-keeps-expiry", "rename-carries-expiry"],
    },
    Rule {
        name: "emptied-list",
        section: 6,
        says: "nothing of a list that is gone counts for the next one of its key, least of all its expiry",
        probes: &["tombstone-of-ttl", "tombstone-of-meta"],
        situations: &["pop-empties-ttl", "pop-empties-inline-expiry", "reborn-on-old-base", "reborn-without-expiry"],
    },
    Rule {
        name: "rebirth",
        section: 6,
        says: "nothing of a list that is gone counts for the next one of its key",
        probes: &["tombstone-of-meta", "tombstone-of-list"],
        situations: &["reborn-on-old-base", "written-after-expiry", "rename-over-list"],
    },
    Rule {
        name: "compaction",
        section: 6,
        says: "a compaction folds the deltas that it has read, and no others",
        probes: &["deltas-outstanding", "meta-versions-apart"],
        situations: &["compaction-folds", "compaction-overtaken-by-push", "compaction-between-pop-and-push"],
    },
    Rule {
        name: "expiry-unit",
        section: 2,
        says: "an expiry is a Unix time in milliseconds, however the command gives it",
        probes: &["expiry-ttl"],
        situations: &["expiry-in-ttl-only"],
    },
    Rule {
        name: "ttl-record",
        section: 1,
        says: "a TTL record is the expiry of its list as a big-endian number",
        probes: &["expiry-ttl", "expiry-ttl-without-meta"],
        situations: &["expiry-in-ttl-only", "expiry-taken-away"],
    },
    Rule {
        name: "inline-expiry",
        section: 4,
        says: "a base meta of 32 bytes owns the expiry, whatever the TTL record says",
        probes: &["expiry-inline-before-ttl", "expiry-inline-after-ttl", "expiry-inline-none"],
        situations: &["expiry-inline"],
    },
    Rule {
        name: "expiry-range",
        section: 4,
        says: "an expiry has 64 bits; that of a TTL record is clamped to the highest signed number, and no lower",
        probes: &["expiry-ttl-clamped", "expiry-inline-not-clamped"],
        situations: &["expiry-highest", "expiry-in-the-past"],
    },
    Rule {
        name: "orphan-ttl",
        section: 4,
        says: "a TTL record of a key that no record names is warned about, and makes no list",
        probes: &["expiry-orphan", "expiry-of-a-string"],
        situations: &["written-after-expiry"],
    },
    Rule {
        name: "item-bytes",
        section: 6,
        says: "an item is any bytes, of any number, as often as it was pushed",
        probes: &["item-long", "items-equal"],
        situations: &["item-empty", "item-nul", "item-over-10000-bytes", "items-equal"],
    },
    Rule {
        name: "item-encoding",
        section: 4,
        says: "an item that is not UTF-8 is unpadded base64url, and keeps its bytes",
        probes: &["base64", "base64-mixed", "base64-surrogates"],
        situations: &["item-not-utf8", "item-surrogate"],
    },
    Rule {
        name: "body",
        section: 4,
        says: "a body has one form, to the byte, with the items head first",
        probes: &["body", "sequence-both-signs"],
        situations: &["list-long", "items-equal"],
    },
    Rule {
        name: "body-escapes",
        section: 4,
        says: "just those characters of a string are escaped that the format names, in just its way",
        probes: &["escape-short", "escape-control", "escape-html", "escape-line-separators"],
        situations: &["item-html", "item-line-separator"],
    },
    Rule {
        name: "body-expiry",
        section: 4,
        says: "a list without an expiry has null in its place, and 0 is an expiry",
        probes: &["body", "body-with-expiry"],
        situations: &["expiry-in-ttl-only", "expiry-inline"],
    },
    Rule {
        name: "any-order",
        section: 4,
        says: "a dump does not depend on the order in which the records come",
        probes: &["rows-unsorted", "keys-out-of-order"],
        situations: &["both-signs", "keys-interleaved"],
    },
    Rule {
        name: "segment-percent",
        section: 4,
        says: "bytes of a user key that a file name cannot have are % and two digits in upper case",
        probes: &["segment-plain", "segment-percent"],
        situations: &["segment-passes", "segment-percent"],
    },
    Rule {
        name: "segment-case",
        section: 4,
        says: "user keys that differ only in case have files of their own",
        probes: &["segment-case"],
        situations: &["keys-differ-in-case"],
    },
    Rule {
        name: "segment-limit",
        section: 4,
        says: "a file name has at most 240 bytes, and may have just as many",
        probes: &["segment-241-bytes", "segment-81-blanks"],
        situations: &["key-240-bytes", "segment-sha-raw-length", "segment-sha-escaped-length"],
    },
    Rule {
        name: "segment-fallback",
        section: 4,
        says: "a user key that is too long, or would look like something else, has a name made of its digest",
        probes: &["segment-like-fallback", "segment-like-fallback-upper", "segment-almost-fallback"],
        situations: &["segment-sha-b64", "segment-sha-lookalike"],
    },
    Rule {
        name: "key-map",
        section: 4,
        says: "the key map says the user key of each name that is made of a digest, and of no other",
        probes: &["keymap-line", "keymap-order", "keymap-absent"],
        situations: &["segment-sha-raw-length", "segment-sha-lookalike"],
    },
    Rule {
        name: "flush-order",
        section: 4,
        says: "user keys come in the order of their bytes",
        probes: &["keymap-order"],
        situations: &["segment-sha-raw-length", "segment-sha-b64"],
    },
    Rule {
        name: "one-file-a-key",
        section: 4,
        says: "each list has a file of its own in its database's folder, and there is no other file",
        probes: &["tree", "empty-snapshot"],
        situations: &["key-empty", "key-dots", "keys-differ-in-case"],
    },
    Rule {
        name: "checksums",
        section: 4,
        says: "CHECKSUMS has the digest of every other file, sorted by path",
        probes: &["checksums"],
        situations: &["segment-passes"],
    },
    Rule {
        name: "manifest",
        section: 4,
        says: "the manifest has its members in one form, and a line feed at the end",
        probes: &["manifest", "manifest-last-commit"],
        situations: &["segment-passes"],
    },
    Rule {
        name: "newest-version",
        section: 5,
        says: "the state of a key is its newest version up to the last commit",
        probes: &["version-newest", "version-at-last-commit"],
        situations: &["version-chain"],
    },
    Rule {
        name: "tombstone",
        section: 6,
        says: "a tombstone hides what is older, and is no value",
        probes: &["tombstone-over-version", "tombstone-under-version", "tombstone-alone"],
        situations: &["tombstone-on-top", "put-after-tombstone"],
    },
    Rule {
        name: "versions-apart",
        section: 6,
        says: "the versions of a key need not be neighbours",
        probes: &["version-apart", "tombstone-apart", "meta-versions-apart"],
        situations: &["versions-apart"],
    },
    Rule {
        name: "commit-order",
        section: 5,
        says: "a commit timestamp is inverted in a raw key, and what is later than the last commit does not count",
        probes: &["version-after-last-commit", "version-only-after-last-commit"],
        situations: &["version-chain"],
    },
    Rule {
        name: "mvcc-row",
        section: 5,
        says: "a raw key ends in the inverted commit timestamp, and a raw value begins with a header of 9 bytes",
        probes: &["row-key-too-short", "row-value-too-short", "value-header-expiry"],
        situations: &["version-chain"],
    },
    Rule {
        name: "snapshot-rows",
        section: 5,
        says: "a row is a key and a value, each after its length as a little-endian number",
        probes: &["key-length-huge", "key-length-over-limit", "value-length-over-limit"],
        situations: &["snapshot-raw-rows", "snapshot-noise"],
    },
    Rule {
        name: "other-rows",
        section: 5,
        says: "rows of the engine's own, without a timestamp or a header, and rows of other types are passed over",
        probes: &["raw-rows", "raw-rows-of-writers", "other-types"],
        situations: &["snapshot-raw-rows", "snapshot-noise"],
    },
    Rule {
        name: "snapshot-file",
        section: 5,
        says: "a file is a bare stream, or one between an outer header and a footer, and is there to its end",
        probes: &["framing-bare", "framing-v1", "framing-v2", "footer-missing", "magic-unknown"],
        situations: &["snapshot-v1", "snapshot-v2"],
    },
    Rule {
        name: "snapshot-checksum",
        section: 5,
        says: "the footer is the checksum of every byte before it, big-endian",
        probes: &["footer-wrong-v1", "footer-wrong-v2", "footer-wrong-legacy"],
        situations: &["snapshot-v1", "snapshot-v2"],
    },
    Rule {
        name: "fences-of-writes",
        section: CONCURRENCY,
        says: "every push and pop puts the fence of its list and reads it, so that of two from one snapshot one tries again",
        probes: &[],
        situations: &["txn-several-deltas"],
    },
    Rule {
        name: "fences-of-deletions",
        section: CONCURRENCY,
        says: "whatever deletes, empties or rewrites a list puts the fences of all types and reads them",
        probes: &[],
        situations: &["rewrite-leaves-nothing", "rename-over-list"],
    },
    Rule {
        name: "boundary-reads",
        section: CONCURRENCY,
        says: "a push reads the items at both ends of its list, or of a missing one the fences of all types",
        probes: &[],
        situations: &["delta-only-list"],
    },
    Rule {
        name: "claims-collide",
        section: CONCURRENCY,
        says: "a pop claims each sequence number that it takes, holes too, so that no two pops take one",
        probes: &[],
        situations: &["claim-outside-window"],
    },
    Rule {
        name: "expiry-reads",
        section: CONCURRENCY,
        says: "an expiry is set or taken away only where the list is still there",
        probes: &[],
        situations: &["pop-empties-ttl", "expiry-taken-away"],
    },
    Rule {
        name: "compaction-conflicts",
        section: CONCURRENCY,
        says: "a compaction gives up where the base meta has changed since it read, or an empty list has begun anew",
        probes: &[],
        situations: &["compaction-overtaken-by-push", "compaction-between-pop-and-push"],
    },
    Rule {
        name: "conflict-test",
        section: CONCURRENCY,
        says: "a transaction is applied only if nothing that it writes or has read was applied since its snapshot, \
               whenever that was drawn",
        probes: &[],
        situations: &["txn-several-deltas"],
    },
    Rule {
        name: "retries",
        section: CONCURRENCY,
        says: "a transaction that goes out once more takes effect once, with its first reply",
        probes: &[],
        situations: &["delta-only-list"],
    },
];

//! The table of situations, one row each.
//!
//! This table is the only list of them: the ledger, reports and tests go over it. What commands can be asked has a table
//! of its own, in `commands`.

use super::needs::Needs;
use crate::format::Family;

pub use super::mark::Mark;

/// A place where the format invites bugs.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// How detectors call it; the rows are in the order of these.
    pub mark: Mark,
    /// The name in reports: lower case, with hyphens.
    pub name: &'static str,
    /// What has been there when it is ticked off.
    pub what: &'static str,
    /// The family whose keys can be in it; `None` is every one.
    pub family: Option<Family>,
    /// What a run must be asked for.
    pub needs: Needs,
}

/// A situation that the keys of every family can be in.
const fn every(mark: Mark, name: &'static str, what: &'static str) -> Situation {
    Situation { mark, name, what, family: None, needs: Needs::Nothing }
}

/// A situation of lists.
const fn list(mark: Mark, name: &'static str, what: &'static str) -> Situation {
    Situation { family: Some(Family::List), ..every(mark, name, what) }
}

/// Every situation.
pub const SITUATIONS: &[Situation] = &[
    list(Mark::NegativeHead, "negative-head", "a list whose head is below 0"),
    list(Mark::BothSigns, "both-signs", "a list with items at seqs below 0 and from 0 on"),
    list(Mark::HeadNearLowest, "head-near-lowest", "a list whose head is within 1000 of the lowest seq"),
    list(Mark::TailNearHighest, "tail-near-highest", "a list whose tail is within 1000 of the highest seq"),
    list(
        Mark::PushRefusedAtTheEnd,
        "push-refused-at-the-end",
        "a push refused because the sequence range has no room for it",
    ),
    list(
        Mark::SeqUnderOldClaim,
        "seq-under-old-claim",
        "an item at a seq whose claim of an earlier pop is still there",
    ),
    list(Mark::ClaimOutsideWindow, "claim-outside-window", "a claim left behind at a seq outside the list's window"),
    list(Mark::DeltaOnlyList, "delta-only-list", "a list with deltas and no base meta"),
    list(Mark::BaseMetaOnly, "base-meta-only", "a list with a base meta and no delta"),
    list(Mark::BaseWithDeltas, "base-with-deltas", "a list with a base meta and deltas outstanding"),
    list(
        Mark::BaseLongerThanList,
        "base-longer-than-list",
        "a base meta that says more items than there are, as deltas take some away",
    ),
    list(Mark::Deltas63, "deltas-63", "a key with 63 deltas"),
    list(Mark::Deltas64, "deltas-64", "a key with 64 deltas, from which on the live store compacts in the background"),
    list(Mark::Deltas65, "deltas-65", "a key with 65 deltas"),
    list(Mark::Deltas1023, "deltas-1023", "a key with 1023 deltas"),
    list(Mark::Deltas1024, "deltas-1024", "a key with 1024 deltas, the most that a live reader takes"),
    list(Mark::InlineCompaction, "inline-compaction", "the 1025th delta of a key, which folds the 1024 before it"),
    list(
        Mark::InlineCompactionWithExpiry,
        "inline-compaction-with-expiry",
        "such a fold of a list with an expiry, which stays",
    ),
    list(Mark::CompactionFolds, "compaction-folds", "a compaction that folds deltas into a base meta"),
    list(
        Mark::CompactionBetweenPopAndPush,
        "compaction-between-pop-and-push",
        "a compaction of a list after a pop and before the next push",
    ),
    list(
        Mark::CompactionOvertakenByPush,
        "compaction-overtaken-by-push",
        "a compaction that read before a push and committed after it, whose delta stays",
    ),
    list(
        Mark::CompactionOvertakenByPop,
        "compaction-overtaken-by-pop",
        "a compaction that read before a pop and committed after it, whose delta stays",
    ),
    list(
        Mark::CompactionGivesUp,
        "compaction-gives-up",
        "a compaction that commits nothing, as the base meta, the expiry or a delta has changed since it read",
    ),
    list(
        Mark::CompactionDeletesBase,
        "compaction-deletes-base",
        "a compaction that deletes the base meta of an emptied list",
    ),
    list(Mark::CompactionDropsClaims, "compaction-drops-claims", "a compaction that deletes claims outside the window"),
    list(
        Mark::CompactionKeepsClaimAtHead,
        "compaction-keeps-claim-at-head",
        "a compaction of a list with a claim at the seq of its head, which stays",
    ),
    list(
        Mark::CompactionTakesTtl,
        "compaction-takes-ttl",
        "a compaction whose 32-byte meta takes its expiry from the TTL record",
    ),
    list(Mark::MetaUpgraded, "meta-upgraded", "a base meta of 24 bytes replaced by one of 32"),
    list(
        Mark::UpgradedWithExpiry,
        "upgraded-with-expiry",
        "an upgraded base meta that owns the expiry which only the TTL record had",
    ),
    list(Mark::TxnSeveralDeltas, "txn-several-deltas", "several deltas of one key under one commit timestamp"),
    list(Mark::TxnDeletedAndPut, "txn-deleted-and-put", "a list deleted and pushed again within one transaction"),
    list(Mark::MoveWithinKey, "move-within-key", "LMOVE or RPOPLPUSH from a list of several items to itself"),
    list(Mark::MoveBetweenKeys, "move-between-keys", "LMOVE or RPOPLPUSH from one list to another"),
    list(Mark::KeysInterleaved, "keys-interleaved", "items of one list between those of another, whose key it extends"),
    list(
        Mark::InterleavedLongBodies,
        "interleaved-long-bodies",
        "two such lists with more than 64 KiB of items each, so that their files are written by turns",
    ),
    list(
        Mark::InterleavedTimestampKey,
        "interleaved-timestamp-key",
        "two such lists, the longer key of which ends in what looks like the time of a commit",
    ),
    list(
        Mark::KeyInDeltaNamespace,
        "key-in-delta-namespace",
        "a base meta of a key that starts with `d|`, among the deltas",
    ),
    list(
        Mark::KeyImitatesDelta,
        "key-imitates-delta",
        "a base meta whose key is, byte for byte, a delta key of another list",
    ),
    list(
        Mark::ImitationBesideDeltas,
        "imitation-beside-deltas",
        "such an imitation beside deltas of the list that it imitates",
    ),
    list(Mark::RewriteAsDelta, "rewrite-as-delta", "a rewrite that leaves a delta and no base meta"),
    list(Mark::RewriteAsBase, "rewrite-as-base", "a rewrite that leaves a base meta and no delta"),
    list(Mark::RewriteKeepsExpiry, "rewrite-keeps-expiry", "a rewrite of a list with an expiry, which stays"),
    list(Mark::RewriteLeavesNothing, "rewrite-leaves-nothing", "LREM or LTRIM that takes the last item"),
    list(
        Mark::RewriteAfterPersist,
        "rewrite-after-persist",
        "a rewrite that leaves a delta and no base meta, right after PERSIST took the expiry away",
    ),
    list(
        Mark::RewriteAfterRename,
        "rewrite-after-rename",
        "a rewrite that leaves a delta and no base meta, right after RENAME brought the list with its expiry",
    ),
    every(Mark::RenameCarriesExpiry, "rename-carries-expiry", "RENAME of a list with an expiry, which moves along"),
    every(Mark::RenameOverList, "rename-over-list", "RENAME onto a key that holds a list"),
    every(
        Mark::RenameDropsTargetExpiry,
        "rename-drops-target-expiry",
        "RENAME of a list without an expiry onto one with an expiry, which goes",
    ),
    list(
        Mark::PopEmptiesInlineExpiry,
        "pop-empties-inline-expiry",
        "a pop that empties a list whose 32-byte meta carries an expiry",
    ),
    list(Mark::PopEmptiesTtl, "pop-empties-ttl", "a pop that empties a list with a TTL record"),
    list(
        Mark::RebornOnOldBase,
        "reborn-on-old-base",
        "a list pushed again on the base meta that it kept when it was emptied",
    ),
    list(
        Mark::RebornWithoutExpiry,
        "reborn-without-expiry",
        "a list that had an expiry when it was emptied, pushed again and without it",
    ),
    every(Mark::ExpiredAtEnd, "expired-at-end", "a list whose expiry has passed when it is dumped"),
    every(
        Mark::WrittenAfterExpiry,
        "written-after-expiry",
        "a write to a key that has expired, which deletes what is there",
    ),
    list(Mark::ExpiryInTtlOnly, "expiry-in-ttl-only", "a list whose expiry is only in its TTL record"),
    list(Mark::ExpiryInline, "expiry-inline", "a list whose 32-byte meta carries its expiry"),
    list(
        Mark::ExpiryBesideLongDeltas,
        "expiry-beside-long-deltas",
        "a list in a 32-byte store whose expiry is only in the TTL record, as a rewrite left no base meta",
    ),
    every(Mark::ExpiryHighest, "expiry-highest", "a list that expires at i64::MAX"),
    every(
        Mark::ExpiryInThePast,
        "expiry-in-the-past",
        "an expiry set that is not in the future, which deletes at once",
    ),
    every(Mark::ExpiryTakenAway, "expiry-taken-away", "PERSIST of a list with an expiry"),
    list(Mark::EmptyBaseKept, "empty-base-kept", "a base meta of an empty list in the end, which the dump may keep"),
    list(Mark::ListLong, "list-long", "a list of more than 100 000 items"),
    every(Mark::SegmentPasses, "segment-passes", "a file name that is the user key itself"),
    every(Mark::SegmentPercent, "segment-percent", "a file name with percent escapes"),
    every(
        Mark::SegmentShaRawLength,
        "segment-sha-raw-length",
        "a file name by digest, as the user key exceeds 240 bytes",
    ),
    every(
        Mark::SegmentShaEscapedLength,
        "segment-sha-escaped-length",
        "a file name by digest, as only its escapes exceed 240 bytes",
    ),
    every(Mark::SegmentShaB64, "segment-sha-b64", "a file name by digest, as the user key starts with `b64.`"),
    every(Mark::SegmentShaLookalike, "segment-sha-lookalike", "a file name by digest, as the user key looks like one"),
    every(
        Mark::SegmentCutInCharacter,
        "segment-cut-in-character",
        "a file name by digest whose 64 bytes of the user key end within a character",
    ),
    every(Mark::KeyEmpty, "key-empty", "a list whose user key is empty"),
    every(Mark::KeyDots, "key-dots", "a list whose user key is `.` or `..`"),
    every(Mark::Key240Bytes, "key-240-bytes", "a list whose user key has 240 bytes, all of which pass"),
    every(Mark::KeysDifferInCase, "keys-differ-in-case", "two lists whose user keys differ only in case"),
    list(Mark::ItemEmpty, "item-empty", "an empty item"),
    list(Mark::ItemNotUtf8, "item-not-utf8", "an item that is not UTF-8"),
    list(Mark::ItemNul, "item-nul", "an item with a NUL byte"),
    list(Mark::ItemHtml, "item-html", "an item with one of < > &"),
    list(Mark::ItemLineSeparator, "item-line-separator", "an item with U+2028 or U+2029"),
    list(Mark::ItemSurrogate, "item-surrogate", "an item with a surrogate as WTF-8 has it"),
    list(Mark::ItemOver10000Bytes, "item-over-10000-bytes", "an item of more than 10 000 bytes"),
    list(Mark::ItemsEqual, "items-equal", "neighbouring items that are equal"),
    every(Mark::VersionChain, "version-chain", "three or more versions of one record").needing(Needs::History),
    every(Mark::TombstoneOnTop, "tombstone-on-top", "a record whose newest version is a tombstone")
        .needing(Needs::History),
    every(Mark::PutAfterTombstone, "put-after-tombstone", "a record that is there again above a tombstone")
        .needing(Needs::History),
    every(Mark::VersionsApart, "versions-apart", "versions of one record with versions of another in between")
        .needing(Needs::History),
    every(
        Mark::MomentBeforeCompaction,
        "moment-before-compaction",
        "the lists at a moment before a compaction that was committed later",
    )
    .needing(Needs::History),
    every(
        Mark::MomentAfterCompaction,
        "moment-after-compaction",
        "the lists at the moment of a compaction, before the next commit",
    )
    .needing(Needs::History),
    every(Mark::SnapshotBare, "snapshot-bare", "a snapshot of rows without a frame").needing(Needs::Framing("bare")),
    every(Mark::SnapshotLegacy, "snapshot-legacy", "a bare snapshot with a checksum at its end")
        .needing(Needs::Framing("legacy")),
    every(Mark::SnapshotV1, "snapshot-v1", "a snapshot framed as EKVTHLC1").needing(Needs::Framing("v1")),
    every(Mark::SnapshotV2, "snapshot-v2", "a snapshot framed as EKVTHLC2").needing(Needs::Framing("v2")),
    every(Mark::SnapshotRawRows, "snapshot-raw-rows", "a snapshot with rows of the engine's own")
        .needing(Needs::RawRows),
    every(Mark::SnapshotNoise, "snapshot-noise", "a snapshot with rows of other types").needing(Needs::Noise),
    list(Mark::ClientsPushSameEnd, "clients-push-same-end", "two clients that push to the same end of a list"),
    list(Mark::ClientsPushBothEnds, "clients-push-both-ends", "two clients that push to either end of a list"),
    list(Mark::ClientsPopSameEnd, "clients-pop-same-end", "two clients that pop from the same end of a list"),
    list(
        Mark::ClientsPopLastItem,
        "clients-pop-last-item",
        "two clients that pop the only item from either end, of which one gets it",
    ),
    list(Mark::ClientsPushAndPopLast, "clients-push-and-pop-last", "a push beside a pop of the only item"),
    list(
        Mark::ClientsPushAfterDel,
        "clients-push-after-del",
        "a push that began before a DEL and is committed after it",
    ),
    list(
        Mark::ClientsDelAfterPush,
        "clients-del-after-push",
        "a DEL that began before a push and is committed after it",
    ),
    list(
        Mark::ClientsPushAndEmptying,
        "clients-push-and-emptying",
        "a push beside an LTRIM, a pop or an expiry that takes every item",
    ),
    list(Mark::ClientsMoveAndDel, "clients-move-and-del", "a move to a list whose head is not 0, beside a DEL of it"),
    list(Mark::ClientsDelTwice, "clients-del-twice", "two clients that delete a list, of which one finds nothing"),
    list(Mark::ClientsTrimAndPush, "clients-trim-and-push", "an LTRIM that leaves items beside a push"),
    list(Mark::ClientsRewrite, "clients-rewrite", "LSET, LREM or LINSERT beside a push or a pop"),
    list(
        Mark::ClientsRenameFromPushed,
        "clients-rename-from-pushed",
        "a RENAME beside a push to the list that it takes",
    ),
    list(
        Mark::ClientsRenameOverPushed,
        "clients-rename-over-pushed",
        "a RENAME beside a push to the list that it replaces",
    ),
    list(
        Mark::ClientsCrossingMoves,
        "clients-crossing-moves",
        "two clients that move items between the same two lists, each the other way",
    ),
    list(Mark::ClientsExpiryAndPush, "clients-expiry-and-push", "an expiry that is set beside a push"),
    list(
        Mark::ClientsExpiryAndEmptying,
        "clients-expiry-and-emptying",
        "an expiry that is set beside a pop that takes every item",
    ),
    list(Mark::ClientsExpiryAndDel, "clients-expiry-and-del", "an expiry that is set beside a DEL"),
    list(
        Mark::ClientsCompactionCommutes,
        "clients-compaction-commutes",
        "a compaction beside a push or a pop of a list with items, where both commit",
    ),
    list(
        Mark::ClientsCompactionOfEmpty,
        "clients-compaction-of-empty",
        "a compaction of an emptied list, whose head is not 0, beside a push",
    ),
    list(
        Mark::ClientsCompactionCollides,
        "clients-compaction-collides",
        "a compaction beside an expiry, a DEL, an LSET or a compaction, of which the first wins",
    ),
    list(
        Mark::ClientsCrossingReads,
        "clients-crossing-reads",
        "two transactions that each read the list to which the other pushes",
    ),
    list(
        Mark::ClientsPushAfterLate,
        "clients-push-after-late",
        "a push after one that was committed late, below a later commit of another key",
    ),
    list(
        Mark::ClientsPushUnheard,
        "clients-push-unheard",
        "a push that was committed and goes out once more, as the client did not hear of it",
    ),
    list(Mark::ClientsPopUnheard, "clients-pop-unheard", "such a pop"),
    list(Mark::ClientsPushOnExpired, "clients-push-on-expired", "two clients that push to an expired list"),
    list(Mark::ClientsPushOnMissing, "clients-push-on-missing", "a push beside a RENAME to the same missing key"),
    list(Mark::ClientsPushIntoEmptyStore, "clients-push-into-empty-store", "two clients that push first of all"),
    list(
        Mark::ClientsReadBesideWrite,
        "clients-read-beside-write",
        "a client that reads a list while another's write to it is not yet committed",
    ),
    list(
        Mark::ClientsCompactionOfHead,
        "clients-compaction-of-head",
        "a compaction that would fold to an empty list, whose head is not 0, and is overtaken by a push",
    ),
];

impl Situation {
    const fn needing(mut self, needs: Needs) -> Situation {
        self.needs = needs;
        self
    }

    /// The situation of that name.
    pub fn find(name: &str) -> Option<&'static Situation> {
        SITUATIONS.iter().find(|situation| situation.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::FAMILIES;

    #[test]
    fn rows_are_in_the_order_of_their_marks_and_well_named() {
        for (place, situation) in SITUATIONS.iter().enumerate() {
            assert_eq!(situation.mark as usize, place, "{}", situation.name);
            let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(situation.name.bytes().all(is_plain), "{}", situation.name);
            let found = Situation::find(situation.name).expect("itself");
            assert_eq!(found.mark, situation.mark, "names are unique");
            assert!(!situation.what.is_empty() && !situation.what.ends_with('.'), "{}", situation.name);
        }
    }

    #[test]
    fn every_family_has_situations_of_its_own() {
        for row in FAMILIES {
            let is_its = |situation: &Situation| situation.family == Some(row.family);
            assert!(SITUATIONS.iter().any(is_its), "no situation is a {}'s", row.name);
        }
    }
}

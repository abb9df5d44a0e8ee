//! The kinds of findings: what each is called, and what it means.

/// The kinds of findings, in the order in which a case comes to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// The store replied otherwise than Redis.
    Reply,
    /// The store refused a command without a cause.
    Refusal,
    /// A batch that the store committed is not what the format says that the commands write.
    Record,
    /// The store met records of its own that make no sense.
    StoreRecords,
    /// What the store shows at the end is not what Redis shows.
    StoreState,
    /// The store shows something else after it was closed and opened again.
    Reopened,
    /// The encoder refused the store's records.
    Encoder,
    /// The encoder warned about the store's records, which are well-formed.
    Warning,
    /// The encoder's two ways, from sorted and from shuffled records, made different dumps.
    Order,
    /// The dump tree is not in canonical form.
    Tree,
    /// A second, independent reading of the same bytes or words says something else than the first.
    Reading,
    /// What the dump shows is not what Redis shows.
    DumpState,
    /// Restored from its dump, the case made another dump, or a store did not go on from it as Redis does.
    Restored,
    /// What the history shows of an earlier commit is not what Redis showed then.
    History,
    /// The snapshot file could not be read back, or made another dump than the database.
    Snapshot,
    /// The foreign decoder does not take a shape of snapshots at all.
    DecoderShape,
    /// The foreign decoder failed on a snapshot that is in order.
    DecoderFailed,
    /// The foreign decoder's dump tree is not in canonical form, or not there.
    DecoderTree,
    /// What the foreign decoder's dump shows is not what Redis shows.
    DecoderState,
    /// The foreign decoder's dump shows the same, but holds other lists that no client sees.
    DecoderLists,
    /// Run a second time, the case left other bytes.
    Unrepeatable,
    /// Something was left out, where nothing may be.
    LeftOut,
    /// The store, the encoder or the reader panicked.
    Panic,
}

/// Name and meaning of every kind: for help, reports and documentation.
pub const FINDING_KINDS: &[(FindingKind, &str, &str)] = &[
    (FindingKind::Reply, "reply", "the store's reply to a command is not the one that Redis gives"),
    (FindingKind::Refusal, "refusal", "the store refused a command though none of its limits was reached"),
    (FindingKind::Record, "record", "the store committed other records than the format says that the commands write"),
    (FindingKind::StoreRecords, "store-records", "the store cannot read the records that it wrote"),
    (FindingKind::StoreState, "store-state", "the lists in the store are not those that Redis shows"),
    (FindingKind::Reopened, "reopened", "the store shows other lists after it was closed and opened again"),
    (FindingKind::Encoder, "encoder", "the encoder refused the store's records"),
    (FindingKind::Warning, "warning", "the encoder warned about the store's records, which should be in order"),
    (FindingKind::Order, "order", "sorted and shuffled records made different dumps"),
    (FindingKind::Tree, "tree", "the dump tree is not in its canonical form"),
    (FindingKind::Reading, "reading", "a second, independent reading of the same bytes says something else"),
    (FindingKind::DumpState, "dump-state", "the lists in the dump are not those that Redis shows"),
    (
        FindingKind::Restored,
        "restored",
        "what was restored from a dump makes another dump, or a store goes on otherwise",
    ),
    (FindingKind::History, "history", "the lists at an earlier commit are not those that Redis showed then"),
    (FindingKind::Snapshot, "snapshot", "the snapshot file does not make the same dump as the database"),
    (
        FindingKind::DecoderShape,
        "decoder-shape",
        "the decoder does not take a shape of snapshots that live engines write",
    ),
    (FindingKind::DecoderFailed, "decoder-failed", "the decoder failed on a snapshot that is in order"),
    (FindingKind::DecoderTree, "decoder-tree", "the decoder's dump tree is not in its canonical form"),
    (FindingKind::DecoderState, "decoder-state", "the lists in the decoder's dump are not those that Redis shows"),
    (
        FindingKind::DecoderLists,
        "decoder-lists",
        "the decoder's dump has not the empty or expired lists that it must keep",
    ),
    (FindingKind::Unrepeatable, "unrepeatable", "the same case, run twice, left other records or another dump"),
    (FindingKind::LeftOut, "left-out", "something was left out, and --strict wants nothing left out"),
    (FindingKind::Panic, "panic", "the store, the encoder or the reader panicked"),
];

impl FindingKind {
    /// The kind's name in reports.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// What the kind means, as a clause.
    pub fn meaning(self) -> &'static str {
        self.row().2
    }

    /// Whether it is about a foreign decoder, which then is needed to see it.
    pub fn is_about_a_decoder(self) -> bool {
        use FindingKind::{DecoderFailed, DecoderLists, DecoderShape, DecoderState, DecoderTree};
        matches!(self, DecoderShape | DecoderFailed | DecoderTree | DecoderState | DecoderLists)
    }

    fn row(self) -> (FindingKind, &'static str, &'static str) {
        FINDING_KINDS.iter().copied().find(|(kind, ..)| *kind == self).unwrap_or((self, "unnamed", "unnamed"))
    }
}

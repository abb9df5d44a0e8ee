//! What `verify` can find, and how it is told.

use std::path::PathBuf;

use super::situations::Reached;
use crate::state::State;
use crate::store::MetaWidth;

/// The kinds of findings, in the order in which a case comes to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// The store replied otherwise than Redis.
    Reply,
    /// The store refused a command without a cause.
    Refusal,
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
    /// What the dump shows is not what Redis shows.
    DumpState,
    /// Restored from its dump and dumped again, the case made another dump.
    Restored,
    /// What the history shows of an earlier commit is not what Redis showed then.
    History,
    /// The snapshot file could not be read back, or made another dump than the database.
    Snapshot,
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
    /// The store, the encoder or the reader panicked.
    Panic,
}

/// Name and meaning of every kind: for help, reports and documentation.
pub const FINDING_KINDS: &[(FindingKind, &str, &str)] = &[
    (FindingKind::Reply, "reply", "the store's reply to a command is not the one that Redis gives"),
    (FindingKind::Refusal, "refusal", "the store refused a command though none of its limits was reached"),
    (FindingKind::StoreRecords, "store-records", "the store cannot read the records that it wrote"),
    (FindingKind::StoreState, "store-state", "the lists in the store are not those that Redis shows"),
    (FindingKind::Reopened, "reopened", "the store shows other lists after it was closed and opened again"),
    (FindingKind::Encoder, "encoder", "the encoder refused the store's records"),
    (FindingKind::Warning, "warning", "the encoder warned about the store's records, which should be in order"),
    (FindingKind::Order, "order", "sorted and shuffled records made different dumps"),
    (FindingKind::Tree, "tree", "the dump tree is not in its canonical form"),
    (FindingKind::DumpState, "dump-state", "the lists in the dump are not those that Redis shows"),
    (FindingKind::Restored, "restored", "the dump of what was restored from a dump is another one"),
    (FindingKind::History, "history", "the lists at an earlier commit are not those that Redis showed then"),
    (FindingKind::Snapshot, "snapshot", "the snapshot file does not make the same dump as the database"),
    (FindingKind::DecoderFailed, "decoder-failed", "the decoder failed on a snapshot that is in order"),
    (FindingKind::DecoderTree, "decoder-tree", "the decoder's dump tree is not in its canonical form"),
    (FindingKind::DecoderState, "decoder-state", "the lists in the decoder's dump are not those that Redis shows"),
    (
        FindingKind::DecoderLists,
        "decoder-lists",
        "the decoder's dump has not the empty or expired lists that it must keep",
    ),
    (FindingKind::Unrepeatable, "unrepeatable", "the same case, run twice, left other records or another dump"),
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

    fn row(self) -> (FindingKind, &'static str, &'static str) {
        FINDING_KINDS.iter().copied().find(|(kind, ..)| *kind == self).unwrap_or((self, "unnamed", "unnamed"))
    }
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing.
    pub kind: FindingKind,
    /// Which side of it shows, in a word: what a command's name or the way in which two states differ; may be empty.
    pub aspect: &'static str,
    /// The user key that is concerned, where there is one.
    pub user_key: Option<Vec<u8>>,
    /// The number of the step, from 1, where there is one.
    pub step: Option<u64>,
    /// What was expected and what was found, in one or more lines.
    pub detail: String,
    /// The two states, where two states differ.
    pub sides: Option<Box<Sides>>,
}

/// Two states that should be equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sides {
    /// What the one that is right is called.
    pub expected_name: String,
    /// What it shows.
    pub expected: State,
    /// What the other one is called.
    pub found_name: String,
    /// What that shows.
    pub found: State,
    /// The time at which they were compared, in Unix milliseconds.
    pub now_ms: u64,
}

impl Finding {
    /// A finding that is about no step, no key and no pair of states.
    pub fn new(kind: FindingKind, detail: String) -> Finding {
        Finding { kind, aspect: "", user_key: None, step: None, detail, sides: None }
    }

    /// What must stay the same for two findings to have one cause, most likely; with [`Finding::place`].
    pub fn class(&self) -> (FindingKind, &'static str) {
        (self.kind, self.aspect)
    }

    /// Where in the source a panic was; two places are two bugs.
    pub fn place(&self) -> Option<&str> {
        let first = self.detail.lines().next().filter(|_| self.kind == FindingKind::Panic)?;
        first.strip_prefix("panicked at ")
    }

    /// Whether two findings are of one class.
    pub fn is_like(&self, other: &Finding) -> bool {
        self.class() == other.class() && self.place() == other.place()
    }
}

/// What came of a case.
#[derive(Clone, Debug, Default)]
pub struct CaseReport {
    /// Commands run, each command of a transaction counted.
    pub commands: u64,
    /// Lists compared at the end.
    pub lists: u64,
    /// Items in them.
    pub items: u64,
    /// Commands that the store rightly refused because of its own limits.
    pub refused: u64,
    /// Empty lists that the dump kept, which the format allows.
    pub empty_kept: u64,
    /// The situations that the case was in; `None` where a server was in the store's place, whose records nobody sees.
    pub reached: Option<Reached>,
    /// The first finding; a case ends with it.
    pub finding: Option<Finding>,
    /// The case's folder, if it was kept.
    pub kept: Option<PathBuf>,
}

/// What stands for the meta width where a server was in the store's place.
pub const SERVER: &str = "server";

/// A name for a meta width as on the command line; `None` is a server.
pub fn width_name(width: Option<MetaWidth>) -> &'static str {
    match width {
        Some(MetaWidth::Short) => "24",
        Some(MetaWidth::Long) => "32",
        None => SERVER,
    }
}

/// What a case ran on, in words, by the name that [`width_name`] gave.
pub fn subject_words(width_name: &str) -> String {
    if width_name == SERVER { SERVER.to_owned() } else { format!("{width_name}-byte meta") }
}

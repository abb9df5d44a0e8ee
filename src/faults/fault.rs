//! What a fault is: where it acts, and as what it must be reported.

use std::path::Path;

use super::changed::{Files, Pair};
use super::reread::Reread;
use crate::command::Request;
use crate::database::{Batch, History};
use crate::finding::{Finding, FindingKind};
use crate::format::snapshot::Framing;
use crate::format::{CommitTs, Family};
use crate::snapshot::SnapshotShape;
use crate::state::State;
use crate::store::{Answer, Attempt};
use crate::workload::{Action, Step};

/// Where a fault acts, and how.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// On the words of each command that goes to the store; the model gets what was there before.
    Command(fn(&mut Vec<Vec<u8>>)),
    /// On what each transaction writes.
    Batch(fn(&mut Batch)),
    /// On what each transaction writes, so that those who watch the database do not hear of it: the second function undoes
    /// for them what the first one does.
    Unseen(fn(&mut Batch), fn(&mut Batch)),
    /// On what the test goes by whether a transaction may be applied: the keys that it writes and has read, and what was applied
    /// since its snapshot. Its rows stay as they are.
    Attempt(fn(&mut Attempt)),
    /// On the timestamp of each commit, as those hear of it who watch the database.
    Clock(fn(CommitTs) -> CommitTs),
    /// On the records that the store shows its state from at the end.
    Kept(fn(&mut Vec<Pair>)),
    /// On what the store answers to each command of this name.
    Answer(&'static str, fn(&mut Answer)),
    /// On what the store shows at the end.
    Shown(fn(&mut State)),
    /// On what the store shows after it was closed and opened again.
    Reopened(fn(&mut State)),
    /// On the store's records on their way into each dump, in the order of their keys. Those of keys that Redis does not show
    /// are left out: what becomes of them no comparison with Redis can see, and another would speak in its place.
    Records(fn(&mut Vec<Pair>)),
    /// On the records that the encoder gets in any order, and on no others.
    Shuffled(fn(&mut Vec<Pair>)),
    /// On the records that were restored from a dump.
    Restored(fn(&mut Vec<Pair>)),
    /// On the records that the history gives for an earlier commit.
    Then(fn(&mut Vec<Pair>)),
    /// On the rows of a snapshot that holds every version.
    Rows(fn(&mut Vec<Pair>)),
    /// On the bytes of a snapshot file with a checksum.
    File(fn(&mut Vec<u8>)),
    /// On the files of each dump of the store's records; the checksums are made anew unless the fault is in them.
    Tree(fn(&mut Files)),
    /// On the folder of each dump of the store's records, whatever is in it. The checksums stay as they are.
    Folder(fn(&Path) -> std::io::Result<()>),
    /// On the text of each body of a family.
    Body(Family, fn(&str) -> String),
    /// On the name of each body's file, without its ending.
    Names(fn(&str) -> String),
    /// On what the reader says of each dump, where that is compared with Redis.
    State(fn(&mut State)),
    /// On what a second reading reads. Only then is a case with a fault read a second time.
    Reread(Reread),
}

impl Act {
    /// The name of the boundary.
    pub fn boundary(&self) -> &'static str {
        match self {
            Act::Command(_) => "commands",
            Act::Batch(_) => "batch",
            Act::Unseen(..) => "batch behind the watch",
            Act::Attempt(_) => "transactions",
            Act::Clock(_) => "commit clock",
            Act::Kept(_) => "store's records",
            Act::Answer(..) => "replies",
            Act::Shown(_) => "store's state",
            Act::Reopened(_) => "reopened store's state",
            Act::Records(_) => "records",
            Act::Shuffled(_) => "shuffled records",
            Act::Restored(_) => "restored records",
            Act::Then(_) => "history's records",
            Act::Rows(_) => "snapshot rows",
            Act::File(_) => "snapshot file",
            Act::Tree(_) | Act::Folder(_) | Act::Body(..) | Act::Names(_) => "dump tree",
            Act::State(_) => "reader's state",
            Act::Reread(_) => "second reading",
        }
    }

    /// The step that the store gets in this one's place, if it is one of commands that is changed.
    pub fn changed_step(&self, step: &Step) -> Option<Step> {
        let Act::Command(change) = self else { return None };
        let action = match &step.action {
            Action::Command(request) => Action::Command(changed_request(request, *change)),
            Action::Transaction(requests) => {
                Action::Transaction(requests.iter().map(|request| changed_request(request, *change)).collect())
            }
            Action::Begin { client, requests } => {
                let requests = requests.iter().map(|request| changed_request(request, *change)).collect();
                Action::Begin { client: *client, requests }
            }
            _ => return None,
        };
        Some(Step { action, ..step.clone() })
    }

    /// Changes the answers to a step's requests, if it is replies that are changed.
    pub fn change_answers(&self, step: &Step, answers: &mut [Answer]) {
        let Act::Answer(name, change) = self else { return };
        let requests = match &step.action {
            Action::Command(request) => std::slice::from_ref(request),
            Action::Transaction(requests) => requests,
            _ => return,
        };
        let of_it = requests.iter().zip(answers).filter(|(request, _)| request.command_name() == *name);
        of_it.for_each(|(_, answer)| change(answer));
    }
}

/// Findings of a kind, with one of these aspects; any, if none is named.
pub type Reports = (FindingKind, &'static [&'static str]);

/// A fault.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Lower-case words with hyphens.
    pub name: &'static str,
    /// What goes wrong, as a clause.
    pub breaks: &'static str,
    /// The name of the rule that it violates.
    pub rule: &'static str,
    /// Where and how.
    pub act: Act,
    /// As what it must be reported.
    pub reported: &'static [Reports],
}

/// Finding kinds that come up in the tables, by short names.
pub(super) mod kinds {
    use super::{FindingKind, Reports};

    pub(in crate::faults) const REPLY: Reports = (FindingKind::Reply, &[]);
    pub(in crate::faults) const RECORD: Reports = (FindingKind::Record, &[]);
    pub(in crate::faults) const STATE: Reports = (FindingKind::StoreState, &[]);
    pub(in crate::faults) const ITEM: Reports = (FindingKind::Record, &["item"]);
    pub(in crate::faults) const DELTA: Reports = (FindingKind::Record, &["delta"]);
    pub(in crate::faults) const NUMBER: Reports = (FindingKind::Record, &["delta-number"]);
    pub(in crate::faults) const META: Reports = (FindingKind::Record, &["base-meta"]);
    pub(in crate::faults) const TTL: Reports = (FindingKind::Record, &["ttl"]);
    pub(in crate::faults) const ENCODER: Reports = (FindingKind::Encoder, &[]);
    pub(in crate::faults) const WARNING: Reports = (FindingKind::Warning, &[]);
    pub(in crate::faults) const ORDER: Reports = (FindingKind::Order, &[]);
    pub(in crate::faults) const SNAPSHOT: Reports = (FindingKind::Snapshot, &[]);
    pub(in crate::faults) const TREE: Reports = (FindingKind::Tree, &[]);
    pub(in crate::faults) const ITEMS: Reports = (FindingKind::DumpState, &["items"]);
    pub(in crate::faults) const LISTS: Reports = (FindingKind::DumpState, &["missing-list", "extra-list"]);
    pub(in crate::faults) const EXPIRY: Reports = (FindingKind::DumpState, &["expiry"]);
}

impl Fault {
    /// What a case must check for the fault to be met at all: whether every version is kept, and the shape of the snapshots that
    /// must be written, if any.
    pub fn needs(&self) -> (History, Option<SnapshotShape>) {
        match self.act {
            // Versions are all there only with history; a fault in the rows is easiest to see without a frame.
            Act::Rows(_) => (History::Kept, Some(SnapshotShape::BARE)),
            Act::File(_) => {
                (History::Dropped, Some(SnapshotShape { framing: Framing::V1, raw_rows: false, noise: false }))
            }
            _ => (History::Dropped, None),
        }
    }

    /// Whether several clients must be there for the fault to be met.
    pub fn needs_clients(&self) -> bool {
        matches!(self.act, Act::Attempt(_))
    }

    /// Whether this finding is a right way to report the fault.
    pub fn is_reported_by(&self, finding: &Finding) -> bool {
        let fits = |(kind, aspects): &Reports| {
            *kind == finding.kind && (aspects.is_empty() || aspects.contains(&finding.aspect))
        };
        self.reported.iter().any(fits)
    }
}

/// A request with other words; what is no command with them stays as it is.
fn changed_request(request: &Request, change: fn(&mut Vec<Vec<u8>>)) -> Request {
    let mut words = request.args();
    change(&mut words);
    Request::parse(words).unwrap_or_else(|_| request.clone())
}

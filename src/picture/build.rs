//! How a picture is made: the records are read three times, and nothing is kept but what is drawn.

use std::collections::VecDeque;

use super::aligned::{ItemHash, Lengths, Placed, align, hash};
use super::label::{self, quoted};
use super::nearest::Nearest;
use super::window::Sum;
use super::{BaseMeta, CELLS, Cell, CellState, DELTAS, Delta, DeltaSum, Origin, OtherSide, Picture, Unplaced, Window};
use crate::format::record::classify;
use crate::format::{CommitTs, ListRecord, Record, Seq};
use crate::records::{Namespace, RecordSource, SourceError, StoredVersion, VersionSource, visit_records};

/// The items of the other reader that are told though they are at no sequence number.
const UNPLACED: usize = 8;

/// What a picture is made of.
pub struct Sources<'a> {
    /// The records.
    pub records: &'a dyn RecordSource,
    /// Their versions at that moment, where these are kept: what has been there before is drawn then.
    pub versions: Option<&'a dyn VersionSource>,
    /// The step of a trace that made a commit.
    pub step_of: &'a dyn Fn(CommitTs) -> Option<u64>,
    /// What another reader of the records makes of the list.
    pub other: Option<OtherItems<'a>>,
    /// The sequence number of interest. Without one it is the first at which the other reader shows something else.
    pub around: Option<Seq>,
}

/// The list of another reader.
#[derive(Clone, Copy, Debug)]
pub struct OtherItems<'a> {
    /// What it is called, such as `the decoder's dump`.
    pub name: &'a str,
    /// The items that it shows; `None` if it has no list of this key.
    pub items: Option<&'a [Vec<u8>]>,
}

impl Picture {
    /// Draws the list of a user key. Malformed records are passed over.
    ///
    /// # Errors
    ///
    /// The records could not be read.
    pub fn of(sources: &Sources<'_>, user_key: &[u8]) -> Result<Picture, SourceError> {
        let sums = Sums::of(sources, user_key)?;
        let window = sums.sum.resolve();
        let found = sources.other.map(|other| other.items.unwrap_or_default());
        let first = match found {
            Some(found) => first_difference(sources, user_key, window, found)?,
            None => Compared::default(),
        };
        let mut drafts = Drafts::of(sources, user_key, window, &first)?;
        let (extent, is_whole) = (drafts.seqs.extent, drafts.seqs.is_whole());
        let (items, outside_items) = (drafts.items, drafts.outside_items);
        let found_count = found.map_or(0, <[Vec<u8>]>::len) as u64;
        let rest = items.min(found_count).saturating_sub(first.same_start);
        let same_end = items.saturating_sub(drafts.same_end_from).min(rest);
        let lengths = Lengths { same_start: first.same_start, same_end, items, is_whole };
        let seqs = std::mem::replace(&mut drafts.seqs, Nearest::to(Vec::new())).into_kept();
        let placed: Vec<Placed> = seqs.values().map(|draft| Placed { hash: draft.hash, index: draft.index }).collect();
        let (other_indexes, unplaced) = align(&placed, found.unwrap_or_default(), lengths);
        let cells = seqs.into_iter().zip(other_indexes).map(|((seq, draft), other_index)| {
            let is_in_window = window.is_some_and(|window| window.holds(seq));
            Cell { other_index, ..draft.cell(seq, is_in_window, sources) }
        });
        let other = sources.other.map(|other| OtherSide {
            name: other.name.to_owned(),
            items: other.items.map(|items| items.len() as u64),
            unplaced: unplaced.iter().take(UNPLACED).filter_map(|index| unplaced_item(*index, found)).collect(),
            more_unplaced: unplaced.len().saturating_sub(UNPLACED) as u64,
        });
        let Sums { base, ttl_ms, earlier, deltas, .. } = sums;
        Ok(Picture {
            key: quoted(user_key, label::KEY),
            base,
            ttl_ms,
            earlier_deltas: earlier,
            deltas: deltas.into(),
            window,
            items,
            outside_items,
            extent,
            cells: cells.collect(),
            other,
        })
    }
}

fn unplaced_item(index: u64, found: Option<&[Vec<u8>]>) -> Option<Unplaced> {
    let item = found?.get(usize::try_from(index).ok()?)?;
    Some(Unplaced { index, item: quoted(item, label::ITEM) })
}

/// What the window is made of.
#[derive(Default)]
struct Sums {
    sum: Sum,
    base: Option<BaseMeta>,
    ttl_ms: Option<u64>,
    earlier: Option<DeltaSum>,
    deltas: VecDeque<Delta>,
}

impl Sums {
    fn of(sources: &Sources<'_>, user_key: &[u8]) -> Result<Sums, SourceError> {
        let mut sums = Sums::default();
        visit_records(sources.records, Namespace::Attributes, |record| {
            match classify(record.key, record.value) {
                Ok(Record::List(record)) if record.user_key() == user_key => sums.add(&record, sources),
                Ok(Record::Ttl { user_key: of, expire_at }) if of == user_key => sums.ttl_ms = Some(expire_at.0),
                _ => {}
            }
            Ok::<(), SourceError>(())
        })?;
        Ok(sums)
    }

    /// Deltas come in the order of their commits.
    fn add(&mut self, record: &ListRecord<'_>, sources: &Sources<'_>) {
        self.sum.add(record);
        match record {
            ListRecord::Meta { meta, .. } => {
                let (head, len, tail) = (meta.head, meta.len, meta.tail);
                self.base = Some(BaseMeta { head, len, tail, expiry_ms: meta.expiry_field });
            }
            ListRecord::Delta { commit_ts, delta, .. } => {
                let origin = origin(*commit_ts, sources);
                self.deltas.push_back(Delta { head_delta: delta.head_delta, len_delta: delta.len_delta, origin });
                if self.deltas.len() > DELTAS
                    && let Some(earlier) = self.deltas.pop_front()
                {
                    let sum = self.earlier.get_or_insert(DeltaSum { count: 0, head_delta: 0, len_delta: 0 });
                    sum.count += 1;
                    sum.head_delta = sum.head_delta.saturating_add(earlier.head_delta);
                    sum.len_delta = sum.len_delta.saturating_add(earlier.len_delta);
                }
            }
            ListRecord::Item { .. } | ListRecord::Claim { .. } => {}
        }
    }
}

fn origin(commit_ts: CommitTs, sources: &Sources<'_>) -> Origin {
    Origin { commit_ts: commit_ts.0, step: (sources.step_of)(commit_ts) }
}

/// How the list and that of the other reader begin.
#[derive(Default)]
struct Compared {
    items: u64,
    same_start: u64,
    /// Where the first item is that the other reader does not show there, or the first that it has besides.
    differs_at: Option<Seq>,
}

fn first_difference(
    sources: &Sources<'_>,
    user_key: &[u8],
    window: Option<Window>,
    found: &[Vec<u8>],
) -> Result<Compared, SourceError> {
    let mut compared = Compared::default();
    let mut found = found.iter();
    visit_items(sources, user_key, &mut |seq, value| {
        if window.is_some_and(|window| window.holds(seq.0)) {
            compared.items += 1;
            if compared.differs_at.is_none() && found.next().is_some_and(|found| found == value) {
                compared.same_start += 1;
            } else {
                compared.differs_at.get_or_insert(seq);
            }
        }
    })?;
    if compared.differs_at.is_none() && found.next().is_some() {
        compared.differs_at = window.map(|window| Seq(window.tail));
    }
    Ok(compared)
}

/// The items of the list and beside it, in seq order.
fn visit_items(sources: &Sources<'_>, user_key: &[u8], visit: &mut dyn FnMut(Seq, &[u8])) -> Result<(), SourceError> {
    visit_records(sources.records, Namespace::Elements, |record| {
        if let Ok(Record::List(ListRecord::Item { user_key: of, seq, value })) = classify(record.key, record.value)
            && of == user_key
        {
            visit(seq, value);
        }
        Ok(())
    })
}

/// What is known of a sequence number.
#[derive(Default)]
struct Draft {
    item: Option<String>,
    hash: Option<ItemHash>,
    index: Option<u64>,
    is_live: bool,
    is_claimed: bool,
    /// The versions that are no deletions.
    values: u64,
    written: Option<CommitTs>,
    deleted: Option<CommitTs>,
}

impl Draft {
    fn take_version(&mut self, version: &StoredVersion<'_>, is_compared: bool) {
        let newest = match version.value {
            None => &mut self.deleted,
            Some(value) => {
                self.values += 1;
                if !self.is_live && self.written.is_none_or(|written| written < version.commit_ts) {
                    self.item = Some(quoted(value, label::ITEM));
                    self.hash = is_compared.then(|| hash(value));
                }
                &mut self.written
            }
        };
        *newest = (*newest).max(Some(version.commit_ts));
    }

    fn cell(self, seq: i64, is_in_window: bool, sources: &Sources<'_>) -> Cell {
        let Draft { item, index, is_live, is_claimed, values, written, deleted, .. } = self;
        let state = match (is_live, deleted) {
            (true, _) => CellState::Live,
            (false, Some(_)) => CellState::Deleted,
            (false, None) => CellState::Absent,
        };
        Cell {
            seq,
            state,
            item,
            is_in_window,
            is_claimed,
            older_versions: values.saturating_sub(1),
            index,
            other_index: None,
            written: written.map(|commit_ts| origin(commit_ts, sources)),
            deleted: deleted.filter(|_| !is_live).map(|commit_ts| origin(commit_ts, sources)),
        }
    }
}

struct Drafts {
    seqs: Nearest<Draft>,
    items: u64,
    outside_items: u64,
    /// The index in the list from which on the other reader shows the same, up to the end.
    same_end_from: u64,
}

impl Drafts {
    fn of(
        sources: &Sources<'_>,
        user_key: &[u8],
        window: Option<Window>,
        first: &Compared,
    ) -> Result<Drafts, SourceError> {
        let Window { head, tail, .. } = window.unwrap_or_default();
        let last = tail.saturating_sub(1).max(head);
        let anchors: Vec<i64> = [Some(head), Some(last), sources.around.or(first.differs_at).map(|seq| seq.0)]
            .into_iter()
            .flatten()
            .collect();
        let mut drafts = Drafts { seqs: Nearest::to(anchors.clone()), items: 0, outside_items: 0, same_end_from: 0 };
        // A seq of the window is there even if it has no record.
        for anchor in anchors {
            for distance in 0..CELLS as i64 {
                for seq in [anchor.saturating_sub(distance), anchor.saturating_add(distance)] {
                    if seq >= head && seq < tail {
                        drafts.seqs.at(seq);
                    }
                }
            }
        }
        visit_records(sources.records, Namespace::Attributes, |record| {
            if let Ok(Record::List(ListRecord::Claim { user_key: of, seq })) = classify(record.key, record.value)
                && of == user_key
            {
                drafts.seqs.at(seq.0).into_iter().for_each(|draft| draft.is_claimed = true);
            }
            Ok::<(), SourceError>(())
        })?;
        let found = sources.other.map(|other| other.items.unwrap_or_default());
        visit_items(sources, user_key, &mut |seq, value| {
            let is_in_window = seq.0 >= head && seq.0 < tail;
            let index = is_in_window.then_some(drafts.items);
            drafts.add_item(seq, value, index, found.is_some());
            if let (Some(index), Some(found)) = (index, found) {
                drafts.compare_end(index, value, found, first.items);
            }
        })?;
        if let Some(versions) = sources.versions {
            versions.scan_versions(&mut |version| {
                if let Some(seq) = item_seq(version.key, user_key)
                    && let Some(draft) = drafts.seqs.at(seq)
                {
                    draft.take_version(&version, found.is_some());
                }
            })?;
        }
        Ok(drafts)
    }

    fn add_item(&mut self, seq: Seq, value: &[u8], index: Option<u64>, is_compared: bool) {
        match index {
            Some(_) => self.items += 1,
            None => self.outside_items += 1,
        }
        if let Some(draft) = self.seqs.at(seq.0) {
            (draft.is_live, draft.index, draft.item) = (true, index, Some(quoted(value, label::ITEM)));
            draft.hash = is_compared.then(|| hash(value));
        }
    }

    /// Notes whether the other reader shows an item at the same distance from the end.
    fn compare_end(&mut self, index: u64, value: &[u8], found: &[Vec<u8>], items: u64) {
        let from_end = items.saturating_sub(index);
        let place = (found.len() as u64).checked_sub(from_end).and_then(|place| usize::try_from(place).ok());
        if place.and_then(|place| found.get(place)).is_none_or(|found| found != value) {
            self.same_end_from = index + 1;
        }
    }
}

/// The seq in an item's key, whose value may have been deleted.
fn item_seq(key: &[u8], user_key: &[u8]) -> Option<i64> {
    match classify(key, b"") {
        Ok(Record::List(ListRecord::Item { user_key: of, seq, .. })) if of == user_key => Some(seq.0),
        _ => None,
    }
}

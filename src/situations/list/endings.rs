//! What a case has reached of lists when it is over: their records, and their items.

use super::tracks::{Track, View};
use crate::format::record::classify;
use crate::format::{CommitTs, ListDelta, ListRecord, Record, Seq, list};
use crate::situations::reached::Reached;
use crate::situations::table::Mark;
use crate::situations::walk::Walk;
use crate::state::{State, Value};
use crate::store::MetaWidth;

const LONG_ITEM_BYTES: usize = 10_000;
const LONG_LIST_ITEMS: i128 = 100_000;
/// The encoder holds back so much of a list's file before it writes.
const LONG_BODY_BYTES: usize = 64 << 10;
const YEAR_MS: u64 = 366 * 24 * 60 * 60 * 1000;

impl Walk {
    pub(in crate::situations) fn records(&self, track: &Track, view: &View, reached: &mut Reached) {
        let (has_items, base) = (view.has_items(), view.base);
        let in_window = |seq: &i64| (view.head..view.tail()).contains(&i128::from(*seq));
        let claims_inside = track.claims.iter().any(in_window);
        reached.tick_if(Mark::SeqUnderOldClaim, claims_inside);
        reached.tick_if(Mark::ClaimOutsideWindow, track.claims.iter().any(|seq| !in_window(seq)));
        reached.tick_if(Mark::DeltaOnlyList, has_items && base.is_none());
        reached.tick_if(Mark::BaseMetaOnly, has_items && base.is_some() && view.deltas == 0);
        let is_outstanding = base.is_some_and(|base| base.len > 0) && view.deltas > 0;
        reached.tick_if(Mark::BaseWithDeltas, has_items && is_outstanding);
        let is_longer = base.is_some_and(|base| i128::from(base.len) > view.len);
        reached.tick_if(Mark::BaseLongerThanList, has_items && is_longer);
        reached.tick_if(Mark::EmptyBaseKept, !has_items && base.is_some());
        reached.tick_if(Mark::ListLong, view.len > LONG_LIST_ITEMS);
        reached.tick_if(Mark::ExpiredAtEnd, view.is_expired(self.now_ms));
        let is_in_ttl = has_items && view.expiry().is_some() && view.inline_expiry().is_none();
        reached.tick_if(Mark::ExpiryInTtlOnly, is_in_ttl);
        reached.tick_if(Mark::ExpiryInline, has_items && view.inline_expiry().is_some());
        let is_long_store = self.width == MetaWidth::Long;
        reached.tick_if(Mark::ExpiryBesideLongDeltas, is_in_ttl && is_long_store && base.is_none());
        if base.is_some() && track.user_key.starts_with(b"d|") {
            reached.tick(Mark::KeyInDeltaNamespace);
            let meta_key = list::meta_key(&track.user_key);
            if let Ok(Record::List(ListRecord::Delta { user_key, .. })) = classify(&meta_key, &[0; ListDelta::BYTES]) {
                reached.tick(Mark::KeyImitatesDelta);
                let imitated = self.tracks.get(user_key).map(Track::view);
                reached.tick_if(Mark::ImitationBesideDeltas, imitated.is_some_and(|imitated| imitated.deltas > 0));
            }
        }
    }

    /// Looks for items of one list between those of another. The keys are sorted.
    pub(in crate::situations) fn interleaved(&self, keys: &[&[u8]], state: &State, reached: &mut Reached) {
        // Those of the keys before that the present one extends.
        let mut extended: Vec<&[u8]> = Vec::new();
        for key in keys {
            while extended.pop_if(|shorter| !key.starts_with(shorter)).is_some() {}
            for shorter in extended.iter().filter(|shorter| self.is_between(key, shorter)) {
                reached.tick(Mark::KeysInterleaved);
                reached.tick_if(Mark::InterleavedTimestampKey, self.ends_in_time(key));
                let is_long = [*key, *shorter].iter().all(|key| item_bytes(state, key) > LONG_BODY_BYTES);
                reached.tick_if(Mark::InterleavedLongBodies, is_long);
            }
            extended.push(key);
        }
    }

    /// Whether a key ends in what looks like the time of a commit, as it stands behind the keys of a snapshot.
    fn ends_in_time(&self, key: &[u8]) -> bool {
        let commit_ts = key.last_chunk().map(|bytes| CommitTs(!u64::from_be_bytes(*bytes)));
        commit_ts.is_some_and(|commit_ts| commit_ts.unix_ms().abs_diff(self.now_ms) < YEAR_MS)
    }

    fn is_between(&self, key: &[u8], shorter: &[u8]) -> bool {
        let ends = |key: &[u8]| {
            let view = self.tracks.get(key)?.view();
            let item = |seq: i128| Some(list::item_key(key, Seq(i64::try_from(seq).ok()?)));
            Some((item(view.head)?, item(view.tail() - 1)?))
        };
        match (ends(key), ends(shorter)) {
            (Some((first, _)), Some((low, high))) => low < first && first < high,
            _ => false,
        }
    }
}

/// The bytes of all items that a client sees under a key.
fn item_bytes(state: &State, key: &[u8]) -> usize {
    state.keys.get(key).map_or(0, |found| match &found.value {
        Value::List(items) => items.iter().map(Vec::len).sum(),
    })
}

/// Looks at the items of a list.
pub(in crate::situations) fn list_items(items: &[Vec<u8>], reached: &mut Reached) {
    items.iter().for_each(|item| look_at(item, reached));
    reached.tick_if(Mark::ItemsEqual, items.iter().zip(items.iter().skip(1)).any(|(a, b)| a == b));
}

fn look_at(item: &[u8], reached: &mut Reached) {
    reached.tick_if(Mark::ItemOver10000Bytes, item.len() > LONG_ITEM_BYTES);
    reached.tick_if(Mark::ItemEmpty, item.is_empty());
    if item.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') {
        return;
    }
    let holds = |wanted: fn(&[u8]) -> bool, bytes: usize| item.windows(bytes).any(wanted);
    reached.tick_if(Mark::ItemNotUtf8, std::str::from_utf8(item).is_err());
    reached.tick_if(Mark::ItemNul, item.contains(&0));
    reached.tick_if(Mark::ItemHtml, item.iter().any(|byte| b"<>&".contains(byte)));
    reached.tick_if(
        Mark::ItemLineSeparator,
        holds(|part| matches!(part, [0xe2, 0x80, 0xa8 | 0xa9]), 3) && std::str::from_utf8(item).is_ok(),
    );
    reached.tick_if(Mark::ItemSurrogate, holds(|part| matches!(part, [0xed, 0xa0..=0xbf]), 2));
}

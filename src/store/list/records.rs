//! What happens to a list's records: the primitives that commands are made of.
//!
//! *Resolved meta* is the base meta (or head 0, length 0) plus all deltas of the key; the list's contents are the items
//! in `[head, head + len)`, and it exists when `len` is above 0.
//!
//! ```text
//! push right    items at tail ..; fence; delta {0, +n}
//! push left     the i-th value at head - i; fence; delta {-n, +n}
//! pop left      claims and item deletions over [head, head + n); fence; delta {+n, -n}
//! pop right     the same over [tail - n, tail); fence; delta {0, -n}
//!   that empties  besides: the fences of every type; the TTL record deleted; a base meta that carries an expiry is
//!                 deleted with all deltas, and then no new delta is written, for it would make the next list too short
//! rewrite       every item, meta, delta and claim deleted; the fences of every type; then the new items at 0 .. with
//!               either a delta {0, +n} or a base meta {0, n, n}; the expiry stays
//! deletion      every item, meta, delta, claim and the TTL record deleted; the fences of every type
//! ```

use super::loaded::{DeltaId, List};
use super::reads::{self, Purpose};
use crate::command::{End, UserKey};
use crate::database::end_of_prefix;
use crate::format::VALUE_LIMIT_BYTES;
use crate::format::family::fence_keys;
use crate::format::record::classify;
use crate::format::{ExpireAtMs, KEY_LIMIT_BYTES, ListDelta, ListMeta, ListRecord, Record, Seq, expiry, list};
use crate::store::error::StoreError;
use crate::store::expiry::{delete_ttl, ttl_record};
use crate::store::refusal::{ITEMS_PER_COMMAND, Refusal};
use crate::store::transaction::Transaction;
use crate::store::width::MetaWidth;

/// With this many deltas a push or pop folds them before it adds its own: a live reader refuses a key with more.
pub(in crate::store) const INLINE_COMPACTION_DELTAS: usize = 1024;

/// Room for so many is made before they are read.
const DELTAS_EXPECTED: usize = 16;

/// Reads a key's base meta, deltas and expiry.
pub(in crate::store) fn load(transaction: &Transaction<'_>, key: &UserKey) -> Result<List, StoreError> {
    let meta_key = list::meta_key(key.as_bytes());
    let base = match transaction.get(&meta_key)? {
        None => None,
        Some(value) => match classify(&meta_key, &value) {
            Ok(Record::List(ListRecord::Meta { meta, .. })) => Some(meta),
            // A key that imitates a delta: what lies at its meta key is the delta of another list.
            Ok(_) => None,
            Err(error) => return Err(StoreError::Corrupt(error.to_string())),
        },
    };
    let mut window = Window { head: 0, len: 0 };
    window.add(base.map_or(0, |meta| meta.head), base.map_or(0, |meta| meta.len));
    let mut deltas = Vec::with_capacity(DELTAS_EXPECTED);
    let prefix = list::delta_prefix(key.as_bytes());
    let floor = transaction.delta_floor(key.as_bytes(), &prefix);
    transaction.scan(&floor, end_of_prefix(&prefix).as_deref(), &mut |row_key, value| {
        let suffix = row_key.strip_prefix(prefix.as_slice());
        if let Some((commit_ts, number, delta)) = suffix.and_then(|suffix| list::delta_after_prefix(suffix, value)) {
            window.add(delta.head_delta, delta.len_delta);
            deltas.push((commit_ts, number));
            return Ok(());
        }
        match classify(row_key, value) {
            // The meta of a key that imitates a delta of this one.
            Ok(_) => Ok(()),
            Err(error) => Err(StoreError::Corrupt(error.to_string())),
        }
    })?;
    let (head, len) = window.resolve(key)?;
    let expire_at = match base.and_then(|meta| meta.owned_expiry()) {
        Some(owned) => owned,
        None => expiry::resolve(None, ttl_record(transaction, key)?),
    };
    Ok(List { key: key.clone(), base, deltas, head, len, expire_at })
}

/// The sum of a base meta and deltas.
pub(in crate::store) struct Window {
    head: i128,
    len: i128,
}

impl Window {
    pub(in crate::store) const EMPTY: Window = Window { head: 0, len: 0 };

    pub(in crate::store) fn add(&mut self, head_delta: i64, len_delta: i64) {
        self.head += i128::from(head_delta);
        self.len += i128::from(len_delta);
    }

    /// The head, and the length, which is never below 0.
    pub(in crate::store) fn resolve(&self, key: &UserKey) -> Result<(i64, i64), StoreError> {
        let len = self.len.max(0);
        match (i64::try_from(self.head), i64::try_from(len), i64::try_from(self.head + len)) {
            (Ok(head), Ok(len), Ok(_)) => Ok((head, len)),
            _ => Err(StoreError::Corrupt(format!(
                "list {}: meta and deltas add up to head {} and length {len}, which leaves the sequence range",
                crate::format::key_text::quoted(key.as_bytes()),
                self.head
            ))),
        }
    }
}

/// The list of a key if a client sees one.
pub(in crate::store) fn for_read(transaction: &mut Transaction<'_>, key: &UserKey) -> Result<Option<List>, StoreError> {
    let list = match transaction.last_read(key.as_bytes()) {
        Some(list) => list.clone(),
        None => {
            let list = load(transaction, key)?;
            transaction.keep_read(&list);
            list
        }
    };
    reads::note(transaction, &list, Purpose::Whole);
    Ok(list.is_alive(transaction.now_ms).then_some(list))
}

/// The list of a key that is about to be written. What an expiry has ended is deleted in the same transaction, so that
/// a length above 0 means that a client sees the list.
pub(in crate::store) fn for_write(
    transaction: &mut Transaction<'_>,
    key: &UserKey,
    purpose: Purpose,
) -> Result<List, StoreError> {
    let mut list = load(transaction, key)?;
    let is_gone = list.len == 0 || !list.is_alive(transaction.now_ms);
    reads::note(transaction, &list, if is_gone { Purpose::Whole } else { purpose });
    if list.len > 0 && is_gone {
        delete(transaction, &mut list)?;
    }
    Ok(list)
}

/// Whether the store takes this user key and these values at all.
pub(in crate::store) fn check_sizes(key: &UserKey, values: &[Vec<u8>]) -> Result<(), Refusal> {
    let bytes = list::longest_key_bytes(key.as_bytes());
    if bytes > KEY_LIMIT_BYTES {
        return Err(Refusal::KeyTooLong { bytes });
    }
    match values.iter().map(Vec::len).find(|bytes| *bytes > VALUE_LIMIT_BYTES) {
        Some(bytes) => Err(Refusal::ValueTooLong { bytes }),
        None => Ok(()),
    }
}

/// Whether one command may move this many items.
pub(in crate::store) fn check_count(count: u64) -> Result<(), Refusal> {
    if count > ITEMS_PER_COMMAND { Err(Refusal::TooManyItems { count }) } else { Ok(()) }
}

/// Whether `values` can be pushed.
pub(in crate::store) fn check_push(list: &List, end: End, values: &[Vec<u8>]) -> Result<(), Refusal> {
    let count = values.len() as u64;
    check_sizes(&list.key, values)?;
    check_count(count)?;
    let room = match end {
        End::Left => list.head.checked_sub_unsigned(count),
        End::Right => list.tail().checked_add_unsigned(count),
    };
    match room {
        Some(_) => Ok(()),
        None => Err(Refusal::SequenceRange { key: list.key.clone(), end, head: list.head, len: list.len, count }),
    }
}

/// Pushes values that [`check_push`] has let pass; of several on the left the last ends up leftmost.
pub(in crate::store) fn push(
    transaction: &mut Transaction<'_>,
    list: &mut List,
    end: End,
    values: &[Vec<u8>],
) -> Result<(), StoreError> {
    fold_when_full(transaction, list);
    let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
    let (old_head, old_tail) = (list.head, list.tail());
    for (offset, value) in (0_i64..).zip(values) {
        let seq = if end == End::Left { old_head - 1 - offset } else { old_tail + offset };
        transaction.put(list::item_key(list.user_key(), Seq(seq)), value.clone());
    }
    let head_delta = if end == End::Left { -count } else { 0 };
    put_delta(transaction, list, ListDelta { head_delta, len_delta: count });
    Ok(())
}

/// Whether a pop leaves claims. One that is half of a move does not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Claims {
    Written,
    LeftOut,
}

/// Pops `count` items, which the list has, and gives them in the order in which Redis replies. A seq without an item is
/// claimed and counted all the same.
pub(in crate::store) fn pop(
    transaction: &mut Transaction<'_>,
    list: &mut List,
    end: End,
    count: i64,
    claims: Claims,
) -> Result<Vec<Vec<u8>>, StoreError> {
    assert!(0 < count && count <= list.len, "a pop of {count} from {} items", list.len);
    fold_when_full(transaction, list);
    let first = if end == End::Left { list.head } else { list.tail() - count };
    let popped = items(transaction, list, first, first + count)?;
    for seq in (first..first + count).map(Seq) {
        if claims == Claims::Written {
            transaction.put(list::claim_key(list.user_key(), seq), []);
        }
        transaction.delete(list::item_key(list.user_key(), seq));
    }
    let head_delta = if end == End::Left { count } else { 0 };
    put_delta(transaction, list, ListDelta { head_delta, len_delta: -count });
    let mut values: Vec<Vec<u8>> = popped.into_iter().map(|(_, value)| value).collect();
    if end == End::Right {
        values.reverse();
    }
    Ok(values)
}

/// What follows a pop after which the list is empty.
pub(in crate::store) fn settle_if_emptied(
    transaction: &mut Transaction<'_>,
    list: &mut List,
) -> Result<(), StoreError> {
    if list.len > 0 {
        return Ok(());
    }
    reads::note(transaction, list, Purpose::Whole);
    put_fences(transaction, &list.key);
    delete_ttl(transaction, &list.key)?;
    if list.base.is_some_and(|meta| meta.expiry_field.is_some_and(|field| field != 0)) {
        delete_meta_and_deltas(transaction, list);
        list.head = 0;
    }
    list.expire_at = None;
    Ok(())
}

/// Replaces the whole list; without items that is a deletion.
pub(in crate::store) fn rewrite(
    transaction: &mut Transaction<'_>,
    list: &mut List,
    values: &[Vec<u8>],
    form: RewriteForm,
) -> Result<(), StoreError> {
    if values.is_empty() {
        return delete(transaction, list);
    }
    delete_items_and_claims(transaction, list)?;
    delete_meta_and_deltas(transaction, list);
    put_fences(transaction, &list.key);
    list.head = 0;
    list.len = 0;
    let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
    for (seq, value) in (0_i64..).map(Seq).zip(values) {
        transaction.put(list::item_key(list.user_key(), seq), value.clone());
    }
    match form {
        RewriteForm::Delta => {
            let delta = ListDelta { head_delta: 0, len_delta: count };
            list.deltas.push(put_delta_record(transaction, list.user_key(), delta));
            list.len = count;
        }
        RewriteForm::BaseMeta => {
            list.len = count;
            put_base(transaction, list);
        }
    }
    Ok(())
}

/// Writes a list under a key that has none, as a rename does.
pub(in crate::store) fn put(
    transaction: &mut Transaction<'_>,
    key: &UserKey,
    values: &[Vec<u8>],
    expire_at: Option<ExpireAtMs>,
) -> Result<(), StoreError> {
    let mut list = for_write(transaction, key, Purpose::Whole)?;
    list.expire_at = expire_at;
    rewrite(transaction, &mut list, values, RewriteForm::BaseMeta)
}

/// How a rewrite says the new length. The live store does both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum RewriteForm {
    /// No base meta, and a delta {0, +n}.
    Delta,
    /// A base meta {0, n, n}, and no delta.
    BaseMeta,
}

impl RewriteForm {
    /// The form of a transaction: both come up about equally often, and the choice repeats with the trace.
    pub(in crate::store) fn of(transaction: &Transaction<'_>) -> RewriteForm {
        let commit_ts = transaction.commit_ts();
        let ticks = commit_ts.0.wrapping_add(commit_ts.unix_ms());
        if ticks.is_multiple_of(2) { RewriteForm::Delta } else { RewriteForm::BaseMeta }
    }
}

/// Deletes everything of a key, and puts the fences that a push from an older snapshot meets.
pub(in crate::store) fn delete(transaction: &mut Transaction<'_>, list: &mut List) -> Result<(), StoreError> {
    put_fences(transaction, &list.key);
    delete_records(transaction, list)
}

fn put_fences(transaction: &mut Transaction<'_>, key: &UserKey) {
    for fence_key in fence_keys(key.as_bytes()) {
        transaction.put(fence_key, []);
    }
}

fn delete_records(transaction: &mut Transaction<'_>, list: &mut List) -> Result<(), StoreError> {
    delete_items_and_claims(transaction, list)?;
    delete_meta_and_deltas(transaction, list);
    delete_ttl(transaction, &list.key)?;
    (list.head, list.len, list.expire_at) = (0, 0, None);
    Ok(())
}

/// Sets the expiry of a list that exists.
pub(in crate::store) fn set_expiry(transaction: &mut Transaction<'_>, list: &mut List, expire_at: ExpireAtMs) {
    list.expire_at = Some(expire_at);
    transaction.note_expiry(expire_at);
    transaction.put(expiry::ttl_key(list.user_key()), expire_at.to_record_value());
    if transaction.width == MetaWidth::Long {
        fold(transaction, list);
    }
}

/// Takes the expiry of a list away.
pub(in crate::store) fn clear_expiry(transaction: &mut Transaction<'_>, list: &mut List) -> Result<(), StoreError> {
    list.expire_at = None;
    delete_ttl(transaction, &list.key)?;
    if let Some(mut base) = list.base.filter(|base| base.expiry_field.is_some()) {
        base.expiry_field = Some(0);
        transaction.put(list::meta_key(list.user_key()), base.to_bytes());
        list.base = Some(base);
    }
    Ok(())
}

/// Writes the resolved meta as the base meta, or deletes the base when the list is empty, and deletes the deltas.
pub(in crate::store) fn fold(transaction: &mut Transaction<'_>, list: &mut List) {
    delete_meta_and_deltas(transaction, list);
    if list.len > 0 {
        put_base(transaction, list);
    } else {
        list.head = 0;
    }
}

/// See [`crate::store::Store::seed`].
pub(in crate::store) fn seed(transaction: &mut Transaction<'_>, key: &UserKey, head: i64) -> Result<(), StoreError> {
    let mut list = for_write(transaction, key, Purpose::Whole)?;
    if list.len > 0 || check_sizes(key, &[]).is_err() {
        return Ok(());
    }
    delete_records(transaction, &mut list)?;
    list.head = head;
    put_base(transaction, &mut list);
    Ok(())
}

/// The items with `first <= seq < end`, in seq order. Items of keys that extend this one lie in between.
pub(in crate::store) fn items(
    transaction: &Transaction<'_>,
    list: &List,
    first: i64,
    end: i64,
) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let lower = list::item_key(list.user_key(), Seq(first));
    let upper = list::item_key(list.user_key(), Seq(end));
    let mut found = Vec::new();
    transaction.scan(&lower, Some(&upper), &mut |key, value| {
        if let Ok(Record::List(ListRecord::Item { user_key, seq, value })) = classify(key, value)
            && user_key == list.user_key()
        {
            found.push((seq.0, value.to_vec()));
        }
        Ok(())
    })?;
    Ok(found)
}

fn fold_when_full(transaction: &mut Transaction<'_>, list: &mut List) {
    if list.deltas.len() >= INLINE_COMPACTION_DELTAS {
        fold(transaction, list);
    }
}

fn put_delta(transaction: &mut Transaction<'_>, list: &mut List, delta: ListDelta) {
    transaction.put(list::fence_key(list.user_key()), []);
    list.deltas.push(put_delta_record(transaction, list.key.as_bytes(), delta));
    list.head += delta.head_delta;
    list.len += delta.len_delta;
    assert!(list.deltas.len() <= INLINE_COMPACTION_DELTAS, "more deltas than a live reader takes");
}

/// Puts a delta under the transaction's timestamp and its next number.
fn put_delta_record(transaction: &mut Transaction<'_>, user_key: &[u8], delta: ListDelta) -> DeltaId {
    let (commit_ts, seq_in_txn) = (transaction.commit_ts(), transaction.take_seq_in_txn());
    transaction.put(list::delta_key(user_key, commit_ts, seq_in_txn), delta.to_bytes());
    (commit_ts, seq_in_txn)
}

fn put_base(transaction: &mut Transaction<'_>, list: &mut List) {
    let expiry_field = match transaction.width {
        MetaWidth::Short => None,
        MetaWidth::Long => Some(list.expire_at.map_or(0, |expire_at| expire_at.0)),
    };
    let meta = ListMeta { head: list.head, tail: list.tail(), len: list.len, expiry_field };
    assert!(meta.invariant_holds(), "tail = head + len in {meta:?}");
    transaction.put(list::meta_key(list.user_key()), meta.to_bytes());
    list.base = Some(meta);
}

fn delete_meta_and_deltas(transaction: &mut Transaction<'_>, list: &mut List) {
    if list.base.take().is_some() {
        transaction.delete(list::meta_key(list.user_key()));
    }
    let deltas = std::mem::take(&mut list.deltas);
    let keys = deltas.iter().map(|(commit_ts, number)| list::delta_key(list.user_key(), *commit_ts, *number));
    transaction.delete_deltas(list.user_key(), keys.collect());
}

fn delete_items_and_claims(transaction: &mut Transaction<'_>, list: &List) -> Result<(), StoreError> {
    let mut doomed = claim_keys(transaction, list.user_key(), |_| true)?;
    let prefix = list::item_prefix(list.user_key());
    transaction.scan(&prefix, end_of_prefix(&prefix).as_deref(), &mut |key, _| {
        if key.len() == prefix.len() + Seq::BYTES {
            doomed.push(key.to_vec());
        }
        Ok(())
    })?;
    for key in doomed {
        transaction.delete(key);
    }
    Ok(())
}

/// The keys of a list's claims whose seq is `wanted`.
pub(in crate::store) fn claim_keys(
    transaction: &Transaction<'_>,
    user_key: &[u8],
    wanted: impl Fn(i64) -> bool,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let prefix = list::claim_prefix(user_key);
    let mut found = Vec::new();
    transaction.scan(&prefix, end_of_prefix(&prefix).as_deref(), &mut |key, value| {
        match classify(key, value) {
            Ok(Record::List(ListRecord::Claim { user_key: owner, seq })) if owner == user_key && wanted(seq.0) => {
                found.push(key.to_vec());
            }
            Ok(_) => {}
            Err(error) => return Err(StoreError::Corrupt(error.to_string())),
        }
        Ok(())
    })?;
    Ok(found)
}

//! What a dump of records must say, read off the description of the format, with no thought of speed.

use std::collections::{BTreeMap, BTreeSet};

use ekv_roundtrip::encoder::Warning;
use ekv_roundtrip::format::{ExpireAtMs, Family};
use ekv_roundtrip::state::KeyState;

/// The lists and warnings of a dump.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Naive {
    /// By user key.
    pub lists: BTreeMap<Vec<u8>, KeyState>,
    /// In the order of the user keys.
    pub warnings: Vec<Warning>,
}

#[derive(Default)]
struct Key {
    base: Option<(i64, i64, u64)>,
    /// The last field of a 32-byte meta.
    inline: Option<u64>,
    deltas: Vec<(i64, i64)>,
    items: BTreeMap<i64, Vec<u8>>,
    ttl: Option<u64>,
    is_named: bool,
}

impl Key {
    fn list(&self) -> Option<KeyState> {
        if self.items.is_empty() && self.base.is_none() {
            return None;
        }
        let expire_at = match self.inline {
            Some(0) => None,
            Some(inline) => Some(inline),
            None => self.ttl.map(|ttl| ttl.min(i64::MAX as u64)),
        };
        Some(KeyState::list(self.items.values().cloned().collect(), expire_at.map(ExpireAtMs)))
    }

    fn warn(&self, user_key: &[u8], warnings: &mut Vec<Warning>) {
        if self.base.is_none() && self.deltas.is_empty() {
            return;
        }
        let user_key = || user_key.to_vec();
        let (head, tail, len) = self.base.unwrap_or_default();
        let start = i128::from(head) + self.deltas.iter().map(|(head, _)| i128::from(*head)).sum::<i128>();
        let length = i128::from(len) + self.deltas.iter().map(|(_, len)| i128::from(*len)).sum::<i128>();
        let length = length.max(0);
        if self.base.is_some() {
            if i128::from(tail) != i128::from(head) + i128::from(len) {
                warnings.push(Warning::MetaInvariant { user_key: user_key() });
            }
            if length != self.items.len() as i128 {
                let declared_len = length.min(i128::from(u64::MAX)) as u64;
                let (family, observed) = (Family::List, self.items.len() as u64);
                warnings.push(Warning::LengthMismatch { family, user_key: user_key(), declared_len, observed });
            }
        }
        let is_inside = |seq: i64| start <= i128::from(seq) && i128::from(seq) < start + length;
        let outside = self.items.keys().filter(|seq| !is_inside(**seq)).count() as u64;
        if outside > 0 {
            warnings.push(Warning::ItemOutsideWindow { user_key: user_key(), count: outside });
        }
    }
}

/// What the dump says.
///
/// # Errors
///
/// The keys of the malformed records.
pub fn decode(records: &BTreeMap<Vec<u8>, Vec<u8>>) -> Result<Naive, BTreeSet<Vec<u8>>> {
    let mut keys: BTreeMap<Vec<u8>, Key> = BTreeMap::new();
    let malformed = records.iter().filter(|(key, value)| take(key, value, &mut keys).is_none());
    let malformed: BTreeSet<Vec<u8>> = malformed.map(|(key, _)| key.clone()).collect();
    if !malformed.is_empty() {
        return Err(malformed);
    }
    let mut naive = Naive::default();
    for (user_key, key) in &keys {
        if let Some(list) = key.list() {
            key.warn(user_key, &mut naive.warnings);
            naive.lists.insert(user_key.clone(), list);
        }
    }
    let orphans = keys.values().filter(|key| key.ttl.is_some() && !key.is_named && key.items.is_empty()).count();
    if orphans > 0 {
        naive.warnings.push(Warning::OrphanTtl { count: orphans as u64 });
    }
    Ok(naive)
}

/// Takes a record in; `None` if it is malformed.
fn take(key: &[u8], value: &[u8], keys: &mut BTreeMap<Vec<u8>, Key>) -> Option<()> {
    let after = |prefix: &str| key.strip_prefix(prefix.as_bytes());
    if let Some(rest) = after("!lst|itm|") {
        let (user_key, seq) = rest.split_last_chunk::<8>()?;
        let seq = u64::from_be_bytes(*seq).wrapping_sub(1 << 63) as i64;
        entry(keys, user_key).items.insert(seq, value.to_vec());
    } else if let Some(user_key) = after("!lst|meta|") {
        match value.len() {
            24 | 32 => {
                let entry = entry(keys, user_key);
                let length = u64::try_from(number(value, 16)).ok()?;
                entry.base = Some((number(value, 0), number(value, 8), length));
                entry.inline = (value.len() == 32).then(|| number(value, 24) as u64);
                entry.is_named = true;
            }
            16 => {
                let (user_key, _) = length_prefixed(after("!lst|meta|d|")?, 12)?;
                let entry = entry(keys, user_key);
                entry.deltas.push((number(value, 0), number(value, 8)));
                entry.is_named = true;
            }
            _ => return None,
        }
    } else if let Some(rest) = after("!lst|claim|") {
        let (user_key, _) = length_prefixed(rest, 8)?;
        entry(keys, user_key).is_named = true;
    } else if let Some(user_key) = after("!redis|ttl|") {
        let ms = <[u8; 8]>::try_from(value).ok()?;
        entry(keys, user_key).ttl = Some(u64::from_be_bytes(ms));
    } else if let Some(user_key) = after("!redis|str|").or_else(|| after("!redis|hll|")) {
        entry(keys, user_key).is_named = true;
    } else {
        // Records of other types are not ours to judge.
        let other = ["!hs|meta|", "!st|meta|", "!zs|meta|", "!stream|meta|"].into_iter().find_map(after);
        if let Some((user_key, _)) = other.and_then(|rest| prefixed(rest)) {
            entry(keys, user_key).is_named = true;
        }
    }
    Some(())
}

fn entry<'a>(keys: &'a mut BTreeMap<Vec<u8>, Key>, user_key: &[u8]) -> &'a mut Key {
    keys.entry(user_key.to_vec()).or_default()
}

fn number(value: &[u8], at: usize) -> i64 {
    i64::from_be_bytes(value[at..at + 8].try_into().unwrap())
}

/// A user key after its length, and what follows.
fn prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

/// The same, where exactly `after` bytes must follow.
fn length_prefixed(bytes: &[u8], after: usize) -> Option<(&[u8], &[u8])> {
    prefixed(bytes).filter(|(_, rest)| rest.len() == after)
}

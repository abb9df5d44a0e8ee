//! The database's records: what lists they are, and the records that a list can be.

use std::collections::{BTreeMap, BTreeSet};

use super::lists::{List, Lists};

/// Records by logical key.
pub type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// What a dump of records must say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The lists.
    pub lists: Lists,
    /// What seems odd, by user key.
    pub oddities: Vec<Oddity>,
}

/// What seems odd about the records of a list, or about expiries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named as in the description of the format")]
pub enum Oddity {
    /// A base meta exists, and the resolved length is not the number of items.
    LengthMismatch { user_key: Vec<u8>, declared_len: u64, observed: u64 },
    /// Items lie outside the resolved window.
    ItemOutsideWindow { user_key: Vec<u8>, count: u64 },
    /// The tail of a base meta is not its head and length.
    MetaInvariant { user_key: Vec<u8> },
    /// Expiries of keys that nothing names.
    OrphanTtl { count: u64 },
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
    fn list(&self) -> Option<List> {
        if self.items.is_empty() && self.base.is_none() {
            return None;
        }
        let expire_at_ms = match self.inline {
            Some(0) => None,
            Some(inline) => Some(inline),
            None => self.ttl.map(|ttl| ttl.min(i64::MAX as u64)),
        };
        Some(List { items: self.items.values().cloned().collect(), expire_at_ms })
    }

    fn oddities(&self, user_key: &[u8], found: &mut Vec<Oddity>) {
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
                found.push(Oddity::MetaInvariant { user_key: user_key() });
            }
            let observed = self.items.len() as u64;
            if length != i128::from(observed) {
                let declared_len = length.min(i128::from(u64::MAX)) as u64;
                found.push(Oddity::LengthMismatch { user_key: user_key(), declared_len, observed });
            }
        }
        let is_inside = |seq: i64| start <= i128::from(seq) && i128::from(seq) < start + length;
        let count = self.items.keys().filter(|seq| !is_inside(**seq)).count() as u64;
        if count > 0 {
            found.push(Oddity::ItemOutsideWindow { user_key: user_key(), count });
        }
    }
}

/// What lists the records are.
///
/// # Errors
///
/// The keys of the malformed records.
pub fn decode(records: &Records) -> Result<Decoded, BTreeSet<Vec<u8>>> {
    let mut keys: BTreeMap<Vec<u8>, Key> = BTreeMap::new();
    let malformed = records.iter().filter(|(key, value)| take(key, value, &mut keys).is_none());
    let malformed: BTreeSet<Vec<u8>> = malformed.map(|(key, _)| key.clone()).collect();
    if !malformed.is_empty() {
        return Err(malformed);
    }
    let mut decoded = Decoded::default();
    for (user_key, key) in &keys {
        if let Some(list) = key.list() {
            key.oddities(user_key, &mut decoded.oddities);
            decoded.lists.insert(user_key.clone(), list);
        }
    }
    let orphans = keys.values().filter(|key| key.ttl.is_some() && !key.is_named && key.items.is_empty()).count();
    if orphans > 0 {
        decoded.oddities.push(Oddity::OrphanTtl { count: orphans as u64 });
    }
    Ok(decoded)
}

/// Takes a record in; `None` if it is malformed.
fn take(key: &[u8], value: &[u8], keys: &mut BTreeMap<Vec<u8>, Key>) -> Option<()> {
    let after = |prefix: &str| key.strip_prefix(prefix.as_bytes());
    if let Some(rest) = after("!lst|itm|") {
        let (user_key, seq) = rest.split_last_chunk::<8>()?;
        let seq = u64::from_be_bytes(*seq).wrapping_sub(1 << 63) as i64;
        entry(keys, user_key).items.insert(seq, value.to_vec());
    } else if let Some(user_key) = after("!lst|meta|") {
        match numbers(value)?.as_slice() {
            [head, tail, len, inline @ ..] if inline.len() <= 1 => {
                let entry = entry(keys, user_key);
                let len = u64::try_from(*len).ok()?;
                entry.base = Some((*head, *tail, len));
                entry.inline = inline.first().map(|inline| inline.cast_unsigned());
                entry.is_named = true;
            }
            [head, len] => {
                let (user_key, _) = length_prefixed(after("!lst|meta|d|")?, 12)?;
                let entry = entry(keys, user_key);
                entry.deltas.push((*head, *len));
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
        if let Some((user_key, _)) = other.and_then(prefixed) {
            entry(keys, user_key).is_named = true;
        }
    }
    Some(())
}

fn entry<'a>(keys: &'a mut BTreeMap<Vec<u8>, Key>, user_key: &[u8]) -> &'a mut Key {
    keys.entry(user_key.to_vec()).or_default()
}

/// The 64-bit numbers that a value is made of.
fn numbers(value: &[u8]) -> Option<Vec<i64>> {
    value.chunks(8).map(|chunk| Some(i64::from_be_bytes(chunk.try_into().ok()?))).collect()
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

/// Records of a list: its items from a seq on, and a base meta, of 32 bytes where there is an expiry to carry.
pub fn write(user_key: &[u8], list: &List, head: i64) -> Records {
    let length = list.items.len() as i64;
    let mut meta: Vec<u8> = [head, head + length, length].iter().flat_map(|number| number.to_be_bytes()).collect();
    if let Some(ms) = list.expire_at_ms {
        meta.extend(ms.to_be_bytes());
    }
    let mut records = Records::from([([b"!lst|meta|", user_key].concat(), meta)]);
    for (seq, item) in (head..).zip(&list.items) {
        records.insert(item_key(user_key, seq), item.clone());
    }
    records
}

/// What a dump of lists is restored as: items from 0 on, a base meta of 32 bytes with the expiry, and the expiry's record. As an
/// expiry of 0 would be none there, its meta has 24 bytes.
pub fn restored(lists: &Lists) -> Records {
    let mut records = Records::new();
    for (user_key, list) in lists {
        let inline = Some(list.expire_at_ms.unwrap_or(0)).filter(|_| list.expire_at_ms != Some(0));
        records.append(&mut write(user_key, &List { expire_at_ms: inline, ..list.clone() }, 0));
        records.extend(list.expire_at_ms.map(|ms| ttl(user_key, ms)));
    }
    records
}

/// The first delta of a user key.
pub fn delta(user_key: &[u8], head: i64, len: i64) -> (Vec<u8>, Vec<u8>) {
    let length = (user_key.len() as u32).to_be_bytes();
    let key = [b"!lst|meta|d|".as_slice(), &length, user_key, &1_u64.to_be_bytes(), &0_u32.to_be_bytes()].concat();
    (key, [head.to_be_bytes(), len.to_be_bytes()].concat())
}

/// The expiry record of a user key.
pub fn ttl(user_key: &[u8], ms: u64) -> (Vec<u8>, Vec<u8>) {
    ([b"!redis|ttl|", user_key].concat(), ms.to_be_bytes().to_vec())
}

/// The key of an item.
pub fn item_key(user_key: &[u8], seq: i64) -> Vec<u8> {
    let sortable = (i128::from(seq) - i128::from(i64::MIN)) as u64;
    [b"!lst|itm|", user_key, &sortable.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_records_of_a_list() {
        let list = List { items: vec![b"a".to_vec(), b"".to_vec(), b"c".to_vec()], expire_at_ms: Some(256) };
        let records = write(b"k", &list, -1);
        let golden: [(&[u8], &[u8]); 4] = [
            (b"!lst|itm|k\x7f\xff\xff\xff\xff\xff\xff\xff", b"a"),
            (b"!lst|itm|k\x80\0\0\0\0\0\0\0", b""),
            (b"!lst|itm|k\x80\0\0\0\0\0\0\x01", b"c"),
            (b"!lst|meta|k", b"\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\x01\0"),
        ];
        assert_eq!(records, golden.map(|(key, value)| (key.to_vec(), value.to_vec())).into());
        let decoded = decode(&records).expect("well-formed");
        assert_eq!(decoded, Decoded { lists: [(b"k".to_vec(), list)].into(), oddities: Vec::new() });
    }

    #[test]
    fn deltas_move_the_window_and_a_short_meta_leaves_the_expiry_to_its_record() {
        let list = List { items: vec![b"a".to_vec(), b"b".to_vec()], expire_at_ms: None };
        let mut records = write(b"d|", &list, 0);
        let delta = b"!lst|meta|d|\0\0\0\x02d|12345678\0\0\0\0".to_vec();
        records.insert(delta, [0_i64, -1].iter().flat_map(|number| number.to_be_bytes()).collect());
        records.extend([ttl(b"d|", u64::MAX)]);
        records.insert(b"!redis|ttl|nobody".to_vec(), vec![0; 8]);
        let decoded = decode(&records).expect("well-formed");
        assert_eq!(decoded.lists, [(b"d|".to_vec(), List { expire_at_ms: Some(i64::MAX as u64), ..list })].into());
        let user_key = b"d|".to_vec();
        let expected = [
            Oddity::LengthMismatch { user_key: user_key.clone(), declared_len: 1, observed: 2 },
            Oddity::ItemOutsideWindow { user_key, count: 1 },
            Oddity::OrphanTtl { count: 1 },
        ];
        assert_eq!(decoded.oddities, expected);
        for bytes in [23, 40] {
            records.insert(b"!lst|meta|x".to_vec(), vec![0; bytes]);
            assert_eq!(decode(&records), Err([b"!lst|meta|x".to_vec()].into()), "a meta of {bytes} bytes");
        }
    }

    #[test]
    fn a_delta_is_of_the_first_commit() {
        let key = b"!lst|meta|d|\0\0\0\x01k\0\0\0\0\0\0\0\x01\0\0\0\0".to_vec();
        let value = b"\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\x02".to_vec();
        assert_eq!(delta(b"k", -1, 2), (key, value));
    }
}

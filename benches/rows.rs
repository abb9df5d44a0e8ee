//! Records of lists in one stretch of memory, in the order in which they arrive, and the lists that they are.

use std::collections::BTreeMap;

use ekv_roundtrip::encoder::{Count, DumpOptions, Summary, Unordered};
use ekv_roundtrip::format::dump_tree::Manifest;
use ekv_roundtrip::format::{Family, ListMeta, Seq, list};
use ekv_roundtrip::reader::{self, MadeBy};
use ekv_roundtrip::records::{Namespace, RecordSource, SourceError, StoredRecord, Visit};
use ekv_roundtrip::state::KeyState;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use crate::scratch::Folder;

/// The numbers of items for which the time is followed.
pub const ITEM_COUNTS: [u64; 7] = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000];

/// The order in which items arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    Random,
    Ascending,
    Descending,
}

impl Arrival {
    pub const ALL: [(Arrival, &'static str); 3] =
        [(Arrival::Random, "random"), (Arrival::Ascending, "ascending"), (Arrival::Descending, "descending")];

    fn arrange<T>(self, places: &mut [T]) {
        match self {
            Arrival::Random => places.shuffle(&mut ChaCha8Rng::seed_from_u64(places.len() as u64)),
            Arrival::Ascending => {}
            Arrival::Descending => places.reverse(),
        }
    }
}

/// Lists of the same length, each with a base meta that says so.
pub struct Rows {
    list_count: u64,
    items_per_list: u64,
    bytes: Vec<u8>,
    /// Where each row's key and value end in `bytes`; a row begins where the one before ends.
    ends: Vec<(usize, usize)>,
}

impl Rows {
    pub fn new(list_count: u64, items_per_list: u64, arrival: Arrival) -> Rows {
        let places = |number| (0..items_per_list).map(move |place| (number, place));
        let mut order: Vec<(u64, u64)> = (0..list_count).flat_map(places).collect();
        arrival.arrange(&mut order);
        let mut rows = Rows { list_count, items_per_list, bytes: Vec::new(), ends: Vec::new() };
        let (head, len) = (rows.head(), items_per_list.cast_signed());
        for (number, place) in order {
            let seq = Seq(head + place.cast_signed());
            rows.push(&list::item_key(&user_key(number), seq), &value(number, place));
        }
        for number in 0..list_count {
            let meta = ListMeta { head, tail: head + len, len, expiry_field: None };
            rows.push(&list::meta_key(&user_key(number)), &meta.to_bytes());
        }
        rows
    }

    /// Half of the items lie below seq 0, as in a list that was pushed to at both ends.
    fn head(&self) -> i64 {
        -(self.items_per_list / 2).cast_signed()
    }

    fn push(&mut self, key: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(key);
        let key_end = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.ends.push((key_end, self.bytes.len()));
    }

    pub fn item_count(&self) -> u64 {
        self.list_count * self.items_per_list
    }

    /// Keys and values, items first.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |&(key_end, end)| {
            let row = (&self.bytes[start..key_end], &self.bytes[key_end..end]);
            start = end;
            row
        })
    }

    pub fn unordered(&self) -> Unordered {
        let mut unordered = Unordered::new();
        for (key, value) in self.iter() {
            unordered.push(key, value).expect("a well-formed record");
        }
        unordered
    }

    fn lists(&self) -> BTreeMap<Vec<u8>, KeyState> {
        let items = |number| (0..self.items_per_list).map(|place| value(number, place)).collect();
        (0..self.list_count).map(|number| (user_key(number), KeyState::list(items(number), None))).collect()
    }

    /// Fails unless everything was dumped without a warning.
    pub fn check_summary(&self, id: &str, summary: &Summary) {
        let count = Count { keys: self.list_count, elements: self.item_count() };
        let expected = Summary { counts: [(Family::List, count)].into(), warnings: Vec::new() };
        assert_eq!(*summary, expected, "{id}: the summary of the dump");
    }

    /// Fails unless the dump holds these lists.
    pub fn check_dump(&self, id: &str, folder: &Folder) {
        let read = reader::read(folder.path(), MadeBy::OurEncoder).unwrap_or_else(|error| panic!("{id}: {error}"));
        let (mut found, expected) = (read.into_state(0).keys, self.lists());
        for (key, list) in expected {
            let found = found.remove(&key).unwrap_or_else(|| panic!("{id}: a list is missing"));
            let differing = found.items().iter().zip(list.items()).position(|(found, expected)| found != expected);
            assert_eq!(differing, None, "{id}: the first item that is not the one expected there");
            assert_eq!(found.items().len(), list.items().len(), "{id}: the number of items");
            assert_eq!(found.expire_at, list.expire_at, "{id}: the expiry");
        }
        assert!(found.is_empty(), "{id}: lists that should not be there");
    }
}

/// The rows must have arrived in ascending order.
impl RecordSource for Rows {
    fn scan(&self, namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        let wanted = |key: &[u8]| key.starts_with(list::ITEM_PREFIX) == (namespace == Namespace::Elements);
        for (key, value) in self.iter().filter(|(key, _)| wanted(key)) {
            if visit(StoredRecord { key, stored_key: key, value }).is_break() {
                break;
            }
        }
        Ok(())
    }
}

pub fn options() -> DumpOptions {
    DumpOptions { db_index: 0, manifest: Manifest::new("2100-01-01T00:00:00Z".to_owned()) }
}

fn user_key(number: u64) -> Vec<u8> {
    format!("jobs:{number:06}").into_bytes()
}

/// 12 to 52 bytes of text, 32 on average, with nothing to escape; no two of a list are the same.
fn value(number: u64, place: u64) -> Vec<u8> {
    const FILLING: &[u8; 40] = b"the quick brown fox jumps over lazy dogs";
    let length = (place.wrapping_mul(0x9e37_79b9) ^ number) % 41;
    let mut value = format!("job-{place:07} ").into_bytes();
    value.extend_from_slice(&FILLING[..length as usize]);
    value
}

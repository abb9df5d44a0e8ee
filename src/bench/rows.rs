//! Records in one stretch of memory, in the order in which they arrive.

use std::ops::ControlFlow;

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use super::stop::BenchError;
use crate::records::{Namespace, RecordSource, SourceError, StoredRecord, Visit};

/// Where a record stands.
#[derive(Clone, Copy)]
struct Place {
    key: usize,
    value: usize,
    end: usize,
}

/// Records in memory.
pub(super) struct Rows {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

impl Rows {
    /// Those of a source, in its order.
    pub(super) fn of(source: &dyn RecordSource) -> Result<Rows, BenchError> {
        let each = |visit: &mut dyn FnMut(StoredRecord<'_>)| {
            let scanned = source.scan(Namespace::All, &mut |record| {
                visit(record);
                ControlFlow::Continue(())
            });
            scanned.map_err(BenchError::at("read records"))
        };
        // Room is made once: what is given back while it grows would stay in the process, and hide memory that is taken later.
        let (mut count, mut bytes) = (0, 0);
        each(&mut |record| {
            count += 1;
            bytes += record.key.len() + record.value.len();
        })?;
        let mut rows = Rows { bytes: Vec::with_capacity(bytes), places: Vec::with_capacity(count) };
        each(&mut |record| {
            let start = rows.bytes.len();
            rows.bytes.extend_from_slice(record.key);
            rows.bytes.extend_from_slice(record.value);
            rows.places.push(Place { key: start, value: start + record.key.len(), end: rows.bytes.len() });
        })?;
        Ok(rows)
    }

    /// The same in another order, in which they also stand in memory, as they would come through a stream.
    pub(super) fn shuffled(mut self, seed: u64) -> Rows {
        self.places.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let mut shuffled = Rows { bytes: Vec::with_capacity(self.bytes.len()), places: Vec::new() };
        let moved = self.iter().map(|(key, value)| {
            let start = shuffled.bytes.len();
            shuffled.bytes.extend_from_slice(key);
            shuffled.bytes.extend_from_slice(value);
            Place { key: start, value: start + key.len(), end: shuffled.bytes.len() }
        });
        shuffled.places = moved.collect();
        shuffled
    }

    /// Keys and values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        // Every place is one in the bytes.
        let part = |from, to| self.bytes.get(from..to).unwrap_or_default();
        self.places.iter().map(move |place| (part(place.key, place.value), part(place.value, place.end)))
    }
}

/// They must be in ascending order.
impl RecordSource for Rows {
    fn scan(&self, namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        let prefixes = namespace.prefixes();
        for prefix in prefixes {
            let first = self
                .places
                .partition_point(|place| self.bytes.get(place.key..place.value).unwrap_or_default() < *prefix);
            for (key, value) in self.iter().skip(first).take_while(|(key, _)| key.starts_with(prefix)) {
                if visit(StoredRecord { key, stored_key: key, value }) == ControlFlow::Break(()) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::database::{Database, History};
    use crate::format::CommitTs;

    #[test]
    fn a_scan_gives_what_one_of_a_map_gives() {
        let database = Database::in_memory(History::Dropped);
        let keys: [&[u8]; 6] = [b"!lst|itm|k\0", b"!lst|itm|k\x01", b"!lst|meta|k", b"!redis|ttl|k", b"!zz", b"a"];
        database.commit(keys.iter().map(|key| (*key, Some(&b"v"[..]))), CommitTs(1)).expect("written");
        let rows = Rows::of(&database.snapshot()).expect("read");
        let map: BTreeMap<Vec<u8>, Vec<u8>> = keys.iter().map(|key| (key.to_vec(), b"v".to_vec())).collect();
        let scanned = |source: &dyn RecordSource, namespace| {
            let mut found = Vec::new();
            let visit: &mut Visit<'_> = &mut |record| {
                found.push((record.key.to_vec(), record.value.to_vec()));
                ControlFlow::Continue(())
            };
            source.scan(namespace, visit).expect("read");
            found
        };
        for namespace in [Namespace::Elements, Namespace::Attributes, Namespace::All] {
            assert_eq!(scanned(&rows, namespace), scanned(&map, namespace), "{namespace:?}");
        }
        let rows = rows.shuffled(1);
        let mut shuffled: Vec<&[u8]> = rows.iter().map(|(key, _)| key).collect();
        assert_ne!(shuffled, keys);
        shuffled.sort_unstable();
        assert_eq!(shuffled, keys);
    }
}

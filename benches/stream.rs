//! The streaming way of the encoder, from memory, so that it compares with a flush, and from RocksDB, as `dump` does it.

use std::cell::LazyCell;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion};
use ekv_roundtrip::database::{Database, History};
use ekv_roundtrip::encoder::encode_ordered;
use ekv_roundtrip::format::CommitTs;

use crate::rows::{Arrival, ITEM_COUNTS, Rows, options};
use crate::scratch::Folder;
use crate::timed_dump::{self, settle};

pub fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("stream");
    let options = options();
    for count in ITEM_COUNTS {
        let rows = LazyCell::new(|| Rows::new(1, count, Arrival::Ascending));
        settle(&mut group, count);
        timed_dump::bench(
            &mut group,
            BenchmarkId::new("memory", count),
            &format!("stream/memory/{count}"),
            &rows,
            || &*rows,
            |rows: &Rows, folder| encode_ordered(black_box(rows), &folder.dir, &options),
        );
    }
    for count in ITEM_COUNTS {
        let rows = LazyCell::new(|| Rows::new(1, count, Arrival::Ascending));
        let stored = LazyCell::new(|| Stored::new(&rows));
        settle(&mut group, count);
        timed_dump::bench(
            &mut group,
            BenchmarkId::new("database", count),
            &format!("stream/database/{count}"),
            &rows,
            || &stored.database,
            |database: &Database, folder| encode_ordered(&black_box(database).snapshot(), &folder.dir, &options),
        );
    }
    group.finish();
}

/// Rows in a database, in sorted files, as a store leaves it that was closed.
struct Stored {
    database: Database,
    _folder: Folder,
}

impl Stored {
    fn new(rows: &Rows) -> Stored {
        const ROWS_PER_COMMIT: usize = 10_000;
        let folder = Folder::new();
        let database = Database::create(&folder.path().join("db"), History::Dropped).expect("a database");
        let mut batch = Vec::with_capacity(ROWS_PER_COMMIT);
        for (key, value) in rows.iter() {
            batch.push((key, Some(value)));
            if batch.len() == ROWS_PER_COMMIT {
                database.commit(batch.drain(..), CommitTs(1)).expect("a commit");
            }
        }
        database.commit(batch, CommitTs(2)).expect("a commit");
        database.flush().expect("a flush");
        Stored { database, _folder: folder }
    }
}

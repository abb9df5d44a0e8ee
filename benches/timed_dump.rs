//! A dump, timed from the encoder's call to its return, and checked.

use std::cell::{Cell, LazyCell};
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, SamplingMode, Throughput};
use ekv_roundtrip::encoder::{EncodeError, Summary};

use crate::rows::Rows;
use crate::scratch::Folder;

/// As few samples as criterion takes where one iteration takes long.
pub fn settle(group: &mut BenchmarkGroup<'_, WallTime>, item_count: u64) {
    group.sampling_mode(SamplingMode::Flat);
    group.sample_size(if item_count >= 300_000 { 10 } else { 20 });
    group.throughput(Throughput::Elements(item_count));
}

/// Times `dump` of what `prepare` makes into an empty folder. Each dump's summary must be that of `rows`, and the first
/// dump must read as their lists.
pub fn bench<P, F: FnOnce() -> Rows>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: BenchmarkId,
    id: &str,
    rows: &LazyCell<Rows, F>,
    prepare: impl Fn() -> P,
    dump: impl Fn(P, &Folder) -> Result<Summary, EncodeError>,
) {
    let is_checked = Cell::new(false);
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            let mut total = Duration::ZERO;
            for _ in 0..iterations {
                let (prepared, folder) = (prepare(), Folder::new());
                let started = Instant::now();
                let summary = dump(prepared, &folder);
                total += started.elapsed();
                rows.check_summary(id, &summary.unwrap_or_else(|error| panic!("{id}: {error}")));
                if !is_checked.replace(true) {
                    rows.check_dump(id, &folder);
                }
            }
            total
        });
    });
}

//! The sorting way of the encoder: what it takes to take records in, and to sort and dump them.

use std::cell::{Cell, LazyCell};
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion};
use ekv_roundtrip::encoder::Unordered;

use crate::rows::{Arrival, ITEM_COUNTS, Rows, options};
use crate::scratch::Folder;
use crate::timed_dump::{self, settle};

/// Many small lists: how many, and items in each.
const SMALL_LISTS: [(u64, u64); 3] = [(1_000, 10), (10_000, 10), (100_000, 5)];

pub fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("flush");
    for (arrival, name) in Arrival::ALL {
        for count in ITEM_COUNTS {
            settle(&mut group, count);
            flush(&mut group, ("flush", name, count), || Rows::new(1, count, arrival));
        }
    }
    group.finish();

    let mut group = criterion.benchmark_group("flush-many");
    for (lists, items) in SMALL_LISTS {
        let name = format!("{items}-items-each");
        settle(&mut group, lists * items);
        flush(&mut group, ("flush-many", &name, lists), || Rows::new(lists, items, Arrival::Random));
    }
    group.finish();

    let mut group = criterion.benchmark_group("push");
    for (arrival, name) in Arrival::ALL {
        for count in [1_000, 10_000, 100_000, 1_000_000] {
            settle(&mut group, count);
            push(&mut group, name, count, || Rows::new(1, count, arrival));
        }
    }
    group.finish();
}

/// The records are taken in untimed, and then sorted and dumped. The flush frees its buffers list by list, so that is
/// timed too.
fn flush(
    group: &mut BenchmarkGroup<'_, WallTime>,
    (group_name, name, count): (&str, &str, u64),
    make: impl FnOnce() -> Rows,
) {
    let rows = LazyCell::new(make);
    let options = options();
    timed_dump::bench(
        group,
        BenchmarkId::new(name, count),
        &format!("{group_name}/{name}/{count}"),
        &rows,
        || rows.unordered(),
        |unordered: Unordered, folder| black_box(unordered).flush(&folder.dir, &options),
    );
}

/// The records of one list are taken in. What was taken in is dumped the first time, and dropped untimed.
fn push(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, count: u64, make: impl FnOnce() -> Rows) {
    let id = format!("push/{name}/{count}");
    let rows = LazyCell::new(make);
    let is_checked = Cell::new(false);
    group.bench_function(BenchmarkId::new(name, count), |bencher| {
        bencher.iter_custom(|iterations| {
            let mut total = Duration::ZERO;
            for _ in 0..iterations {
                let rows = &*rows;
                let started = Instant::now();
                let unordered = black_box(black_box(rows).unordered());
                total += started.elapsed();
                if !is_checked.replace(true) {
                    let folder = Folder::new();
                    let summary = unordered.flush(&folder.dir, &options());
                    rows.check_summary(&id, &summary.unwrap_or_else(|error| panic!("{id}: {error}")));
                    rows.check_dump(&id, &folder);
                }
            }
            total
        });
    });
}

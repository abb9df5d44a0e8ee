//! Runs for tests, which nobody has measured.

use super::figures::{FORMAT_VERSION, FittedGrowth, Measurement, Run, Usage};
use super::kind::Kind;
use super::machine::Machine;
use super::shape::Shape;

/// A measurement, with the ratio of its CPU times.
pub(super) fn measurement((kind, shape, n): (Kind, Shape, u64), usage: Usage, floor: Usage) -> Measurement {
    let ratio = usage.cpu_seconds / floor.cpu_seconds;
    let (commands, peak_bytes) = (None, None);
    Measurement { kind, shape, n, items: n, commands, bytes: n, rounds: 3, usage, floor, peak_bytes, ratio }
}

/// A run on a machine whose name is long and holds what XML and JSON escape.
pub(super) fn run(max_items: u64, measurements: Vec<Measurement>, fits: Vec<FittedGrowth>) -> Run {
    let machine = Machine {
        processor: "A & \"<B>\"".repeat(50),
        cores: 2,
        memory_gib: 1,
        system: "x".to_owned(),
        file_system: "tmpfs".to_owned(),
    };
    let (format_version, tool_version, seed) = (FORMAT_VERSION, "0".to_owned(), 1);
    Run { format_version, tool_version, seed, max_items, machine, measurements, fits }
}

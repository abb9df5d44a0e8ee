//! Results as lines of a table.

use super::figures::{FittedGrowth, Measurement};

/// The heads of the columns of [`row`].
pub const HEADER: &str = "\
measured        lists        n        clock      CPU   items/s  MB/s  commands/s    memory  CPU of floor  ratio";

/// A measurement as a line.
pub fn row(measurement: &Measurement) -> String {
    let Measurement { kind, shape, n, items, commands, bytes, usage, floor, peak_bytes, ratio, .. } = measurement;
    let per_second = |count: u64| count as f64 / usage.seconds;
    let commands = commands.map_or_else(String::new, |commands| thousands(per_second(commands)));
    let memory = peak_bytes.map_or_else(|| "unknown".to_owned(), |bytes| format!("{:.1} MB", mega(bytes as f64)));
    format!(
        "{:<14}  {:<5} {:>10}  {:>9} {:>8}  {:>8}  {:>4.0}  {commands:>10}  {memory:>8}  {:>12}  {ratio:>5.2}",
        kind.name(),
        shape.name(),
        grouped(*n),
        duration(usage.seconds * 1e9),
        duration(usage.cpu_seconds * 1e9),
        thousands(per_second(*items)),
        mega(per_second(*bytes)),
        duration(floor.cpu_seconds * 1e9),
    )
}

/// How a time grows, as a line.
pub fn fit_line(FittedGrowth { kind, shape, fit }: &FittedGrowth) -> String {
    let (kind, shape, growth) = (kind.name(), shape.name(), fit.growth.name());
    format!("{kind:<14}  {shape:<5}  {growth:<7}  within {:.0} %", fit.error * 100.0)
}

fn mega(bytes: f64) -> f64 {
    bytes / 1e6
}

/// Three digits of a number in thousands or millions.
fn thousands(number: f64) -> String {
    match number {
        number if number < 1e4 => format!("{number:.0}"),
        number if number < 1e6 => format!("{:.0} k", number / 1e3),
        number if number < 1e7 => format!("{:.2} M", number / 1e6),
        number => format!("{:.1} M", number / 1e6),
    }
}

/// Three digits and a unit.
pub fn duration(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$} {unit}")
}

/// Thousands set apart.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let from_end = |at: usize| digits.len() - at;
    let spaced = |(at, digit): (usize, char)| {
        let gap = if at > 0 && from_end(at).is_multiple_of(3) { " " } else { "" };
        format!("{gap}{digit}")
    };
    digits.chars().enumerate().map(spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Kind, Shape, Usage};

    #[test]
    fn columns_are_below_their_heads() {
        let usage = Usage { seconds: 1.5, cpu_seconds: 1.25 };
        let floor = Usage { seconds: 0.5, cpu_seconds: 0.5 };
        let applied = Measurement {
            kind: Kind::VerifyRocksdb,
            shape: Shape::Mixed,
            n: 10_000_000,
            items: 10_000_000,
            commands: Some(123_456),
            bytes: 300_000_000,
            rounds: 3,
            usage,
            floor,
            peak_bytes: Some(12_345_678),
            ratio: 2.5,
        };
        let start = "verify-rocksdb  mixed 10 000 000     1.50 s   1.25 s    6.67 M   200  ";
        let line = format!("{start}      82 k   12.3 MB        500 ms   2.50");
        assert_eq!(row(&applied), line);
        let dumped = Measurement { commands: None, peak_bytes: None, ..applied };
        let line = format!("{start}             unknown        500 ms   2.50");
        assert_eq!(row(&dumped), line);
        assert_eq!(HEADER.len(), line.len());
    }

    #[test]
    fn numbers_have_three_digits() {
        for (nanoseconds, text) in [(1.0, "1.00 ns"), (12_340.0, "12.3 µs"), (1.234e8, "123 ms"), (6.5e10, "65.0 s")] {
            assert_eq!(duration(nanoseconds), text);
        }
        for (count, text) in [(7, "7"), (1_000, "1 000"), (12_345_678, "12 345 678")] {
            assert_eq!(grouped(count), text);
        }
        for (number, text) in [(9_999.0, "9999"), (123_456.0, "123 k"), (1.5e6, "1.50 M"), (23.45e6, "23.4 M")] {
            assert_eq!(thousands(number), text);
        }
    }
}

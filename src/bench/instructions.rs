//! How many instructions something takes: steady where clocks are not.
//!
//! The counts that are checked in are a table in Markdown, with a row for each kernel. `benches/instructions.rs` makes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::table::grouped;

/// A kernel has grown if its count has by more than this factor.
const GROWN_BY: f64 = 1.05;

/// Instructions by the name of a kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub BTreeMap<String, u64>);

impl Counts {
    /// Those of a table; text around it is passed over.
    ///
    /// # Errors
    ///
    /// A row that is none; the sentence has it.
    pub fn parse(text: &str) -> Result<Counts, String> {
        let mut counts = Counts::default();
        // The first two rows are heads.
        for line in text.lines().filter(|line| line.starts_with('|')).skip(2) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let count = |digits: &str| digits.replace(' ', "").parse::<u64>().ok();
            let [name, digits] = cells.as_slice() else { return Err(format!("{line:?} has not two cells")) };
            let count = count(digits).filter(|count| *count > 0);
            let count = count.ok_or_else(|| format!("{line:?}: {digits:?} is no number of instructions"))?;
            if counts.0.insert(name.trim_matches('`').to_owned(), count).is_some() {
                return Err(format!("{line:?}: the kernel has a row already"));
            }
        }
        Ok(counts)
    }

    /// The table.
    pub fn table(&self) -> String {
        let mut text = "| kernel | instructions |\n| --- | ---: |\n".to_owned();
        for (name, count) in &self.0 {
            // Writing to a string does not fail.
            let _ = writeln!(text, "| `{name}` | {} |", grouped(*count));
        }
        text
    }

    /// What has become of earlier counts.
    pub fn since(&self, old: &Counts) -> Growths {
        let (mut lines, mut grown, mut unknown) = (String::new(), Vec::new(), Vec::new());
        for (name, new) in &self.0 {
            let Some(old) = old.0.get(name) else {
                unknown.push(format!("{name} has no row"));
                continue;
            };
            let growth = *new as f64 / *old as f64;
            let percent = (growth - 1.0) * 100.0;
            let remark = if growth > GROWN_BY { "  GROWN" } else { "" };
            let (old, new) = (grouped(*old), grouped(*new));
            let _ = writeln!(lines, "{name:<24}  {old:>12}  {new:>12}  {percent:>+6.1} %{remark}");
            if growth > GROWN_BY {
                grown.push(name.clone());
            }
        }
        unknown
            .extend(old.0.keys().filter(|name| !self.0.contains_key(*name)).map(|name| format!("{name} is no kernel")));
        Growths { lines, grown, unknown }
    }
}

/// What has become of counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growths {
    /// A line for each kernel: before, now, the change.
    pub lines: String,
    /// The kernels that have grown by more than five percent.
    pub grown: Vec<String>,
    /// Where the table and the kernels do not match.
    pub unknown: Vec<String>,
}

/// The count in what callgrind prints on standard error.
pub fn instructions_of(stderr: &str) -> Option<u64> {
    let line = stderr.lines().find_map(|line| line.split_once("Collected :"))?;
    line.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts<const N: usize>(rows: [(&str, u64); N]) -> Counts {
        Counts(rows.into_iter().map(|(name, count)| (name.to_owned(), count)).collect())
    }

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let counts = counts([("json-out-plain", 1_234_567), ("seqs", 89)]);
        let table = counts.table();
        let rows = "| `json-out-plain` | 1 234 567 |\n| `seqs` | 89 |\n";
        assert_eq!(table, format!("| kernel | instructions |\n| --- | ---: |\n{rows}"));
        assert_eq!(Counts::parse(&format!("# Counts\n\n{table}\nAnd words.\n")), Ok(counts));
        assert_eq!(Counts::parse("no table"), Ok(Counts::default()));
        for (row, problem) in [("| `a` |", "two cells"), ("| `a` | x |", "no number"), ("| `a` | 0 |", "no number")] {
            let error = Counts::parse(&format!("{table}{row}\n")).expect_err(problem);
            assert!(error.contains(problem), "{error}");
        }
        assert!(Counts::parse(&format!("{table}| `seqs` | 9 |\n")).is_err_and(|error| error.contains("already")));
    }

    #[test]
    fn more_than_five_percent_is_growth() {
        let old = counts([("a", 1_000), ("b", 1_000), ("c", 1_000)]);
        let growths = counts([("a", 1_050), ("b", 1_051), ("c", 10)]).since(&old);
        assert_eq!(growths.grown, ["b"]);
        assert_eq!(growths.unknown, Vec::<String>::new());
        let lines: Vec<&str> = growths.lines.lines().collect();
        assert_eq!(lines.get(1), Some(&"b                                1 000         1 051    +5.1 %  GROWN"));
        assert_eq!(lines.get(2), Some(&"c                                1 000            10   -99.0 %"));
        let others = counts([("a", 1_000), ("d", 7)]).since(&old);
        assert_eq!(others.unknown, ["d has no row", "b is no kernel", "c is no kernel"]);
    }

    #[test]
    fn callgrind_s_count_is_found() {
        assert_eq!(instructions_of("==7== Events    : Ir\n==7== Collected : 2391437\n==7== \n"), Some(2_391_437));
        assert_eq!(instructions_of("==7== Command: x\n"), None);
    }
}

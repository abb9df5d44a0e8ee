//! Whether a run has reached what every run of its kind reaches.
//!
//! The generator makes sure that a hundred default cases reach every row of the ledger that needs no flag, whatever the seed.
//! A run of that size that misses one has not been unlucky: something in the generator no longer leads there, and what the run
//! says about the others is worth less than it looks. With other flags, or with fewer cases, there is no such promise.

use super::Report;
use super::merge::Coverage;
use crate::campaign::Budget;

/// So many cases reach every row.
const CASES: u64 = 100;
/// If each has so many commands.
const COMMANDS: u64 = 1000;
/// With these flags cases have another shape, or another store.
const OTHER_SHAPES: &[&str] = &["--profile", "--keys", "--trace", "--exhaustive", "--store", "--oracle"];

/// The rows that a report of enough default cases lacks; empty for every other report, and where there is a finding, with which
/// a case ends early.
pub fn unexpectedly_missed(report: &Report) -> Vec<&'static str> {
    let is_large = matches!(report.budget, Budget::Cases(cases) if cases >= CASES);
    if !is_large || report.mismatches > 0 || !has_default_shape(&report.flags) || !Coverage::of(report).is_complete() {
        return Vec::new();
    }
    report.situations.missed_without_flags().iter().map(|row| row.name).collect()
}

fn has_default_shape(flags: &[String]) -> bool {
    let value_of = |flag: &str| flags.iter().skip_while(|given| *given != flag).nth(1);
    let commands = value_of("--commands").and_then(|number| number.parse::<u64>().ok());
    let has_both_widths = value_of("--meta").is_some_and(|meta| meta == "both");
    commands >= Some(COMMANDS) && has_both_widths && !flags.iter().any(|flag| OTHER_SHAPES.contains(&flag.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Shard;
    use crate::database::Engine;
    use crate::report::HowEnded;
    use crate::situations::{Mark, Needs, Reached, rows};

    fn report(flags: &str, budget: Budget, shard: Shard) -> Report {
        let flags = flags.split(' ').map(str::to_owned).collect();
        let mut report = Report::new(Some(1), flags, Some(Engine::Memory), budget, shard);
        let mut reached = Reached::default();
        reached.tick(Mark::NegativeHead);
        report.situations.add(reached);
        report
    }

    #[test]
    fn only_enough_default_cases_promise_anything() {
        let default = "--commands 1000 --meta both";
        let all = rows().filter(|row| row.needs == Needs::Nothing).count() - 1;
        let (hundred, whole) = (Budget::Cases(100), Shard::WHOLE);
        let missed = |flags: &str, budget, shard| unexpectedly_missed(&report(flags, budget, shard)).len();
        assert_eq!(missed(default, hundred, whole), all);
        assert_eq!(missed("--commands 2000 --meta both --history", Budget::Cases(1000), whole), all);
        for budget in [Budget::Cases(99), Budget::Case(3), Budget::TimeMs(1_000_000)] {
            assert_eq!(missed(default, budget, whole), 0, "{budget:?}");
        }
        assert_eq!(missed(default, hundred, Shard::new(1, 2).expect("in bounds")), 0);
        for flags in [
            "--commands 999 --meta both",
            "--commands 1000 --meta 24",
            "--commands 1000 --keys 3 --meta both",
            "--commands 1000 --profile ttl --meta both",
            "--commands 1000 --meta both --oracle redis://localhost:1",
            "--trace FILE --meta both",
            "--exhaustive 4 --meta both",
        ] {
            assert_eq!(missed(flags, hundred, whole), 0, "{flags}");
        }
    }

    #[test]
    fn a_run_that_found_something_or_ended_early_promises_nothing() {
        let default = || report("--commands 1000 --meta both", Budget::Cases(100), Shard::WHOLE);
        let found = Report { mismatches: 1, ..default() };
        assert_eq!(unexpectedly_missed(&found), [""; 0]);
        let mut interrupted = default();
        interrupted.came_to(7, HowEnded::Interrupted, None);
        assert_eq!(unexpectedly_missed(&interrupted), [""; 0]);
    }

    #[test]
    fn a_run_that_reached_everything_lacks_nothing() {
        let mut report = report("--commands 1000 --meta both", Budget::Cases(100), Shard::WHOLE);
        let name = "linsert-after";
        assert!(unexpectedly_missed(&report).contains(&name));
        let counts = rows().map(|row| (row.name, u64::from(row.name != name)));
        let counts: std::collections::BTreeMap<&str, u64> = counts.collect();
        report.situations = serde_json::from_value(serde_json::to_value(counts).expect("JSON")).expect("a ledger");
        assert_eq!(unexpectedly_missed(&report), [name]);
    }
}

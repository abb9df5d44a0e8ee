//! Whether a run has reached what every run of its kind reaches, and whether its report counts what it is given.
//!
//! The generator makes sure that a hundred default cases reach every row of the ledger that needs no flag, whatever the seed.
//! A run of that size that misses one has not been unlucky: something in the generator no longer leads there, and what the run
//! says about the others is worth less than it looks. With other flags, or with fewer cases, there is no such promise.

use super::merge::Coverage;
use super::{NextSteps, Report};
use crate::campaign::{Budget, Outcome, Shard};
use crate::case::CaseReport;
use crate::database::Engine;
use crate::finding::{Finding, FindingKind};
use crate::situations::{Mark, Reached};
use crate::store::MetaWidth;

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

/// What a report counts wrongly, as a sentence: this one, or one of a few cases whose sums are known. As with a comparison, a
/// count that is blind would look like nothing to count.
pub fn miscounted(report: &Report) -> Option<String> {
    let of_classes: u64 = report.classes.values().sum();
    let listed = report.findings.len() as u64;
    if report.mismatches != listed || report.mismatches != of_classes {
        let counted = format!("{} mismatches are counted", report.mismatches);
        return Some(format!("{counted}, {of_classes} of them in classes, and {listed} findings are listed"));
    }
    let tried = tried();
    let summary = tried.summary_line();
    let classes: Vec<&u64> = tried.classes.values().collect();
    let others = [tried.items, tried.refused, tried.empty_kept, tried.situations.counts().sum()];
    let sums = format!("{classes:?} {} {others:?}", tried.firsts_of_classes().len());
    let is_right = summary.starts_with(TRIED_SUMMARY) && sums == TRIED_SUMS && tried.findings.len() == 4;
    (!is_right).then(|| format!("of {TRIED_SUMMARY:?} it makes {summary:?}, by class, classes and others {sums}"))
}

const TRIED_SUMMARY: &str = "verified 5 cases, 15 commands, 10 lists: 4 mismatches in";
/// Findings of each class, the classes, and items, refusals, empty lists and situations.
const TRIED_SUMS: &str = "[1, 3] 2 [35, 55, 65, 5]";

/// The report of five cases: three with findings of one class, one with one of another, one with none.
fn tried() -> Report {
    let mut report = Report::new(Some(1), Vec::new(), Some(Engine::Memory), Budget::Cases(5), Shard::WHOLE);
    let mut reached = Reached::default();
    reached.tick(Mark::NegativeHead);
    for (case, aspect) in (0..).zip([Some("items"), None, Some("items"), Some("expiry"), Some("items")]) {
        let finding =
            aspect.map(|aspect| Finding { aspect, ..Finding::new(FindingKind::DumpState, aspect.to_owned()) });
        let report_of_case = CaseReport {
            commands: 3,
            lists: 2,
            items: 7,
            refused: 11,
            empty_kept: 13,
            reached: Some(reached),
            finding,
            ..CaseReport::default()
        };
        let outcome =
            Outcome { case, profile: None, width: Some(MetaWidth::Short), framing: None, report: report_of_case };
        report.add(&outcome, || NextSteps { repeat: String::new(), shrink: String::new() });
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::HowEnded;
    use crate::situations::{Needs, rows};

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
    fn a_report_that_counts_wrongly_is_told_of() {
        let right = tried();
        assert_eq!(miscounted(&right), None);
        let wrong = Report { mismatches: 2, ..right.clone() };
        let said = "2 mismatches are counted, 4 of them in classes, and 4 findings are listed";
        assert_eq!(miscounted(&wrong).as_deref(), Some(said));
        let wrong = Report { findings: right.findings.iter().take(3).cloned().collect(), ..right };
        assert!(miscounted(&wrong).is_some_and(|said| said.ends_with("and 3 findings are listed")));
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

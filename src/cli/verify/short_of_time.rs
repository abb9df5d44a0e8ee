//! What a run with a time limit did not do: cases that it did not begin, and cases that it stopped.

use std::collections::BTreeMap;

use crate::campaign::{Ended, NotDone};
use crate::cli::ended::Failure;
use crate::cli::output::note;
use crate::finding::LeftOutKind;
use crate::format::counted;
use crate::report::Report;

/// Prints it, and counts as left out the profiles of which no case was run to its end.
pub(super) fn tell(ended: &Ended, report: &mut Report) {
    let mut passed_over: BTreeMap<&str, u64> = BTreeMap::new();
    for NotDone { case, profile, is_begun } in &ended.not_done {
        let name = profile.map_or(Report::TRACE, |profile| profile.name);
        if *is_begun {
            let repeat = format!("--case {case} without --time runs it to its end");
            note(&format!(
                "note: not finished: case {case} (profile {name}), stopped because the time was up; {repeat}"
            ));
        } else {
            *passed_over.entry(name).or_default() += 1;
        }
        if !report.profiles.contains_key(name) {
            report.left_out.add(LeftOutKind::Profiles, name, 1);
        }
    }
    if !passed_over.is_empty() {
        let cases = counted(passed_over.values().sum(), "case");
        let by_profile: Vec<String> = passed_over.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let hint = "--cases runs them, whatever time they take";
        note(&format!(
            "note: not begun: {cases} that would not have ended in time ({}); {hint}",
            by_profile.join(", ")
        ));
    }
}

/// Why a run says nothing that did not finish a case in its time.
pub(super) fn nothing_done(ended: &Ended, report: &Report) -> Option<Failure> {
    let is_nothing = report.cases == 0 && !ended.not_done.is_empty();
    is_nothing
        .then(|| Failure::Input("no case was finished in the time of --time; give more time, or --cases 1".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::{Budget, Shard};
    use crate::database::Engine;
    use crate::workload::Profile;

    #[test]
    fn a_profile_is_left_out_if_none_of_its_cases_was_done() {
        let mut report = Report::new(Some(1), Vec::new(), Some(Engine::Memory), Budget::TimeMs(1), Shard::WHOLE);
        report.profiles.entry("long".to_owned()).or_default().insert("24".to_owned(), 1);
        let not_done = |case, name, is_begun| NotDone { case, profile: Profile::find(name), is_begun };
        let not_done = vec![not_done(8, "many", true), not_done(9, "long", false), not_done(109, "many", false)];
        let ended = Ended { next_case: 8, end_case: 120, not_done, result: Ok(()) };
        assert!(nothing_done(&ended, &report).is_some());
        tell(&ended, &mut report);
        assert_eq!(report.left_out.words(), "left out: profiles 2 (many 2)");
        report.cases = 1;
        assert!(nothing_done(&ended, &report).is_none());
    }
}

//! The reports of a campaign's shards as one, and how much of the campaign they make up.
//!
//! Merging depends on nothing but the reports, in whatever order they are named; merged reports can be merged again. With
//! all shards there, it is the report that one machine would have made, but for how the work was shared out and how long it
//! took.
//!
//! This works because a report says of each of its shards how far it came. So a merged report consists of the same
//! parts as one from a single machine.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use serde::Deserialize;

use super::{HowEnded, REPORT_VERSION, Report, ReportedFinding, ShardReport};
use crate::campaign::{Budget, Shard};
use crate::database::Engine;
use crate::finding::Finding;
use crate::format::{counted, json_fault};

/// How much of a campaign a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The numbers of the shards that are not in it.
    pub missing: Vec<u64>,
    /// The parts that ended before they had done what was asked.
    pub unfinished: Vec<ShardReport>,
    /// All cases with lower numbers have been done.
    pub done_below: u64,
    /// Done cases beyond that.
    pub beyond: u64,
}

impl Coverage {
    /// What a report covers.
    pub fn of(report: &Report) -> Coverage {
        let shards = report.shards_in_all();
        let mut there: Vec<u64> = report.shards.iter().map(|part| part.shard.index()).collect();
        there.sort_unstable();
        let missing: Vec<u64> = (1..=shards).filter(|index| there.binary_search(index).is_err()).collect();
        let unfinished = report.shards.iter().filter(|part| part.ended != HowEnded::Done).cloned().collect();
        let not_begun = missing.iter().filter_map(|index| Shard::new(*index, shards).ok()?.case_at(0));
        let next_cases = report.shards.iter().map(|part| part.next_case).chain(not_begun);
        let end = match report.budget {
            Budget::Cases(cases) => cases,
            Budget::Case(_) | Budget::TimeMs(_) => u64::MAX,
        };
        let done_below = next_cases.min().unwrap_or(0).min(end);
        // Of a single case, what comes before was not run.
        let is_from_0 = !matches!(report.budget, Budget::Case(_));
        let beyond = if is_from_0 { report.cases.saturating_sub(done_below) } else { 0 };
        Coverage { missing, unfinished, done_below, beyond }
    }

    /// Whether all shards are there and have done what was asked.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.unfinished.is_empty()
    }

    /// The same in words, a line each.
    pub fn lines(&self, report: &Report) -> Vec<String> {
        let of = report.shards_in_all();
        let mut lines = Vec::new();
        if let Budget::Case(case) = report.budget {
            lines.push(format!("case {case} alone"));
        } else {
            let beyond = if self.beyond > 0 { format!(", and {} beyond", self.beyond) } else { String::new() };
            lines.push(match self.done_below {
                0 => format!("no {} from number 0 on without a gap{beyond}", report.noun()),
                1 => format!("{} 0{beyond}", report.noun()),
                below => format!("{} 0 to {}{beyond}", report.noun_of_many(), below - 1),
            });
        }
        let there = counted(of - self.missing.len() as u64, "shard");
        match self.missing.is_empty() {
            true if of == 1 => {}
            true => lines.push(format!("all of {}", counted(of, "shard"))),
            false => lines.push(format!("{there} of {of}; missing: {}", ranges(&self.missing))),
        }
        for part in &self.unfinished {
            let reason = part.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
            let how = if part.ended == HowEnded::Interrupted { "was interrupted" } else { "ended early" };
            let who = if of == 1 { "it".to_owned() } else { format!("shard {}", part.shard) };
            lines.push(format!("{who} {how} after {}{reason}", report.counted_cases(part.cases)));
        }
        lines
    }
}

/// Numbers in ascending order, runs of them as `a-b`.
fn ranges(numbers: &[u64]) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let shown: Vec<String> = runs
        .into_iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") })
        .collect();
    shown.join(", ")
}

/// Reads a report.
///
/// # Errors
///
/// A clause that says what is wrong with it.
pub fn read_report(json: &[u8]) -> Result<Report, String> {
    #[derive(Deserialize)]
    struct Versioned {
        format_version: u64,
    }
    if json.iter().all(u8::is_ascii_whitespace) {
        return Err("it is empty".to_owned());
    }
    let not_one = |error: serde_json::Error| {
        let sentence = json_fault::sentence(&error);
        match error.classify() {
            serde_json::error::Category::Eof => format!("it is cut off ({sentence})"),
            serde_json::error::Category::Syntax => format!("it is not JSON ({sentence})"),
            _ => format!("it is no report of verify or merge ({sentence})"),
        }
    };
    let Versioned { format_version } = serde_json::from_slice(json).map_err(not_one)?;
    if format_version != u64::from(REPORT_VERSION) {
        let hint = "use the version of ekv-roundtrip that wrote it";
        return Err(format!("its format_version is {format_version}, and this is {REPORT_VERSION}; {hint}"));
    }
    let report: Report = serde_json::from_slice(json).map_err(not_one)?;
    require_consistent(&report).map_err(|what| format!("it contradicts itself: {what}"))?;
    if report.sealed().map_err(not_one)?.checksum != report.checksum {
        return Err("its checksum does not match: it was changed since it was written".to_owned());
    }
    Ok(report)
}

fn require_consistent(report: &Report) -> Result<(), &'static str> {
    let Some(first) = report.shards.first() else { return Err("it has no shards") };
    if report.shards.iter().any(|part| part.shard.of() != first.shard.of()) {
        return Err("its shards are of several numbers of shards");
    }
    if !report.shards.is_sorted_by(|one, other| one.shard.index() < other.shard.index()) {
        return Err("its shards are not in order");
    }
    let in_profiles = report.profiles.values().flat_map(BTreeMap::values).copied();
    let of_cases = report.findings.iter().filter(|finding| finding.case.is_some()).count() as u64;
    if of_cases > report.cases {
        return Err("more cases have findings than there are");
    }
    for (counts, total) in [
        (sum(report.shards.iter().map(|part| part.cases)), report.cases),
        (sum(in_profiles), report.cases),
        (sum(report.classes.values().copied()), report.mismatches),
        (Some(report.findings.len() as u64), report.mismatches),
    ] {
        if counts != Some(total) {
            return Err("its counts do not add up");
        }
    }
    if !report.left_out.is_known() {
        return Err("it leaves out what there is no kind of");
    }
    if report.decoded.values().any(|cases| *cases > report.cases) {
        return Err("a shape has more cases than there are");
    }
    let given = |name: &String| report.decoded.get(name).copied().unwrap_or(0);
    if report.decoded_right.iter().any(|(name, cases)| *cases > given(name)) {
        return Err("a shape has more cases without a finding than cases");
    }
    if report.situations.counts().any(|cases| cases > report.cases) {
        return Err("a situation has more cases than there are");
    }
    match report.findings.iter().all(|finding| report.classes.contains_key(&finding.class)) {
        true => Ok(()),
        false => Err("a finding's class is not among its classes"),
    }
}

fn sum(mut counts: impl Iterator<Item = u64>) -> Option<u64> {
    counts.try_fold(0_u64, u64::checked_add)
}

/// Merges reports, each with the name by which an error speaks of it; at least one.
///
/// # Errors
///
/// A sentence that says which two are not of one campaign, or have the same shard.
pub fn merge(mut reports: Vec<(String, Report)>) -> Result<Report, String> {
    let first_shard = |report: &Report| report.shards.first().map(|part| part.shard);
    reports.sort_by(|(name, report), (other, than)| (first_shard(report), name).cmp(&(first_shard(than), other)));
    let mut owners: BTreeMap<Shard, String> = BTreeMap::new();
    let mut merged: Option<(String, Report)> = None;
    let mut of_runs = Vec::new();
    for (name, mut report) in reports {
        of_runs.append(&mut taken_of_run(&mut report));
        for part in &report.shards {
            if let Some(owner) = owners.insert(part.shard, name.clone()) {
                return Err(format!("{owner} and {name} both have shard {}; name each shard once", part.shard));
            }
        }
        match &mut merged {
            None => merged = Some((name, report)),
            Some((first, merged)) => {
                let differs = |what| format!("{first} and {name} are not of one campaign: {what}");
                require_one_campaign(merged, &report).map_err(differs)?;
                add(merged, report).ok_or_else(|| format!("{first} and {name}: their sums go beyond 64 bits"))?;
            }
        }
    }
    let (_, mut merged) = merged.ok_or("there is no report to merge")?;
    merged.shards.sort_by_key(|part| part.shard);
    merged.findings.sort_by_key(|finding| finding.case);
    add_of_runs(&mut merged, of_runs);
    Ok(merged)
}

/// Takes the findings of the run as a whole out of a report: each shard has its own.
fn taken_of_run(report: &mut Report) -> Vec<ReportedFinding> {
    let taken: Vec<ReportedFinding> = report.findings.extract_if(.., |finding| finding.case.is_none()).collect();
    for finding in &taken {
        report.mismatches -= 1;
        if let Some(count) = report.classes.get_mut(&finding.class) {
            *count -= 1;
        }
    }
    report.classes.retain(|_, count| *count > 0);
    taken
}

/// Adds them again, each class once; what was left out is that of all shards.
fn add_of_runs(merged: &mut Report, of_runs: Vec<ReportedFinding>) {
    let left_out = if merged.is_strict() { Finding::of_left_out(&merged.left_out) } else { Vec::new() };
    let mut classes = BTreeSet::new();
    let of_runs = of_runs.into_iter().filter(|found| classes.insert(found.class.clone()));
    for mut found in of_runs {
        let now = left_out.iter().find(|finding| finding.fingerprint() == found.class);
        now.iter().for_each(|finding| found.detail.clone_from(&finding.detail));
        merged.mismatches += 1;
        *merged.classes.entry(found.class.clone()).or_default() += 1;
        let place = merged.findings.iter().take_while(|finding| finding.case.is_none()).count();
        merged.findings.insert(place, found);
    }
}

fn require_one_campaign(one: &Report, other: &Report) -> Result<(), String> {
    let seed = |report: &Report| report.seed.map_or_else(|| "none".to_owned(), |seed| seed.to_string());
    let engine = |report: &Report| report.engine.map_or("none", Engine::name).to_owned();
    let budget = |report: &Report| match report.budget {
        Budget::Case(case) => format!("--case {case}"),
        Budget::Cases(cases) => format!("--cases {cases}"),
        Budget::TimeMs(ms) => format!("--time {ms}ms"),
    };
    for (what, one, other) in [
        ("version", one.tool_version.clone(), other.tool_version.clone()),
        ("seed", seed(one), seed(other)),
        ("engine", engine(one), engine(other)),
        ("flags", one.flags.join(" "), other.flags.join(" ")),
        ("budget", budget(one), budget(other)),
        ("number of shards", one.shards_in_all().to_string(), other.shards_in_all().to_string()),
    ] {
        if one != other {
            return Err(format!("{what} {one:?} and {other:?}"));
        }
    }
    Ok(())
}

/// `None` where a sum goes beyond 64 bits.
fn add(merged: &mut Report, report: Report) -> Option<()> {
    for (total, count) in [
        (&mut merged.cases, report.cases),
        (&mut merged.commands, report.commands),
        (&mut merged.lists, report.lists),
        (&mut merged.items, report.items),
        (&mut merged.refused, report.refused),
        (&mut merged.empty_kept, report.empty_kept),
        (&mut merged.mismatches, report.mismatches),
    ] {
        *total = total.checked_add(count)?;
    }
    add_counts(&mut merged.classes, report.classes)?;
    add_counts(&mut merged.known, report.known)?;
    merged.situations.join(report.situations)?;
    merged.left_out.join(report.left_out)?;
    add_counts(&mut merged.decoded, report.decoded)?;
    add_counts(&mut merged.decoded_right, report.decoded_right)?;
    for (profile, widths) in report.profiles {
        add_counts(merged.profiles.entry(profile).or_default(), widths)?;
    }
    merged.shards.extend(report.shards);
    merged.findings.extend(report.findings);
    // Shards work side by side.
    let timings = &mut merged.timings;
    timings.seconds = timings.seconds.max(report.timings.seconds);
    timings.shrinking_seconds = timings.shrinking_seconds.max(report.timings.shrinking_seconds);
    let seconds = timings.seconds;
    timings.commands_per_second = if seconds > 0.0 { merged.commands as f64 / seconds } else { 0.0 };
    Some(())
}

fn add_counts<K: Ord + Hash>(totals: &mut BTreeMap<K, u64>, counts: BTreeMap<K, u64>) -> Option<()> {
    for (name, count) in counts {
        let total = totals.entry(name).or_default();
        *total = total.checked_add(count)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(shard: &str, cases: u64, next_case: u64, ended: HowEnded) -> Report {
        let shard = shard.parse().expect("a shard");
        let mut report = Report::new(Some(7), Vec::new(), Some(Engine::Memory), Budget::Cases(10), shard);
        report.cases = cases;
        report.commands = 100 * cases;
        report.profiles = BTreeMap::from([("churn".to_owned(), BTreeMap::from([("24".to_owned(), cases)]))]);
        report.came_to(next_case, ended, None);
        report
    }

    fn named(reports: &[&Report]) -> Vec<(String, Report)> {
        reports.iter().enumerate().map(|(at, report)| (format!("{at}.json"), (*report).clone())).collect()
    }

    #[test]
    fn the_order_and_the_steps_of_merging_do_not_matter() {
        let (a, b, c) = (
            report("1/3", 4, 12, HowEnded::Done),
            report("2/3", 3, 10, HowEnded::Done),
            report("3/3", 3, 11, HowEnded::Done),
        );
        let all = merge(named(&[&a, &b, &c])).expect("one campaign");
        assert_eq!(merge(named(&[&c, &a, &b])), Ok(all.clone()));
        let two = merge(named(&[&c, &a])).expect("one campaign");
        assert_eq!(Coverage::of(&two).lines(&two), ["case 0, and 6 beyond", "2 shards of 3; missing: 2"]);
        assert_eq!(merge(named(&[&b, &two])), Ok(all.clone()));
        assert_eq!((all.cases, all.commands), (10, 1000));
        let coverage = Coverage::of(&all);
        assert!(coverage.is_complete());
        assert_eq!(coverage.lines(&all), ["cases 0 to 9", "all of 3 shards"]);
        let all = all.sealed().expect("JSON");
        let json = serde_json::to_vec_pretty(&all).expect("JSON");
        assert_eq!(read_report(&json), Ok(all));
    }

    #[test]
    fn what_is_not_one_campaign_is_refused() {
        let a = report("1/3", 4, 12, HowEnded::Done);
        let refused = |other: &Report| merge(named(&[&a, other])).expect_err("another campaign");
        assert_eq!(refused(&a), "0.json and 1.json both have shard 1/3; name each shard once");
        let b = report("2/3", 3, 10, HowEnded::Done);
        assert!(refused(&Report { seed: Some(8), ..b.clone() }).contains("seed \"7\" and \"8\""));
        assert!(refused(&Report { flags: vec!["--noise".to_owned()], ..b.clone() }).contains("flags"));
        assert!(refused(&Report { budget: Budget::Cases(11), ..b.clone() }).contains("--cases 11"));
        assert!(refused(&Report { engine: None, ..b.clone() }).contains("engine \"memory\" and \"none\""));
        assert!(refused(&Report { tool_version: "0.0.0".to_owned(), ..b.clone() }).contains("version"));
        assert!(refused(&report("2/4", 2, 9, HowEnded::Done)).contains("number of shards"));
        assert!(refused(&Report { commands: u64::MAX, ..b }).contains("64 bits"));
    }

    #[test]
    fn an_interrupted_shard_leaves_the_campaign_incomplete() {
        let (a, b) = (report("1/2", 5, 11, HowEnded::Done), report("2/2", 2, 5, HowEnded::Interrupted));
        let merged = merge(named(&[&a, &b])).expect("one campaign");
        let coverage = Coverage::of(&merged);
        assert!(!coverage.is_complete());
        assert_eq!(
            coverage.lines(&merged),
            ["cases 0 to 4, and 2 beyond", "all of 2 shards", "shard 2/2 was interrupted after 2 cases"]
        );
        assert!(
            merged
                .summary_line()
                .ends_with(", seed 7, 2 shards, engine memory; nothing left out; interrupted before all was done")
        );
    }

    #[test]
    fn what_is_no_report_is_refused_with_one_clause() {
        let good = report("1/3", 4, 12, HowEnded::Done);
        let json = serde_json::to_string(&good.sealed().expect("JSON")).expect("JSON");
        let refused = |json: &str| read_report(json.as_bytes()).expect_err("no report");
        assert_eq!(refused(" \n"), "it is empty");
        assert!(refused(&json[..json.len() / 2]).starts_with("it is cut off"));
        assert!(refused("<html>").starts_with("it is not JSON"));
        assert!(refused("[]").starts_with("it is no report"));
        assert!(refused("{}").contains("format_version"));
        assert!(refused(&json.replace("\"format_version\":9", "\"format_version\":8")).contains("is 8, and this is 9"));
        assert!(refused(&json.replace("\"cases\":4,", "\"cases\":5,")).contains("contradicts"));
        assert!(refused(&json.replace("\"situations\":{}", "\"situations\":{\"both-signs\":5}")).contains("situation"));
        assert!(refused(&json.replace("\"of\":3", "\"of\":18446744073709551615")).contains("there can be"));
        assert!(refused(&json.replace("\"index\":1", "\"index\":0")).contains("from 1 to 3"));
        assert!(refused(&json.replace("\"seed\"", "\"sead\"")).contains("unknown field"));
    }

    #[test]
    fn no_wrong_bit_changes_a_report_unnoticed() {
        let good = Report { seed: Some(7), items: 12, ..report("1/3", 4, 12, HowEnded::Done) }.sealed().expect("JSON");
        let json = serde_json::to_vec_pretty(&good).expect("JSON");
        for bit in 0..json.len() * 8 {
            let mut wrong = json.clone();
            *wrong.get_mut(bit / 8).expect("in the report") ^= 1 << (bit % 8);
            if let Ok(read) = read_report(&wrong) {
                // A blank for another.
                assert_eq!(read, good, "bit {bit}");
            }
        }
    }

    #[test]
    fn runs_of_numbers_are_summed_up() {
        assert_eq!(ranges(&[1, 2, 3, 5, 7, 8]), "1-3, 5, 7-8");
    }
}

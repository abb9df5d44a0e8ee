//! Shrinking by made-up findings: what is left is what they need, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::*;
use crate::case::typed_lines;
use crate::finding::FindingKind;
use crate::jobs::Interrupt;
use crate::workload::{CaseSpec, Generator, Profile, Trace};

const LONG: Duration = Duration::from_secs(600);

fn finding(kind: FindingKind, detail: &str) -> Finding {
    Finding { aspect: "items", ..Finding::new(kind, detail.to_owned()) }
}

fn text(steps: &[Step]) -> String {
    let mut out = Vec::new();
    steps.iter().for_each(|step| step.write(&mut out).expect("memory"));
    String::from_utf8(out).expect("JSON is UTF-8")
}

fn steps(text: &str) -> Vec<Step> {
    Trace::read(text.as_bytes()).expect("a trace").steps
}

/// Shrinks what fails when `fails` says so of its text.
fn shrunk(steps: Vec<Step>, fails: impl Fn(&str) -> bool) -> Option<Shrunk> {
    let mut check = |steps: &[Step]| Ok(fails(&text(steps)).then(|| finding(FindingKind::DumpState, "made up")));
    shrink(steps, LONG, &Interrupt::NEVER, &mut check, &mut |_| {}).expect("it runs")
}

#[test]
fn a_generated_case_comes_down_to_the_commands_that_it_takes() {
    let profile = Profile::find("churn").expect("a profile");
    let spec = CaseSpec { seed: 3, profile, commands: 1000, keys: None, clients: 1 };
    let case: Vec<Step> = Generator::new(&spec).collect();
    let fails = |text: &str| {
        let after = |rest: &str, what: &str| rest.find(what).map(|at| rest[at + 1..].to_owned());
        after(text, "[\"LPUSH\"")
            .and_then(|rest| after(&rest, "[\"RPOP\""))
            .is_some_and(|rest| rest.contains("[\"DEL\""))
    };
    let shrunk = shrunk(case, fails).expect("it fails");
    assert_eq!(shrunk.cut_short, None);
    let at = shrunk.steps[0].at_ms.expect("a time");
    // A push without a value is refused, and what Redis refuses keeps its words.
    let expected = [r#"["LPUSH",""]"#, r#"["RPOP","k"]"#, r#"["DEL","k"]"#];
    let lines: String = expected.iter().map(|words| format!("{{\"at_ms\":{at},\"cmd\":{words}}}\n")).collect();
    assert_eq!(text(&shrunk.steps), lines);
}

#[test]
fn what_matters_of_a_word_stays() {
    let case = r#"{"at_ms":5000,"txn":[["RPUSH","d|jobs:1","some","words"],["LPOP","d|jobs:1","17"]]}
{"at_ms":9000,"op":"compact","key":"d|jobs:1"}
"#;
    let shrunk = shrunk(steps(case), |text| text.contains("d|") && text.contains("LPOP")).expect("it fails");
    assert_eq!(text(&shrunk.steps), "{\"at_ms\":5000,\"cmd\":[\"LPOP\",\"d|\"]}\n");
}

#[test]
fn it_never_ends_at_another_finding() {
    let case = steps(
        r#"{"at_ms":1,"cmd":["RPUSH","k","v"]}
{"at_ms":1,"cmd":["LPOP","k"]}
"#,
    );
    // Without the push it fails too, and in another way.
    let mut check = |steps: &[Step]| {
        let text = text(steps);
        Ok(match (text.contains("RPUSH"), text.contains("LPOP")) {
            (true, true) => Some(finding(FindingKind::DumpState, "both")),
            (false, true) => Some(finding(FindingKind::Reply, "one")),
            _ => None,
        })
    };
    let shrunk = shrink(case, LONG, &Interrupt::NEVER, &mut check, &mut |_| {}).expect("it runs").expect("it fails");
    assert_eq!((shrunk.steps.len(), shrunk.finding.kind), (2, FindingKind::DumpState));
}

#[test]
fn times_that_matter_stay() {
    let case = steps(
        r#"{"at_ms":1000,"cmd":["LLEN","k"]}
{"at_ms":2000,"cmd":["LLEN","k"]}
{"at_ms":9000,"cmd":["LLEN","k"]}
"#,
    );
    let late = |text: &str| {
        let times: Vec<u64> = steps(text).iter().filter_map(|step| step.at_ms).collect();
        times.len() > 1 && times[times.len() - 1] - times[0] >= 7000
    };
    let shrunk = shrunk(case, late).expect("it fails");
    assert_eq!(
        text(&shrunk.steps),
        "{\"at_ms\":1000,\"cmd\":[\"LLEN\",\"k\"]}\n{\"at_ms\":8000,\"cmd\":[\"LLEN\",\"k\"]}\n"
    );
}

#[test]
fn a_late_trace_begins_early_and_the_times_in_it_move_along() {
    let case = steps(
        r#"{"at_ms":4102450000007,"cmd":["PEXPIREAT","k","4102450000009"]}
{"at_ms":4102450000007,"op":"seed","key":"k","head":-7000}
"#,
    );
    let is_two_ms_later = |text: &str| {
        let steps = steps(text);
        let [first, second] = &steps[..] else { return false };
        let expiry = first.at_ms.map(|at_ms| format!("[\"PEXPIREAT\",\"\",\"{}\"]", at_ms + 2));
        let is_far = matches!(second.action, crate::workload::Action::Seed { head, .. } if head <= -5000);
        expiry.is_some_and(|expiry| text.replace("\"k\"", "\"\"").contains(&expiry)) && is_far
    };
    let shrunk = shrunk(case, is_two_ms_later).expect("it fails");
    let expected = r#"{"at_ms":4102444800000,"cmd":["PEXPIREAT","k","4102444800002"]}
{"at_ms":4102444800000,"op":"seed","key":"k","head":-5000}
"#;
    assert_eq!(text(&shrunk.steps), expected);
}

#[test]
fn a_trace_that_holds_is_no_case_and_time_is_kept() {
    let case = steps("{\"at_ms\":1,\"cmd\":[\"LLEN\",\"k\"]}\n");
    assert_eq!(shrunk(case.clone(), |_| false), None);
    let mut check = |_: &[Step]| Ok(Some(finding(FindingKind::DumpState, "always")));
    let cut = shrink(case.clone(), Duration::ZERO, &Interrupt::NEVER, &mut check, &mut |_| {})
        .expect("it runs")
        .expect("it fails");
    assert_eq!((cut.steps, cut.cut_short, cut.runs), (case, Some(CutShort::TimeUp), 1));
}

#[test]
fn a_long_trace_whose_time_is_up_is_given_back_at_once() {
    let line = |number: u64| format!("{{\"at_ms\":{number},\"cmd\":[\"RPUSH\",\"k\",\"value {number}\"]}}\n");
    let case = steps(&(1..=100_000).map(line).collect::<String>());
    let mut runs = 0;
    let mut check = |_: &[Step]| {
        runs += 1;
        Ok((runs == 1).then(|| finding(FindingKind::DumpState, "made up")))
    };
    // Looking at each of the words once more for each of them would take an hour.
    let cut = shrink(case, Duration::from_millis(1), &Interrupt::NEVER, &mut check, &mut |_| {})
        .expect("it runs")
        .expect("it fails");
    assert_eq!(cut.cut_short, Some(CutShort::TimeUp));
    assert_eq!(cut.steps.len(), 100_000);
}

/// What is left of the trace, a step a line, as it would be typed.
fn typed(case: &str, fails: impl Fn(&[Step]) -> bool) -> String {
    let mut check = |steps: &[Step]| Ok(fails(steps).then(|| finding(FindingKind::DumpState, "made up")));
    let shrunk = shrink(steps(case), LONG, &Interrupt::NEVER, &mut check, &mut |_| {}).expect("it runs");
    typed_lines(&shrunk.expect("it fails").steps).join("\n")
}

const PUSHES: &str = r#"{"at_ms":4102444800000,"cmd":["RPUSH","jobs:1","x1","x1","x2"]}
{"at_ms":4102444800007,"cmd":["LPUSH","jobs:2","x1"]}
{"at_ms":4102444800009,"cmd":["LREM","jobs:1","0","x1"]}
"#;

/// The words of each request of the steps.
fn words(steps: &[Step]) -> Vec<Vec<Vec<u8>>> {
    steps.iter().flat_map(|step| step.action.requests()).map(crate::command::Request::args).collect()
}

#[test]
fn what_may_have_any_name_gets_a_readable_one() {
    let is_there = |steps: &[Step]| words(steps).iter().map(Vec::len).collect::<Vec<_>>() == [5, 3, 4];
    assert_eq!(typed(PUSHES, is_there), "RPUSH k a b c\nLPUSH k d\nLREM k 0 e");
}

#[test]
fn items_that_must_be_equal_stay_so_and_the_others_differ() {
    let removes = |steps: &[Step]| match &words(steps)[..] {
        [push, .., remove] => push.len() == 5 && remove.len() == 4 && push[2..].contains(&remove[3]),
        _ => false,
    };
    assert_eq!(typed(PUSHES, removes), "RPUSH k a b c\nLREM k 0 c");
    let has_twins = |steps: &[Step]| match &words(steps)[..] {
        [push, ..] => push.len() == 5 && push[2] == push[3],
        _ => false,
    };
    assert_eq!(typed(PUSHES, has_twins), "RPUSH k a a b");
}

#[test]
fn an_item_that_must_be_empty_and_a_key_that_must_be_odd_stay() {
    let empty = PUSHES.replace("\"x1\",\"x1\",\"x2\"", "\"x1\",\"\",\"x2\"");
    let has_empty = |steps: &[Step]| words(steps).iter().any(|words| words.len() > 4 && words[3].is_empty());
    assert_eq!(typed(&empty, has_empty), "RPUSH k a \"\" b");
    let odd = PUSHES.replace("jobs:1", "d|jobs");
    let is_odd = |steps: &[Step]| match &words(steps)[..] {
        [one, other, ..] => one[1].starts_with(b"d|") && other[1] != one[1] && one.len() > 2 && other.len() > 2,
        _ => false,
    };
    assert_eq!(typed(&odd, is_odd), "RPUSH d| a\nLPUSH k b");
}

#[test]
fn times_become_round_and_keep_their_order() {
    let case = r#"{"at_ms":4102444800000,"cmd":["PEXPIRE","k","3"]}
{"at_ms":4102444800001,"cmd":["EXPIREAT","k","4102444801"]}
{"at_ms":4102444800004,"cmd":["LLEN","k"]}
"#;
    let expires_between = |steps: &[Step]| {
        let [at, second, late] = steps.iter().filter_map(|step| step.at_ms).collect::<Vec<_>>()[..] else {
            return false;
        };
        let words = words(steps);
        let time = |at: usize| std::str::from_utf8(words[at].get(2)?).ok()?.parse::<u64>().ok();
        let ends = |by: Option<u64>| by.is_some_and(|by| (second + 1..late).contains(&(at + by)));
        ends(time(0)) && time(1).is_some_and(|time| time * 1000 > late)
    };
    let mut check = |steps: &[Step]| Ok(expires_between(steps).then(|| finding(FindingKind::DumpState, "made up")));
    let shrunk = shrink(steps(case), LONG, &Interrupt::NEVER, &mut check, &mut |_| {}).expect("it runs");
    let expected = r#"{"at_ms":4102444800000,"cmd":["PEXPIRE","k","10000"]}
{"at_ms":4102444800000,"cmd":["EXPIREAT","k","4102444830"]}
{"at_ms":4102444820000,"cmd":["LLEN","k"]}
"#;
    assert_eq!(text(&shrunk.expect("it fails").steps), expected);
}

/// The trace is small by then, and its names are not those that it would have.
#[test]
fn who_interrupts_the_naming_is_told() {
    let wish = Arc::new(AtomicBool::new(false));
    let case = steps("{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"x\",\"y\"]}\n");
    let mut check = |steps: &[Step]| {
        let is_named = text(steps).contains("\"k\"");
        wish.fetch_or(is_named, Ordering::Relaxed);
        let is_there = !is_named && words(steps).iter().any(|words| words.len() == 3);
        Ok(is_there.then(|| finding(FindingKind::DumpState, "made up")))
    };
    let interrupt = Interrupt::when(Arc::clone(&wish));
    let shrunk = shrink(case, LONG, &interrupt, &mut check, &mut |_| {}).expect("it runs").expect("it fails");
    assert_eq!(shrunk.cut_short, Some(CutShort::Interrupted));
    assert_eq!(typed_lines(&shrunk.steps), ["RPUSH \"\" \"\""]);
}

#[test]
fn names_take_some_dozens_of_runs_at_most() {
    let items: Vec<String> = (0..200).map(|number| format!("\"item {}\"", number % 50)).collect();
    let case = format!("{{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"k\",{}]}}\n", items.join(","));
    let (mut runs, check_all) = (0, |steps: &[Step]| text(steps) == case);
    let mut check = |steps: &[Step]| {
        runs += 1;
        Ok(check_all(steps).then(|| finding(FindingKind::DumpState, "made up")))
    };
    let (lines, interrupt) = (steps(&case).iter().map(Line::of).collect::<Vec<_>>(), Interrupt::NEVER);
    let (size, finding) = (Size::of(&lines), finding(FindingKind::DumpState, "made up"));
    let tick = &mut |_| {};
    let mut shrinker = Shrinker {
        lines,
        size,
        finding,
        runs: 1,
        deadline: None,
        interrupt: &interrupt,
        cut_short: None,
        check: &mut check,
        tick,
    };
    shrinker.make_readable().expect("it runs");
    assert_eq!(shrinker.cut_short, None);
    assert!((30..=48).contains(&runs), "{runs}");
}

//! A campaign's report as JUnit XML, which every CI service knows how to show.
//!
//! A test suite is a profile, and a test case a profile with a size of base metas. Single cases would be the nearer
//! choice, but their numbers mean another workload with every seed, and a campaign has as many as time allows; these
//! names stay the same from run to run, so that a service can tell since when one fails.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as JUnit, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::block::{Told, text};
use super::{HowEnded, Report, ReportedFinding, mismatches};
use crate::case::{shape_names, subject_words};
use crate::finding::{Finding, FindingKind};
use crate::format::counted;

/// Classes that a test case describes; the JSON report has every finding.
const DESCRIBED_CLASSES: usize = 10;

/// Writes the report as JUnit XML.
///
/// # Errors
///
/// What `out` says.
pub fn write_junit(report: &Report, out: &mut dyn Write) -> Result<(), SerializeError> {
    let mut junit = JUnit::new("ekv-roundtrip verify");
    let firsts = report.firsts_of_classes();
    junit.set_time(Duration::try_from_secs_f64(report.timings.seconds).unwrap_or_default());
    for (profile, widths) in &report.profiles {
        let mut suite = TestSuite::new(profile.as_str());
        if let Some(seed) = report.seed {
            suite.add_property(("seed", seed.to_string().as_str()));
        }
        suite.add_property(("version", report.tool_version.as_str()));
        suite.add_property(("flags", report.flags.join(" ").as_str()));
        if let Some(engine) = report.engine {
            suite.add_property(("engine", engine.name()));
        }
        for (meta, cases) in widths {
            let findings: Vec<&ReportedFinding> =
                report.findings.iter().filter(|finding| finding.is_of(profile, meta)).collect();
            let mut case = TestCase::new(subject_words(meta), status(report, &firsts, &findings));
            case.set_classname(format!("ekv-roundtrip.{profile}"));
            case.set_system_out(format!("{}, {}", report.counted_cases(*cases), mismatches(findings.len() as u64)));
            suite.add_test_case(case);
        }
        junit.add_test_suite(suite);
    }
    if let Some(words) = report.decoded_words() {
        junit.add_test_suite(decoder_suite(report, &firsts, &words));
    }
    let mut suite = TestSuite::new("campaign");
    suite.add_test_case(nothing_left_out(report, &firsts));
    for part in report.shards.iter().filter(|part| part.ended != HowEnded::Done) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        let words = if part.ended == HowEnded::Interrupted { "interrupted" } else { "ended early" };
        status.set_message(format!("{words} after {}", report.counted_cases(part.cases)));
        part.reason.iter().for_each(|reason| {
            status.set_description(reason.as_str());
        });
        let mut case = TestCase::new("runs to its end", status);
        case.set_classname("ekv-roundtrip.campaign");
        suite.add_test_case(case);
    }
    junit.add_test_suite(suite);
    junit.serialize(out)
}

/// A test case for each shape of snapshots. It passes only if a case with the shape came out right. Where every one has a
/// finding, it is skipped: a decoder that makes nothing of any snapshot has no finding about a shape, and one that takes the
/// shape may be wrong about something else each time.
fn decoder_suite(report: &Report, firsts: &[&ReportedFinding], words: &str) -> TestSuite {
    let mut suite = TestSuite::new("decoder");
    suite.add_property(("snapshots", words));
    let cases_of = |counts: &BTreeMap<String, u64>, name| counts.get(name).copied().unwrap_or(0);
    for name in shape_names() {
        let (cases, right) = (cases_of(&report.decoded, name), cases_of(&report.decoded_right, name));
        let class = Finding { aspect: name, ..Finding::new(FindingKind::DecoderShape, String::new()) }.fingerprint();
        let findings: Vec<&ReportedFinding> = report.findings.iter().filter(|finding| finding.class == class).collect();
        let mut status = status(report, firsts, &findings);
        if findings.is_empty() && right == 0 {
            status = TestCaseStatus::skipped();
            if cases > 0 {
                status.set_message("each case with it has a finding, so no case shows that it is taken");
            }
        }
        let mut case = TestCase::new(format!("takes {name}"), status);
        case.set_classname("ekv-roundtrip.decoder");
        case.set_system_out(format!("given in {}, {right} of them without a finding", counted(cases, "case")));
        suite.add_test_case(case);
    }
    suite
}

/// It is skipped where something was left out and nobody minds.
fn nothing_left_out(report: &Report, firsts: &[&ReportedFinding]) -> TestCase {
    let kind = FindingKind::LeftOut.name();
    let findings: Vec<&ReportedFinding> = report.findings.iter().filter(|finding| finding.kind == kind).collect();
    let mut status = status(report, firsts, &findings);
    if findings.is_empty() && !report.left_out.is_empty() {
        status = TestCaseStatus::skipped();
        status.set_message(report.left_out.words());
    }
    let mut case = TestCase::new("leaves nothing out", status);
    case.set_classname("ekv-roundtrip.campaign");
    case.set_system_out(report.left_out.words());
    case
}

/// The message is what broke first, and the description a block for each class: the whole block where the finding is that tells
/// of its class, and elsewhere a few lines that name that place. `firsts` are the findings that tell.
fn status(report: &Report, firsts: &[&ReportedFinding], findings: &[&ReportedFinding]) -> TestCaseStatus {
    let mut here: Vec<(&ReportedFinding, &ReportedFinding)> = Vec::new();
    for finding in findings {
        if !here.iter().any(|(other, _)| other.class == finding.class) {
            here.extend(firsts.iter().find(|first| first.class == finding.class).map(|first| (*finding, *first)));
        }
    }
    let Some((_, first)) = here.first() else { return TestCaseStatus::success() };
    let more = match here.len() - 1 {
        0 => String::new(),
        more => format!(", and {}", if more == 1 { "1 more class".to_owned() } else { format!("{more} more classes") }),
    };
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(first.kind.as_str());
    status.set_message(format!("{}{more}", first.headline));
    let described = |(finding, first): &(&ReportedFinding, &ReportedFinding)| {
        let is_here = findings.iter().any(|finding| std::ptr::eq(*finding, *first));
        let whole = || Told::Class(first, report.cases_of(&first.class)).block();
        text(&if is_here { whole() } else { finding.block_beside(first) })
    };
    let blocks: Vec<String> = here.iter().take(DESCRIBED_CLASSES).map(described).collect();
    let mut text = blocks.join("\n\n");
    if here.len() > DESCRIBED_CLASSES {
        text.push_str(&format!("\n\n... and {} more", here.len() - DESCRIBED_CLASSES));
    }
    status.set_description(text);
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Shard;
    use crate::campaign::{Budget, Outcome};
    use crate::case::CaseReport;
    use crate::database::Engine;
    use crate::finding::{Finding, FindingKind};
    use crate::report::NextSteps;
    use crate::store::MetaWidth;
    use crate::workload::Profile;

    fn outcome(case: u64, profile: &str, width: MetaWidth, detail: Option<&str>) -> Outcome {
        let finding = detail.map(|detail| Finding::new(FindingKind::DumpState, detail.to_owned()));
        let report = CaseReport { commands: 10, finding, ..CaseReport::default() };
        Outcome { case, profile: Profile::find(profile), width: Some(width), framing: None, report }
    }

    fn xml(outcomes: &[Outcome]) -> String {
        let flags = vec!["--meta".to_owned(), "both".to_owned()];
        let mut report =
            Report::new(Some(42), flags, Some(Engine::Memory), Budget::Cases(outcomes.len() as u64), Shard::WHOLE);
        for outcome in outcomes {
            let repeat = format!("ekv-roundtrip verify --seed 42 --case {}", outcome.case);
            report.add(outcome, || NextSteps { repeat, shrink: String::new() });
        }
        written(&report)
    }

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write_junit(report, &mut out).expect("a vector takes everything");
        String::from_utf8(out).expect("XML is UTF-8")
    }

    #[test]
    fn a_test_case_is_a_profile_and_a_meta_width() {
        let xml = xml(&[
            outcome(0, "churn", MetaWidth::Short, None),
            outcome(1, "churn", MetaWidth::Short, Some("first\n\u{1} <difference> & more")),
            outcome(2, "churn", MetaWidth::Long, None),
            outcome(3, "ttl", MetaWidth::Long, None),
        ]);
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="ekv-roundtrip verify" tests="4" skipped="0" failures="1" errors="0" time="0.000">
    <testsuite name="churn" tests="2" skipped="0" errors="0" failures="1">
        <properties>
            <property name="seed" value="42"/>
            <property name="version" value="VERSION"/>
            <property name="flags" value="--meta both"/>
            <property name="engine" value="memory"/>
        </properties>
        <testcase name="24-byte meta" classname="ekv-roundtrip.churn">
            <failure message="HEADLINE" type="dump-state">MISMATCH CLASS: HEADLINE
  case     1 (profile churn, 24-byte meta)
    first
     &lt;difference&gt; &amp; more
  repeat   ekv-roundtrip verify --seed 42 --case 1</failure>
            <system-out>2 cases, 1 mismatch</system-out>
        </testcase>
        <testcase name="32-byte meta" classname="ekv-roundtrip.churn">
            <system-out>1 case, 0 mismatches</system-out>
        </testcase>
    </testsuite>
    <testsuite name="ttl" tests="1" skipped="0" errors="0" failures="0">
        <properties>
            <property name="seed" value="42"/>
            <property name="version" value="VERSION"/>
            <property name="flags" value="--meta both"/>
            <property name="engine" value="memory"/>
        </properties>
        <testcase name="32-byte meta" classname="ekv-roundtrip.ttl">
            <system-out>1 case, 0 mismatches</system-out>
        </testcase>
    </testsuite>
    <testsuite name="campaign" tests="1" skipped="0" errors="0" failures="0">
        <testcase name="leaves nothing out" classname="ekv-roundtrip.campaign">
            <system-out>nothing left out</system-out>
        </testcase>
    </testsuite>
</testsuites>
"#;
        let headline = FindingKind::DumpState.meaning();
        let class = Finding::new(FindingKind::DumpState, String::new()).fingerprint();
        let expected = expected.replace("VERSION", env!("CARGO_PKG_VERSION")).replace("CLASS", &class);
        assert_eq!(xml, expected.replace("HEADLINE", headline));
    }

    #[test]
    fn many_findings_of_a_class_are_told_once() {
        let outcomes: Vec<Outcome> =
            (0..13).map(|case| outcome(case, "queue", MetaWidth::Long, Some("a difference"))).collect();
        let xml = xml(&outcomes);
        assert_eq!(xml.matches("a difference").count(), 1);
        assert!(xml.contains("  case     0 (profile queue, 32-byte meta), one of 13 cases\n"), "{xml}");
        assert!(xml.contains("<system-out>13 cases, 13 mismatches</system-out>"));
    }

    /// The test case with the shrunk finding has the whole block.
    #[test]
    fn another_test_case_names_the_one_that_tells_the_class() {
        let outcomes = [
            outcome(0, "queue", MetaWidth::Long, Some("a difference")),
            outcome(1, "churn", MetaWidth::Short, Some("a difference")),
        ];
        let xml = xml(&outcomes);
        assert_eq!(xml.matches("a difference").count(), 1, "{xml}");
        assert!(
            xml.contains(
                "  case     1 (profile churn, 24-byte meta)\n  see      case 0 (profile queue, 32-byte meta)\n"
            ),
            "{xml}"
        );
        assert!(xml.contains("  repeat   ekv-roundtrip verify --seed 42 --case 1<"), "{xml}");
    }

    /// A decoder that makes nothing of any snapshot takes none of their shapes.
    #[test]
    fn a_shape_passes_only_if_it_was_seen_to_be_taken() {
        let given = |detail: Option<&str>| {
            let mut outcome = outcome(0, "queue", MetaWidth::Long, detail);
            outcome.report.decoded = vec!["framing-v2"];
            let mut report = Report::new(Some(42), Vec::new(), None, Budget::Cases(1), Shard::WHOLE);
            report.has_decoder();
            report.add(&outcome, || NextSteps { repeat: String::new(), shrink: String::new() });
            let xml = written(&report);
            let case = xml.split("<testcase name=\"takes framing-v2\"").nth(1).expect("the test case");
            case.split("</testcase>").next().expect("its end").to_owned()
        };
        assert!(!given(None).contains("<skipped"), "{}", given(None));
        assert!(
            given(Some("no")).contains("<skipped message=\"each case with it has a finding"),
            "{}",
            given(Some("no"))
        );
    }

    /// It is an error and not a failure: of what was checked nothing is known to be wrong.
    #[test]
    fn a_run_that_ended_early_has_an_error() {
        let mut report = Report::new(Some(42), Vec::new(), None, Budget::Cases(9), Shard::WHOLE);
        report.came_to(0, HowEnded::Done, None);
        assert!(!written(&report).contains("runs to its end"));
        report.came_to(0, HowEnded::Failed, Some("disk < full".to_owned()));
        let xml = written(&report);
        assert!(xml.contains("failures=\"0\" errors=\"1\""), "{xml}");
        assert!(xml.contains("<error message=\"ended early after 0 cases\">disk &lt; full</error>"), "{xml}");
    }
}

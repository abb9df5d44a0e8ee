//! A campaign's report as JUnit XML, which every CI service knows how to show.
//!
//! A test suite is a profile, and a test case a profile with a size of base metas. Single cases would be the nearer
//! choice, but their numbers mean another workload with every seed, and a campaign has as many as time allows; these
//! names stay the same from run to run, so that a service can tell since when one fails.

use std::io::Write;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as JUnit, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::block::text;
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
            let mut case = TestCase::new(subject_words(meta), status(report, &findings));
            case.set_classname(format!("ekv-roundtrip.{profile}"));
            case.set_system_out(format!("{}, {}", counted(*cases, "case"), mismatches(findings.len() as u64)));
            suite.add_test_case(case);
        }
        junit.add_test_suite(suite);
    }
    if let Some(words) = report.decoded_words() {
        junit.add_test_suite(decoder_suite(report, &words));
    }
    let mut suite = TestSuite::new("campaign");
    suite.add_test_case(nothing_left_out(report));
    for part in report.shards.iter().filter(|part| part.ended != HowEnded::Done) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        let words = if part.ended == HowEnded::Interrupted { "interrupted" } else { "ended early" };
        status.set_message(format!("{words} after {}", counted(part.cases, "case")));
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

/// A test case for each shape of snapshots; one that no flag asked for is skipped.
fn decoder_suite(report: &Report, words: &str) -> TestSuite {
    let mut suite = TestSuite::new("decoder");
    suite.add_property(("snapshots", words));
    for (name, cases) in shape_names().map(|name| (name, report.decoded.get(name).copied().unwrap_or(0))) {
        let class = Finding { aspect: name, ..Finding::new(FindingKind::DecoderShape, String::new()) }.fingerprint();
        let findings: Vec<&ReportedFinding> = report.findings.iter().filter(|finding| finding.class == class).collect();
        let status =
            if findings.is_empty() && cases == 0 { TestCaseStatus::skipped() } else { status(report, &findings) };
        let mut case = TestCase::new(format!("takes {name}"), status);
        case.set_classname("ekv-roundtrip.decoder");
        case.set_system_out(format!("given in {}", counted(cases, "case")));
        suite.add_test_case(case);
    }
    suite
}

/// It is skipped where something was left out and nobody minds.
fn nothing_left_out(report: &Report) -> TestCase {
    let kind = FindingKind::LeftOut.name();
    let findings: Vec<&ReportedFinding> = report.findings.iter().filter(|finding| finding.kind == kind).collect();
    let mut status = status(report, &findings);
    if findings.is_empty() && !report.left_out.is_empty() {
        status = TestCaseStatus::skipped();
        status.set_message(report.left_out.words());
    }
    let mut case = TestCase::new("leaves nothing out", status);
    case.set_classname("ekv-roundtrip.campaign");
    case.set_system_out(report.left_out.words());
    case
}

/// The message is what broke first, and the description a block for each class.
fn status(report: &Report, findings: &[&ReportedFinding]) -> TestCaseStatus {
    let mut firsts: Vec<&ReportedFinding> = Vec::new();
    for finding in findings {
        if !firsts.iter().any(|first| first.class == finding.class) {
            firsts.push(finding);
        }
    }
    let Some(first) = firsts.first() else { return TestCaseStatus::success() };
    let more = match firsts.len() - 1 {
        0 => String::new(),
        more => format!(", and {}", if more == 1 { "1 more class".to_owned() } else { format!("{more} more classes") }),
    };
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(first.kind.as_str());
    status.set_message(format!("{}{more}", first.headline));
    let blocks: Vec<String> =
        firsts.iter().take(DESCRIBED_CLASSES).map(|first| text(&report.block_of(first))).collect();
    let mut text = blocks.join("\n\n");
    if firsts.len() > DESCRIBED_CLASSES {
        text.push_str(&format!("\n\n... and {} more", firsts.len() - DESCRIBED_CLASSES));
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

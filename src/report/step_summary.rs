//! The classes of a run as Markdown, for the page of a CI job: GitHub Actions shows the file that GITHUB_STEP_SUMMARY names.

use super::block::text;
use super::{Report, mismatches};

/// Blocks that are shown; the JSON report has every finding.
const SHOWN_BLOCKS: usize = 10;

/// The report as Markdown: the verdict, then a block for each class, then these lines, such as what the report does not cover.
pub fn step_summary(report: &Report, lines: &[String]) -> String {
    let mut page = format!("### ekv-roundtrip: {}\n\n", verdict(report));
    let told = report.told();
    for told in told.iter().take(SHOWN_BLOCKS) {
        let (headline, block) = (escaped(&told.headline()), text(&told.block()));
        let fence = fence(&block);
        page.push_str(&format!("#### {headline}\n\n{fence}text\n{block}\n{fence}\n\n"));
    }
    if told.len() > SHOWN_BLOCKS {
        page.push_str(&format!("... and {} more\n\n", told.len() - SHOWN_BLOCKS));
    }
    lines.iter().for_each(|line| page.push_str(&format!("- {}\n", escaped(line))));
    if !lines.is_empty() {
        page.push('\n');
    }
    page.push_str(&format!("{}\n", escaped(&report.summary_line())));
    page
}

fn verdict(report: &Report) -> String {
    match report.firsts_of_classes().len() {
        0 => format!("{} in {}", mismatches(0), report.counted_cases(report.cases)),
        1 => mismatches(report.mismatches),
        classes => format!("{} of {classes} classes", mismatches(report.mismatches)),
    }
}

/// More backquotes than there are in a row anywhere in the text, which may hold any key or item.
fn fence(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Text in which nothing is Markdown or HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if "\\`*_{}[]<>#|~&@".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::{Budget, Shard};
    use crate::finding::{Finding, FindingKind};
    use crate::report::NextSteps;

    #[test]
    fn a_class_is_a_heading_and_a_block_that_nothing_ends() {
        let mut report = Report::new(Some(42), Vec::new(), None, Budget::Cases(1), Shard::WHOLE);
        assert!(
            step_summary(&report, &[]).starts_with("### ekv-roundtrip: 0 mismatches in 0 cases\n\nverified 0 cases")
        );
        let finding = Finding::new(FindingKind::DecoderFailed, "stderr: ````\n<b>".to_owned());
        let next = || NextSteps { repeat: "repeat".to_owned(), shrink: String::new() };
        report.add_of_run(&finding, next(), None);
        report.add_of_run(&finding, next(), None);
        let page = step_summary(&report, &[]);
        assert_eq!(page.matches("#### the decoder failed on a snapshot that is in order\n").count(), 1, "{page}");
        assert!(page.contains("\n`````text\nMISMATCH decoder-failed-"), "{page}");
        assert!(page.contains("    stderr: ````\n    <b>\n"), "{page}");
        assert_eq!(page.lines().filter(|line| line.starts_with("`````")).count(), 2, "{page}");
        let lines = ["missing: 2".to_owned(), "<3>".to_owned()];
        assert!(step_summary(&report, &lines).contains("\n\n- missing: 2\n- \\<3\\>\n\nverified 0 cases"));
    }

    #[test]
    fn shapes_that_are_not_taken_come_behind_what_is_wrong_with_the_data() {
        let mut report = Report::new(Some(42), Vec::new(), None, Budget::Cases(1), Shard::WHOLE);
        let of_shape = |aspect: &'static str| {
            let detail = format!("shape {aspect}, in a snapshot of one list");
            Finding { aspect, ..Finding::new(FindingKind::DecoderShape, detail) }
        };
        for finding in [of_shape("noise"), of_shape("history"), Finding::new(FindingKind::DecoderState, String::new())]
        {
            let next = NextSteps { repeat: "repeat".to_owned(), shrink: String::new() };
            report.add_of_run(&finding, next, None);
        }
        let page = step_summary(&report, &[]);
        let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("#### ")).collect();
        let shapes = "the decoder does not take snapshots of 2 shapes: noise, history";
        assert_eq!(headings, [FindingKind::DecoderState.meaning(), shapes]);
    }
}

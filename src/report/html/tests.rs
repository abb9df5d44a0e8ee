//! The page of a hostile report is well-formed, loads and runs nothing, can be walked by its links, and shows what it is about.

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use crate::campaign::Budget;
use crate::campaign::Outcome;
use crate::campaign::Shard;
use crate::campaign::shrink::CutShort;
use crate::case::CaseReport;
use crate::database::Engine;
use crate::finding::{Finding, FindingKind, Sides};
use crate::format::byte_string::ByteString;
use crate::history::{Timeline, TimelineRow};
use crate::picture::{Cell, CellState, OtherSide, Picture, Window};
use crate::report::{HowEnded, NextSteps, ReportedFinding, ShrunkCase};
use crate::state::{KeyState, State};
use crate::store::MetaWidth;
use crate::workload::Profile;

const HOSTILE: &str = "</pre><script src=\"https://example.com/x.js\">alert('1')</script>&\0\u{1b}\u{202e}";

fn outcome(case: u64, finding: Option<Finding>) -> Outcome {
    let report = CaseReport { commands: 10, finding, ..CaseReport::default() };
    Outcome { case, profile: Profile::find("churn"), width: Some(MetaWidth::Short), framing: None, report }
}

fn report(findings: &[Option<Finding>]) -> Report {
    let flags = vec!["--decoder".to_owned(), format!("exec:x {HOSTILE}")];
    let mut report =
        Report::new(Some(42), flags, Some(Engine::Memory), Budget::Cases(findings.len() as u64), Shard::WHOLE);
    for (case, finding) in (0..).zip(findings) {
        let next_steps = || NextSteps { repeat: format!("repeat {HOSTILE}"), shrink: "shrink".to_owned() };
        report.add(&outcome(case, finding.clone()), next_steps);
    }
    report.came_to(findings.len() as u64, HowEnded::Done, None);
    report
}

fn hostile(aspect: &'static str) -> Option<Finding> {
    let mut key = HOSTILE.as_bytes().to_vec();
    key.extend(b"\xff\xfe");
    let list = |item: &str| KeyState::list(vec![item.as_bytes().to_vec()], None);
    let state = |item| State { keys: BTreeMap::from([(key.clone(), list(item))]), last_ms: None };
    let sides = Sides {
        expected_name: HOSTILE.to_owned(),
        expected: state("kept"),
        found_name: "dump".to_owned(),
        found: state(HOSTILE),
        now_ms: 0,
    };
    let finding = Finding::new(FindingKind::DumpState, HOSTILE.to_owned());
    Some(Finding { aspect, user_key: Some(key.clone()), sides: Some(Box::new(sides)), ..finding })
}

/// What a page consists of.
#[derive(Default)]
struct Elements {
    names: Vec<String>,
    ids: Vec<String>,
    links: Vec<String>,
}

/// Attributes outside pictures; of these, only links lead anywhere.
const ATTRIBUTES: &[&str] =
    &["aria-label", "charset", "class", "content", "href", "http-equiv", "id", "lang", "name", "open", "role", "scope"];

/// The name of a language, which nobody loads.
const SVG: &str = "http://www.w3.org/2000/svg";

/// Walks a page, after which it is clear that each element is closed, and that no attribute runs or loads anything.
fn elements(page: &str) -> Elements {
    let mut reader = Reader::from_str(page.strip_prefix("<!DOCTYPE html>\n").expect("a document type"));
    reader.config_mut().check_end_names = true;
    let (mut found, mut open) = (Elements::default(), Vec::new());
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error} at {}", reader.buffer_position()));
        let element = match &event {
            Event::Start(element) | Event::Empty(element) => element,
            Event::End(_) => {
                open.pop();
                continue;
            }
            Event::Text(text) => {
                text.decode().expect("UTF-8");
                continue;
            }
            Event::GeneralRef(_) => continue,
            Event::Eof => break,
            event => panic!("a page needs no {event:?}"),
        };
        let name = String::from_utf8_lossy(element.name().as_ref()).into_owned();
        if matches!(event, Event::Start(_)) {
            open.push(name.clone());
        }
        let is_picture = open.iter().any(|name| name == "svg");
        for attribute in element.attributes() {
            let attribute = attribute.expect("an attribute");
            let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            let value = String::from_utf8_lossy(&attribute.value).into_owned();
            assert!(ATTRIBUTES.contains(&key.as_str()) || (is_picture && !key.contains("href")), "{key} of {name}");
            if key == "xmlns" {
                assert_eq!((name.as_str(), value.as_str()), ("svg", SVG));
                continue;
            }
            assert!(!key.starts_with("on") && !value.contains("://") && !value.contains("url("), "{key}={value}");
            match key.as_str() {
                "id" => found.ids.push(value),
                "href" => found.links.push(value),
                _ => {}
            }
        }
        found.names.push(name);
    }
    assert!(open.is_empty(), "{open:?}");
    let ids: BTreeSet<&String> = found.ids.iter().collect();
    assert_eq!(ids.len(), found.ids.len(), "ids are unique: {:?}", found.ids);
    for link in &found.links {
        match link.strip_prefix('#') {
            Some(id) => assert!(found.ids.iter().any(|known| known == id), "{link} leads nowhere"),
            None => assert!(!link.contains([':', '\\']) && !link.starts_with('/'), "{link} leads elsewhere"),
        }
    }
    let levels = found.names.iter().filter_map(|name| name.strip_prefix('h')?.parse::<u8>().ok());
    let deepest = levels.fold(0, |above, level| {
        assert!(level <= above + 1, "a heading h{level} below an h{above}");
        level
    });
    assert!(deepest > 1);
    found
}

/// A picture as a report from elsewhere may have it.
fn picture() -> Picture {
    let cell = Cell {
        seq: 0,
        state: CellState::Live,
        item: Some(HOSTILE.to_owned()),
        is_in_window: true,
        is_claimed: false,
        older_versions: 0,
        index: Some(0),
        other_index: None,
        written: None,
        deleted: None,
    };
    Picture {
        key: HOSTILE.to_owned(),
        base: None,
        ttl_ms: None,
        earlier_deltas: None,
        deltas: Vec::new(),
        window: Some(Window { head: 0, len: 1, tail: 1 }),
        items: 1,
        outside_items: 0,
        extent: Some((0, 0)),
        cells: vec![cell],
        other: Some(OtherSide { name: HOSTILE.to_owned(), items: Some(0), unplaced: Vec::new(), more_unplaced: 0 }),
    }
}

/// A timeline as a report from elsewhere may have it.
fn timeline() -> Timeline {
    let row = TimelineRow {
        client: u32::MAX,
        call_us: u64::MAX,
        reply_us: Some(0),
        sent: HOSTILE.repeat(9),
        told: HOSTILE.repeat(9),
    };
    Timeline { rows: vec![row; 3000], contradiction: HOSTILE.to_owned(), others: u64::MAX }
}

/// The same as far as it got, as after shrinking, with a folder.
fn shrunk(finding: &ReportedFinding, folder: &str) -> ReportedFinding {
    let shrunk = ShrunkCase {
        steps: vec!["RPUSH k \"a\"".to_owned(), format!("LPOP {HOSTILE}")],
        step_count: 30,
        commands: 2,
        whole_commands: 200,
        runs: 42,
        cut_short: Some(CutShort::TimeUp),
        needs: "needs history; does not need noise".to_owned(),
        key: Some(ByteString(b"k".to_vec())),
        detail: format!("small {HOSTILE}"),
        diff: Some("--- Redis, 1 item\n+++ the dump, 0 items\n-      0  \"<a>\"\n".to_owned()),
        picture: Some(picture()),
    };
    ReportedFinding { shrunk: Some(shrunk), folder: Some(folder.to_owned()), ..finding.clone() }
}

#[test]
fn a_hostile_report_makes_a_page_of_text() {
    let mut report = report(&[None, hostile("items"), hostile("order"), hostile("items")]);
    report.findings[1] = shrunk(&report.findings[1], HOSTILE);
    for finding in &mut report.findings {
        finding.headline = format!("{HOSTILE} is lost");
    }
    report.findings[0].timeline = Some(timeline());
    report.known.insert(HOSTILE.to_owned(), 1);
    let page = page(&report, Some(Path::new("page.html")));
    let found = elements(&page);
    assert_eq!(found.names.iter().filter(|name| *name == "svg").count(), 2, "the picture and the timeline");
    assert!(page.contains("... and 2940 more</text>"), "a timeline is cut");
    for name in ["script", "img", "link", "iframe", "object", "form", "input", "base"] {
        assert!(!found.names.iter().any(|found| found == name), "{name}");
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains('<'));
    assert!(page.chars().all(|c| !c.is_control() || c == '\n'), "controls are escaped");
    assert!(!page.contains('\u{202e}'));
    assert!(page.contains("&lt;/pre&gt;&lt;script src=&quot;https://example.com/x.js&quot;&gt;"));
    assert!(page.contains("\\x00\\x1b\\u{202e}"));
    assert!(page.contains("%FF%FE"), "the key's bytes that are no UTF-8");
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn a_class_is_shown_once_and_says_in_how_many_cases() {
    let page = page(&report(&[None, hostile("items"), hostile("order"), hostile("items")]), None);
    assert!(page.contains("<h1>3 mismatches</h1>"), "{page}");
    assert!(page.contains("Of 2 classes"));
    assert_eq!(page.matches("<article ").count(), 2);
    assert!(page.contains("<b>2 cases</b>; the first is case 1 (profile churn, 24-byte meta), key "), "{page}");
    assert!(page.contains("<b>Case 2 (profile churn, 24-byte meta)</b>, key "), "{page}");
    assert!(page.contains("Also in cases 3.</p>"));
    let row = "<tr><th scope=\"row\">churn</th><td class=\"number bad\">3 of 4 failed</td></tr>";
    assert!(page.contains(row), "{page}");
    assert!(page.contains("The lists in the dump are not those that Redis shows."));
    assert_eq!(page.matches("<del>-  ").count(), 2, "{page}");
    assert!(page.contains("&quot;kept&quot;</del>"));
}

#[test]
fn several_classes_have_links_and_one_has_none() {
    let many = report(&[hostile("items"), hostile("order")]);
    let found = elements(&page(&many, None));
    for first in &many.findings {
        let anchor = format!("finding-{}", first.class);
        assert!(found.ids.contains(&anchor), "{anchor}");
        assert_eq!(
            found.links.iter().filter(|link| **link == format!("#{anchor}")).count(),
            2,
            "a link in both places"
        );
    }
    let one = page(&report(&[hostile("items")]), None);
    assert!(!elements(&one).names.contains(&"nav".to_owned()));
}

/// As a report from elsewhere may have them.
#[test]
fn classes_without_a_name_have_anchors_too() {
    let mut report = report(&[hostile("items"), hostile("items"), hostile("items"), hostile("items")]);
    for (finding, class) in report.findings.iter_mut().zip(["", "a b", "situations", "\"><script>"]) {
        finding.class = class.to_owned();
    }
    let found = elements(&page(&report, None));
    for id in ["finding.1", "finding.2", "finding-situations", "finding.4"] {
        assert!(found.ids.iter().any(|found| found == id), "{id} is not in {:?}", found.ids);
    }
}

#[test]
fn the_small_case_is_shown_in_place_of_the_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let class = folder.path().join("found/a class");
    std::fs::create_dir_all(&class).expect("a folder");
    let mut report = report(&[hostile("items")]);
    report.findings[0] = shrunk(&report.findings[0], &class.display().to_string());
    report.findings[0].headline = "an item is missing from the dump".to_owned();
    let found = page(&report, Some(&folder.path().join("out/page.html")));
    elements(&found);
    assert!(found.contains("<h3>An item is missing from the dump</h3>"), "{found}");
    assert!(found.contains("<pre class=\"steps\">RPUSH k &quot;a&quot;\nLPOP "), "{found}");
    assert!(found.contains("Shrunk to 2 commands of 200, in 42 runs; the time was up, and there was more to try. "));
    assert!(found.contains("Shown are the first 2 of 30 steps. It needs history; does not need noise.</p>"), "{found}");
    assert!(found.contains("<h4>Expected and got of key <code>&quot;k&quot;</code></h4>"), "{found}");
    let (before, after) = found.split_once("<details>\n<summary>In words, and the whole case").expect("more about it");
    assert!(before.contains("<del>-      0  &quot;&lt;a&gt;&quot;</del>") && !before.contains("&quot;kept&quot;"));
    assert!(after.contains(">small ") && after.contains("&quot;kept&quot;</del>"));
    assert!(found.contains("<a href=\"../found/a%20class/\">"), "{found}");
    assert!(found.contains("<a href=\"../found/a%20class/report.md\">"));

    for (folder, file) in [("no/such/folder", Some(Path::new("page.html"))), ("src", None)] {
        report.findings[0].folder = Some(folder.to_owned());
        let found = page(&report, file);
        assert!(found.contains(&format!("<p><code>{folder}</code> with ")), "it is text: {found}");
    }
}

#[test]
fn the_size_has_a_bound() {
    let mut report = report(&[hostile("items")]);
    let long = "&".repeat(100_000);
    let first = shrunk(&report.findings[0], "found");
    report.findings = (0..200)
        .map(|number| {
            let mut finding = ReportedFinding { class: format!("class-{number}"), ..first.clone() };
            (finding.detail, finding.repeat, finding.shrink) = (long.clone(), long.clone(), long.clone());
            finding
        })
        .collect();
    let page = page(&report, None);
    assert_eq!(page.matches("<article ").count(), 100);
    assert!(page.contains("... and 100 more; the JSON report has them."));
    assert!(page.contains("cut short here"));
    assert!(page.len() < 100 * 4 * 8_000 * "&amp;".len(), "{}", page.len());
}

#[test]
fn the_verdict_is_the_first_thing() {
    assert!(page(&report(&[None, None]), None).contains("<header class=\"holds\">\n<h1>No mismatches</h1>"));
    let mut unfinished = report(&[None, None]);
    unfinished.came_to(1, HowEnded::Interrupted, None);
    let page = page(&unfinished, None);
    assert!(page.contains("<header class=\"incomplete\">\n<h1>Incomplete</h1>"), "{page}");
    assert!(page.contains("it was interrupted after 2 cases"));
    elements(&page);
}

//! The page of a hostile report is well-formed, loads nothing, and shows what it is about.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use crate::campaign::Outcome;
use crate::campaign::Shard;
use crate::case::CaseReport;
use crate::database::Engine;
use crate::finding::{Finding, FindingKind, Sides};
use crate::report::{HowEnded, NextSteps};
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

/// The names of all elements, after it is clear that each is closed; panics where an attribute could load something.
fn elements(page: &str) -> Vec<String> {
    let mut reader = Reader::from_str(page.strip_prefix("<!DOCTYPE html>\n").expect("a document type"));
    reader.config_mut().check_end_names = true;
    let mut names = Vec::new();
    let mut depth = 0;
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error} at {}", reader.buffer_position()));
        let element = match &event {
            Event::Start(element) | Event::Empty(element) => element,
            Event::End(_) => {
                depth -= 1;
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
        depth += i32::from(matches!(event, Event::Start(_)));
        for attribute in element.attributes() {
            let attribute = attribute.expect("an attribute");
            let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            assert!(
                ["lang", "charset", "name", "content", "http-equiv", "class", "scope"].contains(&name.as_str()),
                "{name}"
            );
        }
        names.push(String::from_utf8_lossy(element.name().as_ref()).into_owned());
    }
    assert_eq!(depth, 0);
    names
}

#[test]
fn a_hostile_report_makes_a_page_of_text() {
    let page = page(&report(&[None, hostile("items"), hostile("order"), hostile("items")]));
    let names = elements(&page);
    for name in ["script", "img", "link", "iframe", "object", "a"] {
        assert!(!names.iter().any(|found| found == name), "{name}");
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
    let page = page(&report(&[None, hostile("items"), hostile("order"), hostile("items")]));
    assert!(page.contains("<h1>3 mismatches</h1>"), "{page}");
    assert!(page.contains("Of 2 classes"));
    assert_eq!(page.matches("<article>").count(), 2);
    assert!(page.contains("<b>2 cases</b>") && page.contains("<b>1 case</b>"));
    assert!(page.contains("Also in cases 3</p>"));
    let row = "<td>churn</td><td class=\"subject\">24-byte meta</td><td class=\"number\">4</td>";
    assert!(page.contains(&format!("{row}<td class=\"number bad\">3</td>")));
    assert!(page.contains("The lists in the dump are not those that Redis shows."));
    assert_eq!(page.matches("<del>-  ").count(), 2, "{page}");
    assert!(page.contains("&quot;kept&quot;</del>"));
}

#[test]
fn the_verdict_is_the_first_thing() {
    assert!(page(&report(&[None, None])).contains("<header class=\"holds\">\n<h1>Holds</h1>"));
    let mut unfinished = report(&[None, None]);
    unfinished.came_to(1, HowEnded::Interrupted, None);
    let page = page(&unfinished);
    assert!(page.contains("<header class=\"incomplete\">\n<h1>Incomplete</h1>"), "{page}");
    assert!(page.contains("it was interrupted after 2 cases"));
    elements(&page);
}

//! A report as one HTML page for people: nothing to load, no script, the same bytes for the same report.
//!
//! Whatever a case can put into a report stands behind `text::escaped`. The page also says so in a policy of its own,
//! which lets a browser run and load nothing but the style in it.

mod text;

use std::fmt::Write as _;

use self::text::{escaped, thousands};
use super::merge::Coverage;
use super::{Report, ReportedFinding, mismatches};
use crate::campaign::Budget;
use crate::case::subject_words;
use crate::database::Engine;
use crate::finding::FINDING_KINDS;
use crate::format::{counted, key_text};
use crate::situations::{Needs, ROWS, rows};

/// Classes of findings that the page shows; the JSON report has them all.
const SHOWN_CLASSES: usize = 100;
/// Cases of a class that are named beside the first.
const NAMED_CASES: usize = 20;
/// Characters of a finding's detail, and of its diff.
const SHOWN_CHARACTERS: usize = 20_000;

const STYLE: &str = include_str!("style.css");

/// The page. It is well-formed XML as well, but for the first line.
pub fn page(report: &Report) -> String {
    let coverage = Coverage::of(report);
    let verdict = Verdict::of(report, &coverage);
    let mut page = String::new();
    page.push_str("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
    page.push_str("<meta name=\"color-scheme\" content=\"light dark\"/>\n");
    page.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n",
    );
    let title = escaped(&verdict.title);
    page.push_str(&format!(
        "<title>ekv-roundtrip: {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"
    ));
    page.push_str(&format!("<header class=\"{}\">\n<h1>{title}</h1>\n", verdict.class));
    page.push_str(&format!("<p>{}</p>\n</header>\n", escaped(&verdict.meaning)));
    push_figures(&mut page, report);
    push_findings(&mut page, report);
    push_what_was_run(&mut page, report, &coverage);
    push_profiles(&mut page, report);
    push_situations(&mut page, report);
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

struct Verdict {
    title: String,
    meaning: String,
    /// The style.
    class: &'static str,
}

impl Verdict {
    fn of(report: &Report, coverage: &Coverage) -> Verdict {
        let classes = report.classes.len() as u64;
        let unfinished = if coverage.is_complete() { "" } else { " Not all that was asked has been done." };
        let (title, meaning, class) = match report.mismatches {
            0 if coverage.is_complete() => {
                let compared = if report.left_out.is_empty() { "" } else { " that was compared" };
                let meaning = format!("Every list{compared} came back as a Redis client would see it");
                ("Holds".to_owned(), format!("{meaning}; {}.", report.left_out.words()), "holds")
            }
            0 => ("Incomplete".to_owned(), format!("What was done holds.{unfinished}"), "incomplete"),
            count => {
                let kinds = if classes == 1 { "one class".to_owned() } else { format!("{classes} classes") };
                (mismatches(count), format!("Of {kinds}: most likely, each class is one bug.{unfinished}"), "fails")
            }
        };
        Verdict { title, meaning, class }
    }
}

fn push_figures(page: &mut String, report: &Report) {
    let timings = &report.timings;
    let figures = [
        ("cases", thousands(report.cases)),
        ("commands", thousands(report.commands)),
        ("lists compared", thousands(report.lists)),
        ("items in them", thousands(report.items)),
        ("commands/s", thousands(timings.commands_per_second.round() as u64)),
        ("seconds", format!("{:.1}", timings.seconds)),
    ];
    page.push_str("<dl class=\"figures\">\n");
    for (name, figure) in figures {
        let _ = writeln!(page, "<div><dt>{name}</dt><dd>{figure}</dd></div>");
    }
    page.push_str("</dl>\n");
}

fn push_what_was_run(page: &mut String, report: &Report, coverage: &Coverage) {
    let asked = match report.budget {
        Budget::Case(case) => format!("case {case}"),
        Budget::Cases(cases) => counted(cases, "case"),
        Budget::TimeMs(ms) => format!("cases for {} seconds", ms as f64 / 1000.0),
    };
    let seed = report.seed.map_or_else(|| "none".to_owned(), |seed| seed.to_string());
    let left_out: Vec<String> = report.left_out.lines().iter().map(|line| escaped(line)).collect();
    let left_out = if left_out.is_empty() { "nothing".to_owned() } else { left_out.join("<br/>") };
    let rows = [
        ("Asked for", escaped(&asked)),
        ("Done", coverage.lines(report).iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br/>")),
        ("Seed", format!("<code>{seed}</code>")),
        ("Flags", format!("<code>{}</code>", escaped(&shell_words::join(&report.flags)))),
        ("Engine", report.engine.map_or("none: a server is in the store's place", Engine::name).to_owned()),
        ("Version", format!("ekv-roundtrip {}", escaped(&report.tool_version))),
        ("Rightly refused by the store", counted(report.refused, "command")),
        ("Empty lists kept in dumps", thousands(report.empty_kept)),
        (
            "Given to the decoder",
            escaped(&report.decoded_words().unwrap_or_else(|| "nothing: there is none".to_owned())),
        ),
        ("Left out", left_out),
    ];
    page.push_str("<section>\n<h2>What was run</h2>\n<table class=\"facts\">\n");
    for (name, value) in rows {
        let _ = writeln!(page, "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>");
    }
    page.push_str("</table>\n</section>\n");
}

fn push_profiles(page: &mut String, report: &Report) {
    page.push_str(
        "<section>\n<h2>Profiles</h2>\n<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">profile</th>",
    );
    page.push_str("<th scope=\"col\">ran on</th><th scope=\"col\" class=\"number\">cases</th>");
    page.push_str("<th scope=\"col\" class=\"number\">mismatches</th></tr></thead>\n<tbody>\n");
    for (profile, widths) in &report.profiles {
        for (meta, cases) in widths {
            let found = report.findings.iter().filter(|finding| finding.is_of(profile, meta)).count() as u64;
            let class = if found > 0 { "number bad" } else { "number" };
            let (profile, subject) = (escaped(profile), escaped(&subject_words(meta)));
            let _ = writeln!(
                page,
                "<tr><td>{profile}</td><td class=\"subject\">{subject}</td><td class=\"number\">{}</td>\
                 <td class=\"{class}\">{}</td></tr>",
                thousands(*cases),
                thousands(found),
            );
        }
    }
    page.push_str("</tbody>\n</table></div>\n</section>\n");
}

/// The ledger: what no case has met, nothing is known about.
fn push_situations(page: &mut String, report: &Report) {
    let ledger = &report.situations;
    if ledger.is_empty() {
        return;
    }
    let _ = writeln!(page, "<section>\n<h2>Situations</h2>\n<p>{} of {ROWS}</p>", ledger.reached());
    page.push_str("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">situation</th>");
    page.push_str(
        "<th scope=\"col\">what was there</th><th scope=\"col\" class=\"number\">cases</th></tr></thead>\n<tbody>\n",
    );
    for row in rows() {
        let (cases, class) = match ledger.cases(&row) {
            0 => ("missed".to_owned(), "number missed"),
            cases => (thousands(cases), "number"),
        };
        let needs = match row.needs {
            Needs::Nothing => String::new(),
            needs => format!(" (with <code>{}</code>)", escaped(&needs.words())),
        };
        let (name, what) = (escaped(row.name), escaped(row.what));
        let _ = writeln!(page, "<tr><td>{name}</td><td>{what}{needs}</td><td class=\"{class}\">{cases}</td></tr>");
    }
    page.push_str("</tbody>\n</table></div>\n</section>\n");
}

fn push_findings(page: &mut String, report: &Report) {
    let firsts = report.firsts_of_classes();
    if firsts.is_empty() {
        return;
    }
    page.push_str("<section>\n<h2>Findings</h2>\n");
    for first in firsts.iter().take(SHOWN_CLASSES) {
        push_finding(page, report, first);
    }
    if firsts.len() > SHOWN_CLASSES {
        let more = firsts.len() - SHOWN_CLASSES;
        let _ = writeln!(page, "<p>... and {more} more; the JSON report has them.</p>");
    }
    page.push_str("</section>\n");
}

fn push_finding(page: &mut String, report: &Report, first: &ReportedFinding) {
    let meaning = FINDING_KINDS.iter().find(|(_, name, _)| *name == first.kind).map_or("", |(_, _, meaning)| meaning);
    let count = report.classes.get(&first.class).copied().unwrap_or(1);
    let _ = writeln!(page, "<article>\n<h3>{}</h3>", escaped(&first.class));
    let _ = match first.case {
        Some(_) => writeln!(page, "<p>{} <b>{}</b></p>", escaped(&sentence(meaning)), counted(count, "case")),
        None => writeln!(page, "<p>{}</p>", escaped(&sentence(meaning))),
    };
    let _ = write!(page, "<p class=\"place\">{}", escaped(&first.place()));
    if let Some(step) = first.step {
        let _ = write!(page, ", step {step}");
    }
    if let Some(key) = &first.key {
        let _ = write!(page, ", key <code>{}</code>", escaped(&key_text::quoted(&key.0)));
    }
    page.push_str("</p>\n");
    let _ = writeln!(page, "<pre class=\"detail\">{}</pre>", escaped(cut(&first.detail)));
    if let Some(diff) = &first.diff {
        let _ = writeln!(page, "<h4>The list, as a diff</h4>\n<pre class=\"diff\">{}</pre>", coloured(cut(diff)));
    }
    let commands = [("Repeat it", &first.repeat), ("Make it smaller", &first.shrink)];
    for (name, command) in commands.into_iter().filter(|(_, command)| !command.is_empty()) {
        let _ = writeln!(page, "<h4>{name}</h4>\n<pre class=\"command\">{}</pre>", escaped(command));
    }
    let same = || report.findings.iter().filter(|finding| finding.class == first.class).skip(1);
    let others: Vec<String> =
        same().filter_map(|finding| finding.case).take(NAMED_CASES).map(|case| case.to_string()).collect();
    if !others.is_empty() {
        let more = if same().count() > NAMED_CASES { ", ..." } else { "" };
        let _ = writeln!(page, "<p class=\"others\">Also in cases {}{more}</p>", others.join(", "));
    }
    page.push_str("</article>\n");
}

fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    if first.is_empty() { String::new() } else { format!("{first}{}.", letters.as_str()) }
}

/// The beginning of a long text; the JSON report has it all.
fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(SHOWN_CHARACTERS).map(|(end, _)| end);
    end.and_then(|end| text.get(..end)).unwrap_or(text).trim_end()
}

fn coloured(diff: &str) -> String {
    let lines = diff.lines().map(|line| {
        let text = escaped(line);
        match line.chars().next() {
            Some('+') => format!("<ins>{text}</ins>"),
            Some('-') => format!("<del>{text}</del>"),
            _ => text,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;

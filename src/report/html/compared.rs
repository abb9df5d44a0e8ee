//! What was compared, on what, and what was left out.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::section::{push_facts, push_section};
use super::text::{escaped, thousands};
use crate::campaign::Budget;
use crate::case::subject_words;
use crate::format::counted;
use crate::report::Report;
use crate::report::merge::Coverage;

/// The sums, and what there was to do.
pub(super) fn push(page: &mut String, report: &Report, coverage: &Coverage) {
    push_section(page, "compared", "What was compared");
    let timings = &report.timings;
    let figures = [
        (report.noun_of_many(), thousands(report.cases)),
        ("commands", thousands(report.commands)),
        ("lists", thousands(report.lists)),
        ("items in them", thousands(report.items)),
        ("seconds", format!("{:.1}", timings.seconds)),
        ("commands/s", thousands(timings.commands_per_second.round() as u64)),
    ];
    page.push_str("<dl class=\"figures\">\n");
    // The lists of a history are in its last replies.
    let figures =
        figures.into_iter().filter(|(name, _)| !report.is_of_histories() || !["lists", "items in them"].contains(name));
    for (name, figure) in figures {
        let _ = writeln!(page, "<div><dt>{name}</dt><dd>{figure}</dd></div>");
    }
    page.push_str("</dl>\n");
    let asked = match report.budget {
        Budget::Case(case) => format!("case {case}"),
        Budget::Cases(cases) => report.counted_cases(cases),
        Budget::TimeMs(ms) => format!("{} for {} seconds", report.noun_of_many(), ms as f64 / 1000.0),
    };
    let known: Vec<String> =
        report.known.iter().map(|(name, times)| format!("{} ({})", escaped(name), counted(*times, "time"))).collect();
    let rows = [
        ("Asked for", escaped(&asked)),
        ("Done", coverage.lines(report).iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br/>")),
        (
            "Given to the decoder",
            report.decoded_words().map_or_else(|| "no decoder took part".to_owned(), |words| escaped(&words)),
        ),
        ("Refused by the store, rightly", counted(report.refused, "command")),
        ("Empty lists kept in dumps", thousands(report.empty_kept)),
        ("Known differences of the server", known.join("<br/>")),
    ];
    push_facts(page, rows.into_iter().filter(|(_, value)| !value.is_empty()));
    page.push_str("</section>\n");
}

/// A row for each profile, a column for each base meta.
pub(super) fn push_profiles(page: &mut String, report: &Report) {
    let metas: BTreeSet<&str> = report.profiles.values().flat_map(|widths| widths.keys().map(String::as_str)).collect();
    if metas.is_empty() {
        return;
    }
    push_section(page, "profiles", "Cases by profile");
    page.push_str("<table class=\"matrix\">\n<thead><tr><th scope=\"col\">profile</th>");
    for meta in &metas {
        let _ = write!(page, "<th scope=\"col\" class=\"number\">{}</th>", escaped(&subject_words(meta)));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for (profile, widths) in &report.profiles {
        let _ = write!(page, "<tr><th scope=\"row\">{}</th>", escaped(profile));
        for meta in &metas {
            let found = report.findings.iter().filter(|finding| finding.is_of(profile, meta)).count() as u64;
            let _ = match widths.get(*meta) {
                None => write!(page, "<td class=\"number\">none</td>"),
                Some(cases) if found == 0 => write!(page, "<td class=\"number\">{}</td>", thousands(*cases)),
                Some(cases) => {
                    write!(page, "<td class=\"number bad\">{} of {} failed</td>", thousands(found), thousands(*cases))
                }
            };
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n</section>\n");
}

/// What there was to compare and was not.
pub(super) fn push_left_out(page: &mut String, report: &Report) {
    push_section(page, "left-out", "What was left out");
    let lines = report.left_out.lines();
    if lines.is_empty() {
        page.push_str("<p>Nothing.</p>\n");
    } else {
        page.push_str("<ul class=\"lines\">\n");
        lines.iter().for_each(|line| {
            let _ = writeln!(page, "<li>{}</li>", escaped(line));
        });
        page.push_str("</ul>\n");
    }
    page.push_str("</section>\n");
}

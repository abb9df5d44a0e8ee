//! A report as one HTML page for people: nothing to load, no script, the same bytes for the same report.
//!
//! It leads with what broke, a block for each class, because that is what most readers came for. Then comes what was
//! compared, which says how much the verdict is worth.
//!
//! Whatever a case can put into a report stands behind `text::escaped`. The page also says so in a policy of its own,
//! which lets a browser run and load nothing but the style in it. No part of it scrolls by itself: what is long wraps, and
//! what is too long is cut, so that it can be read by keyboard, on a phone and on paper.

mod classes;
mod compared;
mod link;
mod repeat;
mod section;
mod situations;
mod text;

use std::fmt::Write as _;
use std::path::Path;

use self::text::escaped;
use super::merge::Coverage;
use super::{Report, mismatches};

const STYLE: &str = include_str!("style.css");

/// The page. It is well-formed XML as well, but for the first line. `file` is where it will be, which links to folders are
/// relative to; `None` where nobody knows, as on standard output.
pub fn page(report: &Report, file: Option<&Path>) -> String {
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
    let _ = writeln!(page, "<title>ekv-roundtrip: {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>");
    let _ = writeln!(page, "<header class=\"{}\">\n<h1>{title}</h1>", verdict.class);
    let _ = writeln!(page, "<p>{}</p>\n</header>", escaped(&verdict.meaning));
    classes::push(&mut page, report, file);
    compared::push(&mut page, report, &coverage);
    situations::push(&mut page, report);
    compared::push_profiles(&mut page, report);
    compared::push_left_out(&mut page, report);
    repeat::push(&mut page, report);
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
        let unfinished = if coverage.is_complete() { "" } else { " The run ended before all was done." };
        let (title, meaning, class) = match report.mismatches {
            0 if coverage.is_complete() => {
                let compared = if report.left_out.is_empty() { "" } else { " that was compared" };
                let meaning = match report.is_of_histories() {
                    true => format!("Some order of the commands explains every reply{compared}"),
                    false => format!("Every list{compared} came back as a Redis client would see it"),
                };
                ("No mismatches".to_owned(), format!("{meaning}; {}.", report.left_out.words()), "holds")
            }
            0 => ("Incomplete".to_owned(), format!("No mismatches so far.{unfinished}"), "incomplete"),
            count => {
                let bugs = match classes {
                    1 => "All of one class: most likely one bug.".to_owned(),
                    classes => format!("Of {classes} classes: most likely, each class is one bug."),
                };
                (mismatches(count), format!("{bugs}{unfinished}"), "fails")
            }
        };
        Verdict { title, meaning, class }
    }
}

#[cfg(test)]
mod contrast;
#[cfg(test)]
mod tests;

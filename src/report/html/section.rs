//! The frame of a section, and the table in several of them.

use std::fmt::Write as _;

/// Begins a section that `id` leads to.
pub(super) fn push_section(page: &mut String, id: &str, heading: &str) {
    let _ = writeln!(page, "<section id=\"{id}\">\n<h2>{heading}</h2>");
}

/// A table of names and values, which are HTML.
pub(super) fn push_facts(page: &mut String, rows: impl IntoIterator<Item = (&'static str, String)>) {
    page.push_str("<table class=\"facts\">\n");
    for (name, value) in rows {
        let _ = writeln!(page, "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>");
    }
    page.push_str("</table>\n");
}

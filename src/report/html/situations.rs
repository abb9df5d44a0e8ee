//! The ledger of situations as a grid: what no case was in, nothing is known about.

use std::fmt::Write as _;

use super::section::push_section;
use super::text::{command, escaped, thousands};
use crate::report::Report;
use crate::situations::{Needs, ROWS, Row, rows};

/// A group of more rows than this is closed until somebody opens it.
const OPEN_ROWS: usize = 24;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Missed,
    NotAskedFor,
    Reached,
}

/// In the order in which they are shown: style, name, and what it means.
const FATES: [(Fate, &str, &str, &str); 3] = [
    (Fate::Missed, "missed", "Missed", "no case was in it, so nothing is known about it"),
    (
        Fate::NotAskedFor,
        "unasked",
        "Not asked for",
        "it takes a flag that this run did not have, or a decoder that reads such snapshots",
    ),
    (Fate::Reached, "reached", "Reached", "so many cases were in it"),
];

pub(super) fn push(page: &mut String, report: &Report) {
    let ledger = &report.situations;
    if ledger.is_empty() {
        return;
    }
    push_section(page, "situations", "Situations");
    page.push_str("<p>A situation is a state in which bugs are likely, or a form of a command.</p>\n");
    let _ = writeln!(page, "<p>{} of {ROWS} reached</p>", ledger.reached());
    if report.mismatches > 0 {
        page.push_str("<p>A case ends at its finding, so more was missed than in a run without findings.</p>\n");
    }
    let groups = FATES.map(|(fate, class, name, meaning)| {
        let rows: Vec<Row> = rows().filter(|row| fate_of(row, report) == fate).collect();
        (class, name, meaning, rows)
    });
    push_grid(page, groups.iter().map(|(class, name, _, rows)| (*class, *name, rows.len())));
    for (class, name, meaning, rows) in groups.iter().filter(|(.., rows)| !rows.is_empty()) {
        let open = if rows.len() > OPEN_ROWS { "" } else { " open=\"open\"" };
        let _ = writeln!(page, "<details{open}>\n<summary><b>{name}: {}</b> ({meaning})</summary>", rows.len());
        page.push_str("<ul class=\"cells\">\n");
        rows.iter().for_each(|row| push_cell(page, report, row, class));
        page.push_str("</ul>\n</details>\n");
    }
    page.push_str("</section>\n");
}

/// A square for each row: how much of the whole each group is.
fn push_grid<'a>(page: &mut String, groups: impl Iterator<Item = (&'a str, &'a str, usize)> + Clone) {
    let words: Vec<String> = groups.clone().map(|(_, name, count)| format!("{name}: {count}")).collect();
    let _ = write!(page, "<div class=\"grid\" role=\"img\" aria-label=\"{}\">", words.join(", "));
    for (class, _, count) in groups {
        page.push_str(&format!("<i class=\"{class}\"></i>").repeat(count));
    }
    page.push_str("</div>\n");
}

fn push_cell(page: &mut String, report: &Report, row: &Row, class: &str) {
    let cases = match report.situations.cases(row) {
        0 => String::new(),
        cases => format!(" <b>{}</b>", thousands(cases)),
    };
    let needs = match row.needs {
        Needs::Nothing => String::new(),
        Needs::Trace(reason) => format!(" (with <code>{}</code>: {})", command("--trace"), escaped(reason)),
        needs => format!(" (with <code>{}</code>)", command(&needs.words())),
    };
    let (name, what) = (escaped(row.name), escaped(row.what));
    let _ = writeln!(page, "<li class=\"{class}\"><code>{name}</code>{cases} <span>{what}{needs}</span></li>");
}

fn fate_of(row: &Row, report: &Report) -> Fate {
    match report.situations.cases(row) {
        0 if is_asked_for(row.needs, report) => Fate::Missed,
        0 => Fate::NotAskedFor,
        _ => Fate::Reached,
    }
}

/// Whether a run could reach a row that needs this: by a flag, or because it gave snapshots of that shape to the decoder.
fn is_asked_for(needs: Needs, report: &Report) -> bool {
    let has = |flag: &str| report.flags.iter().any(|given| given == flag);
    let gave = |shape: &str| report.decoded.get(shape).is_some_and(|cases| *cases > 0);
    match needs {
        Needs::Nothing => true,
        Needs::History => has("--history") || gave("history"),
        Needs::RawRows => has("--raw-rows") || gave("raw-rows"),
        Needs::Noise => has("--noise") || gave("noise"),
        Needs::Framing(name) => {
            let is_named = report.flags.windows(2).any(|pair| pair.iter().eq(["--framing", name]));
            is_named || gave(&format!("framing-{name}"))
        }
        Needs::Trace(_) => has("--trace"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::{Budget, Shard};
    use crate::case::shape_names;
    use crate::database::Engine;
    use crate::situations::{Mark, Reached};

    fn report(flags: &[&str], shapes: &[&str]) -> Report {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let mut report = Report::new(Some(1), flags, Some(Engine::Memory), Budget::Cases(1), Shard::WHOLE);
        report.decoded.extend(shapes.iter().map(|shape| ((*shape).to_owned(), 1)));
        let mut reached = Reached::default();
        reached.tick(Mark::NegativeHead);
        report.situations.add(reached);
        report
    }

    #[test]
    fn what_needs_a_flag_is_missed_only_with_it() {
        let fate = |name, report: &Report| fate_of(&Row::find(name).expect("a row"), report);
        let plain = report(&["--framing", "v1"], &[]);
        assert_eq!(fate("negative-head", &plain), Fate::Reached);
        assert_eq!(fate("key-empty", &plain), Fate::Missed);
        assert_eq!(fate("snapshot-v1", &plain), Fate::Missed);
        assert_eq!(fate("snapshot-v2", &plain), Fate::NotAskedFor);
        for (name, flag, shape) in [
            ("version-chain", "--history", "history"),
            ("snapshot-raw-rows", "--raw-rows", "raw-rows"),
            ("snapshot-noise", "--noise", "noise"),
        ] {
            assert_eq!(fate(name, &plain), Fate::NotAskedFor);
            assert_eq!(fate(name, &report(&[flag], &[])), Fate::Missed);
            assert_eq!(fate(name, &report(&[], &[shape])), Fate::Missed);
            assert!(shape_names().any(|known| known == shape), "{shape}");
        }
        assert!(shape_names().any(|known| known == "framing-v2"));
        assert_eq!(fate("snapshot-v2", &report(&[], &["framing-v2"])), Fate::Missed);
    }

    #[test]
    fn every_row_is_a_square_and_a_cell() {
        let mut page = String::new();
        push(&mut page, &report(&[], &[]));
        assert_eq!(page.matches("<i class=").count(), ROWS);
        assert_eq!(page.matches("<li class=").count(), ROWS);
        assert!(page.contains("<details open=\"open\">\n<summary><b>Reached: 1</b>"), "{page}");
        assert!(page.contains("<code>negative-head</code> <b>1</b>"), "{page}");
    }
}

//! What broke: a block for each class of findings, and links to them where there are several.

use std::fmt::Write as _;
use std::path::Path;

use super::link;
use super::section::push_section;
use super::text::{begin, command, escaped, sentence, title};
use crate::finding::FINDING_KINDS;
use crate::format::byte_string::ByteString;
use crate::format::{counted, key_text};
use crate::report::{Report, ReportedFinding, ShrunkCase};

/// Classes that the page shows; the JSON report has them all.
const SHOWN_CLASSES: usize = 100;
/// Cases of a class that are named beside the first.
const NAMED_CASES: usize = 20;

pub(super) fn push(page: &mut String, report: &Report, file: Option<&Path>) {
    let firsts = report.firsts_of_classes();
    if firsts.is_empty() {
        return;
    }
    push_section(page, "broke", "What broke");
    let shown: Vec<(String, &ReportedFinding)> = (1..)
        .zip(firsts.iter().take(SHOWN_CLASSES))
        .map(|(number, first)| (anchor(&first.class, number), *first))
        .collect();
    if shown.len() > 1 {
        push_contents(page, report, &shown);
    }
    for (anchor, first) in &shown {
        push_class(page, report, anchor, first, file);
    }
    if firsts.len() > shown.len() {
        let more = firsts.len() - shown.len();
        let _ = writeln!(page, "<p>... and {more} more; the JSON report has them.</p>");
    }
    page.push_str("</section>\n");
}

/// The id of a class's block: its name, so that a link stays right in the next report. A name that no run gives can stand in a
/// report from elsewhere; it has its number instead.
fn anchor(class: &str, number: usize) -> String {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match class.bytes().all(is_plain) && (1..=200).contains(&class.len()) {
        true => format!("finding-{class}"),
        false => format!("finding.{number}"),
    }
}

fn push_contents(page: &mut String, report: &Report, shown: &[(String, &ReportedFinding)]) {
    page.push_str("<nav aria-label=\"Classes\">\n<ol>\n");
    for (anchor, first) in shown {
        let (headline, cases) = (escaped(&title(&first.headline)), cases(report, first));
        let _ = writeln!(page, "<li><a href=\"#{anchor}\">{headline}</a> <span>{cases}</span></li>");
    }
    page.push_str("</ol>\n</nav>\n");
}

/// How many cases a class is in.
fn cases(report: &Report, first: &ReportedFinding) -> String {
    match first.case {
        Some(_) => report.counted_cases(report.cases_of(&first.class)),
        None => "the whole run".to_owned(),
    }
}

fn push_class(page: &mut String, report: &Report, anchor: &str, first: &ReportedFinding, file: Option<&Path>) {
    let _ = writeln!(page, "<article id=\"{anchor}\">\n<h3>{}</h3>", escaped(&title(&first.headline)));
    push_place(page, report, first);
    let class = escaped(&first.class);
    let _ = writeln!(page, "<p class=\"class\">Class <a href=\"#{anchor}\"><code>{class}</code></a></p>");
    if let Some(shrunk) = &first.shrunk {
        push_shrunk(page, shrunk);
    }
    let (detail, diff, key) = match &first.shrunk {
        Some(shrunk) => (&shrunk.detail, &shrunk.diff, &shrunk.key),
        None => (&first.detail, &first.diff, &first.key),
    };
    match diff {
        Some(diff) => {
            let of_key = key.as_ref().map_or_else(String::new, |key| format!(" of key {}", quoted(key)));
            push_diff(page, &format!("Expected and got{of_key}"), diff);
        }
        None if first.timeline.is_some() => {}
        None => push_text(page, "What happened", detail),
    }
    if let Some(timeline) = &first.timeline {
        let _ = writeln!(
            page,
            "<h4>The replies that no order explains</h4>\n<div class=\"picture\">\n{}</div>",
            timeline.svg()
        );
        if let Some(others) = timeline.others_words() {
            let _ = writeln!(page, "<p class=\"note\">{}</p>", escaped(&sentence(&others)));
        }
    }
    if let Some(picture) = first.shrunk.as_ref().and_then(|shrunk| shrunk.picture.as_ref()) {
        let _ = writeln!(page, "<h4>The list</h4>\n<div class=\"picture\">\n{}</div>", picture.svg());
    }
    push_command(page, "Repeat it", &first.repeat);
    match (&first.folder, &first.shrunk) {
        (Some(folder), _) => push_folder(page, folder, file, first.timeline.is_some()),
        (None, None) => push_command(page, "Make it smaller", &first.shrink),
        (None, Some(_)) => {}
    }
    let is_drawn = diff.is_some() || first.timeline.is_some();
    push_more(page, first, is_drawn.then_some(detail.as_str()));
    page.push_str("</article>\n");
}

/// Where it was found, and what failed there.
fn push_place(page: &mut String, report: &Report, first: &ReportedFinding) {
    let place = first.place();
    let place = place.strip_suffix(&first.kind).unwrap_or(&place).trim_end_matches([' ', ':']);
    let _ = match (first.case, report.cases_of(&first.class)) {
        (Some(_), count) if count > 1 => {
            write!(page, "<p class=\"place\"><b>{}</b>; the first is {}", cases(report, first), escaped(place))
        }
        _ => write!(page, "<p class=\"place\"><b>{}</b>", escaped(&title(place))),
    };
    if let Some(step) = first.step {
        let _ = write!(page, ", step {step}");
    }
    if let Some(key) = &first.key {
        let _ = write!(page, ", key {}", quoted(key));
    }
    page.push_str(".</p>\n");
    let meaning = FINDING_KINDS.iter().find(|(_, name, _)| *name == first.kind).map_or("", |(.., meaning)| meaning);
    if !meaning.is_empty() && meaning != first.headline {
        let _ = writeln!(page, "<p>{}</p>", escaped(&sentence(meaning)));
    }
    let same = || report.findings.iter().filter(|finding| finding.class == first.class).skip(1);
    let others: Vec<String> =
        same().filter_map(|finding| finding.case).take(NAMED_CASES).map(|case| case.to_string()).collect();
    if !others.is_empty() {
        let more = if same().count() > NAMED_CASES { ", ..." } else { "" };
        let _ = writeln!(page, "<p class=\"others\">Also in cases {}{more}.</p>", others.join(", "));
    }
}

fn push_shrunk(page: &mut String, shrunk: &ShrunkCase) {
    let (heading, how) = match (shrunk.why_whole(), shrunk.cut_short) {
        (Some(why), _) => ("The whole case", format!("Not shrunk: {}", why.words())),
        (None, Some(_)) => ("A smaller case that shows it", format!("Shrunk {}", shrunk.how_small())),
        (None, None) => ("The smallest case that shows it", format!("Shrunk {}", shrunk.how_small())),
    };
    let _ = write!(page, "<h4>{heading}</h4>\n<pre class=\"steps\">");
    let steps: Vec<String> = shrunk.steps.iter().map(|step| begin(step)).collect();
    let _ = writeln!(page, "{}</pre>", steps.join("\n"));
    let _ = write!(page, "<p class=\"note\">{how}.");
    let shown = shrunk.steps.len() as u64;
    if shown < shrunk.step_count {
        let _ = write!(page, " Shown are the first {shown} of {}.", counted(shrunk.step_count, "step"));
    }
    if !shrunk.needs.is_empty() {
        let _ = write!(page, " It {}.", command(&shrunk.needs));
    }
    page.push_str("</p>\n");
}

fn push_folder(page: &mut String, folder: &str, file: Option<&Path>, is_of_history: bool) {
    let name = begin(folder);
    let (read_first, why) = match is_of_history {
        true => ("history.jsonl", "which <code>check-history</code> judges again"),
        false => ("report.md", "which explains it"),
    };
    page.push_str("<h4>Folder</h4>\n");
    let _ = match file.and_then(|file| link::to_folder(file, Path::new(folder))) {
        Some(link) => writeln!(
            page,
            "<p><a href=\"{link}/\"><code>{name}</code></a> with <a href=\"{link}/{read_first}\"><code>{read_first}</code></a>, \
             {why}</p>"
        ),
        None => writeln!(page, "<p><code>{name}</code> with <code>{read_first}</code>, {why}</p>"),
    };
}

/// What most readers need not see at once: the difference in words where it was shown as a diff, and the whole case where the
/// smallest was shown.
fn push_more(page: &mut String, first: &ReportedFinding, in_words: Option<&str>) {
    if in_words.is_none() && first.shrunk.is_none() {
        return;
    }
    let summary = if first.shrunk.is_some() { "In words, and the whole case" } else { "In words" };
    let _ = writeln!(page, "<details>\n<summary>{summary}</summary>");
    if let Some(detail) = in_words {
        push_text(page, "The difference in words", detail);
    }
    if first.shrunk.is_some() {
        push_text(page, "The whole case: the difference in words", &first.detail);
        if let Some(diff) = &first.diff {
            push_diff(page, "The whole case: expected and got", diff);
        }
        push_command(page, "The whole case: make it smaller", &first.shrink);
    }
    page.push_str("</details>\n");
}

/// A key as HTML.
fn quoted(key: &ByteString) -> String {
    format!("<code>{}</code>", begin(&key_text::quoted(&key.0)))
}

fn push_text(page: &mut String, heading: &str, text: &str) {
    if !text.is_empty() {
        let _ = writeln!(page, "<h4>{heading}</h4>\n<pre>{}</pre>", begin(text.trim_end()));
    }
}

fn push_command(page: &mut String, heading: &str, text: &str) {
    if !text.is_empty() {
        let _ = writeln!(page, "<h4>{heading}</h4>\n<pre class=\"command\">{}</pre>", command(text));
    }
}

fn push_diff(page: &mut String, heading: &str, diff: &str) {
    let text = begin(diff.trim_end());
    let lines = text.lines().map(|line| match line.chars().next() {
        Some('+') => format!("<ins>{line}</ins>"),
        Some('-') => format!("<del>{line}</del>"),
        _ => line.to_owned(),
    });
    let lines: Vec<String> = lines.collect();
    let _ = writeln!(page, "<h4>{heading}</h4>\n<pre class=\"diff\">{}</pre>", lines.join("\n"));
}

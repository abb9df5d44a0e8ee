//! Colour in what people read: which words are painted, and where escapes are taken out again.
//!
//! Text is always painted, and the writer decides: [`Output::people`](super::output::Output::people) and [`on_stderr`] keep
//! the escapes on a terminal and strip them elsewhere. NO_COLOR takes colour away everywhere, and CLICOLOR_FORCE=1 brings it
//! to pipes and files too; if both are set, NO_COLOR wins. What a program reads goes through writers that change nothing.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::Stderr;

use anstream::AutoStream;
use anstyle::{AnsiColor, Effects, Style};

use crate::finding::Verdict;

/// A mismatch, a bug, an error.
pub(super) const BAD: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
/// What holds.
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
/// What may be right or wrong: a warning, an open question, something left out.
pub(super) const OPEN: Style = AnsiColor::Yellow.on_default();
/// A heading, or a command to run.
pub(super) const STRONG: Style = Style::new().effects(Effects::BOLD);
/// A line that only the left side of a diff has.
pub(super) const REMOVED: Style = AnsiColor::Red.on_default();
/// A line that only the right side of a diff has.
pub(super) const ADDED: Style = AnsiColor::Green.on_default();

/// The text in a style. Pad it before: escapes count as characters. A line feed belongs behind it.
pub(super) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A line, painted if it is one of a diff: it begins with a `-` or a `+`, or with such a mark after spaces and before one.
pub(super) fn diff_line(line: &str) -> Cow<'_, str> {
    let rest = line.trim_start();
    match rest.as_bytes() {
        [b'-', b' ', ..] | [b'-', b'-', b'-', b' ', ..] => Cow::Owned(paint(REMOVED, line)),
        [b'+', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => Cow::Owned(paint(ADDED, line)),
        _ => Cow::Borrowed(line),
    }
}

/// Lines, those of a diff painted.
pub(super) fn diff(lines: &str) -> String {
    lines
        .split_inclusive('\n')
        .map(|line| match line.strip_suffix('\n') {
            Some(line) => format!("{}\n", diff_line(line)),
            None => diff_line(line).into_owned(),
        })
        .collect()
}

/// The style of a verdict.
pub(super) fn of_verdict(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Ok => GOOD,
        Verdict::Bug => BAD,
        Verdict::Open | Verdict::Policy | Verdict::Waived | Verdict::Unknown => OPEN,
    }
}

/// Standard error for people.
pub(super) fn on_stderr() -> AutoStream<Stderr> {
    anstream::stderr()
}

/// A line with its first word painted where that says how bad it is: "error:", "defect:", "warning:".
pub(super) fn severity(line: &str) -> Cow<'_, str> {
    for (word, style) in [("error:", BAD), ("defect:", BAD), ("warning:", OPEN), ("note:", STRONG)] {
        if let Some(rest) = line.strip_prefix(word) {
            return Cow::Owned(format!("{}{rest}", paint(style, word)));
        }
    }
    Cow::Borrowed(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_diff_are_painted_and_no_others() {
        for (line, style) in [("-      3         \"d\"", REMOVED), ("  + 4", ADDED), ("--- Redis, 6 items", REMOVED)] {
            assert_eq!(diff_line(line), paint(style, line));
        }
        for line in ["", "-", "-5", "--findings found", "  4      3  \"e\"", "key - of"] {
            assert_eq!(diff_line(line), line);
        }
    }

    #[test]
    fn only_the_word_is_painted_that_says_how_bad_it_is() {
        assert_eq!(severity("error: read x"), format!("{} read x", paint(BAD, "error:")));
        assert_eq!(severity("an error: read x"), "an error: read x");
        assert_eq!(severity("::error title=x::y"), "::error title=x::y");
    }

    #[test]
    fn what_is_painted_is_the_text_once_the_escapes_are_gone() {
        let painted = format!("{} {}", paint(BAD, "BUG"), diff_line("- a"));
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), "BUG - a");
        let painted = diff("key a\n- a\n+ b");
        assert_eq!(painted, format!("key a\n{}\n{}", paint(REMOVED, "- a"), paint(ADDED, "+ b")));
    }
}

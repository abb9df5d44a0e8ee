//! A window as a timeline: who called what when, as text and as SVG.

use std::fmt::Write as _;

use super::operation::Operation;
use super::shown_words::{outcome_words, sent_words};
use super::window::Window;
use crate::format::counted;
use crate::picture::element::escaped;

/// The columns of the bars in the text.
const COLUMNS: u64 = 30;
/// The width of the picture in pixels, as of those of lists.
const WIDTH: u64 = 360;
/// What is left free at the left for the client.
const LEFT: u64 = 70;
/// The height of an operation.
const ROW: usize = 52;
/// The height of what stands above the operations.
const TOP: usize = 28;

impl Window {
    /// The timeline as lines of text, the contradiction last.
    pub fn text(&self) -> String {
        let scale = Scale::of(&self.history.operations);
        let mut text = String::new();
        for operation in &self.history.operations {
            let (from, until) = scale.span(operation, COLUMNS);
            let bar: String =
                (0..COLUMNS).map(|column| if (from..=until).contains(&column) { '=' } else { ' ' }).collect();
            let (from_us, until_us) = scale.times(operation);
            let until_us = until_us.map_or_else(|| "?".to_owned(), |until_us| until_us.to_string());
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "  client {:<2} |{bar}| {:>15} us  {} -> {}",
                operation.client,
                format!("{from_us}..{until_us}"),
                sent_words(&operation.sent),
                outcome_words(&operation.outcome)
            );
        }
        let _ = writeln!(text, "  {}", self.history.contradiction());
        if let Some(others) = self.others_words() {
            let _ = writeln!(text, "  {others}");
        }
        text
    }

    /// The same as an SVG element.
    pub fn svg(&self) -> String {
        let scale = Scale::of(&self.history.operations);
        let mut body = String::new();
        let contradiction = escaped(&plain(&self.history.contradiction()));
        for (row, operation) in self.history.operations.iter().enumerate() {
            let y = TOP + row * ROW;
            let (from, until) = scale.span(operation, WIDTH - LEFT);
            let (x, width) = (LEFT + from, (until - from).max(3));
            let (from_us, until_us) = scale.times(operation);
            let dashes = if until_us.is_none() { " stroke-dasharray=\"5 3\"" } else { "" };
            let until_us = until_us.map_or_else(|| "?".to_owned(), |until_us| until_us.to_string());
            let words = escaped(&plain(&sent_words(&operation.sent)));
            let told = escaped(&plain(&outcome_words(&operation.outcome)));
            let _ = writeln!(
                body,
                "<text x=\"0\" y=\"{}\">client {}</text>\n\
                 <rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"14\" rx=\"3\" fill=\"none\" \
                 stroke=\"currentColor\"{dashes}/>\n\
                 <text x=\"{LEFT}\" y=\"{}\" font-size=\"11\">{from_us}..{until_us} us: {words}</text>\n\
                 <text x=\"{LEFT}\" y=\"{}\" font-size=\"11\">-&gt; {told}</text>",
                y + 12,
                operation.client,
                y + 27,
                y + 41,
            );
        }
        let height = TOP + self.history.operations.len() * ROW + 6;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" role=\"img\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\" font-family=\"ui-monospace, monospace\" font-size=\"12\" fill=\"currentColor\">\n\
             <title>{contradiction}</title>\n<text x=\"0\" y=\"14\" font-weight=\"bold\">{} us</text>\n{body}</svg>\n",
            scale.until_us - scale.from_us
        )
    }

    fn others_words(&self) -> Option<String> {
        let others = counted(self.others as u64, "other operation");
        (self.others > 0).then(|| format!("whatever became of {others} on the same keys, no order gives these replies"))
    }
}

/// What a picture can hold: printable ASCII.
fn plain(text: &str) -> String {
    text.chars().map(|character| if matches!(character, ' '..='~') { character } else { '?' }).collect()
}

/// The time that a timeline shows.
struct Scale {
    from_us: u64,
    until_us: u64,
}

impl Scale {
    fn of(operations: &[Operation]) -> Scale {
        let from_us = operations.iter().map(|operation| operation.call_us).min().unwrap_or(0);
        let ends = operations.iter().map(|operation| operation.end_us().unwrap_or(operation.call_us));
        Scale { from_us, until_us: ends.max().unwrap_or(0).max(from_us + 1) }
    }

    /// Where an operation begins and ends, of so many places; without a reply it goes on to the end.
    fn span(&self, operation: &Operation, places: u64) -> (u64, u64) {
        let place = |us: u64| {
            let (after_us, all_us) =
                (u128::from(us.saturating_sub(self.from_us)), u128::from(self.until_us - self.from_us));
            u64::try_from(after_us * u128::from(places - 1) / all_us).unwrap_or(0).min(places - 1)
        };
        (place(operation.call_us), place(operation.end_us().unwrap_or(self.until_us)))
    }

    /// The same in microseconds from the start of the timeline.
    fn times(&self, operation: &Operation) -> (u64, Option<u64>) {
        let from_us = operation.call_us.saturating_sub(self.from_us);
        (from_us, operation.end_us().map(|end_us| end_us.saturating_sub(self.from_us)))
    }
}

//! A window as a timeline: who called what when, as text and as SVG.
//!
//! Reports hold timelines and can come from elsewhere, so whatever one holds, drawing it ends in a picture of bounded size.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::operation::{History, Operation};
use super::shown_words::{outcome_words, sent_words, shortened};
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
/// The operations that a picture shows.
const DRAWN: usize = 60;

/// Operations along the time, and what is wrong with them. It holds what is drawn and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// The operations, in the order of their calls.
    pub rows: Vec<TimelineRow>,
    /// What is wrong with them, as a sentence.
    pub contradiction: String,
    /// Other operations on the same keys. Whatever became of them, no order explains these.
    pub others: u64,
}

/// An operation of a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimelineRow {
    /// The number of the client.
    pub client: u32,
    /// When the client began to send, in microseconds from the first call.
    pub call_us: u64,
    /// When it was told something; `None` where it was not.
    pub reply_us: Option<u64>,
    /// What it sent, as one would type it, cut short.
    pub sent: String,
    /// What it was told, cut short.
    pub told: String,
}

impl History {
    /// The operations of a history that is no window, along the time.
    pub fn timeline(&self) -> Timeline {
        let start_us = self.operations.iter().map(|operation| operation.call_us).min().unwrap_or(0);
        let row = |operation: &Operation| TimelineRow {
            client: operation.client,
            call_us: operation.call_us.saturating_sub(start_us),
            reply_us: operation.end_us().map(|end_us| end_us.saturating_sub(start_us)),
            sent: sent_words(&operation.sent),
            told: outcome_words(&operation.outcome),
        };
        let rows = self.operations.iter().map(row).collect();
        Timeline { rows, contradiction: self.contradiction().words, others: 0 }
    }
}

impl Window {
    /// The window along the time.
    pub fn timeline(&self) -> Timeline {
        Timeline { others: self.others as u64, ..self.history.timeline() }
    }
}

impl Timeline {
    /// The timeline as lines of text, the contradiction last.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let (from, until) = self.span(row, COLUMNS);
            let bar: String =
                (0..COLUMNS).map(|column| if (from..=until).contains(&column) { '=' } else { ' ' }).collect();
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "  client {:<2} |{bar}| {:>15} us  {} -> {}",
                row.client,
                row.times(),
                row.sent,
                row.told
            );
        }
        let _ = writeln!(text, "  {}", self.contradiction);
        if let Some(others) = self.others_words() {
            let _ = writeln!(text, "  {others}");
        }
        text
    }

    /// The same as an SVG element.
    pub fn svg(&self) -> String {
        let mut body = String::new();
        let mut y = TOP;
        for row in self.rows.iter().take(DRAWN) {
            let (from, until) = self.span(row, WIDTH - LEFT);
            let (x, width) = (LEFT + from, until.saturating_sub(from).max(3));
            let dashes = if row.reply_us.is_none() { " stroke-dasharray=\"5 3\"" } else { "" };
            let _ = writeln!(
                body,
                "<text x=\"0\" y=\"{}\">client {}</text>\n\
                 <rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"14\" rx=\"3\" fill=\"none\" \
                 stroke=\"currentColor\"{dashes}/>\n\
                 <text x=\"{LEFT}\" y=\"{}\" font-size=\"11\">{} us: {}</text>\n\
                 <text x=\"{LEFT}\" y=\"{}\" font-size=\"11\">-&gt; {}</text>",
                y + 12,
                row.client,
                y + 27,
                row.times(),
                drawn(&row.sent),
                y + 41,
                drawn(&row.told),
            );
            y += ROW;
        }
        if let Some(more) = self.rows.len().checked_sub(DRAWN).filter(|more| *more > 0) {
            let _ = writeln!(body, "<text x=\"0\" y=\"{}\">... and {more} more</text>", y + 12);
            y += ROW;
        }
        let (height, contradiction) = (y + 6, drawn(&self.contradiction));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" role=\"img\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\" font-family=\"ui-monospace, monospace\" font-size=\"12\" fill=\"currentColor\">\n\
             <title>{contradiction}</title>\n<text x=\"0\" y=\"14\" font-weight=\"bold\">{} us</text>\n{body}</svg>\n",
            self.end_us()
        )
    }

    /// What the other operations have to do with it, if there are any.
    pub fn others_words(&self) -> Option<String> {
        let others = counted(self.others, "other operation");
        (self.others > 0).then(|| format!("whatever became of {others} on the same keys, no order gives these replies"))
    }

    /// The end of the time that is shown.
    fn end_us(&self) -> u64 {
        self.rows.iter().map(|row| row.reply_us.unwrap_or(row.call_us)).max().unwrap_or(0).max(1)
    }

    /// Where an operation begins and ends, of so many places; without a reply it goes on to the end.
    fn span(&self, row: &TimelineRow, places: u64) -> (u64, u64) {
        let end_us = self.end_us();
        let place = |us: u64| {
            u64::try_from(u128::from(us) * u128::from(places - 1) / u128::from(end_us)).unwrap_or(0).min(places - 1)
        };
        (place(row.call_us), place(row.reply_us.unwrap_or(end_us)))
    }
}

impl TimelineRow {
    fn times(&self) -> String {
        let until_us = self.reply_us.map_or_else(|| "?".to_owned(), |until_us| until_us.to_string());
        format!("{}..{until_us}", self.call_us)
    }
}

/// Words as a picture can hold them: printable ASCII, cut short.
fn drawn(words: &str) -> String {
    let plain = words.chars().map(|character| if matches!(character, ' '..='~') { character } else { '?' });
    escaped(&shortened(plain.collect()))
}

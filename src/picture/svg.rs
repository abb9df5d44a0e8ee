//! A picture as SVG: one element that needs nothing from outside, in the colour of the text around it.
//!
//! It is [`WIDTH`] pixels wide, as a telephone is, and can be scaled. What it looks like beyond that is up to the page, by
//! the classes `picture`, `picture-cell`, `picture-live`, `picture-deleted`, `picture-absent`, `picture-window`,
//! `picture-odd` (the other reader is wrong here) and `picture-words`.

use std::fmt::Write as _;

use super::element::{self, LETTER, SMALL, escaped};
use super::label::clean;
use super::lines::{Line, cell_words, lines, other_name, remarks, sum_rows, verdict, window_words};
use super::text::wrapped;
use super::{Cell, CellState, Picture};

/// The width in pixels.
const WIDTH: usize = 360;
/// The width of a letter, which is 0.6 of its size, in tenths of a pixel.
const LETTER_TENTHS: usize = LETTER * 6;
/// The same for words beside a cell.
const SMALL_TENTHS: usize = SMALL * 6;
/// The height of a line.
const LINE: usize = 18;
/// The height of a cell's box.
const BOX: usize = 22;
/// What is left free at the right for the mark of the other reader.
const MARK: usize = 28;

impl Picture {
    /// The picture as an SVG element.
    pub fn svg(&self) -> String {
        let mut drawing = Drawing { body: String::new(), y: 0, window_from: None };
        drawing.push_sum(self);
        drawing.push_axis(self);
        drawing.push_legend(self);
        let (key, height) = (escaped(&clean(&self.key, 40)), drawing.y + 6);
        let words = format!("List {key}: {}", window_words(self));
        let cells: Vec<String> = self.cells.iter().map(|cell| described(self, cell)).collect();
        let description = escaped(&clean(&cells.join(". "), 4000));
        let start = element::start(" class=\"picture\"", WIDTH, height);
        format!("{start}<title>{words}</title>\n<desc>{description}</desc>\n{}</svg>\n", drawing.body)
    }
}

/// A cell in words, for those who do not see it.
fn described(picture: &Picture, cell: &Cell) -> String {
    let item = cell.item.as_deref().map_or_else(|| "no item".to_owned(), |item| clean(item, 24));
    let verdict = verdict(picture, cell).map_or_else(String::new, |verdict| format!("; {verdict}"));
    format!("seq {} {item}: {}{verdict}", cell.seq, cell_words(cell))
}

struct Drawing {
    body: String,
    /// Where the next line begins.
    y: usize,
    /// Where the window begins.
    window_from: Option<usize>,
}

impl Drawing {
    fn text(&mut self, x: usize, attributes: &str, words: &str) {
        element::push_text(&mut self.body, (x, self.y + LETTER), attributes, words);
    }

    fn small(&mut self, x: usize, words: &str) {
        self.words(x, " class=\"picture-words\"", words);
    }

    /// Writes words in small letters, in as many lines as they take.
    fn words(&mut self, x: usize, attributes: &str, words: &str) {
        for line in wrapped(words, (WIDTH - x) * 10 / SMALL_TENTHS) {
            self.text(x, &format!(" font-size=\"{SMALL}\"{attributes}"), &line);
            self.y += LINE - 2;
        }
    }

    fn push_sum(&mut self, picture: &Picture) {
        const ENDS: [usize; 3] = [190, 250, 310];
        const BOLD: &str = " font-weight=\"bold\"";
        self.y = 4;
        self.text(0, BOLD, &format!("List {}", clean(&picture.key, 38)));
        self.y += LINE + 4;
        for (end, title) in ENDS.into_iter().zip(["head", "len", "tail"]) {
            self.text(end, " text-anchor=\"end\"", title);
        }
        self.y += LINE;
        for (label, numbers, words) in sum_rows(picture) {
            self.text(0, "", label);
            if numbers.iter().any(|number| number.len() > 7) {
                let [head, len, tail] = &numbers;
                let named =
                    [("head", head), ("len", len), ("tail", tail)].map(|(name, number)| format!("{name} {number}"));
                self.y += LINE;
                self.small(12, &named.join(" "));
                self.y -= LINE;
            } else {
                for (end, number) in ENDS.into_iter().zip(&numbers).filter(|(_, number)| !number.is_empty()) {
                    self.text(end, " text-anchor=\"end\"", number);
                }
            }
            self.y += LINE;
            if !words.is_empty() {
                self.small(12, &words);
            }
        }
        self.y += 8;
    }

    fn push_axis(&mut self, picture: &Picture) {
        let seq_letters = picture.cells.iter().map(|cell| cell.seq.to_string().len()).max().unwrap_or(1).max(3);
        let seq_end = 14 + seq_letters * LETTER_TENTHS / 10;
        self.text(seq_end, " text-anchor=\"end\"", "seq");
        self.text(seq_end + 12, "", "item");
        if picture.other.is_some() {
            self.text(WIDTH - 4, " text-anchor=\"end\"", "other");
        }
        self.y += LINE + 2;
        for line in lines(picture) {
            match line {
                Line::Edge(words) => self.push_edge(&words),
                Line::Gap(words) => {
                    self.small(seq_end + 12, &words);
                    self.y += 4;
                }
                Line::Cell(cell) => self.push_cell(picture, cell, seq_end),
            }
        }
    }

    /// A border of the window; between the two a thick line runs at the left.
    fn push_edge(&mut self, words: &str) {
        let y = self.y + LINE / 2;
        self.text(10, &format!(" font-size=\"{SMALL}\""), words);
        for (from, to) in [(3, 8), (10 + (words.len() + 1) * SMALL_TENTHS / 10, WIDTH)] {
            let _ = writeln!(
                self.body,
                "<line class=\"picture-window\" x1=\"{from}\" y1=\"{y}\" x2=\"{to}\" y2=\"{y}\" stroke=\"currentColor\"/>"
            );
        }
        if let Some(from) = self.window_from.replace(y) {
            let _ = writeln!(
                self.body,
                "<line class=\"picture-window\" x1=\"3\" y1=\"{from}\" x2=\"3\" y2=\"{y}\" stroke=\"currentColor\" \
                 stroke-width=\"4\"/>"
            );
        }
        self.y += LINE + 4;
    }

    fn push_cell(&mut self, picture: &Picture, cell: &Cell, seq_end: usize) {
        let verdict = verdict(picture, cell);
        let (class, dashes, decoration) = match cell.state {
            CellState::Live => ("picture-live", "", ""),
            CellState::Deleted => ("picture-deleted", " stroke-dasharray=\"5 3\"", " text-decoration=\"line-through\""),
            CellState::Absent => ("picture-absent", " stroke-dasharray=\"1 4\"", ""),
        };
        let odd = if verdict.is_some() { " picture-odd" } else { "" };
        let (x, y) = (seq_end + 8, self.y);
        let width = WIDTH - x - if picture.other.is_some() { MARK } else { 1 };
        let thick = if verdict.is_some() { 3 } else { 1 };
        let _ = writeln!(
            self.body,
            "<g class=\"picture-cell {class}{odd}\">\n<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{BOX}\" rx=\"3\" \
             fill=\"none\" stroke=\"currentColor\" stroke-width=\"{thick}\"{dashes}/>"
        );
        self.y += 2;
        self.text(seq_end, " text-anchor=\"end\"", &cell.seq.to_string());
        if let Some(item) = &cell.item {
            self.text(x + 6, decoration, &clean(item, (width - 8) * 10 / LETTER_TENTHS));
        }
        if picture.other.is_some() {
            let (x, y) = (WIDTH - 12, y + BOX / 2);
            let fill = if cell.other_index.is_some() { "currentColor" } else { "none" };
            let _ = writeln!(
                self.body,
                "<circle cx=\"{x}\" cy=\"{y}\" r=\"6\" fill=\"{fill}\" stroke=\"currentColor\" stroke-width=\"{}\"/>",
                thick.min(2)
            );
        }
        self.y += BOX - 1;
        let index = |name: &str, index: Option<u64>| index.map(|index| format!("{name} {index}"));
        let words = [index("index", cell.index), index("other", cell.other_index), Some(cell_words(cell))];
        self.small(x, &words.into_iter().flatten().collect::<Vec<_>>().join("; "));
        if let Some(verdict) = verdict {
            self.words(x, " font-weight=\"bold\"", verdict);
        }
        self.body.push_str("</g>\n");
        self.y += 6;
    }

    fn push_legend(&mut self, picture: &Picture) {
        self.y += 4;
        for remark in remarks(picture) {
            self.small(0, &remark);
            self.y += 4;
        }
        self.small(0, "Solid box: an item. Dashed: it is deleted. Dotted: none. The list is beside the thick line.");
        if let Some(name) = other_name(picture) {
            self.small(0, &format!("Filled circle: {name} shows it. Empty: it does not."));
        }
    }
}

//! A picture as text of at most 100 columns, plain ASCII.

use super::label::clean;
use super::lines::{Line, cell_words, lines, other_name, remarks, sum_rows, verdict, window_words};
use super::{Cell, Picture};

/// The columns of a line.
const COLUMNS: usize = 100;
/// The fewest columns for words beside a cell.
const WORDS: usize = 30;

impl Picture {
    /// The picture as lines of text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let title = format!("List {}: {}", clean(&self.key, 40), window_words(self));
        wrapped(&title, COLUMNS).iter().for_each(|line| push_line(&mut text, line));
        text.push('\n');
        push_sum(self, &mut text);
        push_legend(self, &mut text);
        push_axis(self, &mut text);
        for remark in remarks(self) {
            text.push('\n');
            wrapped(&remark, COLUMNS).iter().for_each(|line| push_line(&mut text, line));
        }
        text
    }
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

fn push_sum(picture: &Picture, text: &mut String) {
    let rows = sum_rows(picture);
    let titles = ["head", "len", "tail"];
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|(_, numbers, _)| numbers.get(at)).map(String::len);
        cells.chain(titles.get(at).map(|title| title.len())).max().unwrap_or_default()
    };
    let [head, len, tail] = [width(0), width(1), width(2)];
    let [head_title, len_title, tail_title] = titles;
    push_line(text, &format!("How its window adds up  {head_title:>head$}  {len_title:>len$}  {tail_title:>tail$}"));
    for (label, [at_head, at_len, at_tail], words) in &rows {
        let line = format!("  {label:<20}  {at_head:>head$}  {at_len:>len$}  {at_tail:>tail$}  {words}");
        // Numbers of 20 digits leave no room for words.
        if line.len() > COLUMNS {
            push_line(text, line.get(..line.len() - words.len()).unwrap_or(&line));
            push_line(text, &format!("{:24}{words}", ""));
        } else {
            push_line(text, &line);
        }
    }
}

fn push_legend(picture: &Picture, text: &mut String) {
    text.push_str("\nseq: a record's sequence number; the list is what stands from head up to, but not at, tail\n");
    let index = "index: where an item stands in the list";
    let line = match (&picture.other, other_name(picture)) {
        (Some(other), Some(name)) => {
            let has =
                other.items.map_or_else(String::new, |items| format!(" ({})", crate::format::counted(items, "item")));
            format!("{index}; other: where {name}{has} shows it")
        }
        _ => index.to_owned(),
    };
    wrapped(&line, COLUMNS).iter().for_each(|line| push_line(text, line));
    text.push('\n');
}

/// The widths of the columns.
struct Widths {
    seq: usize,
    index: usize,
    /// 0 without another reader.
    other: usize,
    item: usize,
}

impl Widths {
    fn of(picture: &Picture) -> Widths {
        let widest = |title: &str, of: &dyn Fn(&Cell) -> usize| {
            picture.cells.iter().map(of).chain([title.len()]).max().unwrap_or_default()
        };
        let number = |index: Option<u64>| index.map_or(1, |index| index.to_string().len());
        Widths {
            seq: widest("seq", &|cell| cell.seq.to_string().len()),
            index: widest("index", &|cell| number(cell.index)),
            other: if picture.other.is_some() { widest("other", &|cell| number(cell.other_index)) } else { 0 },
            item: widest("item", &|cell| item(cell).len()),
        }
    }

    fn row(&self, seq: &str, index: &str, other: &str, item: &str) -> String {
        let Widths { seq: seq_width, index: index_width, other: other_width, item: item_width } = self;
        let other = if *other_width > 0 { format!("  {other:>other_width$}") } else { String::new() };
        format!("  {seq:>seq_width$}  {index:>index_width$}{other}  {item:<item_width$}  ")
    }
}

fn item(cell: &Cell) -> String {
    cell.item.as_deref().map_or_else(|| "-".to_owned(), |item| clean(item, 24))
}

fn push_axis(picture: &Picture, text: &mut String) {
    let widths = Widths::of(picture);
    let titles = widths.row("seq", "index", "other", "item");
    push_line(text, &format!("{titles}record"));
    let number = |index: Option<u64>| index.map_or_else(|| "-".to_owned(), |index| index.to_string());
    for line in lines(picture) {
        match line {
            Line::Edge(words) => {
                push_line(text, &format!("  {:-<width$}", format!("-- {words} "), width = titles.len()))
            }
            Line::Gap(words) => push_line(text, &format!("  {:>seq$}  {words}", "", seq = widths.seq)),
            Line::Cell(cell) => {
                let (index, other) = (number(cell.index), number(cell.other_index));
                let row = widths.row(&cell.seq.to_string(), &index, &other, &item(cell));
                let mut words = cell_words(cell);
                if let Some(verdict) = verdict(picture, cell) {
                    words.push_str("  <-- ");
                    words.push_str(verdict);
                }
                let indent = " ".repeat(row.len());
                let pieces = wrapped(&words, COLUMNS.saturating_sub(row.len()).max(WORDS));
                for (place, piece) in pieces.iter().enumerate() {
                    push_line(text, &format!("{}{piece}", if place == 0 { &row } else { &indent }));
                }
            }
        }
    }
}

/// Words in lines of at most so many columns; a longer word stands on its own.
pub(super) fn wrapped(words: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words.split(' ') {
        if !line.is_empty() && line.len() + 1 + word.len() > columns {
            lines.push(std::mem::take(&mut line));
        } else if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

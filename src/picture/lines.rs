//! What is drawn, line by line, in words: the same in text and in SVG.

use super::label::clean;
use super::{Cell, CellState, Origin, Picture, Window};
use crate::format::counted;

/// A line of a picture.
pub(super) enum Line<'a> {
    /// A border of the window, in words.
    Edge(String),
    /// Sequence numbers that are not shown, in words.
    Gap(String),
    /// A sequence number.
    Cell(&'a Cell),
}

/// The lines along the axis, in seq order.
pub(super) fn lines(picture: &Picture) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut edges = edges(picture.window);
    let mut next = picture.extent.map(|(first, _)| i128::from(first));
    for cell in &picture.cells {
        let seq = i128::from(cell.seq);
        lines.extend(edges_up_to(next, &mut edges));
        lines.extend(gap(next, seq, picture.window));
        lines.extend(edges_up_to(Some(seq), &mut edges));
        lines.push(Line::Cell(cell));
        next = Some(seq + 1);
    }
    lines.extend(edges_up_to(next, &mut edges));
    let end = picture.extent.map(|(_, last)| i128::from(last) + 1);
    lines.extend(end.and_then(|end| gap(next, end, picture.window)));
    lines.extend(edges_up_to(Some(i128::MAX), &mut edges));
    lines
}

/// Takes the borders at or before a sequence number.
fn edges_up_to<'a>(seq: Option<i128>, edges: &mut Vec<(i128, String)>) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    while let Some((_, words)) = edges.pop_if(|(edge, _)| Some(*edge) <= seq) {
        lines.push(Line::Edge(words));
    }
    lines
}

/// The borders of the window, the last one first.
fn edges(window: Option<Window>) -> Vec<(i128, String)> {
    match window {
        Some(Window { head, len: 0, .. }) => vec![(head.into(), format!("head and tail {head}: no list"))],
        Some(Window { head, tail, .. }) => {
            vec![(tail.into(), format!("tail {tail}")), (head.into(), format!("head {head}"))]
        }
        None => Vec::new(),
    }
}

/// The sequence numbers from `from` up to, but not including, `to`.
fn gap<'a>(from: Option<i128>, to: i128, window: Option<Window>) -> Option<Line<'a>> {
    let from = from?;
    let more = u64::try_from(to - from).ok().filter(|more| *more > 0)?;
    let is_in_window = window.is_some_and(|Window { head, tail, .. }| from >= head.into() && to <= tail.into());
    let place = if is_in_window { "of the list" } else { "outside the window" };
    Some(Line::Gap(format!("... {} {place}", counted(more, "more seq"))))
}

/// What a window is made of: a label, three numbers, remarks.
pub(super) type SumRow = (&'static str, [String; 3], String);

/// The rows that add up to the window.
pub(super) fn sum_rows(picture: &Picture) -> Vec<SumRow> {
    let nothing = String::new;
    let mut rows = vec![match &picture.base {
        Some(base) => {
            let mut remarks = match base.expiry_ms {
                None => "no expiry field".to_owned(),
                Some(0) => "no expiry".to_owned(),
                Some(expiry_ms) => format!("expiry {expiry_ms}"),
            };
            if base.head.checked_add(base.len) != Some(base.tail) {
                remarks.push_str("; tail is not head + len");
            }
            ("base meta", [base.head, base.len, base.tail].map(|number| number.to_string()), remarks)
        }
        None => ("no base meta", ["0".to_owned(), "0".to_owned(), nothing()], nothing()),
    }];
    let numbers = |head: i64, len: i64| [format!("{head:+}"), format!("{len:+}"), String::new()];
    if let Some(sum) = &picture.earlier_deltas {
        let count = counted(sum.count, "earlier delta");
        rows.push(("+ deltas", numbers(sum.head_delta, sum.len_delta), count));
    }
    for delta in &picture.deltas {
        let Origin { commit_ts, step } = delta.origin;
        let step = step.map_or_else(nothing, |step| format!(", step {step}"));
        rows.push(("+ delta", numbers(delta.head_delta, delta.len_delta), format!("commit {commit_ts}{step}")));
    }
    rows.push(match picture.window {
        Some(Window { head, len, tail }) => {
            ("= resolved", [head, len, tail].map(|number| number.to_string()), clamped(picture))
        }
        None => ("= resolved", [nothing(), nothing(), nothing()], "outside the range of sequence numbers".to_owned()),
    });
    if let Some(ttl_ms) = picture.ttl_ms {
        rows.push(("expiry record", [nothing(), nothing(), nothing()], format!("expiry {ttl_ms}")));
    }
    rows
}

/// Says that a length is below 0.
fn clamped(picture: &Picture) -> String {
    let base = picture.base.as_ref().map_or(0, |base| i128::from(base.len));
    let earlier = picture.earlier_deltas.as_ref().map_or(0, |sum| i128::from(sum.len_delta));
    let len = picture.deltas.iter().fold(base + earlier, |len, delta| len + i128::from(delta.len_delta));
    if len < 0 { format!("a len of {len} is taken for 0") } else { String::new() }
}

/// The resolved window in words.
pub(super) fn window_words(picture: &Picture) -> String {
    match picture.window {
        Some(Window { head, len, tail }) => format!("head {head}, len {len}, tail {tail}"),
        None => "its window is outside the range of sequence numbers".to_owned(),
    }
}

/// What the other reader is called.
pub(super) fn other_name(picture: &Picture) -> Option<String> {
    picture.other.as_ref().map(|other| clean(&other.name, 40))
}

/// What is said of a cell.
pub(super) fn cell_words(cell: &Cell) -> String {
    let mut words = vec![match (cell.state, cell.is_in_window) {
        (CellState::Live, true) => format!("live{}", by(", written", cell.written)),
        (CellState::Live, false) => format!("live, but outside the window{}", by("; written", cell.written)),
        (CellState::Deleted, true) => format!("deleted{}, a hole in the window", by("", cell.deleted)),
        (CellState::Deleted, false) => format!("deleted{}", by("", cell.deleted)),
        (CellState::Absent, true) => "no item: a hole in the window".to_owned(),
        (CellState::Absent, false) => "no item".to_owned(),
    }];
    match cell.state {
        CellState::Live if cell.is_claimed => words.push("under an old claim, which hides nothing".to_owned()),
        _ if cell.is_claimed => words.push("claimed by a pop".to_owned()),
        _ => {}
    }
    if cell.older_versions > 0 {
        words.push(counted(cell.older_versions, "older version"));
    }
    words.join("; ")
}

fn by(verb: &str, origin: Option<Origin>) -> String {
    match origin {
        Some(Origin { step: Some(step), .. }) => format!("{verb} by step {step}"),
        Some(Origin { commit_ts, step: None }) => format!("{verb} at commit {commit_ts}"),
        None => String::new(),
    }
}

/// What is wrong with what the other reader makes of a cell.
pub(super) fn verdict(picture: &Picture, cell: &Cell) -> Option<&'static str> {
    picture.other.as_ref()?;
    match (cell.index, cell.other_index) {
        (Some(_), None) => Some("not shown, but in the list"),
        (None, Some(_)) => Some("shown, but not in the list"),
        _ => None,
    }
}

/// What is said of the list as a whole, under its cells.
pub(super) fn remarks(picture: &Picture) -> Vec<String> {
    let mut remarks = Vec::new();
    if picture.outside_items > 0 {
        let count = counted(picture.outside_items, "item");
        remarks
            .push(format!("Outside the window: {count}, which no client sees, and which a dump holds with a warning."));
    }
    let Some(other) = &picture.other else { return remarks };
    let name = clean(&other.name, 40);
    if other.items.is_none() {
        remarks.push(format!("{name}: no list of this key."));
    }
    if !other.unplaced.is_empty() {
        let item = |unplaced: &super::Unplaced| format!("index {} {}", unplaced.index, clean(&unplaced.item, 30));
        let shown: Vec<String> = other.unplaced.iter().map(item).collect();
        let more = if other.more_unplaced > 0 { format!(", and {} more", other.more_unplaced) } else { String::new() };
        remarks.push(format!("{name} shows what is at no seq above: {}{more}.", shown.join(", ")));
    }
    remarks
}

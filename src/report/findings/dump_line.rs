//! Which line of which file of a dump says something about a list.

use crate::compare::{Difference, DifferenceKind};
use crate::format::dump_tree::{REDIS_DIR, database_dir};
use crate::format::{Family, segment};
use crate::state::State;

/// A place in a dump, and what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DumpLine {
    /// The dump has no file for the list.
    NoFile {
        /// Where it would be.
        path: String,
    },
    /// A line of a file.
    At {
        /// The file, below the dump.
        path: String,
        /// The number of the line, from 1.
        line: u64,
    },
}

/// Where the dump that shows `found` says what differs. A body has three lines before its items; an item that is not UTF-8
/// takes three lines, any other one.
pub fn dump_line(difference: &Difference, found: &State) -> DumpLine {
    let name = segment::encode(&difference.key).text;
    let row = Family::List.row();
    let path = format!("{REDIS_DIR}/{}/{}/{name}{}", database_dir(0), row.folder, row.extension);
    let Some(list) = found.keys.get(&difference.key) else { return DumpLine::NoFile { path } };
    let lines = |count: usize| -> u64 {
        list.items().iter().take(count).map(|item| if std::str::from_utf8(item).is_ok() { 1 } else { 3 }).sum()
    };
    const BEFORE_ITEMS: u64 = 3;
    let line = match &difference.kind {
        DifferenceKind::Items(items) => {
            BEFORE_ITEMS + lines(usize::try_from(items.first_index).unwrap_or(usize::MAX)) + 1
        }
        DifferenceKind::Missing { .. } => BEFORE_ITEMS,
        DifferenceKind::Expiry { .. } if list.items().is_empty() => BEFORE_ITEMS + 1,
        DifferenceKind::Expiry { .. } => BEFORE_ITEMS + lines(list.items().len()) + 2,
    };
    DumpLine::At { path, line }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::compare;
    use crate::format::ExpireAtMs;
    use crate::format::list::BodyWriter;
    use crate::state::KeyState;

    /// The line is held against the body that the format's own writer makes.
    #[test]
    fn the_line_is_the_one_of_the_body() {
        let items: Vec<Vec<u8>> =
            [&b"a"[..], b"\xff", b"two\nlines", b"wrong"].iter().map(|item| item.to_vec()).collect();
        let found = KeyState::list(items.clone(), Some(ExpireAtMs(9_000)));
        let mut right_items = items.clone();
        right_items[3] = b"right".to_vec();
        let right = KeyState::list(right_items, None);
        let state = |list: KeyState| State { keys: [(b"k".to_vec(), list)].into(), last_ms: None };
        let (expected, found) = (state(right), state(found));
        let mut body = Vec::new();
        let mut writer = BodyWriter::default();
        items.iter().for_each(|item| writer.item(item, &mut body));
        writer.finish(Some(ExpireAtMs(9_000)), &mut body);
        let body = String::from_utf8(body).expect("JSON");
        let texts: Vec<&str> = compare(&expected, &found, 0)
            .differences
            .iter()
            .map(|difference| {
                let DumpLine::At { path, line } = dump_line(difference, &found) else { panic!("there is a file") };
                assert_eq!(path, "redis/db_0/lists/k.json");
                body.lines().nth(line as usize - 1).expect("a line").trim()
            })
            .collect();
        assert_eq!(texts, ["\"wrong\"", "\"expire_at_ms\": 9000"]);
    }
}

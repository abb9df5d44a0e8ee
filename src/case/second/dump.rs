//! The dump of a case, read and written again from the records.

use crate::case::dumps::restored;
use crate::case::stop::{Stop, environment};
use crate::database::Database;
use crate::faults::{Place, Reread};
use crate::naive::lists::{List, Lists};
use crate::naive::records::{Records, decode};
use crate::naive::tree::{Files, difference};
use crate::naive::{self, manifest, tree};
use crate::state::{KeyState, State, Value};

use super::changes;
use super::ended::Ended;
use super::told::differs;

/// The dump must be what the records say, to the byte, and the reader must have read that.
pub(super) fn require_same(ended: &Ended<'_>, change: Option<Reread>) -> Result<(), Stop> {
    let records = changes::records(change, Place::Store, all_records(ended.database)?);
    let mut files = ended.sorted.files()?;
    if let Some(Reread::Files(change)) = change {
        change(&mut files);
    }
    let read = require_same_files(&records, &manifest_of(ended)?, &files, ended.dumped)?;
    let last_ms = ended.database.clock().map_err(environment)?.filter(|clock| clock.0 != 0).map(|clock| clock.0 >> 16);
    let last_ms = last_ms.map(|ms| changes::number(change, Place::DumpTime, ms));
    if ended.dumped.last_ms != last_ms {
        let (naive, ours) = (last_ms, ended.dumped.last_ms);
        return Err(differs("manifest", format!("naive   from {naive:?}\nreader  from {ours:?}")));
    }
    require_restored(&read, ended.dumped, change)
}

/// What is restored are the naive records of the dump's lists.
fn require_restored(lists: &Lists, dumped: &State, change: Option<Reread>) -> Result<(), Stop> {
    let naive = changes::records(change, Place::Restored, naive::records::restored(lists));
    let ours = restored(dumped)?;
    let Some(key) = naive.keys().chain(ours.keys()).find(|key| naive.get(*key) != ours.get(*key)) else {
        return Ok(());
    };
    let shown = |records: &Records| records.get(key).map_or("no record".to_owned(), hex::encode);
    let key = crate::format::key_text::quoted(key);
    Err(differs("records", format!("restored record {key}\nnaive   {}\nours    {}", shown(&naive), shown(&ours))))
}

fn require_same_files(records: &Records, manifest: &str, files: &Files, dumped: &State) -> Result<Lists, Stop> {
    let lists = require_same_lists(records, dumped)?;
    if let Some(found) = difference(&tree::write(&lists, manifest), files) {
        return Err(differs(found.aspect, found.detail));
    }
    let read = tree::read(files).map_err(|found| differs(found.aspect, found.detail))?;
    match first_difference(&read, dumped) {
        Some(detail) => Err(differs("bodies", detail)),
        None => Ok(read),
    }
}

/// The lists that the records are, which are those that the dump shows.
fn require_same_lists(records: &Records, dumped: &State) -> Result<Lists, Stop> {
    let decoded = decode(records).map_err(|malformed| {
        let keys: Vec<String> = malformed.iter().map(|key| crate::format::key_text::quoted(key)).collect();
        differs("records", format!("naive   malformed records: {}\nencoder none", keys.join(" ")))
    })?;
    if let Some(oddity) = decoded.oddities.first() {
        return Err(differs("records", format!("naive   {oddity:?}\nencoder nothing odd")));
    }
    match first_difference(&decoded.lists, dumped) {
        Some(detail) => Err(differs("records", detail)),
        None => Ok(decoded.lists),
    }
}

/// The manifest that a dump of the case has.
pub(super) fn manifest_of(ended: &Ended<'_>) -> Result<String, Stop> {
    let clock = ended.database.clock().map_err(environment)?.map(|clock| clock.0);
    Ok(manifest::write(clock, &manifest::wall_time(ended.last_ms)))
}

/// Every record of a database.
pub(super) fn all_records(database: &Database) -> Result<Records, Stop> {
    let mut records = Records::new();
    let mut rows = database.rows(b"", None);
    while let Some((key, value)) = rows.current().map_err(environment)? {
        records.insert(key.to_vec(), value.to_vec());
        rows.step();
    }
    Ok(records)
}

/// The first key at which naive lists and a state differ, in words.
pub(super) fn first_difference(lists: &Lists, state: &State) -> Option<String> {
    let keys = lists.keys().chain(state.keys.keys());
    let key = keys.filter(|key| lists.get(*key).map(parts) != state.keys.get(*key).map(parts_of)).min()?;
    let naive = lists.get(key).map_or("no list".to_owned(), |list| format!("{list:?}"));
    let ours = state.keys.get(key).map_or("no list".to_owned(), |list| format!("{list:?}"));
    let cut = |text: String| text.chars().take(400).collect::<String>();
    let key = crate::format::key_text::quoted(key);
    Some(format!("key {key}\nnaive   {}\nreader  {}", cut(naive), cut(ours)))
}

fn parts(list: &List) -> (&[Vec<u8>], Option<u64>) {
    (&list.items, list.expire_at_ms)
}

fn parts_of(key: &KeyState) -> (&[Vec<u8>], Option<u64>) {
    let Value::List(items) = &key.value;
    (items, key.expire_at.map(|expire_at| expire_at.0))
}

#[cfg(test)]
mod tests {
    use super::super::told::finding_of;
    use super::*;
    use crate::finding::FindingKind;
    use crate::format::ExpireAtMs;
    use crate::naive::records::write;

    fn lists() -> Lists {
        let list = |item: &[u8], expire_at_ms| List { items: vec![item.to_vec(), b"z".to_vec()], expire_at_ms };
        [(b"a b".to_vec(), list(b"<", Some(5))), (b"b64.x".to_vec(), list(b"\xff", None))].into()
    }

    /// What a changed tree, changed records or a changed state are found as.
    fn aspect(change: impl Fn(&mut Records, &mut Files, &mut State)) -> Option<&'static str> {
        let mut records: Records = lists().iter().flat_map(|(user_key, list)| write(user_key, list, -1)).collect();
        let mut files = tree::write(&lists(), "M");
        let keys = lists()
            .into_iter()
            .map(|(user_key, list)| (user_key, KeyState::list(list.items, list.expire_at_ms.map(ExpireAtMs))));
        let mut dumped = State { keys: keys.collect(), last_ms: None };
        change(&mut records, &mut files, &mut dumped);
        let same = require_same_files(&records, "M", &files, &dumped);
        if same.is_ok() {
            return None;
        }
        let finding = finding_of(same.map(drop));
        assert_eq!(finding.kind, FindingKind::Reading);
        Some(finding.aspect)
    }

    fn in_file(path: &'static str, from: &'static str, to: &'static str) -> Option<&'static str> {
        aspect(|_, files, _| {
            let text = files.get_mut(path).expect("the file");
            *text = String::from_utf8_lossy(text).replacen(from, to, 1).into_bytes();
        })
    }

    #[test]
    fn a_tree_that_is_not_what_the_records_say_is_a_finding() {
        const BODY: &str = "redis/db_0/lists/a%20b.json";
        assert_eq!(aspect(|_, _, _| ()), None);
        assert_eq!(in_file(BODY, "\\u003c", "<"), Some("bodies"));
        assert_eq!(in_file(BODY, "5", "6"), Some("bodies"));
        assert_eq!(in_file("redis/db_0/KEYMAP.jsonl", "YjY0Lng", "YjY0Lng="), Some("keymap"));
        assert_eq!(in_file("MANIFEST.json", "M", "N"), Some("manifest"));
        assert_eq!(in_file("CHECKSUMS", "  ", " *"), Some("checksums"));
        let lower_case = |_: &mut Records, files: &mut Files, _: &mut State| {
            let bytes = files.remove(BODY).expect("the file");
            files.insert(BODY.replace("%20", "%2a"), bytes);
        };
        assert_eq!(aspect(lower_case), Some("names"));
    }

    #[test]
    fn records_that_say_something_else_are_a_finding() {
        let unsigned = |records: &mut Records, _: &mut Files, _: &mut State| {
            *records = std::mem::take(records).into_iter().map(|(key, value)| (flipped(key), value)).collect();
        };
        assert_eq!(aspect(unsigned), Some("records"));
        assert_eq!(aspect(|_, _, dumped| drop(dumped.keys.pop_first())), Some("records"));
        assert_eq!(aspect(|records, _, _| drop(records.insert(b"!lst|meta|x".to_vec(), vec![0; 23]))), Some("records"));
        assert_eq!(aspect(|records, _, _| drop(records.insert(b"!redis|ttl|x".to_vec(), vec![0; 8]))), Some("records"));
    }

    /// The key of an item without the flip of its sign.
    fn flipped(mut key: Vec<u8>) -> Vec<u8> {
        let at = key.len().saturating_sub(8);
        if key.starts_with(b"!lst|itm|") {
            key[at] ^= 0x80;
        }
        key
    }
}

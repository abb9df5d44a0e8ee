//! Canaries in what is read a second time, each in what that reading reads.

use super::row::{Canary, How};
use crate::faults::{Act, Files, Reread};
use crate::finding::FindingKind;
use crate::format::Seq;
use crate::format::dump_tree::{CHECKSUMS, MANIFEST};
use crate::format::list::{ITEM_PREFIX, item_key};

/// What is wrong, the aspect that tells, and how it is made.
const READ_AGAIN: &[(&str, &str, Reread)] = &[
    (
        "a request has another name",
        "requests",
        Reread::Words(|words| {
            if let Some(name) = words.first_mut().filter(|name| name.eq_ignore_ascii_case(b"RPUSH")) {
                *name = b"LPUSH".to_vec();
            }
        }),
    ),
    (
        "a record has another item",
        "records",
        Reread::Records(|records| {
            let items = records.iter_mut().filter(|(key, _)| key.starts_with(ITEM_PREFIX));
            items.for_each(|(_, value)| value.push(b'~'));
        }),
    ),
    ("a file has another name", "names", Reread::Files(|files| rename(files, "C%3A", "C%3a"))),
    ("a body ends in a newline", "bodies", Reread::Files(|files| append(files, ".json", "/lists/"))),
    ("the key map ends in another line", "keymap", Reread::Files(|files| append(files, "KEYMAP.jsonl", ""))),
    ("the manifest ends in another line", "manifest", Reread::Files(|files| append(files, MANIFEST, ""))),
    ("the checksums end in another line", "checksums", Reread::Files(|files| append(files, CHECKSUMS, ""))),
    (
        "a snapshot's last byte is another one",
        "rows",
        Reread::Snapshot(|bytes| bytes.iter_mut().skip(8).take(1).for_each(|byte| *byte ^= 1)),
    ),
    ("a row is not counted", "counts", Reread::Counts(|rows| *rows -= 1)),
    ("a key is shown with a letter more", "texts", Reread::Texts(|text| text.push('x'))),
    (
        "a record too many is there at a commit",
        "versions",
        Reread::Versions(|records| records.push((b"!lst|itm|zz12345678".to_vec(), Vec::new()))),
    ),
];

/// The canaries.
pub(super) fn canaries() -> Vec<Canary> {
    let read_again = READ_AGAIN.iter().map(|(name, aspect, change)| Canary {
        how: How::Act(Act::Reread(*change)),
        ..Canary::of(name, FindingKind::Reading, aspect)
    });
    // No command names this list, so it shows at the end.
    let one_more = Reread::RunsOn(|records| records.push((item_key(b"zz", Seq(0)), b"x".to_vec())));
    let runs_on = Canary {
        how: How::Act(Act::Reread(one_more)),
        ..Canary::of("a store runs on with a list that was not restored", FindingKind::Restored, "runs-on")
    };
    read_again.chain([runs_on]).collect()
}

fn rename(files: &mut Files, from: &str, to: &str) {
    *files = std::mem::take(files).into_iter().map(|(path, bytes)| (path.replace(from, to), bytes)).collect();
}

/// Adds a line feed to the files whose path ends and whose folders are so.
fn append(files: &mut Files, end: &str, folder: &str) {
    let meant = files.iter_mut().filter(|(path, _)| path.ends_with(end) && path.contains(folder));
    meant.for_each(|(_, bytes)| bytes.push(b'\n'));
}

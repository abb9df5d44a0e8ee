//! Canaries in snapshot files, and in what a decoder makes of them.

use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::row::{Canary, How, shorten};
use super::scene::{Decode, Scene};
use super::trees::body;
use crate::case::decode_snapshot;
use crate::database::History;
use crate::faults::{Act, Files, Pair, changed_tree};
use crate::finding::FindingKind;
use crate::format::list::ITEM_PREFIX;
use crate::format::snapshot::{
    BARE_HEADER_BYTES, FOOTER_BYTES, Framing, OUTER_V1_BYTES, OUTER_V2_FIXED_BYTES, mvcc_value, write_row,
};
use crate::snapshot::SnapshotShape;

/// A change of a snapshot's rows, with what the finding must say of it, if anything.
type RowEdit = (&'static str, &'static str, fn(&mut Vec<Pair>));

const ROWS: &[RowEdit] = &[
    ("an item has another byte", "", |rows| items(rows, |value| value.push(b'~'))),
    ("the last item is missing", "", |rows| {
        let last = rows.iter().rposition(|(key, _)| key.starts_with(ITEM_PREFIX));
        last.into_iter().for_each(|at| drop(rows.remove(at)));
    }),
    ("what is deleted comes back", "", |rows| rows.retain(|(_, value)| value.first() != Some(&1))),
    ("an expiry is a millisecond late", "", |rows| {
        let ttls = rows.iter_mut().filter(|(key, _)| key.starts_with(b"!redis|ttl|t"));
        ttls.for_each(|(_, value)| value.last_mut().into_iter().for_each(|byte| *byte ^= 1));
    }),
    ("only a warning differs", "OrphanTtl", |rows| {
        let value = mvcc_value(Some(&[0x7f; 8]));
        rows.push(([&b"!redis|ttl|of no list"[..], &[0xff; 8]].concat(), value));
    }),
    ("a record is malformed", "meta value has", |rows| {
        let metas = rows.iter_mut().filter(|(key, value)| key.starts_with(b"!lst|meta|a") && value.len() > 9 + 16);
        metas.for_each(|(_, value)| shorten(value));
    }),
    ("a key without a commit", "an MVCC key has at least 8", |rows| rows.push((b"1234567".to_vec(), vec![0; 9]))),
    ("a value without a header", "an MVCC value has at least 9", |rows| items(rows, |value| value.truncate(8))),
    ("reserved bits", "reserved bits are set", |rows| flags(rows, 0x80)),
    ("an encrypted value", "the value is encrypted", |rows| flags(rows, 2)),
    ("a tombstone with a body", "a tombstone with a body", |rows| flags(rows, 1)),
];

/// A change of a snapshot file: what it is, what is around the rows, what the finding must say, and how it is made.
type FileEdit = (&'static str, Framing, &'static str, fn(&mut Vec<u8>));

const FILES: &[FileEdit] = &[
    ("no checksum at the end", Framing::V1, "ends without a checksum", |file| cut(file, FOOTER_BYTES)),
    ("no checksum at the end of version 2", Framing::V2, "ends without a checksum", |file| cut(file, FOOTER_BYTES)),
    ("a checksum cut by a byte", Framing::V1, "row's key length (3 of 8", shorten),
    ("a checksum cut by two bytes", Framing::V1, "row's key length (2 of 8", |file| cut(file, 2)),
    ("a checksum cut by three bytes", Framing::V1, "row's key length (1 of 8", |file| cut(file, 3)),
    ("a checksum with a byte more", Framing::V1, "row's key length (5 of 8", |file| file.push(0)),
    ("a checksum of another file", Framing::V1, "; the file is damaged", |file| flip(file, 1)),
    ("a checksum that starts otherwise", Framing::V1, "; the file is damaged", |file| flip(file, FOOTER_BYTES)),
    ("another bit in the last row", Framing::V1, "the checksum is", |file| flip(file, FOOTER_BYTES + 1)),
    ("a checksum cut by a byte of version 2", Framing::V2, "row's key length (3 of 8", shorten),
    ("a checksum cut by two bytes of version 2", Framing::V2, "row's key length (2 of 8", |file| cut(file, 2)),
    ("a checksum cut by three bytes of version 2", Framing::V2, "row's key length (1 of 8", |file| cut(file, 3)),
    ("a checksum with a byte more of version 2", Framing::V2, "row's key length (5 of 8", |file| file.push(0)),
    ("a checksum of another file of version 2", Framing::V2, "; the file is damaged", |file| flip(file, 1)),
    ("a checksum that starts otherwise of version 2", Framing::V2, "; the file is damaged", |file| {
        flip(file, FOOTER_BYTES)
    }),
    ("another bit in the last row of version 2", Framing::V2, "the checksum is", |file| flip(file, FOOTER_BYTES + 1)),
    ("a checksum cut by a byte of an old file", Framing::Legacy, "row's key length (3 of 8", shorten),
    ("a checksum cut by two bytes of an old file", Framing::Legacy, "row's key length (2 of 8", |file| cut(file, 2)),
    ("a checksum cut by three bytes of an old file", Framing::Legacy, "row's key length (1 of 8", |file| cut(file, 3)),
    ("a checksum with a byte more of an old file", Framing::Legacy, "row's key length (5 of 8", |file| file.push(0)),
    (
        "a checksum of another file of an old file",
        Framing::Legacy,
        "the file is damaged, or cut off inside a row",
        |file| flip(file, 1),
    ),
    (
        "a checksum that starts otherwise of an old file",
        Framing::Legacy,
        "the file is damaged, or cut off inside a row",
        |file| flip(file, FOOTER_BYTES),
    ),
    ("another bit in the last row of an old file", Framing::Legacy, "the checksum is", |file| {
        flip(file, FOOTER_BYTES + 1)
    }),
    ("another bit in the outer header", Framing::V1, "the checksum is", |file| put(file, 9, b"\x55")),
    ("another bit in the outer header of version 2", Framing::V2, "the checksum is", |file| {
        put(file, OUTER_V2_FIXED_BYTES + 1, b"\x55")
    }),
    ("four bytes where no checksum is", Framing::Bare, "the file is damaged, or cut off inside a row", |file| {
        file.extend_from_slice(b"\0\0\0\0");
    }),
    ("three bytes where no checksum is", Framing::Bare, "row's key length (3 of 8", |file| {
        file.extend_from_slice(b"\0\0\0");
    }),
    ("seven bytes where no checksum is", Framing::Bare, "row's key length (7 of 8", |file| {
        file.extend_from_slice(b"\0\0\0\0\0\0\0");
    }),
    (
        "a key at the limit",
        Framing::Bare,
        "row 2 at offset 59: the file ends inside the row's key (0 of 1048584 bytes)",
        |file| {
            first_row_then(file, &[0x10_0008]);
        },
    ),
    (
        "a key above the limit",
        Framing::Bare,
        "row 2 at offset 59: key length 1048585 is over the limit of 1048584",
        |file| {
            first_row_then(file, &[0x10_0009]);
        },
    ),
    (
        "a value at the limit",
        Framing::Bare,
        "row 2 at offset 59: the file ends inside the row's value (0 of 268435499 bytes)",
        |file| {
            first_row_then(file, &[0, 0x1000_002b]);
        },
    ),
    (
        "a value above the limit",
        Framing::Bare,
        "row 2 at offset 59: value length 268435500 is over the limit of 268435499",
        |file| {
            first_row_then(file, &[0, 0x1000_002c]);
        },
    ),
    ("a checksum of another row", Framing::Bare, "offset 59: the checksum is", |file| {
        first_row_then(file, &[]);
        file.extend_from_slice(b"\0\0\0\0");
    }),
    (
        "a row cut in its key's length",
        Framing::Bare,
        "row 2 at offset 59: the file ends inside the row's key length (6 of 8",
        |file| {
            first_row_then(file, &[1]);
            cut(file, 2);
        },
    ),
    (
        "a raw row with a byte more",
        Framing::Bare,
        "row 1 at offset 16: the value of a row of the engine's own has 9",
        |file| {
            first_row_then(file, &[]);
            put(file, BARE_HEADER_BYTES + 8 + RAW_KEY.len(), b"\x09");
            file.push(0);
        },
    ),
    ("the row of a writer with a byte more", Framing::Bare, "has 13 bytes, must have 12", |file| {
        file.truncate(BARE_HEADER_BYTES);
        write_row(b"!encryption|writers|1234567", &[0; 13], file);
    }),
    ("a row twice after a greater one", Framing::Bare, "row 3 at offset 103: the raw key", |file| {
        first_row_then(file, &[]);
        let row = file.split_off(BARE_HEADER_BYTES);
        write_row(b"_meta_last_commit_ts", &[0; 8], file);
        file.extend(row.iter().chain(&row));
    }),
    (
        "an outer header cut short",
        Framing::V1,
        "offset 8: the file ends inside the outer header (3 of 8 bytes)",
        |file| {
            file.truncate(11);
        },
    ),
    (
        "an outer header of version 2 cut short",
        Framing::V2,
        "offset 10: the file ends inside the outer header (5 of 16",
        |file| {
            file.truncate(15);
        },
    ),
    ("a magic cut short", Framing::V2, "offset 26: the file ends inside the stream's magic (7 of 8", |file| {
        file.truncate(33)
    }),
    ("an empty file", Framing::V1, "offset 0: the file ends inside its first magic (0 of 8", Vec::clear),
    ("a bare stream without its checksum's header", Framing::V1, "unknown magic", |file| drop(file.drain(..8))),
    ("an outer header that is not known", Framing::V1, "unknown magic \"EKVTHLC9\"; ", |file| put(file, 7, b"9")),
    ("an inner header that is not known", Framing::V1, "\"EKVPBBL1\" is expected", |file| {
        put(file, OUTER_V1_BYTES, b"e")
    }),
    ("an SST container within", Framing::V1, "an SST container (\"EKVSSTI1\") within", |file| {
        put(file, OUTER_V1_BYTES, b"EKVSSTI1");
    }),
    ("an SST container", Framing::Bare, "an SST container (\"EKVSSTI1\"), which", |file| put(file, 0, b"EKVSSTI1")),
    ("a header cut short", Framing::Bare, "inside lastCommitTS", |file| file.truncate(BARE_HEADER_BYTES - 1)),
    ("an outer header that is too short", Framing::V2, "must be 16 to 1024", |file| put(file, 8, b"\0\x0f")),
    ("an outer header that is too long", Framing::V2, "must be 16 to 1024", |file| put(file, 8, b"\x04\x01")),
    ("a key that is too long", Framing::Bare, "key length", |file| put(file, BARE_HEADER_BYTES, b"\x09\0\x10\0")),
    ("a value that is too long", Framing::Bare, "value length", |file| {
        let at = value_length_at(file, BARE_HEADER_BYTES);
        put(file, at, b"\x2c\0\0\x10");
    }),
    ("a row cut in its key", Framing::Bare, "inside the row's key (", |file| {
        file.truncate(value_length_at(file, BARE_HEADER_BYTES) - 1);
    }),
    ("a row cut in its value's length", Framing::Bare, "inside the row's value length", |file| {
        file.truncate(value_length_at(file, BARE_HEADER_BYTES) + 1);
    }),
    ("a row cut in its value", Framing::Bare, "inside the row's value (", shorten),
    ("a row twice", Framing::Bare, "came before", |file| {
        let end = row_end(file, BARE_HEADER_BYTES);
        let row = file.get(BARE_HEADER_BYTES..end).map(<[u8]>::to_vec).unwrap_or_default();
        file.splice(BARE_HEADER_BYTES..BARE_HEADER_BYTES, row);
    }),
];

/// A change of a decoder's dump: what it is, the aspect and the words of the finding, and how it is made.
type DecodedEdit = (&'static str, FindingKind, (&'static str, &'static str), Decode);

const DECODED: &[DecodedEdit] = &[
    ("a decoder that fails", FindingKind::DecoderFailed, ("", "the disk is full"), |_, _| {
        Err("the disk is full".to_owned())
    }),
    ("a decoder that leaves nothing", FindingKind::DecoderTree, ("", "left no dump"), |_, _| Ok(())),
    ("a line feed at the end", FindingKind::DecoderTree, ("", "the end of the file"), |fsm, out| {
        decode(fsm, out, |files| body(files, "\n}", "\n}\n"))
    }),
    ("no manifest", FindingKind::DecoderTree, ("", "MANIFEST.json: missing"), |fsm, out| {
        decode(fsm, out, |files| files.retain(|path, _| !path.contains("MANIFEST")))
    }),
    ("another database", FindingKind::DecoderTree, ("", "redis/db_1"), |fsm, out| {
        decode(fsm, out, |files| {
            let moved = std::mem::take(files).into_iter();
            files.extend(moved.map(|(path, bytes)| (path.replace("db_0/", "db_1/"), bytes)));
        })
    }),
    ("far too many bytes", FindingKind::DecoderTree, ("", "far more than a dump of this has"), |fsm, out| {
        decode_snapshot(fsm, out)?;
        // Nothing but its length is written.
        let sparse = std::fs::File::create(out.join("more"));
        sparse.and_then(|file| file.set_len(1 << 30)).map_err(|error| error.to_string())
    }),
    ("an item has another byte", FindingKind::DecoderState, ("items", ""), |fsm, out| {
        decode(fsm, out, |files| body(files, "one", "One"))
    }),
    ("a list is missing", FindingKind::DecoderState, ("missing-list", ""), |fsm, out| {
        decode(fsm, out, |files| files.retain(|path, _| !path.ends_with("list.json")))
    }),
    ("a list is too many", FindingKind::DecoderState, ("extra-list", ""), |fsm, out| {
        decode(fsm, out, |files| copy(files, "zz"))
    }),
    ("an expiry is lost", FindingKind::DecoderState, ("expiry", ""), |fsm, out| {
        decode(fsm, out, |files| expiries(files, "t", |_| "null".to_owned()))
    }),
    ("an expiry is a millisecond late", FindingKind::DecoderState, ("expiry", ""), |fsm, out| {
        decode(fsm, out, |files| expiries(files, "t", |ms| (ms + 1).to_string()))
    }),
    ("an empty item too many at the end", FindingKind::DecoderState, ("items", ""), |fsm, out| {
        decode(fsm, out, |files| body(files, "five\"", "five\",\n    \"\""))
    }),
    ("an empty list is not kept", FindingKind::DecoderLists, ("", "no list"), |fsm, out| {
        decode(fsm, out, |files| files.retain(|path, _| !path.contains("/lists/none")))
    }),
    ("an empty list is too many", FindingKind::DecoderLists, ("", "a list of 0 items"), |fsm, out| {
        decode(fsm, out, |files| {
            let empty = b"{\n  \"format_version\": 1,\n  \"items\": [],\n  \"expire_at_ms\": null\n}".to_vec();
            files.insert("redis/db_0/lists/zz.json".to_owned(), empty);
        })
    }),
    ("an expired list is not kept", FindingKind::DecoderLists, ("", "no list"), |fsm, out| {
        decode(fsm, out, |files| files.retain(|path, _| !path.contains("/lists/gone")))
    }),
    ("an expired list has another item", FindingKind::DecoderLists, ("", "a list of 1 item"), |fsm, out| {
        decode(fsm, out, |files| body(files, "lost", "last"))
    }),
    ("an expired list expires a millisecond late", FindingKind::DecoderLists, ("", "a list of 1 item"), |fsm, out| {
        decode(fsm, out, |files| expiries(files, "gone", |ms| (ms + 1).to_string()))
    }),
];

/// The same at a moment in the middle.
const DECODED_THEN: &[DecodedEdit] =
    &[("an item has another byte at an earlier commit", FindingKind::DecoderState, ("items", ""), |fsm, out| {
        let is_earlier = fsm.file_name().is_some_and(|name| name.to_string_lossy().contains("then"));
        decode(fsm, out, if is_earlier { |files| body(files, "one", "One") } else { |_| {} })
    })];

/// The canaries.
pub(super) fn canaries() -> Vec<Canary> {
    let whole = Canary::of("", FindingKind::Snapshot, "").scene;
    let with = |framing| {
        let shape = SnapshotShape { framing, ..SnapshotShape::BARE };
        Scene { history: History::Kept, snapshot: Some(shape), ..whole }
    };
    let canary = |name, says, scene, act| Canary {
        says,
        scene,
        how: How::Act(act),
        ..Canary::of(name, FindingKind::Snapshot, "")
    };
    let rows = ROWS.iter().map(|(name, says, change)| canary(*name, *says, with(Framing::Bare), Act::Rows(*change)));
    // What is wrong with a file is wrong whatever is in it.
    let one = |framing| Scene { steps: Scene::ONE.steps, history: History::Dropped, ..with(framing) };
    let files = FILES.iter().map(|(name, framing, says, change)| canary(name, says, one(*framing), Act::File(*change)));
    let decoded = |(name, kind, (aspect, says), decode): &DecodedEdit, history| Canary {
        says,
        scene: Scene { decoder: Some(*decode), history, ..with(Framing::Bare) },
        how: How::Decoder,
        ..Canary::of(name, *kind, aspect)
    };
    let whole = DECODED.iter().map(|edit| decoded(edit, History::Dropped));
    let then = DECODED_THEN.iter().map(|edit| decoded(edit, History::Kept));
    rows.chain(files).chain(whole).chain(then).collect()
}

/// Our own encoder as a decoder, whose dump is changed.
fn decode(fsm: &Path, out: &Path, change: fn(&mut Files)) -> Result<(), String> {
    decode_snapshot(fsm, out)?;
    let root = Dir::open_ambient_dir(out, ambient_authority());
    root.and_then(|root| changed_tree(&root, out, Act::Tree(change))).map_err(|error| error.to_string())
}

/// The key of a row of the engine's own.
const RAW_KEY: &[u8] = b"_meta_applied_index";

/// Leaves the header of a bare stream, and adds a row of 43 bytes, and lengths of the next one with nothing between them.
fn first_row_then(file: &mut Vec<u8>, lengths: &[u64]) {
    file.truncate(BARE_HEADER_BYTES);
    write_row(RAW_KEY, &[0; 8], file);
    lengths.iter().for_each(|length| file.extend_from_slice(&length.to_le_bytes()));
}

/// Takes bytes away at the end.
fn cut(file: &mut Vec<u8>, bytes: usize) {
    file.truncate(file.len().saturating_sub(bytes));
}

/// Turns a bit of a byte, counted from the end, the last being 1.
fn flip(file: &mut [u8], from_end: usize) {
    file.iter_mut().rev().skip(from_end - 1).take(1).for_each(|byte| *byte ^= 1);
}

/// Puts bytes in the place of those at an offset.
fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file.iter_mut().skip(at).zip(bytes).for_each(|(byte, other)| *byte = *other);
}

/// Where the length of the value stands of the row at an offset.
fn value_length_at(file: &[u8], row: usize) -> usize {
    row + 8 + length_at(file, row)
}

fn row_end(file: &[u8], row: usize) -> usize {
    let at = value_length_at(file, row);
    at + 8 + length_at(file, at)
}

fn length_at(file: &[u8], at: usize) -> usize {
    let length = file.get(at..).and_then(<[u8]>::first_chunk);
    length.map_or(0, |length| u64::from_le_bytes(*length) as usize)
}

/// The values of the newest items.
fn items(rows: &mut [Pair], change: impl Fn(&mut Vec<u8>)) {
    let last = rows.iter_mut().rev().find(|(key, value)| key.starts_with(ITEM_PREFIX) && value.first() == Some(&0));
    last.into_iter().for_each(|(_, value)| change(value));
}

fn flags(rows: &mut [Pair], flags: u8) {
    items(rows, |value| value.iter_mut().take(1).for_each(|byte| *byte = flags));
}

fn copy(files: &mut Files, name: &str) {
    let list = files.iter().find(|(path, _)| path.ends_with("list.json")).map(|(_, bytes)| bytes.clone());
    files.extend(list.map(|bytes| (format!("redis/db_0/lists/{name}.json"), bytes)));
}

/// Changes the expiry in the files of lists whose names start so.
fn expiries(files: &mut Files, start: &str, change: impl Fn(u64) -> String) {
    const MEMBER: &str = "\"expire_at_ms\": ";
    let start = format!("/lists/{start}");
    for (_, bytes) in files.iter_mut().filter(|(path, _)| path.contains(&start)) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let Some((before, ms)) = text.rsplit_once(MEMBER) else { continue };
        let Ok(ms) = ms.trim_end_matches(['\n', '}']).parse() else { continue };
        *bytes = format!("{before}{MEMBER}{}\n}}", change(ms)).into_bytes();
    }
}

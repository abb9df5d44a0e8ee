//! Pictures of small lists, to the letter, and what must hold of every picture.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use crate::format::list::{claim_key, delta_key, item_key, meta_key};
use crate::format::{CommitTs, ListDelta, ListMeta, Seq};
use crate::records::{SourceError, StoredVersion, VersionSource};

/// The versions of records. Commit 1 is that of step 1, and so on.
#[derive(Default)]
struct Records {
    versions: BTreeMap<(Vec<u8>, u64), Option<Vec<u8>>>,
}

impl VersionSource for Records {
    fn scan_versions(&self, visit: &mut dyn FnMut(StoredVersion<'_>)) -> Result<(), SourceError> {
        for ((key, commit_ts), value) in &self.versions {
            visit(StoredVersion { key, commit_ts: CommitTs(*commit_ts), value: value.as_deref() });
        }
        Ok(())
    }
}

impl Records {
    fn put(mut self, step: u64, key: Vec<u8>, value: &[u8]) -> Records {
        self.versions.insert((key, step), Some(value.to_vec()));
        self
    }

    fn item(self, step: u64, key: &[u8], seq: i64, value: &[u8]) -> Records {
        self.put(step, item_key(key, Seq(seq)), value)
    }

    fn delta(self, step: u64, key: &[u8], head_delta: i64, len_delta: i64) -> Records {
        let value = ListDelta { head_delta, len_delta }.to_bytes();
        self.put(step, delta_key(key, CommitTs(step), 0), &value)
    }

    fn meta(self, step: u64, key: &[u8], head: i64, len: i64) -> Records {
        let meta = ListMeta { head, len, tail: head + len, expiry_field: None };
        self.put(step, meta_key(key), &meta.to_bytes())
    }

    /// As LPOP does it.
    fn popped(mut self, step: u64, key: &[u8], seq: i64) -> Records {
        self.versions.insert((item_key(key, Seq(seq)), step), None);
        self.put(step, claim_key(key, Seq(seq)), b"").delta(step, key, 1, -1)
    }

    /// The newest version of each record.
    fn present(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let newest: BTreeMap<_, _> =
            self.versions.iter().map(|((key, _), value)| (key.clone(), value.clone())).collect();
        newest.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }

    fn picture(&self, key: &[u8], found: Option<&[&[u8]]>) -> Picture {
        let found: Option<Vec<Vec<u8>>> = found.map(|found| found.iter().map(|item| item.to_vec()).collect());
        let other = found.as_deref().map(|items| OtherItems { name: "the decoder's dump", items: Some(items) });
        let sources = Sources {
            records: &self.present(),
            versions: Some(self),
            step_of: &|commit_ts| Some(commit_ts.0),
            other,
            around: None,
        };
        let picture = Picture::of(&sources, key).expect("memory");
        holds(&picture);
        picture
    }
}

/// What holds of every picture, whatever the list.
fn holds(picture: &Picture) {
    assert!(picture.cells.len() <= CELLS && picture.deltas.len() <= DELTAS);
    assert!(picture.cells.is_sorted_by(|one, other| one.seq < other.seq));
    let text = picture.text();
    for line in text.lines() {
        assert!(line.len() <= 100, "{} columns: {line}", line.len());
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !line.ends_with(' '), "{line:?}");
    }
    well_formed(&picture.svg());
    let json = serde_json::to_string(picture).expect("JSON");
    assert_eq!(&serde_json::from_str::<Picture>(&json).expect("what was written"), picture);
}

/// Parses an SVG, and holds its numbers against its width.
fn well_formed(svg: &str) {
    assert!(svg.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)), "{svg}");
    assert!(!svg.contains("<script") && svg.starts_with("<svg ") && svg.contains(" role=\"img\""), "{svg}");
    let mut reader = Reader::from_str(svg);
    let (mut depth, mut names) = (0_i64, Vec::new());
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error}: {svg}"));
        if let Event::Start(element) | Event::Empty(element) = &event {
            names.push(String::from_utf8_lossy(element.name().as_ref()).into_owned());
            for attribute in element.attributes() {
                let attribute = attribute.expect("an attribute");
                let value = String::from_utf8_lossy(&attribute.value).into_owned();
                match attribute.key.as_ref() {
                    b"font-size" => assert!(value.parse::<u64>().expect("a number") >= 12),
                    b"x" | b"x1" | b"x2" | b"cx" => assert!(value.parse::<u64>().expect("a number") <= 360, "{svg}"),
                    _ => {}
                }
            }
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Text(text) => drop(text.decode().expect("text")),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "{svg}");
    assert_eq!(names.get(..3), Some(&["svg", "title", "desc"].map(str::to_owned)[..]));
}

fn three() -> Records {
    Records::default().meta(1, b"k", 0, 3).item(1, b"k", 0, b"a").item(1, b"k", 1, b"b").item(1, b"k", 2, b"c")
}

/// Compares a text with its lines.
fn assert_lines(text: &str, golden: &str) {
    let golden = golden.strip_prefix('\n').expect("a line feed");
    assert!(text == golden, "{text}\n--- and not ---\n{golden}");
}

#[test]
fn a_plain_list() {
    assert_lines(
        &three().picture(b"k", None).text(),
        r#"
List "k": head 0, len 3, tail 3

How its window adds up  head  len  tail
  base meta                0    3     3  no expiry field
  = resolved               0    3     3

seq: a record's sequence number; the list is what stands from head up to, but not at, tail
index: where an item stands in the list

  seq  index  item  record
  -- head 0 ----------
    0      0  "a"   live, written by step 1
    1      1  "b"   live, written by step 1
    2      2  "c"   live, written by step 1
  -- tail 3 ----------
"#,
    );
}

/// The picture in the docs of the room.
#[test]
fn a_deleted_item_that_is_shown_again() {
    let picture = three().popped(2, b"k", 0).picture(b"k", Some(&[b"a", b"b", b"c"]));
    let docs: String = include_str!("mod.rs")
        .lines()
        .skip_while(|line| *line != "//! ```text")
        .skip(1)
        .take_while(|line| *line != "//! ```")
        .map(|line| format!("{}\n", line.trim_start_matches("//!").strip_prefix(' ').unwrap_or_default()))
        .collect();
    assert_lines(&picture.text(), &format!("\n{docs}"));
    assert!(
        docs.contains(
            r#"    0      -      0  "a"   deleted by step 2; claimed by a pop  <-- shown, but not in the list"#
        )
    );
    let svg = picture.svg();
    assert_eq!(svg.matches("picture-odd").count(), 1);
    assert!(svg.contains("<title>List &quot;k&quot;: head 1, len 2, tail 3</title>"), "{svg}");
    assert!(svg.contains(" text-decoration=\"line-through\">&quot;a&quot;</text>"), "{svg}");

    // The same of a reader that is right, and of one that has no such list.
    let right = three().popped(2, b"k", 0).picture(b"k", Some(&[b"b", b"c"]));
    assert!(!right.text().contains("<--") && !right.svg().contains("picture-odd"));
    let records = three();
    let sources = Sources {
        records: &records.present(),
        versions: None,
        step_of: &|_| None,
        other: Some(OtherItems { name: "the dump", items: None }),
        around: None,
    };
    let none = Picture::of(&sources, b"k").expect("memory");
    holds(&none);
    assert!(none.text().ends_with("\nthe dump: no list of this key.\n"), "{}", none.text());
    assert_eq!(none.text().matches("live  <-- not shown, but in the list\n").count(), 3);
}

#[test]
fn pops_claims_and_deltas() {
    let records = Records::default()
        .meta(1, b"q", -2, 2)
        .item(1, b"q", -2, b"x")
        .item(1, b"q", -1, b"y")
        .popped(2, b"q", -2)
        .popped(3, b"q", -1)
        .delta(4, b"q", -1, 1)
        .item(4, b"q", -1, b"z")
        .delta(5, b"q", 0, 1)
        .item(5, b"q", 7, b"stray");
    assert_lines(
        &records.picture(b"q", None).text(),
        r#"
List "q": head -1, len 2, tail 1

How its window adds up  head  len  tail
  base meta               -2    2     0  no expiry field
  + delta                 +1   -1        commit 2, step 2
  + delta                 +1   -1        commit 3, step 3
  + delta                 -1   +1        commit 4, step 4
  + delta                 +0   +1        commit 5, step 5
  = resolved              -1    2     1

seq: a record's sequence number; the list is what stands from head up to, but not at, tail
index: where an item stands in the list

  seq  index  item     record
   -2      -  "x"      deleted by step 2; claimed by a pop
  -- head -1 ------------
   -1      0  "z"      live, written by step 4; under an old claim, which hides nothing; 1 older
                       version
    0      -  -        no item: a hole in the window
  -- tail 1 -------------
       ... 6 more seqs outside the window
    7      -  "stray"  live, but outside the window; written by step 5

Outside the window: 1 item, which no client sees, and which a dump holds with a warning.
"#,
    );
}

#[test]
fn a_list_that_is_empty_or_none() {
    let gone = three().popped(2, b"k", 0).popped(3, b"k", 1).popped(4, b"k", 2);
    let text = gone.picture(b"k", None).text();
    assert!(text.contains("; claimed by a pop\n  -- head and tail 3: no list\n"), "{text}");
    let nothing = Records::default().picture(b"k", None);
    assert_eq!((nothing.extent, nothing.window, nothing.cells.len()), (None, Some(Window::default()), 0));
    assert!(nothing.text().contains("\n  no base meta             0    0\n"), "{}", nothing.text());
    // What adds up to less than nothing, and to more than there is.
    let less = Records::default().delta(1, b"k", 0, -2).picture(b"k", None);
    assert!(
        less.text().contains("  = resolved               0    0     0  a len of -2 is taken for 0\n"),
        "{}",
        less.text()
    );
    let more = Records::default().meta(1, b"k", i64::MAX - 1, 1).delta(2, b"k", i64::MAX, i64::MAX).item(
        1,
        b"k",
        i64::MIN,
        b"x",
    );
    let more = more.picture(b"k", None);
    assert_eq!(more.window, None);
    assert!(
        more.text().starts_with("List \"k\": its window is outside the range of sequence numbers\n"),
        "{}",
        more.text()
    );
}

#[test]
fn a_long_list_has_gaps() {
    let mut records = Records::default().meta(1, b"long", 0, 10_000);
    for seq in 0..10_000 {
        records = records.item(1, b"long", seq, seq.to_string().as_bytes());
    }
    for seq in 0..50 {
        records = records.popped(2 + seq as u64, b"long", seq);
    }
    // The other side lacks an item in the middle.
    let items: Vec<Vec<u8>> =
        (50..10_000).filter(|seq| *seq != 7000).map(|seq: i64| seq.to_string().into_bytes()).collect();
    let items: Vec<&[u8]> = items.iter().map(Vec::as_slice).collect();
    let picture = records.picture(b"long", Some(&items));
    let text = picture.text();
    for line in [
        "  + deltas               +38    -38         38 earlier deltas\n",
        "\n        ... 42 more seqs outside the window\n    42      -      -  \"42\"    deleted by step 44; claimed by a pop\n",
        "\n  -- head 50 --",
        "    58      8      8  \"58\"    live, written by step 1\n        ... 6934 more seqs of the list\n  6993   6943   6943",
        "  7000   6950      -  \"7000\"  live, written by step 1  <-- not shown, but in the list\n  7001   6951   6950  ",
        "  9999   9949   9948  \"9999\"  live, written by step 1\n  -- tail 10000 --",
    ] {
        assert!(text.contains(line), "{line}\n--- is not in ---\n{text}");
    }
    assert_eq!((text.matches("<--").count(), picture.cells.len()), (1, CELLS));
}

#[test]
fn hostile_bytes() {
    let key = "<script>&\"'\u{202e}\u{1b}[2J\u{e9}%".as_bytes();
    let records = Records::default().meta(1, key, 0, 2).item(1, key, 0, b"]]>\0\xff<b>").item(1, key, 1, &[b'%'; 1000]);
    let picture = records.picture(key, Some(&[b"]]>\0\xff<b>", b"\x07"]));
    assert_lines(
        &picture.text(),
        r#"
List "<script>&%22'%E2%80%AE%1B[2J%C3%A9"..: head 0, len 2, tail 2

How its window adds up  head  len  tail
  base meta                0    2     2  no expiry field
  = resolved               0    2     2

seq: a record's sequence number; the list is what stands from head up to, but not at, tail
index: where an item stands in the list; other: where the decoder's dump (2 items) shows it

  seq  index  other  item                    record
  -- head 0 -----------------------------------
    0      0      0  "]]>%00%FF<b>"          live, written by step 1
    1      1      -  "%25%25%25%25%25%25"..  live, written by step 1  <-- not shown, but in the list
  -- tail 2 -----------------------------------

the decoder's dump shows what is at no seq above: index 1 "%07".
"#,
    );
    // A report may have been written by anybody.
    let hostile = "<svg onload='x'>\u{1b}[2J\u{0}\u{202e}".repeat(1000);
    let other = OtherSide {
        name: hostile.clone(),
        items: Some(1),
        unplaced: vec![Unplaced { index: u64::MAX, item: hostile.clone() }; 3],
        more_unplaced: u64::MAX,
    };
    let mut cells = picture.cells.clone();
    cells.iter_mut().for_each(|cell| cell.item = Some(hostile.clone()));
    let extreme = Cell { seq: i64::MIN, older_versions: u64::MAX, ..cells[0].clone() };
    cells.insert(0, extreme);
    let base = Some(BaseMeta { head: i64::MIN, len: i64::MIN, tail: i64::MAX, expiry_ms: Some(u64::MAX) });
    let window = Some(Window { head: i64::MAX, len: i64::MIN, tail: i64::MIN });
    let extent = Some((i64::MAX, i64::MIN));
    holds(&Picture { key: hostile, base, window, extent, cells, other: Some(other), ..picture });
}

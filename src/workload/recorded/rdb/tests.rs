//! Every encoding of a list as bytes, every type that is passed over, and what goes wrong with them.

use std::io::{BufReader, Cursor};

use super::*;

/// What redis-server 7.0.15 wrote as the base of a new append-only file.
pub(in crate::workload::recorded) const FRESH: &str = "52454449533030 3130 fa0972656469732d76657206372e302e3135 \
    fa0a72656469732d62697473c040 fa056374696d65c29442066b fa08757365642d6d656dc2a05f0d00 fa08616f662d62617365c001 \
    ff3c82281ddd11eab6";

/// `REDIS` and version 11, without a checksum at the end.
const HEADER: &str = "5245444953 30303131";
const NO_CHECKSUM: &str = "ff 0000000000000000";

pub(in crate::workload::recorded) fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace(' ', "")).expect("hex")
}

fn read_through(input: Box<dyn BufRead>) -> Result<Vec<StoredKey>, String> {
    let told = |stop| match stop {
        Stop::Malformed { offset, problem } => format!("{offset}: {problem}"),
        Stop::Io(error) => panic!("{error}"),
    };
    let mut reader = RdbReader::new(input).map_err(told)?;
    let mut keys = Vec::new();
    while let Some(key) = reader.next_key().map_err(told)? {
        keys.push(key);
    }
    Ok(keys)
}

/// The same whatever the buffer.
fn read(bytes: &[u8]) -> Result<Vec<StoredKey>, String> {
    let whole = read_through(Box::new(Cursor::new(bytes.to_vec())));
    assert_eq!(read_through(Box::new(BufReader::with_capacity(1, Cursor::new(bytes.to_vec())))), whole);
    whole
}

/// What is between header and end.
fn read_body(hex: &str) -> Result<Vec<StoredKey>, String> {
    read(&bytes(&[HEADER, hex, NO_CHECKSUM].concat()))
}

/// The items of the one list `k`, of this type and value.
fn items(number: u8, value: &[u8]) -> Result<Vec<String>, String> {
    let file = [&bytes(HEADER)[..], &[number, 1, b'k'], value, &bytes(NO_CHECKSUM)].concat();
    let mut keys = read(&file)?;
    let key = keys.pop().expect("a key");
    assert!(keys.is_empty() && key.key == b"k" && key.offset == 9 && key.db == 0 && key.expire_at_ms.is_none());
    match key.value {
        StoredValue::List(items) => Ok(items.iter().map(|item| String::from_utf8_lossy(item).into_owned()).collect()),
        StoredValue::Other(kind) => Ok(vec![kind.to_owned()]),
    }
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&[0x80][..], &u32::try_from(bytes.len()).expect("short").to_be_bytes(), bytes].concat()
}

/// A ziplist of items that are encoded already.
fn ziplist_of(items: &[Vec<u8>]) -> Vec<u8> {
    let (mut body, mut before, mut last) = (Vec::new(), 0, 10);
    for item in items {
        last = 10 + body.len();
        let start = body.len();
        match u8::try_from(before).ok().filter(|before| *before < 0xfe) {
            Some(before) => body.push(before),
            None => body.extend([&[0xfe][..], &u32::try_from(before).expect("short").to_le_bytes()].concat()),
        }
        body.extend(item);
        before = body.len() - start;
    }
    let size = u32::try_from(body.len() + 11).expect("short").to_le_bytes();
    let last = u32::try_from(last).expect("short").to_le_bytes();
    let count = u16::try_from(items.len()).unwrap_or(u16::MAX).to_le_bytes();
    [&size[..], &last, &count, &body, &[0xff]].concat()
}

fn listpack_of(items: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    for item in items {
        body.extend(item);
        let bytes = item.len();
        let groups = (bytes.ilog2() / 7 + 1).max(1);
        body.extend((0..groups).rev().map(|group| {
            let bits = u8::try_from(bytes >> (7 * group) & 0x7f).expect("seven bits");
            if group + 1 == groups { bits } else { bits | 0x80 }
        }));
    }
    let size = u32::try_from(body.len() + 7).expect("short").to_le_bytes();
    let count = u16::try_from(items.len()).unwrap_or(u16::MAX).to_le_bytes();
    [&size[..], &count, &body, &[0xff]].concat()
}

/// A head in hex, and what is read.
fn encoded(rows: &[(&str, String)]) -> (Vec<Vec<u8>>, Vec<String>) {
    let with_text = |(head, text): &(&str, String)| {
        let is_text = text.chars().all(|letter| letter == 'x');
        [bytes(head), if is_text { text.clone().into_bytes() } else { Vec::new() }].concat()
    };
    (rows.iter().map(with_text).collect(), rows.iter().map(|(_, text)| text.clone()).collect())
}

fn ziplist_rows() -> (Vec<Vec<u8>>, Vec<String>) {
    encoded(&[
        ("00", String::new()),
        ("02", "xx".to_owned()),
        ("3f", "x".repeat(63)),
        ("4040", "x".repeat(64)),
        ("412c", "x".repeat(300)),
        ("80 00004000", "x".repeat(16_384)),
        ("f1", "0".to_owned()),
        ("fd", "12".to_owned()),
        ("fe 80", "-128".to_owned()),
        ("c0 0080", "-32768".to_owned()),
        ("f0 6079fe", "-100000".to_owned()),
        ("f0 ffff7f", "8388607".to_owned()),
        ("d0 ffffff7f", "2147483647".to_owned()),
        ("e0 0000000000000080", i64::MIN.to_string()),
    ])
}

fn listpack_rows() -> (Vec<Vec<u8>>, Vec<String>) {
    encoded(&[
        ("80", String::new()),
        ("82", "xx".to_owned()),
        ("bf", "x".repeat(63)),
        ("e040", "x".repeat(64)),
        ("efff", "x".repeat(4095)),
        ("f0 00400000", "x".repeat(16_384)),
        ("f0 70110100", "x".repeat(70_000)),
        ("00", "0".to_owned()),
        ("7f", "127".to_owned()),
        ("dfff", "-1".to_owned()),
        ("d000", "-4096".to_owned()),
        ("cfff", "4095".to_owned()),
        ("f1 0080", "-32768".to_owned()),
        ("f2 6079fe", "-100000".to_owned()),
        ("f3 00000080", i32::MIN.to_string()),
        ("f4 ffffffffffffff7f", i64::MAX.to_string()),
    ])
}

#[test]
fn a_linked_list_has_strings_of_every_encoding() {
    let compressed = "c3 09 40c8 01 6161 e0bb00 01 6161";
    let value =
        bytes(&format!("09 00 0161 4001 62 80 00000001 63 81 0000000000000001 64 c0ff c12c01 c2a0860100 {compressed}"));
    let expected = ["", "a", "b", "c", "d", "-1", "300", "100000", &"a".repeat(200)];
    assert_eq!(items(1, &value).expect("a list"), expected);
    // No server writes that, and Redis passes over it.
    assert_eq!(items(1, &[0]).expect("a key"), ["lists without items"]);
}

#[test]
fn ziplists_and_listpacks_have_items_of_every_encoding() {
    let ((in_ziplist, ziplist_items), (in_listpack, listpack_items)) = (ziplist_rows(), listpack_rows());
    let (ziplist, listpack) = (string(&ziplist_of(&in_ziplist)), string(&listpack_of(&in_listpack)));
    assert_eq!(items(10, &ziplist).expect("a ziplist"), ziplist_items);
    assert_eq!(
        items(14, &[&[2], &ziplist[..], &ziplist].concat()).expect("two"),
        [&ziplist_items[..], &ziplist_items].concat()
    );
    let nodes = [&[3, 2], &listpack[..], &[1], &string(b"plain"), &[2], &listpack].concat();
    let expected = [&listpack_items[..], &["plain".to_owned()], &listpack_items].concat();
    assert_eq!(items(18, &nodes).expect("nodes"), expected);
}

/// What redis-server 7.0.15 writes.
#[test]
fn a_server_writes_a_listpack() {
    let value = bytes("01 02 15 150000000400 dfff02 c12c02 f26079fe04 817802 ff");
    assert_eq!(items(18, &value).expect("a list"), ["-1", "300", "-100000", "x"]);
}

/// Redis's border is at one less than what two bytes would hold.
#[test]
fn the_size_after_an_item_is_as_long_as_redis_makes_it() {
    let read = |length: u32, size_after: &str| {
        let item = [&[0xf0][..], &u32::to_le_bytes(length), &vec![b'x'; length as usize], &bytes(size_after)].concat();
        let size = u32::try_from(item.len() + 7).expect("short").to_le_bytes();
        items(18, &[&[1, 2][..], &string(&[&size[..], &[1, 0], &item, &[0xff]].concat())].concat())
    };
    for (length, size_after) in [(122, "7f"), (123, "0180"), (16_377, "7ffe"), (16_378, "00ffff"), (16_379, "018080")] {
        assert_eq!(read(length, size_after).expect("a list"), ["x".repeat(length as usize)], "{length}");
    }
    // All bytes but the first have their high bit set.
    for (length, size_after) in [(123, "0100"), (16_379, "010080"), (16_379, "018000")] {
        assert!(read(length, size_after).is_err(), "{size_after}");
    }
}

#[test]
fn a_count_of_65535_is_none() {
    let many = vec![vec![0x01, b'x']; 70_000];
    assert_eq!(items(10, &string(&ziplist_of(&many))).expect("a ziplist").len(), 70_000);
    let many = vec![vec![0x81, b'x']; 65_535];
    assert_eq!(items(18, &[&[1, 2], &string(&listpack_of(&many))[..]].concat()).expect("a listpack").len(), 65_535);
}

#[test]
fn databases_and_expiries() {
    let list = |name: &str| format!("01 01{} 01 0161", hex::encode(name));
    let at_ms = hex::encode(1_800_000_000_123_i64.to_le_bytes());
    let none = hex::encode((-1_i64).to_le_bytes());
    let body = format!(
        "{} fe 03 fb 0201 fc {at_ms} f8 05 {} fd 00d2496b f9 07 {} fc {none} {} fe 4400 {}",
        list("a"),
        list("b"),
        list("c"),
        list("d"),
        list("a")
    );
    let keys = read_body(&body).expect("five lists");
    let seen: Vec<(u64, &[u8], Option<i64>)> =
        keys.iter().map(|key| (key.db, &key.key[..], key.expire_at_ms)).collect();
    let (b, c) = (Some(1_800_000_000_123), Some(1_800_000_000_000));
    assert_eq!(seen, [(0, &b"a"[..], None), (3, b"b", b), (3, b"c", c), (3, b"d", None), (1024, b"a", None)]);
}

/// What is not a list, by what it is; each stands between two lists.
const OTHERS: &[(&str, &str)] = &[
    ("strings", "00 016b c3 09 40c8 01 6161 e0bb00 01 6161"),
    ("strings", "00 016b c0 05"),
    ("sets", "02 016b 02 0161 c001"),
    ("sorted sets", "03 016b 04 0161 03312e35 0162 fd 0163 fe 0164 ff"),
    ("hashes", "04 016b 01 0161 0162"),
    ("sorted sets", "05 016b 01 0161 000000000000f83f"),
    ("module values", "07 016b 81 0102030405060708 02 05 01 05 03 00000000 04 0000000000000000 05 0161 00"),
    ("hashes", "09 016b 03 00 ff 00"),
    ("sets", "0b 016b 0a 02000000010000000100"),
    ("sorted sets", "0c 016b 0161"),
    ("hashes", "0d 016b 0161"),
    ("hashes", "10 016b 0161"),
    ("sorted sets", "11 016b 0f 0f000000020081610283312e3504ff"),
    ("sets", "14 016b 0161"),
    ("hashes", "16 016b 02 00 0161 0162 81 0000000000000009 0163 0164"),
    ("hashes", "17 016b 0161"),
    ("hashes", "18 016b 0102030405060708 02 00 0161 0162 05 0163 0164"),
    ("hashes", "19 016b 0102030405060708 0161"),
    // The second is of redis-server 7.0.15, and of the others by what they have more and less.
    (
        "streams",
        "0f 016b 01 0161 0162 01 05 01 01 0167 05 01 01 \
        00000000000000050000000000000001 47c9b918a2010000 01 01 0163 47c9b918a2010000 01 \
        00000000000000050000000000000001",
    ),
    (
        "streams",
        "13 016b 01 10 00000000000000050000000000000001 1d \
        1d0000000a0001010001010181660200010201000100018176020401ff 01 05 01 05 01 00 00 01 01 0167 05 01 01 01 \
        00000000000000050000000000000001 47c9b918a2010000 01 01 0163 47c9b918a2010000 01 \
        00000000000000050000000000000001",
    ),
    (
        "streams",
        "15 016b 00 00 05 01 05 01 00 00 01 01 0167 05 01 01 00 01 0163 \
        47c9b918a2010000 47c9b918a2010000 01 00000000000000050000000000000001",
    ),
    ("streams", "1a 016b 00 00 05 01 05 01 00 00 01 00 40c8 4064 01 0170 01 0169 05 01 01 00"),
    ("lists without items", "0e 016b 00"),
    ("lists without items", "12 016b 00"),
];

#[test]
fn other_types_are_passed_over() {
    for (kind, other) in OTHERS {
        let keys = read_body(&format!("01 0161 01 0178 {other} 01 0162 01 0178")).expect(kind);
        let seen: Vec<&StoredValue> = keys.iter().map(|key| &key.value).collect();
        let list = StoredValue::List(vec![b"x".to_vec()]);
        assert_eq!(seen, [&list, &StoredValue::Other(kind), &list], "{other}");
    }
}

#[test]
fn what_is_no_key_is_passed_over() {
    let key = "01 016b 01 0178";
    for code in [
        "fa 0161 c001",
        "fb 05 4100",
        "f8 05",
        "f9 05",
        "f5 0161",
        "f4 01 02 03",
        "f7 01 02 05 05 0161 00",
        "f3 01 00000001 02 05 00",
    ] {
        assert_eq!(read_body(&format!("{code} {key} {code}")).map(|keys| keys.len()), Ok(1), "{code}");
    }
}

/// A type and a code mean something else there.
#[test]
fn valkeys_files_are_read() {
    let body = "f3 0161 01 05 09 16 0168 02 0161 0162 ffffffffffffffff 0163 0164 0000000000000009 01 016b 01 0178";
    let file = [&b"VALKEY080"[..], &bytes(body), &bytes(NO_CHECKSUM)].concat();
    let keys = read(&file).expect("a hash and a list");
    assert_eq!((keys.len(), &keys[0].value), (2, &StoredValue::Other("hashes")));
    let redis = read_body(body).expect_err("not of Redis");
    assert!(redis.starts_with("15: expected "), "{redis}");
}

#[test]
fn the_checksum_is_checked_where_there_is_one() {
    assert_eq!(read(&bytes(FRESH)), Ok(Vec::new()));
    let mut damaged = bytes(FRESH);
    damaged[12] ^= 1;
    let error = read(&damaged).expect_err("damaged");
    assert!(error.starts_with("81: the checksum is b6ea11dd1d28823c, but"), "{error}");
    assert_eq!(read(&bytes("5245444953 30303034 ff")), Ok(Vec::new()), "version 4 has none");
    let version_5 = read(&bytes("5245444953 30303035 ff 0100000000000000")).expect_err("damaged");
    assert!(version_5.starts_with("10: the checksum is 0000000000000001, but"), "{version_5}");
    let reader = RdbReader::new(Box::new(Cursor::new([&bytes(FRESH)[..], b"*1"].concat())));
    let mut reader = reader.unwrap_or_else(|stop| panic!("{stop:?}"));
    assert!(matches!(reader.next_key(), Ok(None)));
    let (mut rest, offset) = reader.into_rest();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut rest, &mut text).expect("text");
    assert_eq!((text.as_str(), offset), ("*1", 89), "what follows stays");
}

#[test]
fn a_file_that_ends_anywhere_is_cut_short() {
    let others: Vec<&str> = OTHERS.iter().map(|(_, other)| *other).collect();
    let file =
        bytes(&format!("{HEADER} fe 01 01 016b 02 c3 09 40c8 01 6161 e0bb00 01 6161 c101 02 {}", others.concat()));
    for end in 0..file.len() {
        let error = read(&file[..end]).expect_err("cut");
        let (offset, problem) = error.split_once(": ").expect("an offset");
        assert!(offset.parse::<usize>().expect("a number") <= end, "{end}: {error}");
        assert!(problem.starts_with("the RDB part is cut short: expected "), "{end}: {error}");
    }
}

/// In memory, too: none of these lengths is there.
#[test]
fn what_is_malformed_is_told_by_offset() {
    let huge = "81 7fffffffffffffff";
    for (body, error) in [
        ("fe c0", "10: expected the number of a database, which begins with a length"),
        ("fe 82", "10: expected the number of a database"),
        ("06 016b 00", "9: expected a type or code of RDB as Redis up to 8.6"),
        ("f6 00", "9: expected a type or code"),
        ("64 016b", "9: expected a type or code"),
        ("01 c4", "10: expected a key"),
        (&format!("00 016b {huge}"), "21: the RDB part is cut short"),
        (&format!("00 {huge}"), "10: expected a key: a string has at most 512 MiB, not 9223372036854775807 bytes"),
        (&format!("01 016b {huge}"), "21: expected an item of a list, which begins with a length"),
        (&format!("01 016b 01 c3 03 {huge} 000000"), "13: expected an item of a list: a string has at most 512 MiB"),
        ("01 016b 01 c3 03 43e8 000000", "13: expected an item of a list: 3 bytes of LZF that become"),
        (
            &format!("01 016b 01 c3 {huge} {huge} 000000"),
            "13: expected an item of a list: a string has at most 512 MiB",
        ),
        ("01 016b 01 c3 02 02 0041", "13: expected an item of a list: 2 bytes of LZF that become 2, but they do not"),
        ("01 016b 01 c3 02 01 2000", "13: expected an item"),
        ("12 016b 01 03 0161", "13: expected a list's node"),
        ("07 016b 01 06", "13: expected the code of a module's value"),
        ("01 016b 01 0161 01 016b 01 0162", "15: the key \"k\" is there already"),
        ("0a 016b 0161", "12: in the ziplist that begins here, at byte 0 of 1: expected its header"),
        (
            "0a 016b 0b 0b0000000a0000000100ff",
            "12: in the ziplist that begins here, at byte 10 of 11: expected 1 items",
        ),
        ("0a 016b 0c 0c0000000a000000000000ff", "at byte 12 of 12: expected an item"),
        ("0a 016b 0d 0d0000000a00000001000101 61", "at byte 11 of 13: expected an item"),
        ("0a 016b 0d 0d0000000a00000001000001 61", "at byte 13 of 13: expected the end"),
        (
            "12 016b 01 02 07 080000000000ff",
            "14: in the listpack that begins here, at byte 6 of 7: expected its header",
        ),
        ("12 016b 01 02 08 080000000000ffff", "at byte 6 of 8: expected the end"),
        ("12 016b 01 02 09 090000000100 01 02 ff", "at byte 8 of 9: expected an item"),
        ("12 016b 01 02 08 080000000100 f5 ff", "at byte 7 of 8: expected an item"),
    ] {
        let told = read_body(body).expect_err(body);
        assert!(told.contains(error), "{body}: {told}: {error}");
    }
    for header in ["REDIX0011", "REDIS00x1", "VALKEY08x", "VALKIE080"] {
        assert!(read(header.as_bytes()).expect_err(header).starts_with("0: expected REDIS and 4 digits"));
    }
}

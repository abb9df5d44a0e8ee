//! Lists of sizes around the buffers of the encoder, and files around those of snapshots: made of naive records, they must come
//! out as the naive files, to the byte.
//!
//! A generated list seldom ends a body just where a buffer ends. Each of these does, or a few bytes before or after. Beside
//! it there are short lists with user keys and expiries at the edges of what the format has.

use std::fs::File;
use std::path::PathBuf;

use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand_chacha::ChaCha8Rng;

use super::changes;
use super::dump::{first_difference, manifest_of};
use super::ended::Ended;
use super::share::{is_read, one_in};
use super::told::{differs, require_same_bytes, warning_of};
use crate::case::dumps::MadeDump;
use crate::case::snapshots::opened;
use crate::case::stop::{Stop, environment, unwritten};
use crate::encoder::Warning;
use crate::faults::{Place, Reread};
use crate::finding::FindingKind;
use crate::format::snapshot::Framing;
use crate::format::{CommitTs, Family};
use crate::naive::lists::{List, Lists};
use crate::naive::records::{self, Decoded, Records, item_key};
use crate::naive::snapshot::{Frame, Row, version};
use crate::naive::tree::difference;
use crate::naive::{bodies, snapshot, tree};
use crate::snapshot::SnapshotWriter;
use crate::state::State;

/// The encoder writes a body, and a writer of snapshots a file, when so many bytes have gathered; and it copies values
/// together before it writes them if they have at most so many.
const CHUNK_BYTES: usize = 64 << 10;
/// The values that are copied together at most.
const FETCHED_VALUES: u64 = 64;
/// A reader of snapshots reads so many bytes at once.
const READ_BYTES: usize = 256 << 10;
/// A file is written in one case of so many.
const FILES_ONE_IN: u32 = 4;

/// Dumps lists and a snapshot of them.
pub(super) fn require_same(ended: &Ended<'_>, change: Option<Reread>, dice: &mut ChaCha8Rng) -> Result<(), Stop> {
    let manifest = manifest_of(ended)?;
    let mut all = bordering(dice);
    add_edges(&mut all, dice);
    let decoded = |at| records::decode(&changes::records(change, at, all.clone())).unwrap_or_default();
    let mut rows: Vec<(Vec<u8>, Vec<u8>)> = all.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    rows.shuffle(dice);
    let made = ended.dumps.make("borders", &all, FindingKind::Encoder, &State::default())?;
    require_expected(made, &decoded(Place::Borders), &manifest, change)?;
    let shuffled = ended.dumps.make_unordered("borders-shuffled", &rows, FindingKind::Order)?;
    require_expected(shuffled, &decoded(Place::BordersShuffled), &manifest, change)?;
    if !is_read(FILES_ONE_IN, change, dice) {
        return Ok(());
    }
    let (path, lists) = written(ended, change, dice)?;
    let file = opened(&path, None)?;
    require_expected(
        ended.dumps.make("borders-file", &file, FindingKind::Snapshot, &State::default())?,
        &Decoded { lists, oddities: Vec::new() },
        &manifest,
        change,
    )?;
    std::fs::remove_file(path).map_err(environment)
}

/// A dump is the naive files of lists, the reader reads those, and the encoder counts them and finds the same odd.
fn require_expected(
    made: MadeDump,
    Decoded { lists, oddities }: &Decoded,
    manifest: &str,
    change: Option<Reread>,
) -> Result<(), Stop> {
    let files = made.files()?;
    if let Some(found) = difference(&tree::write(lists, manifest), &files) {
        return Err(differs(found.aspect, found.detail));
    }
    let keys = changes::number(change, Place::BordersCount, lists.len() as u64);
    let items = lists.values().map(|list| list.items.len() as u64).sum();
    let count = made.summary.of(Family::List);
    if (count.keys, count.elements, made.summary.total()) != (keys, items, keys + items) {
        let naive = format!("{keys} lists, {items} items");
        return Err(differs("records", format!("naive   {naive}\nencoder {:?}", made.summary.counts)));
    }
    let expected: Vec<Warning> = oddities.iter().cloned().map(warning_of).collect();
    if made.summary.warnings != expected {
        let shown = |warnings: &[Warning]| warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let (naive, ours) = (shown(&expected), shown(&made.summary.warnings));
        return Err(differs("records", format!("naive   {naive}\nencoder {ours}")));
    }
    match first_difference(lists, &changes::state(change, Place::BordersDump, made.read()?)) {
        Some(detail) => Err(differs("bodies", detail)),
        None => made.remove(),
    }
}

/// The user key of the list at a border.
const NAME: &[u8] = b"borders";

/// What a body starts with.
const START: &str = "{\n  \"format_version\": 1,\n  \"items\": [";

/// At a border, or a few bytes from it.
fn around(border: usize, dice: &mut ChaCha8Rng) -> usize {
    const DISTANCES: [isize; 7] = [0, 0, 0, -1, 1, -3, 3];
    border.saturating_add_signed(DISTANCES.choose(dice).copied().unwrap_or_default())
}

/// The records of lists at a border.
fn bordering(dice: &mut ChaCha8Rng) -> Records {
    let first_head = HEADS.choose(dice).copied().unwrap_or_default();
    let mut all = Records::new();
    for (user_key, list) in drawn(first_head, dice) {
        let head = if user_key == NAME { first_head } else { HEADS.choose(dice).copied().unwrap_or_default() };
        all.append(&mut records::write(&user_key, &list, head));
    }
    all
}

/// One list, or two of which one extends the other and takes turns with it, if the first begins at this seq.
fn drawn(first_head: i64, dice: &mut ChaCha8Rng) -> Lists {
    // In a meta, 0 would be none.
    let expire_at_ms = one_in(2, dice).then(|| dice.random_range(1..=u64::MAX));
    let with = |items: Vec<Vec<u8>>| List { items, expire_at_ms };
    let name = NAME.to_vec();
    match dice.random_range(0..4_u32) {
        // The text of the body, or that up to an item.
        0 => {
            let mut items = vec![specials(dice), Vec::new()];
            let after_items = bodies::write(&with(Vec::new())).len() + "\n  ".len() - START.len();
            let is_whole = one_in(2, dice);
            let text = bodies::write(&with(items.clone())).len() - if is_whole { 0 } else { after_items };
            let border = around(CHUNK_BYTES * dice.random_range(1..=2_u64) as usize, dice);
            items.truncate(1);
            items.push(vec![b'x'; border.saturating_sub(text)]);
            items.extend([b"y".to_vec(), b"<".to_vec()].into_iter().filter(|_| !is_whole));
            [(name, with(items))].into()
        }
        // Their number.
        1 => {
            let count = FETCHED_VALUES * dice.random_range(1..=3) - 2 + dice.random_range(0..=4);
            let items = (0..count).map(|number| number.to_string().into_bytes()).collect();
            [(name, with(items))].into()
        }
        // The bytes of those that are copied together.
        2 => {
            let mut items: Vec<Vec<u8>> = (1..FETCHED_VALUES).map(|number| vec![b'a'; number as usize]).collect();
            let so_far: usize = items.iter().map(Vec::len).sum();
            items.push(vec![b'b'; around(CHUNK_BYTES, dice) - so_far]);
            items.extend([specials(dice), b"last".to_vec()]);
            [(name, with(items))].into()
        }
        // Items of the longer key come between those of the shorter one.
        _ => {
            let long = vec![b'y'; around(CHUNK_BYTES, dice)];
            let items = vec![long.clone(), specials(dice), long, b"end".to_vec()];
            let after = with_seq(&name, first_head + 1);
            [(name, with(items.clone())), (after, with(items))].into()
        }
    }
}

/// A user key that is another one and a seq, so that its items come between those of the other.
fn with_seq(user_key: &[u8], seq: i64) -> Vec<u8> {
    item_key(user_key, seq).get(b"!lst|itm|".len()..).unwrap_or_default().to_vec()
}

/// Where the seqs of a list begin.
const HEADS: [i64; 4] = [-3, 0, i64::MIN, i64::MAX - 1000];

/// How many lists with an edge there are.
const EDGES: usize = 5;

/// Adds short lists whose user keys are the hardest to name, and whose expiries are at the ends of their range; some are odd,
/// and some expiries are those of other types, or of nothing.
fn add_edges(all: &mut Records, dice: &mut ChaCha8Rng) {
    let digits = b"0123456789abcdef0123456789ABCDEF".as_slice();
    let repeated = |byte: u8, count: usize| vec![byte; count];
    let any_bytes = (0..=255_u8).skip(dice.random_range(0..=255_u64) as usize).take(90).collect();
    let like_a_delta = [b"d|\0\0\0\x07borders".as_slice(), b"\0\x01\x02\x03\x04\x05\x06\x07\0\0\0\x01"].concat();
    let user_keys: [Vec<u8>; 18] = [
        Vec::new(),
        b".".to_vec(),
        b"..".to_vec(),
        b"b64.".to_vec(),
        b"B64.x".to_vec(),
        b"d|".to_vec(),
        like_a_delta,
        [digits, b"_"].concat(),
        [digits, b"__"].concat(),
        [digits, b"___ and more than sixty-four bytes, some of them / to be escaped"].concat(),
        repeated(b'k', 240),
        repeated(b'k', 241),
        repeated(b' ', 80),
        repeated(b' ', 81),
        repeated(0xff, 63),
        [repeated(b'/', 64), repeated(b'x', 200)].concat(),
        repeated(0xff, 300),
        any_bytes,
    ];
    const EXPIRIES: [u64; 6] = [0, 1, i64::MAX as u64 - 1, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX];
    for user_key in user_keys.sample(dice, EDGES) {
        let list = List { items: vec![specials(dice); dice.random_range(0..3_u64) as usize], expire_at_ms: None };
        let ms = EXPIRIES.choose(dice).copied().unwrap_or_default();
        let head = HEADS.choose(dice).copied().unwrap_or_default();
        // In the meta, where 0 is none, or in a record of its own, which is clamped.
        let mut of_list = if one_in(2, dice) {
            records::write(user_key, &List { expire_at_ms: Some(ms), ..list }, head)
        } else {
            all.extend([records::ttl(user_key, ms)]);
            records::write(user_key, &list, head)
        };
        match dice.random_range(0..8_u32) {
            0 => drop(of_list.pop_first()),
            1 => drop(of_list.pop_last()),
            2 => drop(of_list.insert(item_key(user_key, head + 5), Vec::new())),
            // Deltas alone, with an item outside their window.
            3 => {
                drop(of_list.pop_last());
                of_list.insert(item_key(user_key, head + 5), Vec::new());
                all.extend([records::delta(user_key, head, 1)]);
            }
            4 => {
                // The last byte of the tail.
                let meta = of_list.last_entry().into_iter();
                meta.for_each(|mut meta| meta.get_mut().iter_mut().skip(15).take(1).for_each(|byte| *byte = !*byte));
            }
            _ => {}
        }
        all.append(&mut of_list);
    }
    // A longer key that starts the keys of all items of a shorter one: its list is not over when those go on.
    let [first, second] = [0, 1].map(|_| HEADS.choose(dice).copied().unwrap_or_default());
    let items: Vec<Vec<u8>> = (0..200_u32).map(|number| number.to_string().into_bytes()).collect();
    let list = List { items, expire_at_ms: None };
    let mut longer = with_seq(b"open", first + 100);
    longer.pop();
    all.append(&mut records::write(b"open", &list, first));
    all.append(&mut records::write(&longer, &list, second));
    for user_key in [b"of another type".as_slice(), b"ty", b""] {
        let prefix = OTHER_TYPES.choose(dice).copied().unwrap_or_default();
        let length =
            if prefix.starts_with("!redis") { Vec::new() } else { (user_key.len() as u32).to_be_bytes().to_vec() };
        all.extend([records::ttl(user_key, 7)]);
        if !one_in(8, dice) {
            all.insert([prefix.as_bytes(), &length, user_key].concat(), b"\0\0\0\0\0\0\0\x01".to_vec());
        }
    }
}

/// Records that name a key of another type.
const OTHER_TYPES: &[&str] = &["!redis|str|", "!redis|hll|", "!hs|meta|", "!st|meta|", "!zs|meta|", "!stream|meta|"];

/// Bytes of every kind that a body spells in its own way.
fn specials(dice: &mut ChaCha8Rng) -> Vec<u8> {
    let parts: [&[u8]; 8] =
        [b"\"\\", b"\0\x1f", b"<>&", "\u{2028}\u{2029}".as_bytes(), "é😀".as_bytes(), b"\n\t", b"\xff", b"\x7f"];
    let count = dice.random_range(0..40_u32);
    (0..count).filter_map(|_| parts.choose(dice)).flat_map(|part| part.iter().copied()).collect()
}

/// A list whose rows are around a border of a snapshot file.
fn padded(start: usize, dice: &mut ChaCha8Rng) -> (Vec<u8>, List) {
    let (user_key, border) = (b"padded".to_vec(), *[CHUNK_BYTES, READ_BYTES].choose(dice).unwrap_or(&CHUNK_BYTES));
    // Both lengths, the key with its commit, and the header of the value.
    let before = start + 8 + item_key(&user_key, 0).len() + 8 + 8 + 9;
    // The row after the first begins here: its lengths and its key go over the border, or just do not.
    let second = match dice.random_range(0..3_u32) {
        0 => border,
        _ => border + 4 - dice.random_range(0..=48_u64) as usize,
    };
    let items = vec![vec![b'p'; second.saturating_sub(before)], b"a".to_vec(), b"".to_vec(), b"c".to_vec()];
    (user_key, List { items, expire_at_ms: Some(7) })
}

/// Writes a file of a padded list, whose bytes must be the naive ones.
fn written(ended: &Ended<'_>, change: Option<Reread>, dice: &mut ChaCha8Rng) -> Result<(PathBuf, Lists), Stop> {
    const COMMIT: u64 = 0x01a2_05e1_4e6d_0001;
    let kinds = [
        (Framing::Bare, Frame::Bare, 16),
        (Framing::Legacy, Frame::Legacy, 16),
        (Framing::V1, Frame::V1, 32),
        (Framing::V2, Frame::V2(16), 42),
    ];
    let (framing, frame, start) = kinds.choose(dice).copied().unwrap_or((Framing::Bare, Frame::Bare, 16));
    let (user_key, list) = padded(start, dice);
    let all = records::write(&user_key, &list, 0);
    let mut rows: Vec<Row> = all.iter().map(|(key, value)| version(key, COMMIT, Some(value))).collect();
    rows.sort();
    let path = ended.dumps.folder.join("second-borders.fsm");
    let file = File::create(&path).map_err(unwritten(&path))?;
    let mut writer = SnapshotWriter::new(file, framing, CommitTs(COMMIT));
    rows.iter().try_for_each(|(key, value)| writer.row(key, value)).map_err(unwritten(&path))?;
    writer.finish().map_err(unwritten(&path))?;
    let (expected, found) = (snapshot::write(frame, COMMIT, &rows), std::fs::read(&path).map_err(environment)?);
    let expected = changes::bytes(change, Place::BordersFile, &expected);
    require_same_bytes(frame, &expected, &found)?;
    Ok((path, [(user_key, list)].into()))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;
    use crate::naive::records::Oddity;

    #[test]
    fn edges_are_what_their_records_say_and_all_come_up() {
        let (mut seen, mut odd, mut expiries, mut named) = (set(), set(), set(), 0);
        for seed in 0..200 {
            let mut all = Records::new();
            add_edges(&mut all, &mut ChaCha8Rng::seed_from_u64(seed));
            let decoded = records::decode(&all).expect("well-formed");
            seen.extend(decoded.lists.keys().map(Vec::len));
            let has_meta = |user_key: &[u8]| all.contains_key(&[b"!lst|meta|", user_key].concat());
            let has_delta = |user_key: &[u8]| all.contains_key(&records::delta(user_key, 0, 0).0);
            odd.extend(decoded.oddities.iter().map(|oddity| match oddity {
                Oddity::LengthMismatch { declared_len, observed, .. } if declared_len > observed => "fewer items",
                Oddity::LengthMismatch { .. } => "more items",
                Oddity::ItemOutsideWindow { user_key, .. } if has_meta(user_key) => "an item too far",
                Oddity::ItemOutsideWindow { .. } => "deltas alone",
                Oddity::MetaInvariant { .. } => "another tail",
                Oddity::OrphanTtl { .. } => "an expiry of nothing",
            }));
            let is_alone = |user_key: &&Vec<u8>| !has_meta(user_key) && !has_delta(user_key);
            odd.extend(decoded.lists.keys().find(is_alone).map(|_| "items alone"));
            expiries.extend(decoded.lists.values().map(|list| list.expire_at_ms));
            named +=
                all.keys().filter(|key| OTHER_TYPES.iter().any(|prefix| key.starts_with(prefix.as_bytes()))).count();
        }
        let all_odd = ["an expiry of nothing", "an item too far", "another tail", "deltas alone"];
        assert_eq!(odd, all_odd.into_iter().chain(["fewer items", "items alone", "more items"]).collect());
        assert!([0, 63, 80, 81, 240, 241, 264, 300].iter().all(|length| seen.contains(length)), "{seen:?}");
        let max = i64::MAX as u64;
        assert_eq!(expiries, [None].into_iter().chain([0, 1, 7, max - 1, max, max + 1, u64::MAX].map(Some)).collect());
        assert!((500..550).contains(&named), "{named} of 600 expiries are those of other types");
    }

    #[test]
    fn items_have_bytes_of_every_kind_that_a_body_spells_in_its_own_way() {
        let items: Vec<Vec<u8>> = (0..40).map(|seed| specials(&mut ChaCha8Rng::seed_from_u64(seed))).collect();
        let bytes = items.concat();
        let has = |part: &str| bytes.windows(part.len()).any(|window| window == part.as_bytes());
        assert!(["\"\\", "\0\u{1f}", "<>&", "\u{2028}\u{2029}", "é😀", "\n\t", "\u{7f}"].into_iter().all(has));
        assert!(bytes.contains(&0xff) && items.iter().any(Vec::is_empty));
    }

    #[test]
    fn bodies_and_rows_end_on_every_side_of_a_border() {
        let (mut bodies_at, mut items_at, mut rows_at) = ([0; 3], [0; 3], [0; 3]);
        let count = |counts: &mut [u64; 3], length: usize, border: usize| {
            if length.abs_diff(border) < 100 {
                counts[(length.cmp(&border) as i8 + 1) as usize] += 1;
            }
        };
        for seed in 0..300 {
            let mut dice = ChaCha8Rng::seed_from_u64(seed);
            let (start, lists) = (16, drawn(0, &mut dice));
            for list in lists.values() {
                count(&mut bodies_at, bodies::write(list).len(), CHUNK_BYTES);
                let first: usize = list.items.iter().take(64).map(Vec::len).sum();
                count(&mut items_at, first, CHUNK_BYTES);
            }
            let (user_key, list) = padded(start, &mut dice);
            let first = list.items.first().map_or(0, Vec::len);
            let second = start + 8 + item_key(&user_key, 0).len() + 8 + 8 + 9 + first;
            count(&mut rows_at, second, READ_BYTES);
        }
        for counts in [bodies_at, items_at, rows_at] {
            assert!(counts.iter().all(|count| *count > 0), "{bodies_at:?} {items_at:?} {rows_at:?}");
        }
    }

    #[test]
    fn the_items_of_a_second_list_come_after_the_second_item_of_the_first() {
        let mut count = 0;
        for seed in 0..100 {
            let all = bordering(&mut ChaCha8Rng::seed_from_u64(seed));
            let items = all.keys().filter_map(|key| key.strip_prefix(b"!lst|itm|borders"));
            let is_longer: Vec<bool> = items.map(|rest| rest.len() > 8).collect();
            if is_longer.contains(&true) {
                count += 1;
                assert_eq!(is_longer, [false, false, true, true, true, true, false, false], "seed {seed}");
            }
        }
        assert!(count > 10, "{count}");
    }

    #[test]
    fn borders_are_met_to_the_byte_or_missed_by_one_or_three() {
        let distances = |at: usize, borders: &[usize]| {
            let near = borders.iter().map(|border| at as isize - *border as isize).min_by_key(|far| far.abs());
            near.expect("a border")
        };
        let (mut wholes, mut parts, mut copied, mut counts) = (set(), set(), set(), set());
        for seed in 0..600 {
            let lists = drawn(5, &mut ChaCha8Rng::seed_from_u64(seed));
            let list = lists.get(NAME).expect("a list of this name");
            let borders = [64 << 10, 128 << 10];
            match &list.items[..] {
                _ if lists.len() == 2 => {
                    let (other, same) = lists.iter().next_back().expect("a second list");
                    assert_eq!(other.strip_prefix(NAME), Some(b"\x80\0\0\0\0\0\0\x06".as_slice()));
                    assert_eq!(same.items, list.items);
                }
                [_, _] => drop(wholes.insert(distances(bodies::write(list).len(), &borders))),
                [_, _, y, _] if y == b"y" => {
                    let text = bodies::write(list);
                    let end = text.windows(3).position(|bytes| bytes == b"x\",").expect("the end of an item") + 2;
                    parts.insert(distances(end, &borders));
                }
                items if items.first().is_some_and(|item| item == b"0") => drop(counts.insert(items.len())),
                items => drop(copied.insert(distances(items.iter().take(64).map(Vec::len).sum(), &borders))),
            }
        }
        for found in [wholes, parts, copied] {
            assert_eq!(found, [-3, -1, 0, 1, 3].into());
        }
        assert_eq!(counts, [62..=66, 126..=130, 190..=194].into_iter().flatten().collect());
    }

    fn set<T>() -> std::collections::BTreeSet<T> {
        std::collections::BTreeSet::new()
    }

    #[test]
    fn padding_leads_the_second_row_to_a_border_or_lets_it_go_over() {
        let (mut starts, mut exact) = (set(), 0);
        for seed in 0..1500 {
            let (user_key, list) = padded(16, &mut ChaCha8Rng::seed_from_u64(seed));
            let rows: Vec<Row> =
                records::write(&user_key, &list, -1).iter().map(|(key, value)| version(key, 7, Some(value))).collect();
            let (key, value) = rows.iter().find(|(key, _)| key.starts_with(b"!lst|itm|")).expect("an item");
            // A row has the lengths of its key and its value, each in eight bytes.
            let second = 16 + 8 + key.len() + 8 + value.len();
            let distances = [64 << 10, 256 << 10].map(|border: usize| second as isize - border as isize);
            exact += u32::from(distances.contains(&0));
            starts.insert(distances);
        }
        assert!(exact > 400, "{exact} of 1500 rows begin at a border");
        let near: std::collections::BTreeSet<isize> =
            starts.iter().flatten().copied().filter(|distance| distance.abs() < 1000).collect();
        assert_eq!(near, (-44..=4).collect());
        assert!([0, 1].iter().all(|border| starts.iter().any(|starts| starts[*border] == 0)), "both borders");
    }
}

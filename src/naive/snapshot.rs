//! A snapshot file, all of it in memory: its rows, the state at a commit, and the bytes of one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::intents::{is_in_order, settled};

/// A raw key and a raw value.
pub type Row = (Vec<u8>, Vec<u8>);

/// A file that is in order.
#[derive(Clone, Debug)]
pub struct NaiveSnapshot {
    /// The last commit.
    pub last: u64,
    /// The commit before which versions may be missing.
    pub min_retained: Option<u64>,
    /// Raw keys and values, as they stand there.
    pub rows: Vec<Row>,
    /// What is around them.
    pub frame: Frame,
    versions: Vec<Version>,
}

/// What a file's rows are, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// All rows.
    pub rows: u64,
    /// Tombstones among them.
    pub tombstones: u64,
    /// Rows by the first two parts of their keys that end in `|`, or by the name of an engine's own row.
    pub by_prefix: BTreeMap<String, u64>,
    /// Whether the raw keys ascend.
    pub is_sorted: bool,
}

#[derive(Clone, Debug)]
struct Version {
    key: Vec<u8>,
    commit: u64,
    value: Option<Vec<u8>>,
}

impl NaiveSnapshot {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with it, in a sentence.
    pub fn read(file: &[u8]) -> Result<NaiveSnapshot, String> {
        let short = || "the file ends in its header".to_owned();
        let (stream, mut frame) = match file.first_chunk::<8>().ok_or_else(short)? {
            b"EKVTHLC1" => (file.get(16..).ok_or_else(short)?, Frame::V1),
            b"EKVTHLC2" => {
                let [_, _, _, _, _, _, _, _, high, low, ..] = *file else { return Err(short()) };
                let length = u16::from(high) * 256 + u16::from(low);
                if !(16..=1024).contains(&length) {
                    return Err(format!("the outer header has a length of {length}"));
                }
                (file.get(10 + usize::from(length)..).ok_or_else(short)?, Frame::V2(length))
            }
            _ => (file, Frame::Bare),
        };
        let rest = stream.strip_prefix(b"EKVPBBL1").ok_or("there is no magic before the rows")?;
        let (last, mut rest) = rest.split_first_chunk::<8>().ok_or_else(short)?;
        let (last, rows, versions) = (u64::from_le_bytes(*last), Vec::new(), Vec::new());
        let mut snapshot = NaiveSnapshot { last, min_retained: None, rows, frame, versions };
        while rest.len() >= 8 {
            let number = snapshot.rows.len() + 1;
            let cut = || format!("row {number} is cut off or too long");
            let key = part(&mut rest, (1 << 20) + 8).ok_or_else(cut)?;
            let value = part(&mut rest, (256 << 20) + 43).ok_or_else(cut)?;
            snapshot.row(key, value).ok_or_else(|| format!("row {number} is neither a version nor the engine's"))?;
        }
        let crc = || crc32c(file.get(..file.len() - rest.len()).unwrap_or_default()).to_be_bytes();
        match rest.len() {
            0 if frame == Frame::Bare => {}
            4 if crc() == rest => {
                if frame == Frame::Bare {
                    frame = Frame::Legacy;
                }
            }
            4 => return Err("the checksum is another".to_owned()),
            bytes => return Err(format!("{bytes} bytes follow the rows")),
        }
        snapshot.frame = frame;
        let distinct: BTreeSet<&[u8]> = snapshot.rows.iter().map(|(key, _)| key.as_slice()).collect();
        match (distinct.len() == snapshot.rows.len(), snapshot.state(None)) {
            (true, Some(_)) => Ok(snapshot),
            (true, None) => Err("a record of a transaction is malformed".to_owned()),
            (false, _) => Err("a row comes twice".to_owned()),
        }
    }

    fn row(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        self.rows.push((key.to_vec(), value.to_vec()));
        if is_number(key) {
            let number = u64::from_le_bytes(value.try_into().ok()?);
            if key == b"_meta_min_retained_ts" {
                self.min_retained = Some(number);
            }
            return Some(());
        }
        if is_writer(key) {
            return (value.len() == 12).then_some(());
        }
        let (key, inverted) = key.split_last_chunk::<8>()?;
        let (header, body) = value.split_first_chunk::<9>()?;
        let value = match header {
            [0, ..] => Some(body.to_vec()),
            [1, ..] if body.is_empty() => None,
            _ => return None,
        };
        self.versions.push(Version { key: key.to_vec(), commit: !u64::from_be_bytes(*inverted), value });
        Some(())
    }

    /// The state at a commit, by default the last; nothing if the file does not reach there, or has a malformed record of a
    /// transaction then.
    pub fn state(&self, at: Option<u64>) -> Option<BTreeMap<Vec<u8>, Vec<u8>>> {
        if at.is_some_and(|at| at > self.last || self.min_retained.is_some_and(|min| at < min)) {
            return None;
        }
        let at = at.unwrap_or(self.last);
        let commits: BTreeMap<&[u8], u64> =
            self.newest(at).into_iter().map(|(key, found)| (key, found.commit)).collect();
        let mut state = self.live(at);
        if !state.iter().all(|(key, value)| is_in_order(key, value)) {
            return None;
        }
        for (key, commit, value) in settled(&state, at).0 {
            if commits.get(key.as_slice()).is_none_or(|found| *found < commit) {
                match value {
                    Some(value) => drop(state.insert(key, value)),
                    None => drop(state.remove(&key)),
                }
            }
        }
        Some(state)
    }

    /// How many keys have a transaction's intent at a commit that has become a value, and how many one that is in flight.
    pub fn intents(&self, at: u64) -> [u64; 2] {
        let (settled, in_flight) = settled(&self.live(at), at);
        [settled.len() as u64, in_flight]
    }

    /// What the versions alone say.
    fn live(&self, at: u64) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let newest = self.newest(at).into_values();
        newest.filter_map(|version| Some((version.key.clone(), version.value.clone()?))).collect()
    }

    fn newest(&self, at: u64) -> BTreeMap<&[u8], &Version> {
        let mut newest: BTreeMap<&[u8], &Version> = BTreeMap::new();
        for version in self.versions.iter().filter(|version| version.commit <= at) {
            let found = newest.entry(&version.key).or_insert(version);
            if found.commit < version.commit {
                *found = version;
            }
        }
        newest
    }

    /// What a file of the versions after `cut` has: the key and commit of each of them, and those of the state at `cut`.
    pub fn window(&self, cut: u64) -> BTreeSet<(Vec<u8>, u64)> {
        let later = self.versions.iter().filter(|version| version.commit > cut);
        let state = self.newest(cut).into_values().filter(|version| version.value.is_some());
        later.chain(state).map(|version| (version.key.clone(), version.commit)).collect()
    }

    /// The engine's own rows: their keys, and the numbers of those that have one.
    pub fn engine_rows(&self) -> BTreeMap<Vec<u8>, Option<u64>> {
        let number = |value: &[u8]| value.try_into().ok().map(u64::from_le_bytes);
        self.rows.iter().filter(|(key, _)| is_engines(key)).map(|(key, value)| (key.clone(), number(value))).collect()
    }

    /// What the rows are, in numbers.
    pub fn counts(&self) -> Counts {
        let mut by_prefix: BTreeMap<String, u64> = BTreeMap::new();
        for (raw_key, _) in &self.rows {
            let key_bytes = if is_engines(raw_key) { raw_key.len() } else { raw_key.len().saturating_sub(8) };
            let prefix = prefix_of(raw_key.get(..key_bytes).unwrap_or_default());
            // So many are counted by themselves.
            let is_counted = by_prefix.len() < 100 || by_prefix.contains_key(&prefix);
            *by_prefix.entry(if is_counted { prefix } else { OTHER.to_owned() }).or_default() += 1;
        }
        Counts {
            rows: self.rows.len() as u64,
            tombstones: self.versions.iter().filter(|version| version.value.is_none()).count() as u64,
            by_prefix,
            is_sorted: self.rows.is_sorted_by(|(one, _), (other, _)| one < other),
        }
    }

    /// The versions of the keys that are meant, in the order of the file: the key, the commit, and whether it is no tombstone.
    pub fn of_keys(&self, is_meant: impl Fn(&[u8]) -> bool) -> Vec<(&[u8], u64, bool)> {
        let meant = self.versions.iter().filter(|version| is_meant(&version.key));
        meant.map(|version| (version.key.as_slice(), version.commit, version.value.is_some())).collect()
    }

    /// The key and commit of every version.
    pub fn versions(&self) -> BTreeSet<(Vec<u8>, u64)> {
        self.versions.iter().map(|version| (version.key.clone(), version.commit)).collect()
    }

    /// Every commit that a version names.
    pub fn commits(&self) -> Vec<u64> {
        self.versions.iter().map(|version| version.commit).collect()
    }
}

/// The engine's own rows whose value is a number.
const NUMBERS: [&str; 4] =
    ["_meta_applied_index", "_meta_last_commit_ts", "_meta_min_retained_ts", "_meta_pending_min_retained_ts"];

/// What rows without a prefix are counted under.
const OTHER: &str = "(other)";

/// Whether a raw key is that of a row of the engine's own.
fn is_engines(key: &[u8]) -> bool {
    is_number(key) || is_writer(key)
}

/// Whether a raw key is that of one of the engine's numbers.
fn is_number(key: &[u8]) -> bool {
    NUMBERS.iter().any(|name| key == name.as_bytes())
}

/// Whether a raw key is that of one of the engine's writers.
fn is_writer(key: &[u8]) -> bool {
    key.strip_prefix(b"!encryption|writers|").is_some_and(|rest| rest.len() == 7)
}

/// What a row is counted under: the first two parts of its key that end in `|`, each of 1 to 24 of a-z, 0-9, !, _ and -.
fn prefix_of(key: &[u8]) -> String {
    if let Some(name) = NUMBERS.iter().find(|name| key == name.as_bytes()) {
        return (*name).to_owned();
    }
    let mut parts: Vec<&[u8]> = key.splitn(3, |byte| *byte == b'|').collect();
    parts.pop();
    let is_part = |part: &&[u8]| {
        (1..=24).contains(&part.len())
            && part.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'!' | b'_' | b'-'))
    };
    let parts = parts.into_iter().take_while(is_part).map(|part| String::from_utf8_lossy(part) + "|");
    let prefix: String = parts.collect();
    if prefix.is_empty() { OTHER.to_owned() } else { prefix }
}

/// Takes a length and so many bytes.
fn part<'a>(rest: &mut &'a [u8], limit: u64) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<8>()?;
    let length = u64::from_le_bytes(*length);
    let (part, after) = after.split_at_checked(usize::try_from(length).ok().filter(|_| length <= limit)?)?;
    *rest = after;
    Some(part)
}

/// What is around the rows of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Nothing.
    Bare,
    /// A checksum.
    Legacy,
    /// A checksum, and an outer header of version 1.
    V1,
    /// A checksum, and an outer header of version 2 whose length field says so many bytes.
    V2(u16),
}

/// The bytes of a file, its rows in the order given.
pub fn write(frame: Frame, last: u64, rows: &[Row]) -> Vec<u8> {
    let ceiling = (last >> 16).to_be_bytes();
    let mut file = match frame {
        Frame::Bare | Frame::Legacy => Vec::new(),
        Frame::V1 => [b"EKVTHLC1".as_slice(), &ceiling].concat(),
        Frame::V2(length) => {
            let rest = vec![0; usize::from(length).saturating_sub(16)];
            [b"EKVTHLC2".as_slice(), &length.to_be_bytes(), &ceiling, &last.to_be_bytes(), &rest].concat()
        }
    };
    file.extend(b"EKVPBBL1");
    file.extend(last.to_le_bytes());
    for part in rows.iter().flat_map(|(key, value)| [key, value]) {
        file.extend((part.len() as u64).to_le_bytes());
        file.extend(part);
    }
    if frame != Frame::Bare {
        let crc = crc32c(&file);
        file.extend(crc.to_be_bytes());
    }
    file
}

/// The row of a version.
pub fn version(key: &[u8], commit: u64, value: Option<&[u8]>) -> Row {
    let flag = if value.is_none() { 1 } else { 0 };
    let raw_value = [&[flag, 0, 0, 0, 0, 0, 0, 0, 0], value.unwrap_or_default()].concat();
    ([key, &(u64::MAX - commit).to_be_bytes()].concat(), raw_value)
}

/// What each byte makes of a Castagnoli checksum, bit by bit.
static OF_BYTE: LazyLock<Vec<u32>> = LazyLock::new(|| {
    const REVERSED: u32 = 0x82f6_3b78;
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ REVERSED } else { crc >> 1 };
    (0..256).map(|byte| (0..8).fold(byte, step)).collect()
});

/// The Castagnoli checksum.
pub fn crc32c(bytes: &[u8]) -> u32 {
    let table = OF_BYTE.as_slice();
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        let place = ((crc ^ u32::from(*byte)) & 0xff) as usize;
        crc >> 8 ^ table.get(place).copied().unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_the_standard() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn a_file_to_the_byte() {
        let row = version(b"k", 0x10001, Some(b"v"));
        assert_eq!(row, (b"k\xff\xff\xff\xff\xff\xfe\xff\xfe".to_vec(), b"\0\0\0\0\0\0\0\0\0v".to_vec()));
        let header = b"EKVPBBL1\x02\0\x01\0\0\0\0\0";
        let golden = [
            header.as_slice(),
            b"\x09\0\0\0\0\0\0\0k\xff\xff\xff\xff\xff\xfe\xff\xfe",
            b"\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0v",
        ]
        .concat();
        assert_eq!(write(Frame::Bare, 0x10002, std::slice::from_ref(&row)), golden);
        let outer = write(Frame::V1, 0x10002, &[]);
        assert_eq!(&outer[..16], b"EKVTHLC1\0\0\0\0\0\0\0\x01");
        for frame in [Frame::Bare, Frame::Legacy, Frame::V1, Frame::V2(16), Frame::V2(1024)] {
            let file = write(frame, 0x10002, std::slice::from_ref(&row));
            let read = NaiveSnapshot::read(&file).expect("in order");
            assert_eq!((read.last, read.rows.as_slice()), (0x10002, std::slice::from_ref(&row)));
            assert!(NaiveSnapshot::read(&file[..file.len() - 1]).is_err());
        }
        assert!(NaiveSnapshot::read(&write(Frame::V2(15), 0x10002, &[])).is_err());
        assert!(NaiveSnapshot::read(&write(Frame::Bare, 9, &[row.clone(), row])).is_err());
    }

    #[test]
    fn a_file_that_is_cut_or_changed_is_refused() {
        let rows = [version(b"k", 1, Some(b"v")), version(b"l", 1, None)];
        for frame in [Frame::V1, Frame::V2(16), Frame::V2(1024)] {
            let file = write(frame, 9, &rows);
            for bytes in 0..file.len() {
                assert!(NaiveSnapshot::read(&file[..bytes]).is_err(), "{frame:?} of {bytes} bytes");
            }
            let mut changed = file;
            *changed.last_mut().expect("a checksum") ^= 1;
            let error = NaiveSnapshot::read(&changed).expect_err("another checksum");
            assert_eq!(error, "the checksum is another", "{frame:?}");
        }
        let mut deleted_with_a_value = version(b"m", 1, None);
        deleted_with_a_value.1.push(0);
        let rows = [rows.as_slice(), &[deleted_with_a_value]].concat();
        let error = NaiveSnapshot::read(&write(Frame::Bare, 9, &rows)).expect_err("a deletion has no value");
        assert_eq!(error, "row 3 is neither a version nor the engine's");
    }

    #[test]
    fn a_key_of_exactly_the_limit_and_a_long_value_are_read() {
        let read = |key_bytes: usize| {
            let row = version(&vec![b'k'; key_bytes], 1, Some(&[b'v'; 300]));
            NaiveSnapshot::read(&write(Frame::Bare, 9, &[row])).map(|file| file.rows.len())
        };
        assert_eq!(read(1 << 20), Ok(1));
        assert_eq!(read((1 << 20) + 1), Err("row 1 is cut off or too long".to_owned()));
    }

    #[test]
    fn the_newest_version_at_a_commit_and_the_versions_of_a_window() {
        let rows = [
            version(b"a", 1, Some(b"old")),
            version(b"a", 3, None),
            version(b"b", 2, Some(b"b")),
            version(b"a", 4, Some(b"new")),
            version(b"c", 2, None),
        ];
        let file = NaiveSnapshot::read(&write(Frame::V1, 5, &rows)).expect("in order");
        let state = |at| {
            file.state(at).map(|state| state.into_iter().map(|(key, value)| [key, value].concat()).collect::<Vec<_>>())
        };
        assert_eq!(state(None), Some(vec![b"anew".to_vec(), b"bb".to_vec()]));
        assert_eq!(state(Some(3)), Some(vec![b"bb".to_vec()]));
        assert_eq!(state(Some(1)), Some(vec![b"aold".to_vec()]));
        assert_eq!(state(Some(6)), None);
        assert_eq!(file.commits(), [1, 3, 2, 4, 2]);
        let window = |cut| file.window(cut).into_iter().map(|(_, commit)| commit).collect::<Vec<_>>();
        assert_eq!(window(2), [1, 3, 4, 2]);
        assert_eq!(window(3), [4, 2]);
    }
}

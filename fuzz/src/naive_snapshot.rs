//! What a snapshot file holds, read off the description of the format, all of it in memory.

use std::collections::{BTreeMap, BTreeSet};

/// A file that is in order.
#[derive(Debug)]
pub struct NaiveSnapshot {
    /// The last commit.
    pub last: u64,
    /// The commit before which versions may be missing.
    pub min_retained: Option<u64>,
    /// Raw keys and values, as they stand there.
    pub rows: Vec<(Vec<u8>, Vec<u8>)>,
    versions: Vec<Version>,
}

#[derive(Debug)]
struct Version {
    key: Vec<u8>,
    commit: u64,
    value: Option<Vec<u8>>,
}

impl NaiveSnapshot {
    /// Reads a file; `None` if anything is wrong with it.
    pub fn read(file: &[u8]) -> Option<NaiveSnapshot> {
        let (stream, is_framed) = match file.first_chunk::<8>()? {
            b"EKVTHLC1" => (file.get(16..)?, true),
            b"EKVTHLC2" => {
                let length = usize::from(u16::from_be_bytes(file.get(8..10)?.try_into().unwrap()));
                (file.get(10 + length..).filter(|_| (16..=1024).contains(&length))?, true)
            }
            _ => (file, false),
        };
        let rest = stream.strip_prefix(b"EKVPBBL1")?;
        let (last, mut rest) = rest.split_first_chunk::<8>()?;
        let mut snapshot = NaiveSnapshot {
            last: u64::from_le_bytes(*last),
            min_retained: None,
            rows: Vec::new(),
            versions: Vec::new(),
        };
        while rest.len() >= 8 {
            let key = part(&mut rest, (1 << 20) + 8)?;
            let value = part(&mut rest, (256 << 20) + 43)?;
            snapshot.row(key, value)?;
        }
        match rest.len() {
            0 if !is_framed => {}
            4 if crc32c(&file[..file.len() - 4]).to_be_bytes() == rest => {}
            _ => return None,
        }
        let distinct: BTreeSet<&[u8]> = snapshot.rows.iter().map(|(key, _)| key.as_slice()).collect();
        (distinct.len() == snapshot.rows.len()).then_some(snapshot)
    }

    fn row(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        self.rows.push((key.to_vec(), value.to_vec()));
        let numbers =
            ["_meta_applied_index", "_meta_last_commit_ts", "_meta_min_retained_ts", "_meta_pending_min_retained_ts"];
        if numbers.iter().any(|name| key == name.as_bytes()) {
            let number = u64::from_le_bytes(value.try_into().ok()?);
            if key == b"_meta_min_retained_ts" {
                self.min_retained = Some(number);
            }
            return Some(());
        }
        if key.starts_with(b"!encryption|writers|") && key.len() == b"!encryption|writers|".len() + 7 {
            return (value.len() == 12).then_some(());
        }
        let (key, inverted) = key.split_last_chunk::<8>()?;
        let (flags, body) = value.split_at_checked(9)?;
        let value = match flags[0] {
            0 => Some(body.to_vec()),
            1 if body.is_empty() => None,
            _ => return None,
        };
        self.versions.push(Version { key: key.to_vec(), commit: !u64::from_be_bytes(*inverted), value });
        Some(())
    }

    /// The state at a commit, or nothing if the file does not reach there.
    pub fn state(&self, at: Option<u64>) -> Option<BTreeMap<Vec<u8>, Vec<u8>>> {
        if at.is_some_and(|at| at > self.last || self.min_retained.is_some_and(|min| at < min)) {
            return None;
        }
        let at = at.unwrap_or(self.last);
        let mut newest: BTreeMap<&[u8], &Version> = BTreeMap::new();
        for version in self.versions.iter().filter(|version| version.commit <= at) {
            let found = newest.entry(&version.key).or_insert(version);
            if found.commit < version.commit {
                *found = version;
            }
        }
        let state = newest.into_values().filter_map(|version| Some((version.key.clone(), version.value.clone()?)));
        Some(state.collect())
    }

    /// Every commit that a version names.
    pub fn commits(&self) -> Vec<u64> {
        self.versions.iter().map(|version| version.commit).collect()
    }
}

/// Takes a length and so many bytes.
fn part<'a>(rest: &mut &'a [u8], limit: u64) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<8>()?;
    let length = u64::from_le_bytes(*length);
    let (part, after) = after.split_at_checked(usize::try_from(length).ok().filter(|_| length <= limit)?)?;
    *rest = after;
    Some(part)
}

/// The Castagnoli checksum, bit by bit.
pub fn crc32c(bytes: &[u8]) -> u32 {
    const REVERSED: u32 = 0x82f6_3b78;
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ REVERSED } else { crc >> 1 })
    })
}

//! A snapshot file that no store writes: the versions of keys of which each extends the one before lie within each other, and
//! there are more prefixes than are counted by themselves.

use std::collections::BTreeSet;
use std::path::Path;

use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand_chacha::ChaCha8Rng;

use super::rows::{require_same_rows, require_same_states};
use super::share::one_in;
use crate::case::stop::{Stop, environment, unwritten};
use crate::faults::{Place, Reread};
use crate::naive::snapshot::{Frame, Row, version, write};

/// How many keys extend one another.
const DEPTH: u32 = 5;
/// The commits of their versions. The next key comes where the middle one is.
const COMMITS: [u64; 5] = [100, 300, MIDDLE, 700, 1000];
const MIDDLE: u64 = 500;
/// Where the file is read: at each of these, just before it and just after it.
const LOOKED_AT: [u64; 15] = [99, 100, 101, 299, 300, 301, 499, 500, 501, 699, 700, 701, 999, 1000, 1001];
/// The last commit of the file.
const LAST: u64 = 1000;
/// Prefixes; a hundred are counted by themselves.
const PREFIXES: u32 = 104;

/// Reads such a file.
pub(super) fn require_same(folder: &Path, change: Option<Reread>, dice: &mut ChaCha8Rng) -> Result<(), Stop> {
    let mut rows: BTreeSet<Row> = nested(dice).into_iter().chain(of_many_prefixes(dice)).collect();
    if one_in(2, dice) {
        rows.insert((b"_meta_min_retained_ts".to_vec(), 300_u64.to_le_bytes().to_vec()));
    }
    let mut rows: Vec<Row> = rows.into_iter().collect();
    if one_in(3, dice) {
        rows.shuffle(dice);
    }
    let frames = [Frame::Bare, Frame::Legacy, Frame::V1, Frame::V2(16), Frame::V2(1024)];
    let path = folder.join("second-crowded.fsm");
    let bytes = write(frames.choose(dice).copied().unwrap_or(Frame::Bare), LAST, &rows);
    std::fs::write(&path, &bytes).map_err(unwritten(&path))?;
    let naive = require_same_rows(&path, &bytes, (change, Place::Crowded))?;
    require_same_states(&path, &naive, &LOOKED_AT, (change, Place::Crowded))?;
    std::fs::remove_file(path).map_err(environment)
}

/// Versions of keys each of which is the one before and a timestamp, so that its rows lie between those of the one before.
fn nested(dice: &mut ChaCha8Rng) -> Vec<Row> {
    let mut key = b"!lst|itm|crowded".to_vec();
    let mut rows = Vec::new();
    for depth in 0..DEPTH {
        for commit in COMMITS {
            if !one_in(4, dice) {
                let value = format!("{depth} {commit}");
                let value = (!one_in(4, dice)).then_some(value.as_bytes());
                rows.push(version(&key, commit, value));
            }
        }
        key.extend((u64::MAX - MIDDLE).to_be_bytes());
    }
    rows
}

/// Rows whose keys have parts of every form.
fn of_many_prefixes(dice: &mut ChaCha8Rng) -> Vec<Row> {
    let mut rows = Vec::new();
    let (long, too_long) = ("x".repeat(24), "x".repeat(25));
    let parts = ["a", "", &long, &too_long, "A", "_-9!", "a b"];
    for number in 0..PREFIXES {
        let second = parts.choose(dice).copied().unwrap_or_default();
        for key in
            [format!("!{number:03}|{second}|1"), format!("!{number:03}|{second}|2"), format!("!{number:03}|{second}")]
        {
            rows.push(version(key.as_bytes(), 1, Some(b"")));
        }
    }
    // Keys without a prefix, one whose only part comes late, and names of the engine's rows with more behind them.
    let others: [&[u8]; 6] = [b"", b"|", b"||x", b"plain", b"_meta_applied_index", b"!encryption|writers|1234567"];
    rows.extend(others.iter().map(|key| version(key, 1, None)));
    rows
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;
    use crate::naive::snapshot::NaiveSnapshot;

    #[test]
    fn keys_lie_within_each_other_and_prefixes_run_out() {
        let mut dice = ChaCha8Rng::seed_from_u64(1);
        let rows: BTreeSet<Row> = nested(&mut dice).into_iter().chain(of_many_prefixes(&mut dice)).collect();
        let keys: Vec<usize> =
            rows.iter().filter(|(key, _)| key.starts_with(b"!lst")).map(|(key, _)| key.len()).collect();
        let turns = keys.windows(2).filter(|two| two[0] > two[1]).count();
        assert!(turns >= 3, "longer keys come before shorter ones: {keys:?}");
        let file = write(Frame::Bare, LAST, &rows.into_iter().collect::<Vec<_>>());
        let counts = NaiveSnapshot::read(&file).expect("in order").counts();
        assert!(counts.by_prefix.len() > 100 && counts.by_prefix["(other)"] > 6, "{:?}", counts.by_prefix);
    }

    #[test]
    fn the_rows_of_longer_keys_come_where_the_middle_version_of_the_first_key_is() {
        let first_key = b"!lst|itm|crowded".len() + 8;
        let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
        for seed in 0..20 {
            let rows: BTreeSet<Row> = nested(&mut ChaCha8Rng::seed_from_u64(seed)).into_iter().collect();
            let mut commits = &mut before;
            for (key, _) in rows {
                match key.split_last_chunk() {
                    Some((_, end)) if key.len() == first_key => drop(commits.insert(!u64::from_be_bytes(*end))),
                    _ => commits = &mut after,
                }
            }
        }
        assert_eq!((before, after), ([1000, 700, 500].into(), [300, 100].into()));
    }

    #[test]
    fn of_four_versions_three_are_there_and_three_of_those_are_live() {
        let all: Vec<Row> = (0..80).flat_map(|seed| nested(&mut ChaCha8Rng::seed_from_u64(seed))).collect();
        let live = all.iter().filter(|row| row.1.len() > 9).count();
        assert!((1425..1575).contains(&all.len()), "{} of 2000", all.len());
        assert!((1050..1200).contains(&live), "{live} of {}", all.len());
        assert!(COMMITS.iter().all(|commit| LOOKED_AT.contains(commit)), "a commit is looked at");
    }

    #[test]
    fn both_readings_say_the_same_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        for seed in 0..40 {
            assert!(require_same(folder.path(), None, &mut ChaCha8Rng::seed_from_u64(seed)).is_ok());
        }
    }
}

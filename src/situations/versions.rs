//! What the versions of a history reach.

use super::reached::Reached;
use super::table::Mark;
use crate::database::{Database, DatabaseError, end_of_prefix};
use crate::format::snapshot::{Row, classify_row};
use crate::format::{FAMILIES, Family};

/// What the keys of all records of a family but their expiries start with.
fn prefix_of(family: Family) -> &'static [u8] {
    match family {
        Family::List => b"!lst|",
    }
}

const MARKS: [Mark; 4] = [Mark::VersionChain, Mark::TombstoneOnTop, Mark::PutAfterTombstone, Mark::VersionsApart];

/// A logical key whose versions can still come.
struct Chain {
    key_bytes: usize,
    versions: u32,
    /// Whether its newest version is a value.
    is_there: bool,
}

/// Looks at the versions of the records of every family, until all that they can reach is reached.
///
/// # Errors
///
/// What the database says.
pub(super) fn versions(database: &Database, reached: &mut Reached) -> Result<(), DatabaseError> {
    FAMILIES.iter().try_for_each(|row| versions_below(prefix_of(row.family), database, reached))
}

fn versions_below(prefix: &[u8], database: &Database, reached: &mut Reached) -> Result<(), DatabaseError> {
    let mut rows = database.history_rows(prefix, end_of_prefix(prefix).as_deref());
    // Those keys can come again that the present raw key starts with.
    let mut open: Vec<Chain> = Vec::new();
    let (mut previous, mut previous_key_bytes): (Vec<u8>, usize) = (Vec::new(), 0);
    while let Some((raw_key, value)) = rows.current()? {
        if let Ok(Row::Version { key, value, .. }) = classify_row(raw_key, value) {
            let shared = previous.iter().zip(raw_key).take_while(|(one, other)| one == other).count();
            open.retain(|chain| chain.key_bytes <= shared);
            let is_again = take(&mut open, key.len(), value.is_some(), reached);
            reached.tick_if(Mark::VersionsApart, is_again && previous_key_bytes != key.len());
            (previous, previous_key_bytes) = (raw_key.to_vec(), key.len());
        }
        if MARKS.iter().all(|mark| reached.has(*mark)) {
            return Ok(());
        }
        rows.step();
    }
    Ok(())
}

/// Takes a version in, and says whether its key has had one before.
fn take(open: &mut Vec<Chain>, key_bytes: usize, is_there: bool, reached: &mut Reached) -> bool {
    let Some(chain) = open.iter_mut().find(|chain| chain.key_bytes == key_bytes) else {
        reached.tick_if(Mark::TombstoneOnTop, !is_there);
        open.push(Chain { key_bytes, versions: 1, is_there });
        return false;
    };
    chain.versions += 1;
    reached.tick_if(Mark::VersionChain, chain.versions >= 3);
    reached.tick_if(Mark::PutAfterTombstone, chain.is_there && !is_there);
    true
}

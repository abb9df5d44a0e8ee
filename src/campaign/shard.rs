//! Which part of a campaign's cases one machine of several runs.
//!
//! The cases are laid out in rows of as many as there are shards, and a shard takes one of each row, at a place that is
//! drawn anew for each:
//!
//! ```text
//! cases     0 1 2   3 4 5   6 7 8   ...
//! shard     1 2 3   3 1 2   3 1 2   ...
//! ```
//!
//! So the parts are disjoint, of one size, and cover the cases from 0 on whatever ends the campaign. A place by turns would
//! give all cases of one profile to one shard, for profiles take turns too.
//!
//! The sizes of base metas take turns as well, and are spread in the same way.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::workload::case_seed;

/// A part of the cases. One shard of one is all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Members", into = "Members")]
pub struct Shard {
    of: u64,
    index: u64,
}

/// A shard as its members in JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    index: u64,
    of: u64,
}

impl Shard {
    /// All cases.
    pub const WHOLE: Shard = Shard { of: 1, index: 1 };
    /// The greatest number of shards.
    pub const MOST: u64 = 65_536;

    /// Shard `index`, from 1, of `of`.
    ///
    /// # Errors
    ///
    /// A sentence that says what is out of bounds.
    pub fn new(index: u64, of: u64) -> Result<Shard, String> {
        if of == 0 || of > Shard::MOST {
            return Err(format!("{of} shards: there can be 1 to {}", Shard::MOST));
        }
        if index == 0 || index > of {
            return Err(format!("shard {index} of {of}: shards are numbered from 1 to {of}"));
        }
        Ok(Shard { of, index })
    }

    /// The number of this one, from 1.
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many there are.
    pub fn of(self) -> u64 {
        self.of
    }

    /// The number of this shard's case at `position`, from 0; `None` beyond 64 bits.
    pub fn case_at(self, position: u64) -> Option<u64> {
        let turn = case_seed(0, position) % self.of;
        let place = (self.index - 1 + turn) % self.of;
        position.checked_mul(self.of)?.checked_add(place)
    }

    /// How many of the cases with numbers below `end` are this shard's.
    pub fn share_of(self, end: u64) -> u64 {
        let rows = end / self.of;
        rows + u64::from(self.case_at(rows).is_some_and(|case| case < end))
    }
}

impl TryFrom<Members> for Shard {
    type Error = String;

    fn try_from(members: Members) -> Result<Shard, String> {
        Shard::new(members.index, members.of)
    }
}

impl From<Shard> for Members {
    fn from(shard: Shard) -> Members {
        Members { index: shard.index, of: shard.of }
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let form = || format!("{text:?} is not I/N, such as 2/8 for the second of eight shards");
        let (index, of) = text.split_once('/').ok_or_else(form)?;
        Shard::new(index.parse().map_err(|_| form())?, of.parse().map_err(|_| form())?)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::workload::{PROFILES, schedule};

    fn shards(of: u64) -> impl Iterator<Item = Shard> {
        (1..=of).map(move |index| Shard::new(index, of).expect("in bounds"))
    }

    fn cases(shard: Shard, end: u64) -> Vec<u64> {
        (0..shard.share_of(end)).map(|position| shard.case_at(position).expect("small")).collect()
    }

    #[test]
    fn every_case_is_one_shards() {
        for of in 1..=17 {
            for end in [0, 1, 2, 5, 16, 17, 100, 101] {
                let mut taken: Vec<u64> = shards(of).flat_map(|shard| cases(shard, end)).collect();
                taken.sort_unstable();
                assert_eq!(taken, (0..end).collect::<Vec<_>>(), "{of} shards of {end} cases");
                for shard in shards(of) {
                    assert!(cases(shard, end).is_sorted(), "{shard}");
                }
            }
        }
    }

    #[test]
    fn every_shard_gets_every_profile_with_both_sizes() {
        for of in [1, 2, 3, 4, 10, 50] {
            for shard in shards(of) {
                let cases = (0..4000).filter_map(|position| shard.case_at(position));
                let drawn = cases.map(|case| schedule(case, &[])).map(|(profile, turn)| (profile.name, turn % 2));
                let drawn: BTreeSet<(&str, u64)> = drawn.collect();
                assert_eq!(drawn.len(), 2 * PROFILES.len(), "shard {shard}: {drawn:?}");
            }
        }
    }

    #[test]
    fn the_parts_stay_the_same_from_version_to_version() {
        let owners: Vec<u64> = (0..9)
            .map(|case| shards(3).find(|shard| cases(*shard, 9).contains(&case)).map_or(0, Shard::index))
            .collect();
        assert_eq!(owners, [1, 2, 3, 3, 1, 2, 3, 1, 2]);
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        assert_eq!("2/3".parse(), Shard::new(2, 3));
        for text in ["", "2", "/3", "2/", "0/3", "4/3", "1/0", "-1/3", "1/2/3", "1/65537", "a/b"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        let far = Shard::new(7, Shard::MOST).expect("in bounds");
        assert_eq!(far.case_at(u64::MAX), None);
        assert!(far.share_of(u64::MAX) > 0);
    }
}

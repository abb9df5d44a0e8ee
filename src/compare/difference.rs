//! What a comparison of two states finds, in the words of the domain.

use super::list::ItemsDifference;
use super::side::Side;
use crate::format::ExpireAtMs;

/// How closely two expiries are compared. Whether there is one is compared exactly, unless they are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryTolerance {
    /// They may be so many milliseconds apart.
    Within(u64),
    /// Not at all: a side tells none.
    Ignored,
}

impl ExpiryTolerance {
    /// To the millisecond.
    pub const EXACT: ExpiryTolerance = ExpiryTolerance::Within(0);
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The time of the comparison in Unix milliseconds: keys whose expiry is before it are absent.
    pub now_ms: u64,
    /// How closely expiries were compared.
    pub expiry_tolerance: ExpiryTolerance,
    /// The keys that only one side shows, and whose expiry there is so close to the time of the comparison that the other
    /// side may be right to show none.
    pub about_to_expire: u64,
    /// The lists that were compared: the keys that are visible on at least one side.
    pub lists: u64,
    /// In ascending byte order of the keys; the items of a key before its expiry.
    pub differences: Vec<Difference>,
    /// The empty lists that a side keeps, in ascending byte order of the keys, first those of the left side.
    pub empty_kept: Vec<KeptEmpty>,
}

/// A list without items that a side keeps, and that no Redis client would see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEmpty {
    /// Who keeps it.
    pub side: Side,
    /// The user key.
    pub key: Vec<u8>,
}

/// One way in which the sides differ about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The user key.
    pub key: Vec<u8>,
    /// The way.
    pub kind: DifferenceKind,
}

/// The ways in which two sides can differ about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// One side does not have the list.
    Missing {
        /// The side that does not.
        side: Side,
        /// Why it does not.
        absence: Absence,
        /// The number of items on the other side.
        len: u64,
        /// The expiry on the other side.
        expire_at: Option<ExpireAtMs>,
    },
    /// The items differ.
    Items(ItemsDifference),
    /// The expiries differ.
    Expiry {
        /// The left side's.
        left: Option<ExpireAtMs>,
        /// The right side's.
        right: Option<ExpireAtMs>,
    },
}

impl DifferenceKind {
    /// The name, as it is printed and as reports have it.
    pub fn name(&self) -> &'static str {
        match self {
            DifferenceKind::Missing { .. } => "missing",
            DifferenceKind::Items(_) => "items",
            DifferenceKind::Expiry { .. } => "expiry",
        }
    }

    /// The way, in a word.
    pub fn aspect(&self) -> &'static str {
        self.ranked_aspect().1
    }

    fn ranked_aspect(&self) -> (u8, &'static str) {
        match self {
            DifferenceKind::Items(_) => (0, "items"),
            DifferenceKind::Missing { side: Side::Right, .. } => (1, "missing-list"),
            DifferenceKind::Missing { side: Side::Left, .. } => (2, "extra-list"),
            DifferenceKind::Expiry { .. } => (3, "expiry"),
        }
    }
}

impl Comparison {
    /// The number of keys that differ; one key can differ in its items and in its expiry.
    pub fn differing_keys(&self) -> usize {
        self.differences.chunk_by(|one, other| one.key == other.key).count()
    }

    /// Whether a client sees the same on both sides.
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty()
    }

    /// The difference that stands for all of them: the first of the gravest aspect, items before lists before expiries. One
    /// bug does many things to a large case, and the first key may show any of them; this is more often the same.
    pub fn chief(&self) -> Option<&Difference> {
        self.differences.iter().min_by_key(|difference| difference.kind.ranked_aspect().0)
    }
}

/// Why a side has no list for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Nothing is kept for the key.
    NotThere,
    /// A list is kept whose expiry has passed.
    Expired(ExpireAtMs),
    /// A list is kept that has no items.
    KeptEmpty,
}

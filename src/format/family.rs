//! The record families, one row each: what every part must know of a family to handle its keys, values, expiries and
//! records as data.
//!
//! What a row does not say is in files of the family's name (`list.rs` here, in `store`, `model`, `encoder`, `reader`,
//! `compare` and so on). A type that is not read here yet has a row among the [`UNREAD_TYPES`] instead: a decoder must
//! still know its keys by name.

use super::list;

/// A family: a type of values that are kept in records of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Lists.
    List,
}

/// What is to be known of a family.
#[derive(Clone, Copy, Debug)]
pub struct FamilyRow {
    /// The family.
    pub family: Family,
    /// Its type, as Redis's `TYPE` says it, and as it stands in the names of events.
    pub name: &'static str,
    /// One element of a value.
    pub element: &'static str,
    /// The folder of its bodies in a dump, below the database's.
    pub folder: &'static str,
    /// What the name of a body ends with, after the segment.
    pub extension: &'static str,
    /// Where its elements live, ascending.
    pub element_prefixes: &'static [&'static [u8]],
    /// Where the other records live that make a value or say that its key exists, ascending.
    pub attribute_prefixes: &'static [&'static [u8]],
    /// Where its write fences live, if it has any.
    pub fence_prefix: Option<&'static [u8]>,
}

/// Every family, in the order in which a dump speaks of them.
pub const FAMILIES: &[&FamilyRow] = &[LISTS];

const LISTS: &FamilyRow = &FamilyRow {
    family: Family::List,
    name: "list",
    element: "item",
    folder: "lists",
    extension: ".json",
    element_prefixes: &[list::ITEM_PREFIX],
    attribute_prefixes: &[list::CLAIM_PREFIX, list::META_PREFIX],
    fence_prefix: Some(list::FENCE_PREFIX),
};

impl Family {
    /// The row of the family.
    pub fn row(self) -> &'static FamilyRow {
        match self {
            Family::List => LISTS,
        }
    }

    /// The family whose bodies are in this folder of a dump.
    pub fn of_folder(folder: &str) -> Option<&'static FamilyRow> {
        FAMILIES.iter().copied().find(|row| row.folder == folder)
    }
}

/// A type whose values are not read here.
#[derive(Clone, Copy, Debug)]
pub struct UnreadType {
    /// The type's name.
    pub name: &'static str,
    /// Where records live that name the user key.
    pub key_prefix: &'static [u8],
    /// Whether the user key stands behind its length, u32 BE; if not, it is all of the rest of the key.
    pub has_length: bool,
    /// Where its write fences live, if it has any.
    pub fence_prefix: Option<&'static [u8]>,
    /// The folder of its bodies in a dump, below the database's.
    pub folder: &'static str,
    /// What the name of a body ends with, after the segment.
    pub extension: &'static str,
    /// The file beside the folder that has the expiries, if the bodies have not.
    pub sidecar: Option<&'static str>,
}

/// The keys of all write fences of a user key, that of lists first.
pub fn fence_keys(user_key: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let of_families = FAMILIES.iter().filter_map(|row| row.fence_prefix);
    let of_others = UNREAD_TYPES.iter().filter_map(|row| row.fence_prefix);
    of_families.chain(of_others).map(move |prefix| [prefix, user_key].concat())
}

/// Types that are known by the keys of their records, and by the names of their files, alone.
pub const UNREAD_TYPES: &[UnreadType] = &[
    UnreadType {
        name: "string",
        key_prefix: b"!redis|str|",
        has_length: false,
        fence_prefix: None,
        folder: "strings",
        extension: ".bin",
        sidecar: Some("strings_ttl.jsonl"),
    },
    UnreadType {
        name: "hyperloglog",
        key_prefix: b"!redis|hll|",
        has_length: false,
        fence_prefix: None,
        folder: "hll",
        extension: ".bin",
        sidecar: Some("hll_ttl.jsonl"),
    },
    UnreadType {
        name: "hash",
        key_prefix: b"!hs|meta|",
        has_length: true,
        fence_prefix: Some(b"!redis|txn-wide-hash|"),
        folder: "hashes",
        extension: ".json",
        sidecar: None,
    },
    UnreadType {
        name: "set",
        key_prefix: b"!st|meta|",
        has_length: true,
        fence_prefix: Some(b"!redis|txn-wide-set|"),
        folder: "sets",
        extension: ".json",
        sidecar: None,
    },
    UnreadType {
        name: "zset",
        key_prefix: b"!zs|meta|",
        has_length: true,
        fence_prefix: Some(b"!redis|txn-wide-zset|"),
        folder: "zsets",
        extension: ".json",
        sidecar: None,
    },
    UnreadType {
        name: "stream",
        key_prefix: b"!stream|meta|",
        has_length: true,
        fence_prefix: None,
        folder: "streams",
        extension: ".jsonl",
        sidecar: None,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_has_one_row_and_one_folder() {
        for row in FAMILIES {
            assert_eq!(row.family.row().name, row.name);
            assert_eq!(Family::of_folder(row.folder).map(|found| found.family), Some(row.family));
        }
        assert!(Family::of_folder("nowhere").is_none());
    }

    #[test]
    fn prefixes_are_of_one_type_only() {
        let of_families = FAMILIES.iter().flat_map(|row| {
            let prefixes = row.element_prefixes.iter().chain(row.attribute_prefixes).copied();
            prefixes.chain(row.fence_prefix)
        });
        let of_others = UNREAD_TYPES.iter().flat_map(|unread| [Some(unread.key_prefix), unread.fence_prefix]);
        let prefixes: Vec<&[u8]> = of_families.chain(of_others.flatten()).collect();
        for (place, prefix) in prefixes.iter().enumerate() {
            let others = prefixes.iter().enumerate().filter(|(other, _)| *other != place);
            assert!(others.into_iter().all(|(_, other)| !other.starts_with(prefix)), "{prefix:?}");
        }
    }
}

//! What faults change: records, rows and files.

use std::collections::BTreeMap;

/// A key and a value: a record, or a row of a snapshot.
pub type Pair = (Vec<u8>, Vec<u8>);

/// The files of a dump tree, by path.
pub type Files = BTreeMap<String, Vec<u8>>;

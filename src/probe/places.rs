//! Where the files and folders of a dump belong.

use super::tree::Tree;
use crate::format::Family;
use crate::format::dump_tree::{CHECKSUMS, KEYMAP, MANIFEST, OTHER_ADAPTERS, REDIS_DIR, parse_database_dir};
use crate::format::family::UNREAD_TYPES;

/// Whether a file or folder belongs in a dump of lists.
pub(super) fn belongs(path: &str) -> bool {
    let mut parts = path.split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(MANIFEST | CHECKSUMS | REDIS_DIR), None, ..) => true,
        (Some(REDIS_DIR), Some(database), below, file, None) if parse_database_dir(database).is_some() => {
            match (below, file) {
                (None | Some(KEYMAP), None) => true,
                (Some(folder), file) => {
                    Family::of_folder(folder).is_some_and(|row| file.is_none_or(|file| file.ends_with(row.extension)))
                }
                (None, Some(_)) => false,
            }
        }
        _ => false,
    }
}

/// Whether this is a folder that a dump may hold empty, and without a file below it.
pub(super) fn is_empty_folder(path: &str, tree: &Tree) -> bool {
    let below = format!("{path}/");
    tree.folders.contains(path) && is_folder(path) && !tree.files.keys().any(|file| file.starts_with(&below))
}

fn is_folder(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let is_of_family =
        |name: &str| Family::of_folder(name).is_some() || UNREAD_TYPES.iter().any(|unread| unread.folder == name);
    match parts.as_slice() {
        [adapter] => *adapter == REDIS_DIR || OTHER_ADAPTERS.contains(adapter),
        [REDIS_DIR, database] => parse_database_dir(database).is_some(),
        [REDIS_DIR, database, family] => parse_database_dir(database).is_some() && is_of_family(family),
        _ => false,
    }
}

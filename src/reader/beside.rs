//! What a dump holds beside lists.

use std::collections::BTreeMap;

use crate::format::counted;

/// What a dump holds beside lists, counted by kind: its digests were checked, and no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Redis keys by their type.
    pub keys: BTreeMap<&'static str, u64>,
    /// Files of other adapters, by the adapter's name.
    pub adapter_files: BTreeMap<String, u64>,
}

impl Beside {
    /// Whether everything in the dump is read.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.adapter_files.is_empty()
    }
}

/// In a line: `2 hashes, 1 string; adapters dynamodb (3 files), s3 (1 file)`.
impl std::fmt::Display for Beside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<String> = self.keys.iter().map(|(name, count)| counted_type(*count, name)).collect();
        let adapters = self.adapter_files.iter();
        // A manifest may name an adapter anything; the line stays one.
        let adapters: Vec<String> =
            adapters.map(|(name, files)| format!("{} ({})", name.escape_debug(), counted(*files, "file"))).collect();
        let adapters = match adapters.as_slice() {
            [] => None,
            [only] => Some(format!("adapter {only}")),
            several => Some(format!("adapters {}", several.join(", "))),
        };
        let parts: Vec<String> = (!keys.is_empty()).then(|| keys.join(", ")).into_iter().chain(adapters).collect();
        f.write_str(&parts.join("; "))
    }
}

/// As [`counted`], of a type of Redis.
fn counted_type(count: u64, name: &str) -> String {
    if count != 1 && name.ends_with("sh") { format!("{count} {name}es") } else { counted(count, name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_by_kind() {
        let mut beside = Beside::default();
        assert!(beside.is_empty() && beside.to_string().is_empty());
        beside.keys.insert("string", 1);
        assert_eq!(beside.to_string(), "1 string");
        beside.keys.extend([("hash", 2), ("zset", 3)]);
        beside.adapter_files = [("s3".to_owned(), 1), ("dynamodb".to_owned(), 2)].into();
        assert_eq!(beside.to_string(), "2 hashes, 1 string, 3 zsets; adapters dynamodb (2 files), s3 (1 file)");
        let one = Beside { adapter_files: [("a\nb".to_owned(), 1)].into(), ..Beside::default() };
        assert_eq!(one.to_string(), "adapter a\\nb (1 file)");
    }
}

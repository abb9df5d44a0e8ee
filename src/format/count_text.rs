//! Numbers of things in words, as messages have them.

/// A number and a noun whose plural is regular: `1 item`, `2 items`, `3 histories`.
pub fn counted(count: u64, noun: &str) -> String {
    match (count, noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']))) {
        (1, _) => format!("1 {noun}"),
        (count, Some(stem)) => format!("{count} {stem}ies"),
        (count, None) => format!("{count} {noun}s"),
    }
}

//! Numbers of things in words, as messages have them.

/// A number and a noun whose plural takes an s: `1 item`, `2 items`.
pub fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

//! The notation of scripts.
//!
//! ```text
//! RPUSH {k} a b; LLEN {k}     commands, divided by semicolons
//! LIST {k} a b c              DEL, then pushes at both ends that leave these items, and now and then a compaction
//! MULTI; ...; EXEC            a transaction
//! compact {k}                 operations, as in traces
//! seed {k} {min}
//! upgrade
//! @50 LLEN {k}                at 50 ms after the start of the script; without this, time stands still
//! @s1 LLEN {k}                at the first whole second after the start
//! ```
//!
//! Words in braces stand for others; `script_words` has them.

/// A line of a script.
pub(super) enum Line {
    /// A transaction begins.
    Multi,
    /// It ends.
    Exec,
    /// A list with known items.
    List {
        /// The word of its key.
        key: &'static str,
        /// At least one.
        items: Vec<&'static str>,
    },
    /// A command or an operation, and when it is run if it waits for a time.
    Step {
        /// What follows the `@`.
        wait: Option<&'static str>,
        /// At least one.
        words: Vec<&'static str>,
    },
}

impl Line {
    /// How many commands it becomes.
    pub(super) fn commands(&self) -> u64 {
        match self {
            Line::Multi | Line::Exec => 0,
            Line::List { items, .. } => {
                if items.len() == 1 {
                    2
                } else {
                    3
                }
            }
            Line::Step { words, .. } => {
                u64::from(words.first().is_some_and(|word| !["compact", "seed", "upgrade"].contains(word)))
            }
        }
    }
}

/// The lines of a script.
pub(super) fn lines(text: &'static str) -> impl Iterator<Item = Line> {
    text.split(';').map(str::trim).filter(|line| !line.is_empty()).map(line)
}

fn line(text: &'static str) -> Line {
    let (wait, text) = match text.strip_prefix('@').and_then(|rest| rest.split_once(' ')) {
        Some((wait, rest)) => (Some(wait), rest),
        None => (None, text),
    };
    let mut words = text.split_ascii_whitespace();
    match (text, words.next(), words.next()) {
        ("MULTI", ..) => Line::Multi,
        ("EXEC", ..) => Line::Exec,
        (_, Some("LIST"), Some(key)) => Line::List { key, items: words.collect() },
        _ => Line::Step { wait, words: text.split_ascii_whitespace().collect() },
    }
}

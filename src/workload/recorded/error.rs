//! Why a recording cannot be taken: where, what, and what to do.

use crate::format::key_text;

/// A place in a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's name, where a recording has several.
    pub file: Option<String>,
    /// Where in the file.
    pub position: Position,
}

/// A place in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Bytes from the start of the file.
    Byte(u64),
    /// The number of the line, from 1.
    Line(u64),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}: ")?;
        }
        match self.position {
            Position::Byte(offset) => write!(f, "byte {offset}"),
            Position::Line(line) => write!(f, "line {line}"),
        }
    }
}

/// Why a recording cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    /// A file failed.
    #[error("reading {file}: {error}")]
    Io {
        /// The file's name.
        file: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// What is there is not what such a file holds.
    #[error("{place}: {problem}")]
    Malformed {
        /// Where.
        place: Place,
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// The manifest of an append-only file is not what it should be.
    #[error("manifest line {line}: {problem}")]
    Manifest {
        /// The number of the line, from 1.
        line: u64,
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// What a command does to lists cannot be known from the recording.
    #[error("{place}: {name}: {why}")]
    Refused {
        /// Where.
        place: Place,
        /// The command's name in upper case.
        name: String,
        /// Why, and what to do.
        why: String,
    },
    /// Only other databases were written to.
    #[error(
        "no command of the recording is about a list in database 0, which is the one taken, but in others some are: \
         {0}; load it into a server, SWAPDB 0 with that database, BGREWRITEAOF, and take the result"
    )]
    OtherDatabases(String),
}

/// Why a command is not followed; its name and place are added where they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) String);

impl Refusal {
    pub(super) fn new(why: impl Into<String>) -> Refusal {
        Refusal(why.into())
    }

    /// The command's effect on the list under `key` depends on what the recording does not say.
    pub(super) fn unknown_type(key: &[u8], consequence: &str) -> Refusal {
        let key = key_text::quoted(key);
        Refusal(format!("the recording does not say whether {key} holds another type by then, so {consequence}"))
    }
}

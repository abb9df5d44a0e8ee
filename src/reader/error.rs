//! Why a tree could not be read.

use std::path::PathBuf;

use crate::bounds::one_line;

/// Why a tree could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The environment: a file or folder could not be opened or read. Says nothing about the dump.
    #[error("{}: {source}", one_line(&path.to_string_lossy()))]
    Io {
        /// The file or folder, the root included.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The tree is not in the canonical form of a dump.
    #[error("{}: {}", one_line(path), one_line(problem))]
    Malformed {
        /// The file or folder, relative to the root.
        path: String,
        /// What is wrong there, with the line or byte where that helps.
        problem: String,
    },
}

impl ReadError {
    /// Whether this is a statement about the dump, and not about the environment.
    pub fn is_finding(&self) -> bool {
        matches!(self, ReadError::Malformed { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A decoder names its files as it likes, and no name of one is to begin a line of output.
    #[test]
    fn an_error_is_one_line_whatever_a_file_is_called() {
        let source = std::io::Error::other("it cannot be read");
        let error = ReadError::Io { path: PathBuf::from("dump/a\n::error::b"), source };
        assert_eq!(error.to_string(), "dump/a\\n::error::b: it cannot be read");
    }
}

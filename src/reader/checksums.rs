//! `CHECKSUMS` against the files that are there.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::error::ReadError;
use super::lines::lines;
use crate::format::dump_tree::{CHECKSUMS, parse_checksum_line};

/// The listed files that have not been read yet.
pub(super) struct Checksums {
    unread: BTreeMap<String, Listed>,
}

struct Listed {
    line: usize,
    sha256_hex: String,
}

impl Checksums {
    pub(super) fn parse(bytes: &[u8]) -> Result<Checksums, ReadError> {
        let mut unread = BTreeMap::new();
        let mut previous = "";
        for (line, text) in lines(CHECKSUMS, bytes)? {
            let Some((sha256_hex, path)) = parse_checksum_line(text) else {
                return Err(malformed(line, "expected 64 lower-case hex digits, two spaces and a path"));
            };
            if path.ends_with('\r') {
                return Err(malformed(line, "ends in CR LF; expected LF alone"));
            }
            if path.starts_with("./") {
                return Err(malformed(line, "the path begins with ./; expected it without"));
            }
            if path == CHECKSUMS {
                return Err(malformed(line, "lists the checksum file itself"));
            }
            // Nothing sorts before the empty path, and no line has it.
            if path <= previous {
                return Err(malformed(line, "expected paths in ascending byte order, each once"));
            }
            previous = path;
            unread.insert(path.to_owned(), Listed { line, sha256_hex: sha256_hex.to_owned() });
        }
        Ok(Checksums { unread })
    }

    /// Compares a file with its line.
    pub(super) fn check(&mut self, path: &str, bytes: &[u8]) -> Result<(), ReadError> {
        let problem = match self.unread.remove(path) {
            None => format!("not listed in {CHECKSUMS}"),
            Some(listed) => {
                let found = hex::encode(Sha256::digest(bytes));
                if listed.sha256_hex == found {
                    return Ok(());
                }
                format!("SHA-256 is {found}, line {} of {CHECKSUMS} says {}", listed.line, listed.sha256_hex)
            }
        };
        Err(ReadError::Malformed { path: path.escape_debug().to_string(), problem })
    }

    pub(super) fn expect_all_read(&self) -> Result<(), ReadError> {
        match self.unread.iter().next() {
            Some((path, listed)) => Err(malformed(listed.line, &format!("lists {path:?}, which is not there"))),
            None => Ok(()),
        }
    }
}

fn malformed(line: usize, problem: &str) -> ReadError {
    ReadError::Malformed { path: CHECKSUMS.to_owned(), problem: format!("line {line}: {problem}") }
}

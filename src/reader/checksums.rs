//! `CHECKSUMS` against the files that are there.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::error::ReadError;
use super::lines::lines;
use super::made_by::MadeBy;
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
    pub(super) fn parse(bytes: &[u8], made_by: MadeBy) -> Result<Checksums, ReadError> {
        let mut unread = BTreeMap::new();
        let mut previous = Cow::Borrowed("");
        for (line, text) in lines(CHECKSUMS, bytes)? {
            let parsed = match made_by {
                MadeBy::OurEncoder => parse_checksum_line(text).map(|(digest, path)| (digest, Cow::Borrowed(path))),
                MadeBy::AnyDecoder => parse_escaped_line(text),
            };
            let Some((sha256_hex, path)) = parsed else {
                return Err(malformed(line, "expected 64 lower-case hex digits, two spaces and a path"));
            };
            if text.ends_with('\r') {
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
            unread.insert(path.clone().into_owned(), Listed { line, sha256_hex: sha256_hex.to_owned() });
            previous = path;
        }
        Ok(Checksums { unread })
    }

    /// Compares a file's SHA-256 with its line.
    pub(super) fn check(&mut self, path: &str, sha256: &[u8]) -> Result<(), ReadError> {
        let problem = match self.unread.remove(path) {
            None => format!("not listed in {CHECKSUMS}"),
            Some(listed) => {
                let found = hex::encode(sha256);
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

/// A line as sha256sum writes it: where the path has a backslash or a line break, as an object's name may, the line starts
/// with a backslash and these are escaped.
fn parse_escaped_line(line: &str) -> Option<(&str, Cow<'_, str>)> {
    let Some(escaped) = line.strip_prefix('\\') else {
        return parse_checksum_line(line).map(|(digest, path)| (digest, Cow::Borrowed(path)));
    };
    let (digest, escaped) = parse_checksum_line(escaped)?;
    let (mut path, mut characters) = (String::new(), escaped.chars());
    while let Some(character) = characters.next() {
        path.push(match character {
            '\\' => match characters.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            character => character,
        });
    }
    Some((digest, Cow::Owned(path)))
}

fn malformed(line: usize, problem: &str) -> ReadError {
    ReadError::Malformed { path: CHECKSUMS.to_owned(), problem: format!("line {line}: {problem}") }
}

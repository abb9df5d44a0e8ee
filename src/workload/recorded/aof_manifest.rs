//! The manifest of a multi-part append-only file: which files it has, and in which order they are read.
//!
//! ```text
//! file appendonly.aof.2.base.aof seq 2 type b     at most one, read first
//! file appendonly.aof.1.incr.aof seq 1 type h     history: what the base has taken in; not read
//! file appendonly.aof.2.incr.aof seq 2 type i     read in the order of seq, which is also that of the lines
//! ```
//!
//! The files lie beside the manifest. A name with blanks or control characters is in quotes, as in MONITOR.

use std::io::BufRead;

use super::error::RecordedError;
use super::quoted::take_quoted;
use crate::bounds::{TEXT, read_line};

/// Redis's own limit.
const LINE_LIMIT_BYTES: u64 = 1024;

/// Reads a manifest: the names of the files to read, in order.
///
/// # Errors
///
/// The first line that is wrong, or what `input` says.
pub fn read_aof_manifest(mut input: impl BufRead) -> Result<Vec<String>, RecordedError> {
    let (mut base, mut increments) = (None, Vec::new());
    let (mut buffer, mut line, mut last_seq, mut bytes) = (Vec::new(), 0, 0, 0);
    loop {
        buffer.clear();
        let failed = |error| RecordedError::Io { file: "the manifest".to_owned(), error };
        if read_line(&mut input, LINE_LIMIT_BYTES + 1, &mut buffer).map_err(failed)? == 0 {
            break;
        }
        line += 1;
        let malformed = |problem: &str| RecordedError::Manifest { line, problem: problem.to_owned() };
        bytes += buffer.len() as u64;
        if buffer.len() as u64 > LINE_LIMIT_BYTES || bytes > TEXT.bytes {
            return Err(malformed("the line is too long for a manifest"));
        }
        let text = buffer.trim_ascii();
        if text.is_empty() || text.starts_with(b"#") {
            continue;
        }
        let member = parse_line(text).ok_or_else(|| malformed("expected: file NAME seq NUMBER type b|h|i"))?;
        if member.name.is_empty() || member.name.contains('/') || member.name == ".." || member.name == "." {
            return Err(malformed("a file must lie beside the manifest"));
        }
        match member.kind {
            Kind::Base if base.is_some() => return Err(malformed("there is a second base file")),
            Kind::Base => base = Some(member.name),
            Kind::Increment if member.seq <= last_seq => {
                return Err(malformed("the incremental files are out of order"));
            }
            Kind::Increment => {
                last_seq = member.seq;
                increments.push(member.name);
            }
            Kind::History => {}
        }
    }
    if base.is_none() && increments.is_empty() {
        return Err(RecordedError::Manifest { line, problem: "the manifest names no file to read".to_owned() });
    }
    Ok(base.into_iter().chain(increments).collect())
}

struct Member {
    name: String,
    seq: u64,
    kind: Kind,
}

enum Kind {
    Base,
    History,
    Increment,
}

/// Redis takes the pairs in any order and passes over those that it does not know.
fn parse_line(mut text: &[u8]) -> Option<Member> {
    let (mut name, mut seq, mut kind) = (None, None, None);
    while !text.is_empty() {
        let (word, value);
        (word, text) = take_word(text)?;
        (value, text) = take_word(text)?;
        match word.as_slice() {
            b"file" => name = Some(String::from_utf8(value).ok()?),
            b"seq" => seq = std::str::from_utf8(&value).ok()?.parse().ok().filter(|seq| *seq > 0),
            b"type" => {
                kind = Some(match value.as_slice() {
                    b"b" => Kind::Base,
                    b"h" => Kind::History,
                    b"i" => Kind::Increment,
                    _ => return None,
                });
            }
            _ => {}
        }
    }
    Some(Member { name: name?, seq: seq?, kind: kind? })
}

/// One word, quoted or not, and what follows the blanks after it.
fn take_word(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (word, rest) = match text {
        [b'"', ..] => take_quoted(text)?,
        _ => {
            let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
            let (word, rest) = text.split_at_checked(end)?;
            (word.to_vec(), rest)
        }
    };
    Some((word, rest.trim_ascii_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        read_aof_manifest(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_base_comes_first_and_history_is_left_out() {
        let manifest = "file a.2.base.aof seq 2 type b\nfile a.1.incr.aof seq 1 type h\n\
                        file a.2.incr.aof seq 2 type i\nfile a.3.incr.aof seq 3 type i\n";
        assert_eq!(read(manifest).expect("right"), ["a.2.base.aof", "a.2.incr.aof", "a.3.incr.aof"]);
        let base_last = "# made by hand\nfile i seq 1 type i\r\n\nfile b seq 1 type b";
        assert_eq!(read(base_last).expect("right"), ["b", "i"]);
        assert_eq!(read("seq 1 type i file \"a \\\"b\\x41.aof\" startoffset 3").expect("right"), ["a \"bA.aof"]);
    }

    #[test]
    fn malformed_lines_are_refused_by_number() {
        for (line, problem) in [
            ("file a seq 1", "expected: file NAME"),
            ("file a seq 0 type i", "expected: file NAME"),
            ("file a seq x type i", "expected: file NAME"),
            ("file a seq 2 type x", "expected: file NAME"),
            ("file a seq 2 type", "expected: file NAME"),
            ("file \"a seq 2 type i", "expected: file NAME"),
            ("file ../a seq 2 type i", "beside the manifest"),
            ("file .. seq 2 type i", "beside the manifest"),
            ("file a seq 1 type i", "out of order"),
            ("file a seq 1 type b", "second base"),
        ] {
            let error = read(&format!("file b seq 1 type b\nfile i seq 1 type i\n{line}\n")).expect_err(line);
            assert!(error.starts_with("manifest line 3: ") && error.contains(problem), "{line}: {error}");
        }
        assert!(read("").expect_err("nothing").contains("names no file"));
        assert!(read(&"x".repeat(2000)).expect_err("long").contains("too long"));
        let padded = |bytes: usize| read(&format!("{:bytes$}", "file a seq 1 type i"));
        assert_eq!(padded(1024).expect("as long as Redis takes"), ["a"]);
        assert!(padded(1025).expect_err("long").contains("too long"));
    }
}

//! Lines.

use std::io::{BufRead, ErrorKind, Result};

use super::limit::no_memory;

/// Appends a line with its line feed to `line`, or what is left of the input, and says how many bytes that were: as
/// [`BufRead::read_until`], but no more than `most_bytes`, and without ending the process where memory is short.
///
/// # Errors
///
/// What the input says, or that there is no memory for the line.
pub fn read_line(input: &mut (impl BufRead + ?Sized), most_bytes: u64, line: &mut Vec<u8>) -> Result<usize> {
    let mut left = usize::try_from(most_bytes).unwrap_or(usize::MAX);
    let mut count = 0;
    while left > 0 {
        let buffer = match input.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let within = buffer.get(..left).unwrap_or(buffer);
        let end = within.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let taken = within.get(..end.unwrap_or(within.len())).unwrap_or(within);
        line.try_reserve(taken.len()).map_err(|_| no_memory((line.len() + taken.len()) as u64))?;
        line.extend_from_slice(taken);
        let bytes = taken.len();
        input.consume(bytes);
        (left, count) = (left - bytes, count + bytes);
        if end.is_some() || bytes == 0 {
            break;
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn lines_are_those_of_read_until_whatever_the_buffer() {
        let text: &[u8] = b"one\n\nthree and a half\nend";
        for capacity in 1..30 {
            let (mut ours, mut theirs) = (BufReader::with_capacity(capacity, text), text);
            loop {
                let (mut line, mut expected) = (b"x".to_vec(), b"x".to_vec());
                let count = read_line(&mut ours, 1000, &mut line).expect("memory");
                assert_eq!(count, theirs.read_until(b'\n', &mut expected).expect("memory"));
                assert_eq!(line, expected, "{capacity}");
                if count == 0 {
                    break;
                }
            }
        }
    }

    #[test]
    fn a_line_ends_at_its_limit() {
        for (most, expected) in [(0, ""), (1, "o"), (3, "one"), (4, "one\n"), (5, "one\n")] {
            let (mut line, mut input) = (Vec::new(), BufReader::with_capacity(2, &b"one\ntwo\n"[..]));
            assert_eq!(read_line(&mut input, most, &mut line).expect("memory"), expected.len());
            assert_eq!(line, expected.as_bytes(), "{most}");
        }
    }
}

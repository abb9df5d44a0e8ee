//! Files of lines.

use super::error::ReadError;

/// The lines of a file that must have some, each ended by a line feed, with their numbers from 1.
pub(super) fn lines<'b>(path: &str, bytes: &'b [u8]) -> Result<impl Iterator<Item = (usize, &'b str)>, ReadError> {
    let malformed = |problem: String| ReadError::Malformed { path: path.to_owned(), problem };
    let text =
        std::str::from_utf8(bytes).map_err(|error| malformed(format!("not UTF-8 at byte {}", error.valid_up_to())))?;
    let Some(text) = text.strip_suffix('\n') else {
        let problem =
            if text.is_empty() { "empty; expected at least one line" } else { "expected a line feed at the end" };
        return Err(malformed(problem.to_owned()));
    };
    Ok(text.split('\n').enumerate().map(|(index, line)| (index + 1, line)))
}

//! Files of what is known to be wrong, each with the reason why it may stay for now.
//!
//! A line is `NAME: REASON`. Empty lines and lines that start with `#` say nothing, and neither does a byte order mark.

/// A line: its number from 1, the name, and the reason.
pub type Reason<'a> = (usize, &'a str, &'a str);

/// Reads a file whose names are those of `what`, such as "the name of a probe".
///
/// # Errors
///
/// The number of a line without a name or a reason, and what a line is.
pub fn reasons<'a>(text: &'a str, what: &str) -> Result<Vec<Reason<'a>>, (usize, String)> {
    let lines = (1..).zip(text.trim_start_matches('\u{feff}').lines().map(str::trim));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let reason = |(number, line): (usize, &'a str)| {
        let (name, reason) = line.split_once(':').unwrap_or((line, ""));
        let (name, reason) = (name.trim_end(), reason.trim_start());
        if name.is_empty() || reason.is_empty() {
            return Err((number, format!("a line is {what}, a colon and a reason")));
        }
        Ok((number, name, reason))
    };
    lines.map(reason).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_and_a_reason() {
        let text = "\u{feff}# known\r\n\r\n d-key : see issue 7: soon\r\nchecksums:later\n";
        assert_eq!(reasons(text, ""), Ok(vec![(3, "d-key", "see issue 7: soon"), (4, "checksums", "later")]));
        for (text, line) in [("d-key", 1), ("\n\nd-key:", 3), ("a: b\n: why", 2)] {
            let expected = Err((line, "a line is the name of a probe, a colon and a reason".to_owned()));
            assert_eq!(reasons(text, "the name of a probe"), expected, "{text}");
        }
    }
}

//! Known bugs of a decoder, each with the reason why it may stay for now.
//!
//! A file of lines `NAME: REASON`; empty lines and lines that start with `#` say nothing.

use crate::finding::Verdict;

/// Waivers in the order of their lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waivers {
    entries: Vec<(String, String)>,
}

/// What of a row a waiver is about.
pub(super) struct Waivable<'a> {
    pub(super) name: &'a str,
    pub(super) verdict: &'a mut Verdict,
    pub(super) reason: &'a mut Option<String>,
}

/// Why waivers cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WaiverError {
    /// A line that is no waiver; its number from 1, and what is wrong.
    #[error("line {0}: {1}")]
    Line(usize, String),
    /// A waiver for a rule that there is not.
    #[error("there is no probe {0:?} to waive; the names are those in the first column of the report")]
    Unknown(String),
}

impl Waivers {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// A line of another form, without a reason, or about a rule that has a waiver already.
    pub fn parse(text: &str) -> Result<Waivers, WaiverError> {
        let mut waivers = Waivers::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let problem = |problem: String| WaiverError::Line(index + 1, problem);
            let (name, reason) = line.split_once(':').unwrap_or((line, ""));
            let (name, reason) = (name.trim_end(), reason.trim_start());
            if name.is_empty() || reason.is_empty() {
                return Err(problem("a waiver is the name of a probe, a colon and a reason".to_owned()));
            }
            if waivers.iter().any(|(earlier, _)| earlier == name) {
                return Err(problem(format!("{name} is waived on an earlier line too")));
            }
            waivers.entries.push((name.to_owned(), reason.to_owned()));
        }
        Ok(waivers)
    }

    /// Marks the bugs among the rows that are waived, and gives the names of the rows that need no waiver.
    ///
    /// # Errors
    ///
    /// A waiver for a row that there is not.
    pub(super) fn mark<R>(
        &self,
        rows: &mut [R],
        waivable: fn(&mut R) -> Waivable<'_>,
    ) -> Result<Vec<String>, WaiverError> {
        let mut not_needed = Vec::new();
        for (name, reason) in self.iter() {
            let row = rows.iter_mut().map(waivable).find(|row| row.name == name);
            let row = row.ok_or_else(|| WaiverError::Unknown(name.to_owned()))?;
            if *row.verdict == Verdict::Bug {
                *row.verdict = Verdict::Waived;
                *row.reason = Some(reason.to_owned());
            } else {
                not_needed.push(name.to_owned());
            }
        }
        Ok(not_needed)
    }

    /// Each name with its reason.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(name, reason)| (name.as_str(), reason.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_and_a_reason() {
        let waivers = Waivers::parse("# known\n\n d-key : see issue 7: soon\nchecksums:later\n").expect("waivers");
        assert_eq!(waivers.iter().collect::<Vec<_>>(), [("d-key", "see issue 7: soon"), ("checksums", "later")]);
        for (text, line) in [("d-key", 1), ("d-key:", 1), (": why", 1), ("a: b\n\na: c", 3)] {
            assert!(matches!(Waivers::parse(text), Err(WaiverError::Line(number, _)) if number == line), "{text}");
        }
    }
}

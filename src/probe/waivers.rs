//! Known bugs of a decoder, each with the reason why it may stay for now.
//!
//! A file of lines `NAME: REASON` ([`crate::finding::reasons`]).

use crate::finding::{Verdict, reasons};

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
        let lines = reasons(text, "the name of a probe").map_err(|(line, problem)| WaiverError::Line(line, problem))?;
        for (number, name, reason) in lines {
            if waivers.iter().any(|(earlier, _)| earlier == name) {
                return Err(WaiverError::Line(number, format!("{name} is waived on an earlier line too")));
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

    /// Leaves those for names that are kept.
    pub fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.entries.retain(|(name, _)| is_kept(name));
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
    fn a_line_is_a_name_that_no_other_line_has_and_a_reason() {
        let waivers = Waivers::parse("# known\n\n d-key : see issue 7: soon\nchecksums:later\n").expect("waivers");
        assert_eq!(waivers.iter().collect::<Vec<_>>(), [("d-key", "see issue 7: soon"), ("checksums", "later")]);
        for (text, line) in [("d-key", 1), ("a: b\n\na: c", 3)] {
            assert!(matches!(Waivers::parse(text), Err(WaiverError::Line(number, _)) if number == line), "{text}");
        }
    }
}

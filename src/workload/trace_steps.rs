//! The steps of a trace in any of the forms that are taken; which one it is shows in its first bytes.

use std::io::BufRead;

use super::recorded::RecordedSteps;
use super::trace::{Header, Step};
use super::trace_error::TraceError;
use super::trace_reader::TraceReader;

/// The form of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceForm {
    /// This tool's own JSON lines.
    Lines,
    /// A file of Redis's append-only file.
    Aof,
    /// The manifest of an append-only file of several files.
    AofManifest,
    /// The output of MONITOR.
    Monitor,
}

impl TraceForm {
    /// How many bytes tell the forms apart.
    pub const START_BYTES: usize = 5;

    /// The form of what starts with these bytes; fewer than [`TraceForm::START_BYTES`] only if there are no more.
    pub fn of(start: &[u8]) -> TraceForm {
        match start {
            [b'*' | b'#', ..] | [b'R', b'E', b'D', b'I', b'S', ..] | [b'V', b'A', b'L', b'K', b'E', ..] => {
                TraceForm::Aof
            }
            [b'f', b'i', b'l', b'e', b' ', ..] => TraceForm::AofManifest,
            [b'+' | b'0'..=b'9', ..] | [b'O', b'K', b'\r' | b'\n', ..] => TraceForm::Monitor,
            _ => TraceForm::Lines,
        }
    }
}

/// The steps, one at a time; after an error there are no more.
pub enum TraceSteps {
    /// From JSON lines.
    Lines(TraceReader<Box<dyn BufRead>>),
    /// From what a server recorded.
    Recorded(RecordedSteps),
}

impl TraceSteps {
    /// The header, if the trace has one.
    pub fn header(&self) -> Option<&Header> {
        match self {
            TraceSteps::Lines(reader) => reader.header(),
            TraceSteps::Recorded(_) => None,
        }
    }

    /// What of the trace has been left out so far, a line each for people.
    pub fn notes(&self) -> Vec<String> {
        match self {
            TraceSteps::Lines(_) => Vec::new(),
            TraceSteps::Recorded(steps) => steps.notes(),
        }
    }
}

impl Iterator for TraceSteps {
    type Item = Result<Step, TraceError>;

    fn next(&mut self) -> Option<Result<Step, TraceError>> {
        match self {
            TraceSteps::Lines(reader) => reader.next(),
            TraceSteps::Recorded(steps) => steps.next().map(|step| step.map_err(TraceError::Recorded)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_told_by_its_first_bytes() {
        for (start, form) in [
            ("", TraceForm::Lines),
            ("{\"at_", TraceForm::Lines),
            ("\n{", TraceForm::Lines),
            ("REDI", TraceForm::Lines),
            ("OKAY", TraceForm::Lines),
            ("files", TraceForm::Lines),
            ("*3\r\n$", TraceForm::Aof),
            ("#TS:1", TraceForm::Aof),
            ("REDIS", TraceForm::Aof),
            ("VALKEY080", TraceForm::Aof),
            ("file ", TraceForm::AofManifest),
            ("OK\n13", TraceForm::Monitor),
            ("+OK\r\n", TraceForm::Monitor),
            ("1339518083.", TraceForm::Monitor),
        ] {
            assert_eq!(TraceForm::of(start.as_bytes()), form, "{start}");
        }
    }
}

//! The steps of a trace in any of the forms that are taken; which one it is shows in its first bytes.

use std::io::BufRead;

use super::recorded::{RecordedSteps, is_monitor};
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
    /// None of these: what it is, where that is known.
    Other(Option<&'static str>),
}

/// What else is given for a trace by mistake: how it begins, and what to do.
const OTHERS: &[(&[u8], &str)] = &[
    (b"\xff\xfe", UTF_16),
    (b"\xfe\xff", UTF_16),
    (b"\x1f\x8b", "it is compressed with gzip; take what gunzip makes of it"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd; take what unzstd makes of it"),
    (b"{\"log\":", "it is a log file of docker's; take what docker logs prints of it"),
];
const UTF_16: &str = "it is in UTF-16; take what iconv -f UTF-16 -t UTF-8 makes of it";

impl TraceForm {
    /// How many bytes tell the forms apart.
    pub const START_BYTES: usize = 4096;

    /// A byte order mark, which editors put before text; it is passed over.
    pub const MARK: &[u8] = b"\xef\xbb\xbf";

    /// The form of what starts with these bytes; fewer than [`TraceForm::START_BYTES`] only if there are no more.
    pub fn of(start: &[u8]) -> TraceForm {
        if let Some((_, what)) = OTHERS.iter().find(|(bytes, _)| start.starts_with(bytes)) {
            return TraceForm::Other(Some(what));
        }
        match start {
            [b'*' | b'#', ..] | [b'R', b'E', b'D', b'I', b'S', ..] | [b'V', b'A', b'L', b'K', b'E', ..] => {
                TraceForm::Aof
            }
            [b'f', b'i', b'l', b'e', b' ', ..] => TraceForm::AofManifest,
            _ if is_monitor(start) => TraceForm::Monitor,
            _ if matches!(start.trim_ascii_start(), [] | [b'{', ..]) => TraceForm::Lines,
            _ => TraceForm::Other(None),
        }
    }
}

/// The steps, one at a time; after an error there are no more.
pub enum TraceSteps {
    /// From JSON lines.
    Lines(Box<TraceReader<Box<dyn BufRead>>>),
    /// From what a server recorded.
    Recorded(Box<RecordedSteps>),
}

impl TraceSteps {
    /// The header, if the trace has one.
    pub fn header(&self) -> Option<&Header> {
        match self {
            TraceSteps::Lines(reader) => reader.header(),
            TraceSteps::Recorded(_) => None,
        }
    }

    /// The trace's own last time, in Unix milliseconds, where its steps do not say it.
    pub fn last_ms(&self) -> Option<u64> {
        match self {
            TraceSteps::Lines(_) => None,
            TraceSteps::Recorded(steps) => steps.last_ms(),
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
            ("REDI", TraceForm::Other(None)),
            ("OKAY", TraceForm::Other(None)),
            ("files", TraceForm::Other(None)),
            ("12\n", TraceForm::Other(None)),
            ("[1]", TraceForm::Other(None)),
            ("\u{1f}\u{8b}", TraceForm::Other(None)),
            (
                "{\"log\":\"x\"}",
                TraceForm::Other(Some("it is a log file of docker's; take what docker logs prints of it")),
            ),
            ("*3\r\n$", TraceForm::Aof),
            ("#TS:1", TraceForm::Aof),
            ("REDIS", TraceForm::Aof),
            ("VALKEY080", TraceForm::Aof),
            ("file ", TraceForm::AofManifest),
            ("OK\n13", TraceForm::Monitor),
            ("+OK\r\n", TraceForm::Monitor),
            ("1339518083.107412 [0 c] \"GET\"", TraceForm::Monitor),
            ("redis-1  | 1339518083.107412 [0 c] \"GET\"", TraceForm::Monitor),
        ] {
            assert_eq!(TraceForm::of(start.as_bytes()), form, "{start}");
        }
    }

    #[test]
    fn steps_of_either_kind_say_what_is_known_beside_them() {
        let lines = b"{\"format_version\":1,\"tool_version\":\"9\"}\n{\"at_ms\":7,\"txn\":[]}";
        let input: Box<dyn BufRead> = Box::new(&lines[..]);
        let mut own = TraceSteps::Lines(Box::new(TraceReader::new(input).expect("a header")));
        assert_eq!(own.header().map(|header| header.tool_version.as_str()), Some("9"));
        assert_eq!(own.by_ref().filter_map(Result::ok).map(|step| step.at_ms).collect::<Vec<_>>(), [Some(7)]);
        assert_eq!((own.last_ms(), own.notes()), (None, Vec::new()));
        let aof = b"#TS:5\r\n*2\r\n$3\r\nGET\r\n$1\r\ns\r\n*3\r\n$5\r\nRPUSH\r\n$1\r\nk\r\n$1\r\na\r\n";
        let part = crate::workload::recorded::AofPart { name: None, input: Ok(Box::new(&aof[..])) };
        let recorded = RecordedSteps::aof(std::iter::once(part)).expect("a file");
        let mut recorded = TraceSteps::Recorded(Box::new(recorded));
        assert_eq!(recorded.by_ref().filter(Result::is_ok).count(), 1);
        assert_eq!((recorded.header(), recorded.last_ms()), (None, Some(5000)));
        assert_eq!(recorded.notes(), ["note: skipped 1 GET (no effect on lists)"]);
    }
}

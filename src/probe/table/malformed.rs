//! Malformed records, beside a list that is in order.

use crate::fixtures::{CORRUPT, CorruptRecord};
use crate::probe::expectation::Expected;
use crate::probe::question::Probe;
use crate::probe::snapshot::Rows;

pub(super) fn probes() -> Vec<Probe> {
    let malformed = |record: &CorruptRecord| {
        let rule = format!("a malformed record ends the dump: {}", record.why);
        let snapshot = Rows::new().list(b"fine", &[b"a"]).put(record.key, record.value).bare();
        Probe::new(&format!("malformed-{}", record.name), &rule, snapshot, Expected::Refusal)
    };
    CORRUPT.iter().map(malformed).collect()
}

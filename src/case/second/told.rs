//! Findings about two readings that differ.

use crate::case::stop::Stop;
use crate::finding::{Finding, FindingKind};

/// The two readings of an aspect differ.
pub(super) fn differs(aspect: &'static str, detail: String) -> Stop {
    Stop::Finding(Finding { aspect, ..Finding::new(FindingKind::Reading, detail) })
}

/// The finding of an end that is one.
#[cfg(test)]
pub(super) fn finding_of(ended: Result<(), Stop>) -> Finding {
    match ended {
        Err(Stop::Finding(finding)) => finding,
        Err(Stop::Error(error)) => panic!("{error}"),
        Ok(()) => panic!("nothing was found"),
    }
}

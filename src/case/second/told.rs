//! Findings about two readings that differ.

use crate::case::stop::Stop;
use crate::encoder::Warning;
use crate::finding::{Finding, FindingKind};
use crate::format::Family;
use crate::naive::records::Oddity;

/// The two readings of an aspect differ.
pub(super) fn differs(aspect: &'static str, detail: String) -> Stop {
    Stop::Finding(Finding { aspect, ..Finding::new(FindingKind::Reading, detail) })
}

/// What the encoder must warn of where a naive decoder finds this odd.
pub fn warning_of(oddity: Oddity) -> Warning {
    let family = Family::List;
    match oddity {
        Oddity::LengthMismatch { user_key, declared_len, observed } => {
            Warning::LengthMismatch { family, user_key, declared_len, observed }
        }
        Oddity::ItemOutsideWindow { user_key, count } => Warning::ItemOutsideWindow { user_key, count },
        Oddity::MetaInvariant { user_key } => Warning::MetaInvariant { user_key },
        Oddity::OrphanTtl { count } => Warning::OrphanTtl { count },
    }
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

//! Findings about two readings that differ.

use crate::case::stop::Stop;
use crate::encoder::Warning;
use crate::finding::{Finding, FindingKind};
use crate::format::Family;
use crate::naive::records::Oddity;
use crate::naive::snapshot::Frame;

/// The two readings of an aspect differ.
pub(super) fn differs(aspect: &'static str, detail: String) -> Stop {
    Stop::Finding(Finding { aspect, ..Finding::new(FindingKind::Reading, detail) })
}

/// A file of snapshot rows is what the naive writer makes of them, to the byte.
pub(super) fn require_same_bytes(frame: Frame, naive: &[u8], found: &[u8]) -> Result<(), Stop> {
    if naive == found {
        return Ok(());
    }
    let place = naive.iter().zip(found).take_while(|(one, other)| one == other).count();
    let shown = |bytes: &[u8]| hex::encode(bytes.iter().copied().skip(place).take(16).collect::<Vec<u8>>());
    let (naive, found) = (shown(naive), shown(found));
    Err(differs("rows", format!("{frame:?}, byte {place}\nnaive   {naive}\nwriter  {found}")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_differ_are_shown_from_the_first_byte_that_does() {
        assert!(require_same_bytes(Frame::V1, b"abc", b"abc").is_ok());
        let finding = finding_of(require_same_bytes(Frame::V1, b"ab\x01c", b"ab\x02"));
        let detail = "V1, byte 2\nnaive   0163\nwriter  02";
        assert_eq!((finding.kind, finding.aspect, finding.detail.as_str()), (FindingKind::Reading, "rows", detail));
    }
}

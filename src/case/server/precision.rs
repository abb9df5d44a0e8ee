//! How well a server's expiries can be compared.

use crate::server::{ExpiryReading, Server, Vocabulary};

/// How well a server's expiries can be compared: where they cannot be set to the millisecond, not by the millisecond.
pub(super) fn precision(server: &Server) -> ExpiryReading {
    as_they_are_set(server.expiry_reading(), server.vocabulary())
}

fn as_they_are_set(reading: ExpiryReading, vocabulary: &Vocabulary) -> ExpiryReading {
    match reading {
        ExpiryReading::Exact if !vocabulary.knows("PEXPIREAT") => ExpiryReading::Remaining("PEXPIRETIME"),
        reading => reading,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_pexpireat_no_expiry_is_compared_to_the_millisecond() {
        let (all, without) = (Vocabulary::everything(), Vocabulary::without(&["PEXPIREAT"]));
        assert_eq!(as_they_are_set(ExpiryReading::Exact, &all), ExpiryReading::Exact);
        assert_eq!(as_they_are_set(ExpiryReading::Exact, &without), ExpiryReading::Remaining("PEXPIRETIME"));
        assert_eq!(as_they_are_set(ExpiryReading::Unknown, &without), ExpiryReading::Unknown);
    }
}

//! How well a server's expiries can be compared.

use crate::server::{ExpiryReading, Server};

/// How well a server's expiries can be compared: where they cannot be set to the millisecond, not by the millisecond.
pub(super) fn precision(server: &Server) -> ExpiryReading {
    match server.expiry_reading() {
        ExpiryReading::Exact if !server.vocabulary().knows("PEXPIREAT") => ExpiryReading::Remaining("PEXPIRETIME"),
        reading => reading,
    }
}

//! `--flush` and `--server-keys`: what may be done to the databases of servers, and what is not theirs to begin with.

use clap::Args;
use glob::Pattern;

use crate::case::Access;
use crate::jobs::Interrupt;
use crate::server::Server;

/// What may be done to servers.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct AccessFlags {
    /// Delete what the servers' databases hold before the first case
    #[arg(long)]
    flush: bool,
    /// Ignore keys that the server makes itself, such as 'stats:*'; keys that survive --flush are ignored too
    #[arg(long, value_name = "GLOB")]
    server_keys: Vec<Pattern>,
}

impl AccessFlags {
    pub(super) fn access(&self, interrupt: &Interrupt) -> Access {
        let (flush, server_keys) = (self.flush, self.server_keys.clone());
        Access { flush, server_keys, interrupt: interrupt.clone(), ..Access::CAUTIOUS }
    }

    /// Whether databases that are not empty may be emptied.
    pub(super) fn may_flush(&self) -> bool {
        self.flush
    }

    /// Lets a server be used as the flags say.
    pub(super) fn permit(&self, server: &mut Server) {
        server.pass_over(self.server_keys.clone());
        if self.flush {
            server.permit_flush();
        }
    }

    /// These flags, and where one is not given, the other ones.
    pub(super) fn or(self, found: AccessFlags) -> AccessFlags {
        let server_keys = if self.server_keys.is_empty() { found.server_keys } else { self.server_keys };
        AccessFlags { flush: self.flush || found.flush, server_keys }
    }

    /// The flags again, for reports and repeat commands.
    pub(super) fn to_flags(&self) -> Vec<String> {
        let flush = self.flush.then(|| "--flush".to_owned());
        let patterns = self.server_keys.iter().flat_map(|pattern| ["--server-keys", pattern.as_str()]);
        flush.into_iter().chain(patterns.map(str::to_owned)).collect()
    }
}

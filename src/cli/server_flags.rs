//! `--store`, `--oracle` and `--flush`: servers that take part in `verify`.

use clap::Args;

use super::ended::Failure;
use super::output::note;
use crate::case::Servers;
use crate::server::{RESPONSE_TIMEOUT, ServerAddress};

/// The servers and what may be done to them.
#[derive(Clone, Debug, Args)]
pub(super) struct ServerFlags {
    /// Send the workload to this server in place of our own store, redis://HOST:PORT[/DB]
    #[arg(long, value_name = "URL",
          conflicts_with_all = ["meta", "decoder", "history", "framings", "raw_rows", "noise"])]
    store: Option<ServerAddress>,
    /// Ask this server, a Redis 7.0 or later, in place of the model what is right
    #[arg(long, value_name = "URL")]
    oracle: Option<ServerAddress>,
    /// Delete what the servers' databases hold before the first case
    #[arg(long)]
    flush: bool,
}

impl ServerFlags {
    /// Connects to the servers, if any are named, and tells what they lack.
    pub(super) fn open(&self, jobs: Option<u16>) -> Result<Option<Servers>, Failure> {
        if self.store.is_none() && self.oracle.is_none() {
            if self.flush {
                return Err(Failure::Input("--flush: name a server, with --store or --oracle".to_owned()));
            }
            return Ok(None);
        }
        if let Some(jobs) = jobs.filter(|jobs| *jobs > 1) {
            let why = "a server's database holds one case at a time";
            return Err(Failure::Input(format!("--jobs {jobs}: {why}; leave --jobs out")));
        }
        let servers = Servers::open(self.store.as_ref(), self.oracle.as_ref(), self.flush, RESPONSE_TIMEOUT);
        let servers = servers.map_err(Failure::input)?;
        servers.notes().iter().for_each(|line| note(line));
        Ok(Some(servers))
    }

    /// These flags, and where one is not given, the other ones.
    pub(super) fn or(&self, found: ServerFlags) -> ServerFlags {
        ServerFlags {
            store: self.store.clone().or(found.store),
            oracle: self.oracle.clone().or(found.oracle),
            flush: self.flush || found.flush,
        }
    }

    /// Whether a server takes our store's place.
    pub(super) fn replace_the_store(&self) -> bool {
        self.store.is_some()
    }

    /// The flags again, for reports and repeat commands.
    pub(super) fn to_flags(&self) -> Vec<String> {
        let named = [("--store", &self.store), ("--oracle", &self.oracle)];
        let mut flags: Vec<String> = named
            .into_iter()
            .filter_map(|(flag, address)| Some([flag.to_owned(), address.as_ref()?.to_string()]))
            .flatten()
            .collect();
        flags.extend(self.flush.then(|| "--flush".to_owned()));
        flags
    }
}

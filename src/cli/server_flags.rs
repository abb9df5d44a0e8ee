//! `--store`, `--oracle` and `--known`: servers that take part in `verify`, and what is known of them.

use std::path::{Path, PathBuf};

use clap::Args;

use super::access_flags::AccessFlags;
use super::ended::Failure;
use super::input;
use super::output::note;
use super::password::{reminder, with_password};
use crate::case::{Known, Servers};
use crate::finding::Verdict;
use crate::jobs::Interrupt;
use crate::server::{Patience, Server, ServerAddress, ServerError};

/// The servers and what may be done to them.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ServerFlags {
    /// Test this server instead of our store: redis://HOST:PORT[/DB], or rediss:// for TLS
    #[arg(long, value_name = "URL",
          conflicts_with_all = ["meta", "decoder", "history", "framings", "raw_rows", "noise"])]
    store: Option<ServerAddress>,
    /// Take the expected replies from this server, a Redis 7.0 or later, instead of the model
    #[arg(long, value_name = "URL")]
    oracle: Option<ServerAddress>,
    /// A file of known findings, which do not fail the run: one line NAME: REASON each; NAME is a class or a form of a
    /// command
    #[arg(long, value_name = "FILE", requires = "store")]
    known: Option<PathBuf>,
    #[command(flatten)]
    access: AccessFlags,
}

impl ServerFlags {
    /// Connects to the servers, if any are named, and tells what they lack.
    pub(super) fn open(&self, jobs: Option<u16>, interrupt: &Interrupt) -> Result<Option<Servers>, Failure> {
        if self.store.is_none() && self.oracle.is_none() {
            return match self.access.to_flags().first() {
                Some(flag) => Err(Failure::Input(format!("{flag}: name a server, with --store or --oracle"))),
                None => Ok(None),
            };
        }
        if let Some(jobs) = jobs.filter(|jobs| *jobs > 1) {
            let why = "a server's database holds one case at a time";
            return Err(Failure::Input(format!("--jobs {jobs}: {why}; leave --jobs out")));
        }
        let [store, oracle] = [&self.store, &self.oracle].map(|address| address.as_ref().map(with_password));
        let known = self.known.as_deref().map(read_known).transpose()?.unwrap_or_default();
        let servers = Servers::open(store.as_ref(), oracle.as_ref(), &self.access.access(interrupt));
        let servers = servers.map_err(Failure::input)?.with_known(known);
        servers.notes().iter().for_each(|line| note(line));
        Ok(Some(servers))
    }

    /// Connects to the tested server alone, and finds out which forms of commands it knows. Its database must be empty, unless
    /// it may be emptied.
    pub(super) fn open_store(&self, patience: &Patience) -> Result<Server, Failure> {
        let Some(address) = &self.store else {
            return Err(Failure::Input("--clients: name a server, with --store".to_owned()));
        };
        let address = with_password(address);
        let trials = self.access.access(&patience.interrupt).try_forms(&address, &|_| true).map_err(Failure::input)?;
        let mut server = Server::open(&address, patience).map_err(Failure::input)?;
        trials.iter().filter(|trial| trial.verdict == Verdict::Unknown).for_each(|trial| server.forget(trial.form));
        self.access.permit(&mut server);
        let keys = if self.access.may_flush() { 0 } else { server.size().map_err(Failure::input)? };
        if keys > 0 {
            return Err(Failure::input(ServerError::NotEmpty { address: server.address().clone(), keys }));
        }
        server.clear().map_err(Failure::input)?;
        Ok(server)
    }

    /// These flags, and where one is not given, the other ones.
    pub(super) fn or(&self, found: ServerFlags) -> ServerFlags {
        ServerFlags {
            store: self.store.clone().or(found.store),
            oracle: self.oracle.clone().or(found.oracle),
            known: self.known.clone().or(found.known),
            access: self.access.clone().or(found.access),
        }
    }

    /// Whether a server takes our store's place.
    pub(super) fn replace_the_store(&self) -> bool {
        self.store.is_some()
    }

    /// The first flag beside `--store`, if one is given.
    pub(super) fn beside_the_store(&self) -> Option<&'static str> {
        let given = [("--oracle", self.oracle.is_some()), ("--known", self.known.is_some())];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(flag, _)| flag)
    }

    /// Whether a server takes part.
    pub(super) fn take_part(&self) -> bool {
        self.store.is_some() || self.oracle.is_some()
    }

    /// What stands behind a command that repeats these flags, where a server wants a password.
    pub(super) fn reminder(&self) -> String {
        reminder([&self.store, &self.oracle].into_iter().flatten())
    }

    /// The flags again, for reports and repeat commands. They hold no password.
    pub(super) fn to_flags(&self) -> Vec<String> {
        let named = [("--store", &self.store), ("--oracle", &self.oracle)];
        let mut flags: Vec<String> = named
            .into_iter()
            .filter_map(|(flag, address)| Some([flag.to_owned(), address.as_ref()?.to_string()]))
            .flatten()
            .collect();
        flags.extend(self.known.iter().flat_map(|path| ["--known".to_owned(), path.display().to_string()]));
        flags.extend(self.access.to_flags());
        flags
    }
}

fn read_known(path: &Path) -> Result<Known, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Input(format!("--known {}: {error}", path.display()));
    let text = input::read_text(path).map_err(|error| failed(&error))?;
    Known::parse(&text).map_err(|error| failed(&error))
}

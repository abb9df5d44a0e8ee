//! The servers that take part in a campaign.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::precision::precision;
use crate::command::{Command, End, ListCommand, UserKey};
use crate::server::{ExpiryReading, Server, ServerAddress, ServerError, Vocabulary};

/// The servers that take part in a campaign; at least one.
#[derive(Debug)]
pub struct Servers {
    /// In place of our store.
    store: Option<Mutex<Server>>,
    /// In place of the model.
    oracle: Option<Mutex<Server>>,
    vocabularies: Vec<Vocabulary>,
}

impl Servers {
    /// Connects to them. A database that is not empty is refused, unless `flush` lets it be emptied.
    ///
    /// # Errors
    ///
    /// A server that is not there, not empty, or lacks what cannot be done without.
    pub fn open(
        store: Option<&ServerAddress>,
        oracle: Option<&ServerAddress>,
        flush: bool,
        timeout: Duration,
    ) -> Result<Servers, ServerError> {
        if let Some(address) = store.filter(|store| oracle == Some(*store)) {
            return Err(ServerError::Twice { address: address.clone() });
        }
        let open = |address: &ServerAddress| Server::open(address, timeout);
        let (mut store, mut oracle) = (store.map(open).transpose()?, oracle.map(open).transpose()?);
        if let Some(store) = &store {
            store.require("DEL", "takes away what has expired")?;
        }
        if let Some(oracle) = &oracle {
            oracle.require("EVAL", "an oracle needs to live by the workload's clock")?;
            oracle.require("PEXPIRETIME", "an oracle needs (Redis 7.0 or later has it)")?;
        }
        for server in [&mut store, &mut oracle].into_iter().flatten() {
            let keys = server.size()?;
            if keys > 0 && !flush {
                return Err(ServerError::NotEmpty { address: server.address().clone(), keys });
            }
            if flush {
                server.permit_flush();
            }
            server.clear()?;
        }
        if let (Some(store), Some(oracle)) = (&mut store, &mut oracle) {
            require_two(store, oracle)?;
        }
        let vocabularies = [&store, &oracle].into_iter().flatten().map(|server| server.vocabulary().clone()).collect();
        Ok(Servers { store: store.map(Mutex::new), oracle: oracle.map(Mutex::new), vocabularies })
    }

    /// What is not asked of the servers, and why, a line each.
    pub fn notes(&self) -> Vec<String> {
        let servers = [&self.store, &self.oracle].into_iter().flatten();
        servers.flat_map(|server| notes(&locked(server))).collect()
    }

    /// Whether a server takes our store's place, so that there are no records and no dump.
    pub fn replace_the_store(&self) -> bool {
        self.store.is_some()
    }

    /// What each of them knows.
    pub(in crate::case) fn vocabularies(&self) -> &[Vocabulary] {
        &self.vocabularies
    }

    /// The server in place of our store.
    pub(in crate::case) fn store(&self) -> Option<MutexGuard<'_, Server>> {
        self.store.as_ref().map(locked)
    }

    /// The server in place of the model.
    pub(in crate::case) fn oracle(&self) -> Option<MutexGuard<'_, Server>> {
        self.oracle.as_ref().map(locked)
    }

    /// Empties the databases, as they were found or as they were allowed to be made.
    ///
    /// # Errors
    ///
    /// A server that cannot be asked.
    pub fn leave_empty(&self) -> Result<(), ServerError> {
        // Each of them, also when another one is gone.
        let servers = [&self.store, &self.oracle].into_iter().flatten();
        let cleared: Vec<_> = servers.map(|server| locked(server).clear()).collect();
        cleared.into_iter().collect()
    }
}

/// Whether what is written to one is not found in the other: one database can have many names.
fn require_two(store: &mut Server, oracle: &mut Server) -> Result<(), ServerError> {
    let key = UserKey::from("ekv-roundtrip:is-this-one-database");
    store.own([&key]);
    let push =
        Command::List(ListCommand::Push { key, end: End::Right, values: vec![b"?".to_vec()], only_existing: false });
    store.connection().command(&push.args())?;
    let is_one = !oracle.keys()?.is_empty();
    store.clear()?;
    if is_one { Err(ServerError::Twice { address: store.address().clone() }) } else { Ok(()) }
}

/// A case that panicked has left the connection behind, and the campaign ends with it.
fn locked(server: &Mutex<Server>) -> MutexGuard<'_, Server> {
    server.lock().unwrap_or_else(PoisonError::into_inner)
}

fn notes(server: &Server) -> Vec<String> {
    let address = server.address();
    let vocabulary = server.vocabulary();
    let mut notes = Vec::new();
    let unknown = vocabulary.unknown_of_workloads();
    if !unknown.is_empty() {
        let mut note = format!("{address} does not know {}; left out of the workload", unknown.join(" "));
        if !vocabulary.knows_transactions() {
            note.push_str(", transactions command by command");
        }
        notes.push(note);
    }
    if !vocabulary.knows("PEXPIREAT") && (vocabulary.knows("EXPIRE") || vocabulary.knows("PEXPIRE")) {
        notes.push(format!("{address}: without PEXPIREAT, expiries that compare with GT or LT are left out too"));
    }
    match precision(server) {
        ExpiryReading::Exact => {}
        ExpiryReading::Remaining(name) => {
            notes.push(format!("{address}: expiries are compared by presence only, through {name}"));
        }
        ExpiryReading::Unknown => notes.push(format!("{address}: it tells no expiries, so none are compared")),
    }
    notes
}

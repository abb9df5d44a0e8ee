//! The servers that take part in a campaign.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::known::Known;
use super::precision::precision;
use super::trial::{Trial, try_forms};
use crate::command::{Command, End, ListCommand, UserKey};
use crate::finding::Verdict;
use crate::format::{counted, key_text};
use crate::jobs::Interrupt;
use crate::server::{ExpiryReading, Patience, RESPONSE_TIMEOUT, Server, ServerAddress, ServerError, Vocabulary};

/// Of a server's own keys, how many are named.
const SHOWN_KEYS: usize = 8;

/// The servers that take part in a campaign; at least one.
#[derive(Debug)]
pub struct Servers {
    /// In place of our store.
    store: Option<Mutex<Server>>,
    /// In place of the model.
    oracle: Option<Mutex<Server>>,
    vocabularies: Vec<Vocabulary>,
    /// What is known to be wrong with the server in place of our store.
    known: Known,
}

/// What may be done to servers.
#[derive(Clone, Debug)]
pub struct Access {
    /// Whether databases that are not empty may be emptied.
    pub flush: bool,
    /// Which keys are a server's own, and are passed over.
    pub server_keys: Vec<glob::Pattern>,
    /// How long they may be silent.
    pub timeout: Duration,
    /// Who wishes to end.
    pub interrupt: Interrupt,
}

impl Access {
    /// An empty database, and no more than the usual patience.
    pub const CAUTIOUS: Access =
        Access { flush: false, server_keys: Vec::new(), timeout: RESPONSE_TIMEOUT, interrupt: Interrupt::NEVER };

    fn patience(&self) -> Patience {
        Patience { timeout: self.timeout, interrupt: self.interrupt.clone() }
    }

    /// Connects to a server and empties its database. One that is not empty is refused, unless it may be emptied.
    fn open(&self, address: &ServerAddress) -> Result<Server, ServerError> {
        let mut server = Server::open(address, &self.patience())?;
        server.pass_over(self.server_keys.clone());
        if self.flush {
            server.permit_flush();
        } else {
            let keys = server.size()?;
            if keys > 0 {
                return Err(ServerError::NotEmpty { address: address.clone(), keys });
            }
        }
        server.clear()?;
        Ok(server)
    }

    /// Tries the forms of commands whose names are wanted on a server, whose database must be empty, and leaves it empty.
    ///
    /// # Errors
    ///
    /// As [`Servers::open`].
    pub fn try_forms(
        &self,
        address: &ServerAddress,
        is_wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Trial>, ServerError> {
        let mut server = self.open(address)?;
        tried_and_cleared(&mut server, &self.patience(), is_wanted)
    }
}

impl Servers {
    /// Connects to them, and finds out which forms of commands they know.
    ///
    /// # Errors
    ///
    /// A server that is not there, not empty, or lacks what cannot be done without.
    pub fn open(
        store: Option<&ServerAddress>,
        oracle: Option<&ServerAddress>,
        access: &Access,
    ) -> Result<Servers, ServerError> {
        if let Some(address) = store.filter(|store| oracle == Some(*store)) {
            return Err(ServerError::Twice { address: address.clone() });
        }
        let open = |address: &ServerAddress| access.open(address);
        let (mut store, mut oracle) = (store.map(open).transpose()?, oracle.map(open).transpose()?);
        if let Some(store) = &store {
            store.require("DEL", "takes away what has expired")?;
        }
        if let Some(oracle) = &oracle {
            oracle.require("EVAL", "an oracle needs to live by the workload's clock")?;
            oracle.require("PEXPIRETIME", "an oracle needs (Redis 7.0 or later has it)")?;
        }
        if let (Some(store), Some(oracle)) = (&mut store, &mut oracle) {
            require_two(store, oracle)?;
        }
        for server in [&mut store, &mut oracle].into_iter().flatten() {
            let trials = tried_and_cleared(server, &access.patience(), &|_| true)?.into_iter();
            let unknown = trials.filter(|trial| trial.verdict == Verdict::Unknown);
            unknown.for_each(|trial| server.forget(trial.form));
        }
        let vocabularies = [&store, &oracle].into_iter().flatten().map(|server| server.vocabulary().clone()).collect();
        let (store, oracle) = (store.map(Mutex::new), oracle.map(Mutex::new));
        Ok(Servers { store, oracle, vocabularies, known: Known::default() })
    }

    /// Findings of these classes and forms are counted, and end no case.
    pub fn with_known(self, known: Known) -> Servers {
        Servers { known, ..self }
    }

    /// What is known to be wrong.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// The commands and the forms of commands that a server does not know, and that are left out of the workload.
    pub fn left_out(&self) -> BTreeSet<&'static str> {
        let names = |vocabulary: &Vocabulary| [vocabulary.unknown_of_workloads(), vocabulary.unknown_forms()].concat();
        self.vocabularies.iter().flat_map(names).collect()
    }

    /// The keys that were passed over as a server's own, a line for each server that has some.
    pub fn passed_over(&self) -> Vec<String> {
        let line = |server: &Server| {
            let keys: Vec<String> = server.passed_over().map(|key| key_text::quoted(key.as_bytes())).collect();
            (!keys.is_empty()).then(|| format!("{}: passed over {}", server.address(), of_its_own(&keys)))
        };
        [&self.store, &self.oracle].into_iter().flatten().filter_map(|server| line(&locked(server))).collect()
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

/// How many keys there are, and the first of them.
fn of_its_own(keys: &[String]) -> String {
    let shown = keys.iter().take(SHOWN_KEYS).map(String::as_str).collect::<Vec<_>>().join(" ");
    let more = if keys.len() > SHOWN_KEYS { " ..." } else { "" };
    format!("{} of its own: {shown}{more}", counted(keys.len() as u64, "key"))
}

/// Tries every form. Also after an error the database is left as it was handed to us: empty.
fn tried_and_cleared(
    server: &mut Server,
    patience: &Patience,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Trial>, ServerError> {
    let trials = try_forms(server, patience, is_wanted);
    let cleared = server.clear();
    trials.and_then(|trials| cleared.map(|()| trials))
}

/// Whether what is written to one is not found in the other: one database can have many names.
fn require_two(store: &mut Server, oracle: &mut Server) -> Result<(), ServerError> {
    let key = UserKey::from("ekv-roundtrip:is-this-one-database");
    store.own([&key])?;
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
    let forms = vocabulary.unknown_forms();
    if !forms.is_empty() {
        notes.push(format!("{address} does not know the forms {}; left out of the workload", forms.join(", ")));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_keys_are_named_and_of_more_that_there_are_more() {
        let keys: Vec<String> = ('a'..='i').map(String::from).collect();
        assert_eq!(of_its_own(&keys[..1]), "1 key of its own: a");
        assert_eq!(of_its_own(&keys[..8]), "8 keys of its own: a b c d e f g h");
        assert_eq!(of_its_own(&keys), "9 keys of its own: a b c d e f g h ...");
    }
}

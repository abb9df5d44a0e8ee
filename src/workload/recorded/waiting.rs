//! Clients that wait in a blocking command, as MONITOR shows it: the command when it came, and nothing when it was served.
//!
//! A client that waits is served right after the command (or the transaction, or the script) that makes one of its keys a
//! list. That is taken for what happened where the log leaves no other way: one client waits for the key, it has not timed
//! out, and nobody else takes from the list before the client is heard of again, which shows that it had not hung up.
//! Everything else is refused.

use super::batch::Recorded;
use super::error::{Place, RecordedError, Refusal};
use super::follow::Databases;
use super::keyspace::Holding;
use super::waiter::Waiter;
use crate::command::{CommandSpec, UserKey};
use crate::format::key_text;

/// A server may notice a timeout as much too late, and milliseconds are rounded.
const LATE_MS: u64 = 1_000;
const EARLY_MS: u64 = 10;

/// Commands of others that leave it open to no doubt who took what.
const HARMLESS: &[&str] = &["LPUSH", "RPUSH", "LPUSHX", "RPUSHX", "DEL", "UNLINK"];

/// A waiter, and whose it is.
#[derive(Debug)]
pub(super) struct Waiting {
    client: Vec<u8>,
    place: Place,
    /// The name in upper case.
    pub(super) name: String,
    pub(super) waiter: Waiter,
    /// Whether the clock was set back while it waited.
    has_doubtful_timeout: bool,
}

impl Waiting {
    /// What the log leaves open about it.
    pub(super) fn refused(&self, why: &str) -> RecordedError {
        RecordedError::Refused { place: self.place.clone(), name: self.name.clone(), why: why.to_owned() }
    }

    /// Why serving it fails.
    pub(super) fn failed(&self, refusal: Refusal) -> RecordedError {
        RecordedError::Refused { place: self.place.clone(), name: self.name.clone(), why: refusal.0 }
    }
}

/// All that wait, first come first, and those that were served and not heard of since.
#[derive(Debug, Default)]
pub(super) struct WaitingRoom {
    waiting: Vec<Waiting>,
    unheard: Vec<(Waiting, UserKey)>,
}

impl WaitingRoom {
    /// Takes in a waiter. Clients of a unix socket cannot be told apart, so what becomes of it could not be followed.
    pub(super) fn enter(&mut self, recorded: &Recorded, name: String, waiter: Waiter) -> Result<(), RecordedError> {
        let (client, place) = (recorded.client.clone(), recorded.place.clone());
        let waiting = Waiting { client, place, name, waiter, has_doubtful_timeout: false };
        if waiting.client.starts_with(b"unix:") {
            return Err(waiting.refused(
                "it waited for an item, and clients of a unix socket cannot be told apart, so what it took is not known; \
                 record with clients that connect over TCP",
            ));
        }
        self.waiting.push(waiting);
        Ok(())
    }

    /// A command came: its client waits no more. Those that have waited in vain, by name.
    ///
    /// # Errors
    ///
    /// The command takes from a list of which a client was served, it seems, that nothing was heard of since.
    pub(super) fn hear(&mut self, recorded: &Recorded) -> Result<Vec<String>, RecordedError> {
        if self.waiting.is_empty() && self.unheard.is_empty() {
            return Ok(Vec::new());
        }
        if !recorded.is_of_script {
            self.unheard.retain(|(served, _)| served.client != recorded.client);
        }
        let name = recorded.args.first().map(|name| name.to_ascii_uppercase()).unwrap_or_default();
        let is_harmless = HARMLESS.iter().any(|harmless| harmless.as_bytes() == name)
            || CommandSpec::find(&name).is_some_and(|spec| !spec.writes);
        let takes = |(served, key): &&(Waiting, UserKey)| {
            served.waiter.db == recorded.db && recorded.args.iter().skip(1).any(|arg| *arg == key.0)
        };
        if let Some((served, key)) = self.unheard.iter().find(takes).filter(|_| !is_harmless) {
            let (key, place) = (key_text::quoted(key.as_bytes()), &recorded.place);
            return Err(served.refused(&format!(
                "it waited for an item of {key}, and {place} takes from that list as well before its client is heard of \
                 again, so whether it took one is not recorded; the append-only file says so"
            )));
        }
        if recorded.is_of_script {
            return Ok(Vec::new());
        }
        let (left, waiting) =
            std::mem::take(&mut self.waiting).into_iter().partition(|waiting| waiting.client == recorded.client);
        self.waiting = waiting;
        let left: Vec<Waiting> = left;
        Ok(left.into_iter().map(|waiting| waiting.name).collect())
    }

    /// The clock was set back.
    pub(super) fn doubt_timeouts(&mut self) {
        self.waiting.iter_mut().for_each(|waiting| waiting.has_doubtful_timeout = true);
    }

    /// All that wait have waited in vain.
    pub(super) fn close(&mut self) -> Vec<String> {
        std::mem::take(&mut self.waiting).into_iter().map(|waiting| waiting.name).collect()
    }

    /// The next one that is served by what is there now, with the key.
    ///
    /// # Errors
    ///
    /// The log leaves open who is served, or with what.
    pub(super) fn next_served(
        &mut self,
        databases: &mut Databases,
    ) -> Result<Option<(Waiting, UserKey)>, RecordedError> {
        let now_ms = databases.now_ms();
        let mut ready: Option<(usize, UserKey)> = None;
        for (at, waiting) in self.waiting.iter().enumerate() {
            let Waiter { db, keys, until_ms, .. } = &waiting.waiter;
            let has_list: Vec<&UserKey> =
                keys.iter().filter(|key| databases.keyspace(*db).holds(key) == Holding::List).collect();
            let Some(key) = has_list.first() else { continue };
            if let Some(until_ms) = until_ms {
                if !waiting.has_doubtful_timeout && now_ms > until_ms.saturating_add(LATE_MS) {
                    continue;
                }
                if waiting.has_doubtful_timeout || now_ms.saturating_add(EARLY_MS) >= *until_ms {
                    return Err(waiting.refused(
                        "it waited for an item, and whether it had timed out before one came is not recorded; the \
                         append-only file says so",
                    ));
                }
            }
            if has_list.iter().any(|other| other != key) {
                return Err(waiting.refused(
                    "it waited for several keys, of which more than one came at a time, and which item it took is not \
                     recorded; the append-only file says so",
                ));
            }
            if let Some(first) = ready.as_ref().and_then(|(at, _)| self.waiting.get(*at)) {
                let place = &waiting.place;
                return Err(first.refused(&format!(
                    "it waited for an item, and so did {place}, and who of them took which item is not recorded; the \
                     append-only file says so"
                )));
            }
            ready = Some((at, (*key).clone()));
        }
        Ok(ready.map(|(at, key)| (self.waiting.remove(at), key)))
    }

    /// It was served, if its client had not hung up.
    pub(super) fn served(&mut self, waiting: Waiting, key: UserKey) {
        self.unheard.push((waiting, key));
    }
}

//! What a database holds, as its clients see it, and how it is emptied.
//!
//! A database holds one case at a time. Only keys that the workload names are deleted, so that a server with other data
//! loses nothing; `--flush` permits more. A server may show keys of its own, which nobody wrote: those that are named as such,
//! and those that survive a flush. They are passed over.

use std::collections::BTreeSet;
use std::time::Instant;

use glob::Pattern;

use super::own_keys::OwnKeys;
use super::refusal::is_refusal;
use super::{Args, Connection, Form, Patience, ServerAddress, ServerError, Vocabulary, words};
use crate::command::{Reply, UserKey};
use crate::format::key_text;

/// Keys that are asked about, or deleted, at a time.
pub(super) const KEYS_AT_A_TIME: usize = 256;
/// What is held of the names of all keys.
const KEYS_LIMIT_BYTES: u64 = 4 << 30;
/// What a key takes beside its bytes.
const KEY_BYTES: u64 = 64;
/// A server whose table has become sparse shows empty pages, but never so many in a row: a thousand places each.
const IDLE_PAGES_LIMIT: u32 = 100_000;
/// A hint, which servers may take or leave.
const SCAN_COUNT: &str = "1000";

/// A server and one connection to it, with what it knows.
pub struct Server {
    connection: Connection,
    vocabulary: Vocabulary,
    /// Whether keys may be deleted that are not ours.
    may_flush: bool,
    /// Keys that we have written, or tried to, since the database was empty.
    owned: BTreeSet<UserKey>,
    /// Which keys are the server's own.
    own_keys: OwnKeys,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({})", self.connection.address())
    }
}

impl Server {
    /// Connects, and finds out what the server knows.
    ///
    /// # Errors
    ///
    /// A server that is not there, or lacks what nothing can be done without.
    pub fn open(address: &ServerAddress, patience: &Patience) -> Result<Server, ServerError> {
        let vocabulary = Vocabulary::of(|| Connection::open(address, patience))?;
        let connection = Connection::open(address, patience)?;
        let (owned, own_keys) = (BTreeSet::new(), OwnKeys::default());
        let server = Server { connection, vocabulary, may_flush: false, owned, own_keys };
        server.require("LRANGE", "shows its lists")?;
        if !server.vocabulary.knows("SCAN") {
            server.require("KEYS", "names its keys, nor SCAN")?;
        }
        Ok(server)
    }

    /// Refuses a server that lacks a command, whose purpose follows `which`.
    ///
    /// # Errors
    ///
    /// [`ServerError::Missing`].
    pub fn require(&self, command: &'static str, purpose: &'static str) -> Result<(), ServerError> {
        if self.vocabulary.knows(command) {
            return Ok(());
        }
        Err(ServerError::Missing { address: self.address().clone(), command, purpose })
    }

    /// Where it is.
    pub fn address(&self) -> &ServerAddress {
        self.connection.address()
    }

    /// What it knows.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Takes down that it does not know a form of a command.
    pub fn forget(&mut self, form: &'static Form) {
        self.vocabulary.forget(form);
    }

    /// The connection.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// The number of keys.
    ///
    /// # Errors
    ///
    /// What the connection says, or a reply that makes no sense.
    pub fn size(&mut self) -> Result<u64, ServerError> {
        if self.own_keys.are_named() {
            return Ok(self.keys()?.len() as u64);
        }
        let told = if self.vocabulary.knows("DBSIZE") { self.told_size()? } else { 0 };
        // Some servers count only when they are asked to, and say 0 until then.
        if told > 0 { Ok(told) } else { Ok(self.keys()?.len() as u64) }
    }

    fn told_size(&mut self) -> Result<u64, ServerError> {
        let args = words(&["DBSIZE"]);
        let reply = self.connection.command(&args)?;
        match &reply {
            Reply::Integer(size) => u64::try_from(*size).map_err(|_| self.connection.unexpected(&args, &reply)),
            _ => Err(self.connection.unexpected(&args, &reply)),
        }
    }

    /// Passes over keys that match one of these patterns, unless we have written them: they are the server's own.
    pub fn pass_over(&mut self, patterns: Vec<Pattern>) {
        self.own_keys.name(patterns);
    }

    /// The keys that were passed over as the server's own.
    pub fn passed_over(&self) -> impl Iterator<Item = &UserKey> {
        self.own_keys.found()
    }

    /// Lets every key be deleted, whoever wrote it.
    pub fn permit_flush(&mut self) {
        self.may_flush = true;
    }

    /// These keys are about to be written by us, so they may be deleted.
    ///
    /// # Errors
    ///
    /// [`ServerError::Passed`]: one of them was passed over, and is somebody's.
    pub fn own<'a>(&mut self, keys: impl IntoIterator<Item = &'a UserKey>) -> Result<(), ServerError> {
        for key in keys {
            if self.own_keys.has_found(key) {
                let (address, key) = (self.address().clone(), key_text::quoted(key.as_bytes()));
                return Err(ServerError::Passed { address, key });
            }
            if !self.owned.contains(key) {
                self.owned.insert(key.clone());
            }
        }
        Ok(())
    }

    /// Whether a key that is found is ours; one that is not was written by somebody else.
    pub fn owns(&self, key: &[u8]) -> bool {
        self.owned.contains(&UserKey(key.to_vec()))
    }

    /// Leaves the database empty: deletes what is ours, or everything where that is permitted.
    ///
    /// # Errors
    ///
    /// As [`Server::size`], and [`ServerError::Shared`] where a key is left that is not ours.
    pub fn clear(&mut self) -> Result<(), ServerError> {
        if self.may_flush {
            let ours = std::mem::take(&mut self.owned);
            self.flush()?;
            // Nobody has written the others since then but the server itself.
            let left = self.keys()?;
            self.own_keys.survive(left.difference(&ours).cloned().collect());
            return Ok(());
        }
        let owned = std::mem::take(&mut self.owned);
        self.delete(&owned)?;
        match self.keys()?.first() {
            None => Ok(()),
            Some(key) => Err(ServerError::shared(self.address(), key.as_bytes())),
        }
    }

    fn flush(&mut self) -> Result<(), ServerError> {
        let args = words(&["FLUSHDB"]);
        let reply = self.connection.command(&args)?;
        if is_refusal(&reply) {
            return self.delete_every_key();
        }
        if reply == Reply::OK { Ok(()) } else { Err(self.connection.unexpected(&args, &reply)) }
    }

    fn delete_every_key(&mut self) -> Result<(), ServerError> {
        let keys = self.keys()?;
        self.delete(&keys)
    }

    fn delete(&mut self, keys: &BTreeSet<UserKey>) -> Result<(), ServerError> {
        let keys: Vec<&UserKey> = keys.iter().collect();
        for keys in keys.chunks(KEYS_AT_A_TIME) {
            let deletions: Vec<Args> = keys.iter().map(|key| vec![b"DEL".to_vec(), key.0.clone()]).collect();
            for (args, reply) in deletions.iter().zip(self.connection.pipeline(&deletions)?) {
                if !matches!(reply, Reply::Integer(_)) {
                    return Err(self.connection.unexpected(args, &reply));
                }
            }
        }
        Ok(())
    }

    /// All keys, of whatever type, but the server's own.
    ///
    /// # Errors
    ///
    /// As [`Server::size`].
    pub fn keys(&mut self) -> Result<BTreeSet<UserKey>, ServerError> {
        let mut keys = self.every_key()?;
        let Server { owned, own_keys, .. } = self;
        keys.retain(|key| owned.contains(key) || !own_keys.take(key));
        Ok(keys)
    }

    fn every_key(&mut self) -> Result<BTreeSet<UserKey>, ServerError> {
        if self.vocabulary.knows("SCAN") {
            return self.scan();
        }
        let args = words(&["KEYS", "*"]);
        let reply = self.connection.command(&args)?;
        bulks(&reply).ok_or_else(|| self.connection.unexpected(&args, &reply))
    }

    fn scan(&mut self) -> Result<BTreeSet<UserKey>, ServerError> {
        let (mut keys, mut cursors, mut cursor) = (BTreeSet::new(), BTreeSet::new(), b"0".to_vec());
        let (started, mut held, mut idle_pages) = (Instant::now(), 0, 0_u32);
        loop {
            let args = vec![b"SCAN".to_vec(), cursor, b"COUNT".to_vec(), SCAN_COUNT.as_bytes().to_vec()];
            self.connection.give_way(started, &args)?;
            let reply = self.connection.command(&args)?;
            let page = match &reply {
                Reply::Array(parts) => match parts.as_slice() {
                    [Reply::Bulk(next), found] => bulks(found).map(|found| (next.clone(), found)),
                    _ => None,
                },
                _ => None,
            };
            // A cursor that comes again would go round for ever.
            let Some((next, found)) = page.filter(|(next, _)| cursors.insert(next.clone())) else {
                return Err(self.connection.unexpected(&args, &reply));
            };
            held += next.len() as u64 + found.iter().map(|key| key.as_bytes().len() as u64 + KEY_BYTES).sum::<u64>();
            if held > KEYS_LIMIT_BYTES {
                return Err(self.connection.too_much(&args, "a page more of keys than 4 GiB hold"));
            }
            let before = keys.len();
            keys.extend(found);
            idle_pages = if keys.len() > before { 0 } else { idle_pages + 1 };
            if idle_pages > IDLE_PAGES_LIMIT {
                return Err(self.connection.too_much(&args, "one more of 100 000 pages without a new key"));
            }
            if next == b"0" {
                return Ok(keys);
            }
            cursor = next;
        }
    }
}

pub(super) fn bulk(reply: &Reply) -> Option<Vec<u8>> {
    if let Reply::Bulk(bytes) = reply { Some(bytes.clone()) } else { None }
}

fn bulks(reply: &Reply) -> Option<BTreeSet<UserKey>> {
    let Reply::Array(replies) = reply else { return None };
    replies.iter().map(|reply| bulk(reply).map(UserKey)).collect()
}

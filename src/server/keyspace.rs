//! What a database holds, as its clients see it, and how it is emptied.
//!
//! A database holds one case at a time. Only keys that the workload names are deleted, so that a server with other data
//! loses nothing; `--flush` permits more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::vocabulary::is_refusal;
use super::{Args, Connection, ServerAddress, ServerError, Vocabulary, words};
use crate::command::{Reply, UserKey};
use crate::format::ExpireAtMs;
use crate::state::{KeyState, State};

/// Keys that are asked about, or deleted, at a time.
const KEYS_AT_A_TIME: usize = 256;
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
}

/// How a server says when a key goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryReading {
    /// `PEXPIRETIME`, to the millisecond.
    Exact,
    /// Only how long the key still lives (`PTTL`, else `TTL`): present or not, and roughly when.
    Remaining(&'static str),
    /// Not at all.
    Unknown,
}

/// What a database holds.
#[derive(Clone, Debug, Default)]
pub struct ServerState {
    /// Its lists, by its own clock.
    pub state: State,
    /// The types of its other keys, as `TYPE` says them.
    pub other_types: BTreeMap<Vec<u8>, String>,
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
    pub fn open(address: &ServerAddress, timeout: Duration) -> Result<Server, ServerError> {
        let vocabulary = Vocabulary::of(Connection::open(address, timeout)?)?;
        let connection = Connection::open(address, timeout)?;
        let server = Server { connection, vocabulary, may_flush: false, owned: BTreeSet::new() };
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

    /// The connection.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// How it says when a key goes away.
    pub fn expiry_reading(&self) -> ExpiryReading {
        if self.vocabulary.knows("PEXPIRETIME") {
            return ExpiryReading::Exact;
        }
        let known = ["PTTL", "TTL"].into_iter().find(|name| self.vocabulary.knows(name));
        known.map_or(ExpiryReading::Unknown, ExpiryReading::Remaining)
    }

    /// The number of keys.
    ///
    /// # Errors
    ///
    /// What the connection says, or a reply that makes no sense.
    pub fn size(&mut self) -> Result<u64, ServerError> {
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

    /// Lets every key be deleted, whoever wrote it.
    pub fn permit_flush(&mut self) {
        self.may_flush = true;
    }

    /// These keys are about to be written by us, so they may be deleted.
    pub fn own<'a>(&mut self, keys: impl IntoIterator<Item = &'a UserKey>) {
        for key in keys {
            if !self.owned.contains(key) {
                self.owned.insert(key.clone());
            }
        }
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
            self.owned.clear();
            return self.flush();
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

    /// All keys, of whatever type.
    ///
    /// # Errors
    ///
    /// As [`Server::size`].
    pub fn keys(&mut self) -> Result<BTreeSet<UserKey>, ServerError> {
        if self.vocabulary.knows("SCAN") {
            return self.scan();
        }
        let args = words(&["KEYS", "*"]);
        let reply = self.connection.command(&args)?;
        bulks(&reply).ok_or_else(|| self.connection.unexpected(&args, &reply))
    }

    fn scan(&mut self) -> Result<BTreeSet<UserKey>, ServerError> {
        let (mut keys, mut cursors, mut cursor) = (BTreeSet::new(), BTreeSet::new(), b"0".to_vec());
        loop {
            let args = vec![b"SCAN".to_vec(), cursor, b"COUNT".to_vec(), SCAN_COUNT.as_bytes().to_vec()];
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
            keys.extend(found);
            if next == b"0" {
                return Ok(keys);
            }
            cursor = next;
        }
    }

    /// Its time in Unix milliseconds, or ours if it does not tell.
    ///
    /// # Errors
    ///
    /// As [`Server::size`].
    pub fn now_ms(&mut self) -> Result<u64, ServerError> {
        let ours = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        if !self.vocabulary.knows("TIME") {
            return Ok(u64::try_from(ours()).unwrap_or(u64::MAX));
        }
        let args = words(&["TIME"]);
        let reply = self.connection.command(&args)?;
        time_ms(&reply).ok_or_else(|| self.connection.unexpected(&args, &reply))
    }

    /// Everything that the database holds, `named` being keys that are asked about even if it does not list them.
    ///
    /// # Errors
    ///
    /// As [`Server::size`].
    pub fn state(&mut self, named: BTreeSet<UserKey>) -> Result<ServerState, ServerError> {
        let mut keys = named;
        keys.extend(self.keys()?);
        let now_ms = self.now_ms()?;
        let mut found =
            ServerState { state: State { last_ms: Some(now_ms), ..State::default() }, ..Default::default() };
        let keys: Vec<UserKey> = keys.into_iter().collect();
        for keys in keys.chunks(KEYS_AT_A_TIME) {
            let questions: Vec<Args> = keys.iter().flat_map(|key| self.questions(key)).collect();
            let replies = self.connection.pipeline(&questions)?;
            let of_a_key = questions.len() / keys.len().max(1);
            for ((key, replies), questions) in keys.iter().zip(replies.chunks(of_a_key)).zip(questions.chunks(of_a_key))
            {
                self.add_key(key, replies, now_ms, &mut found).map_err(|place| {
                    let unexpected = questions.get(place).zip(replies.get(place));
                    let nothing = (&Vec::new(), &Reply::Null);
                    let (args, reply) = unexpected.unwrap_or(nothing);
                    self.connection.unexpected(args, reply)
                })?;
            }
        }
        Ok(found)
    }

    /// The items, the type and the expiry, as far as the server can be asked.
    fn questions(&self, key: &UserKey) -> Vec<Args> {
        let mut questions = vec![vec![b"LRANGE".to_vec(), key.0.clone(), b"0".to_vec(), b"-1".to_vec()]];
        if self.vocabulary.knows("TYPE") {
            questions.push(vec![b"TYPE".to_vec(), key.0.clone()]);
        }
        questions.extend(self.expiry_question(key));
        questions
    }

    /// What asks for a key's expiry, as [`Server::expiry_reading`] says.
    pub fn expiry_question(&self, key: &UserKey) -> Option<Args> {
        let name = match self.expiry_reading() {
            ExpiryReading::Exact => "PEXPIRETIME",
            ExpiryReading::Remaining(name) => name,
            ExpiryReading::Unknown => return None,
        };
        Some(vec![name.as_bytes().to_vec(), key.0.clone()])
    }

    /// Adds what the replies say of a key. The error is the place of one that makes no sense.
    fn add_key(&self, key: &UserKey, replies: &[Reply], now_ms: u64, found: &mut ServerState) -> Result<(), usize> {
        let (place_of_expiry, of_type) = match self.vocabulary.knows("TYPE") {
            true => (2, replies.get(1)),
            false => (1, None),
        };
        match of_type {
            Some(Reply::Status(name)) if name == "none" => return Ok(()),
            Some(Reply::Status(name)) if name != "list" => {
                found.other_types.insert(key.0.clone(), name.clone().into_owned());
                return Ok(());
            }
            Some(Reply::Status(_)) => {}
            Some(_) => return Err(1),
            None if matches!(replies.first(), Some(Reply::Error(text)) if text.starts_with("WRONGTYPE")) => {
                found.other_types.insert(key.0.clone(), "unknown".to_owned());
                return Ok(());
            }
            None => {}
        }
        let Some(Reply::Array(items)) = replies.first() else { return Err(0) };
        let items: Option<Vec<Vec<u8>>> = items.iter().map(bulk).collect();
        let items = items.ok_or(0_usize)?;
        let expiry = match replies.get(place_of_expiry) {
            None => -1,
            Some(Reply::Integer(number)) => *number,
            Some(_) => return Err(place_of_expiry),
        };
        // A key that has gone since it was listed has no items.
        if items.is_empty() && (expiry == -2 || of_type.is_none()) {
            return Ok(());
        }
        let expire_at = u64::try_from(expiry).ok().map(|number| match self.expiry_reading() {
            ExpiryReading::Remaining("TTL") => now_ms.saturating_add(number.saturating_mul(1000)),
            ExpiryReading::Remaining(_) => now_ms.saturating_add(number),
            ExpiryReading::Exact | ExpiryReading::Unknown => number,
        });
        found.state.keys.insert(key.0.clone(), KeyState::list(items, expire_at.map(ExpireAtMs)));
        Ok(())
    }
}

fn bulk(reply: &Reply) -> Option<Vec<u8>> {
    if let Reply::Bulk(bytes) = reply { Some(bytes.clone()) } else { None }
}

fn bulks(reply: &Reply) -> Option<BTreeSet<UserKey>> {
    let Reply::Array(replies) = reply else { return None };
    replies.iter().map(|reply| bulk(reply).map(UserKey)).collect()
}

/// Seconds and microseconds.
fn time_ms(reply: &Reply) -> Option<u64> {
    let Reply::Array(parts) = reply else { return None };
    let number = |at: usize| std::str::from_utf8(&bulk(parts.get(at)?)?).ok()?.parse::<u64>().ok();
    number(0)?.checked_mul(1000)?.checked_add(number(1)? / 1000)
}

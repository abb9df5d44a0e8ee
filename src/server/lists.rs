//! What a server shows of its lists: items, types and expiries.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::keyspace::{KEYS_AT_A_TIME, Server, bulk};
use super::{Args, ServerError, words};
use crate::bounds::LIST;
use crate::command::{Reply, UserKey};
use crate::format::ExpireAtMs;
use crate::state::{KeyState, State};

/// What an item takes beside its bytes.
const ITEM_BYTES: u64 = 24;

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
    /// Where expiries are reckoned from the time that is left: how long the longest reading took, in milliseconds. So much
    /// too early an expiry may seem.
    pub expiry_spread_ms: u64,
}

impl Server {
    /// How it says when a key goes away.
    pub fn expiry_reading(&self) -> ExpiryReading {
        if self.vocabulary().knows("PEXPIRETIME") {
            return ExpiryReading::Exact;
        }
        let known = ["PTTL", "TTL"].into_iter().find(|name| self.vocabulary().knows(name));
        known.map_or(ExpiryReading::Unknown, ExpiryReading::Remaining)
    }

    /// Its time in Unix milliseconds, or ours if it does not tell.
    ///
    /// # Errors
    ///
    /// As [`Server::size`].
    pub fn now_ms(&mut self) -> Result<u64, ServerError> {
        let ours = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        if !self.vocabulary().knows("TIME") {
            return Ok(u64::try_from(ours()).unwrap_or(u64::MAX));
        }
        let args = words(&["TIME"]);
        let reply = self.connection().command(&args)?;
        time_ms(&reply).ok_or_else(|| self.connection().unexpected(&args, &reply))
    }

    /// Everything that the database holds, `named` being keys that are asked about even if it does not list them.
    ///
    /// # Errors
    ///
    /// As [`Server::size`].
    pub fn state(&mut self, named: BTreeSet<UserKey>) -> Result<ServerState, ServerError> {
        let mut keys = named;
        keys.extend(self.keys()?);
        self.state_of(keys)
    }

    /// What the database holds under these keys.
    ///
    /// # Errors
    ///
    /// As [`Server::size`].
    pub fn state_of(&mut self, keys: BTreeSet<UserKey>) -> Result<ServerState, ServerError> {
        let mut now_ms = self.now_ms()?;
        let mut found =
            ServerState { state: State { last_ms: Some(now_ms), ..State::default() }, ..Default::default() };
        let keys: Vec<UserKey> = keys.into_iter().collect();
        let (started, mut held) = (Instant::now(), 0_u64);
        for keys in keys.chunks(KEYS_AT_A_TIME) {
            let questions: Vec<Args> = keys.iter().flat_map(|key| self.questions(key)).collect();
            questions.first().map_or(Ok(()), |args| self.connection().give_way(started, args))?;
            let is_reckoned = matches!(self.expiry_reading(), ExpiryReading::Remaining(_));
            // What is left of a key's life is counted from the time between these two.
            now_ms = if is_reckoned { self.now_ms()? } else { now_ms };
            let mut replies = self.connection().pipeline(&questions)?;
            if is_reckoned {
                found.expiry_spread_ms = found.expiry_spread_ms.max(self.now_ms()?.saturating_sub(now_ms));
            }
            let of_a_key = questions.len() / keys.len().max(1);
            let of_keys = replies.chunks_mut(of_a_key).zip(questions.chunks(of_a_key));
            for (key, (replies, questions)) in keys.iter().zip(of_keys) {
                self.add_key(key, replies, now_ms, &mut found).map_err(|place| {
                    let unexpected = questions.get(place).zip(replies.get(place));
                    let nothing = (&Vec::new(), &Reply::Null);
                    let (args, reply) = unexpected.unwrap_or(nothing);
                    self.connection().unexpected(args, reply)
                })?;
                let items = found.state.keys.get(&key.0).map_or(&[][..], KeyState::items);
                held += items.iter().map(|item| item.len() as u64 + ITEM_BYTES).sum::<u64>();
                if let Some(args) = questions.first().filter(|_| held > LIST.bytes) {
                    return Err(self.connection().too_much(args, "with all before it more than 16 GiB of lists"));
                }
            }
        }
        Ok(found)
    }

    /// The items, the type and the expiry, as far as the server can be asked.
    fn questions(&self, key: &UserKey) -> Vec<Args> {
        let mut questions = vec![vec![b"LRANGE".to_vec(), key.0.clone(), b"0".to_vec(), b"-1".to_vec()]];
        if self.vocabulary().knows("TYPE") {
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
    fn add_key(&self, key: &UserKey, replies: &mut [Reply], now_ms: u64, found: &mut ServerState) -> Result<(), usize> {
        let (place_of_expiry, of_type) = match self.vocabulary().knows("TYPE") {
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
        let tells_type = of_type.is_some();
        let expiry = match replies.get(place_of_expiry) {
            None => -1,
            Some(Reply::Integer(number)) => *number,
            Some(_) => return Err(place_of_expiry),
        };
        let items = match replies.first_mut() {
            Some(Reply::Array(items)) if items.iter().all(|item| matches!(item, Reply::Bulk(_))) => {
                std::mem::take(items)
            }
            _ => return Err(0),
        };
        // They may be many, so they are not copied.
        let of_bulk = |item| if let Reply::Bulk(bytes) = item { bytes } else { Vec::new() };
        let items: Vec<Vec<u8>> = items.into_iter().map(of_bulk).collect();
        // A key that has gone since it was listed has no items.
        if items.is_empty() && (expiry == -2 || !tells_type) {
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

/// Seconds and microseconds.
fn time_ms(reply: &Reply) -> Option<u64> {
    let Reply::Array(parts) = reply else { return None };
    let number = |at: usize| std::str::from_utf8(&bulk(parts.get(at)?)?).ok()?.parse::<u64>().ok();
    number(0)?.checked_mul(1000)?.checked_add(number(1)? / 1000)
}

//! What Redis would do: keys and values in memory, with a clock that the caller sets.
//!
//! This is the oracle. It is written from what Redis 7.0 documents and does, knows nothing of records, sequence numbers
//! or deltas, and imports only [`crate::command`]: were it to share code with the store or the encoder, it would share
//! their bugs too, and agreement would prove nothing. `tests/redis/random.rs` holds it against a real server, reply by reply.
//!
//! A `MULTI .. EXEC` is the caller's: [`Request::exec_abort`] first, then [`Model::execute`] per request.

mod expiry;
mod keys;
mod keyspace;
mod list;
mod value;

use crate::command::{Command, Reply, Request, UserKey};

pub use value::{ModelKey, ModelValue};

use keyspace::Keyspace;

/// All keys, and the time in Unix milliseconds. The default is empty at time 0.
#[derive(Clone, Debug, Default)]
pub struct Model {
    keyspace: Keyspace,
}

impl Model {
    /// No keys, time 0.
    pub fn new() -> Model {
        Model::default()
    }

    /// Moves the clock, in Unix milliseconds. Logical time only moves forward: an earlier `at_ms` than the last leaves
    /// the clock where it is.
    pub fn advance_to(&mut self, at_ms: u64) {
        self.keyspace.advance_to(at_ms);
    }

    /// The time in Unix milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.keyspace.now_ms()
    }

    /// What a client sees now, in the byte order of the keys.
    pub fn keys(&self) -> impl Iterator<Item = (&UserKey, &ModelKey)> {
        self.keyspace.visible()
    }

    /// What a client sees now under `key`.
    pub fn get(&self, key: &UserKey) -> Option<&ModelKey> {
        self.keyspace.get(key)
    }

    /// Removes the keys whose expiry has passed, and returns them in byte order. A write to an expired key removes it
    /// as well; such a key is not returned any more.
    pub fn take_expired(&mut self) -> Vec<UserKey> {
        self.keyspace.take_expired()
    }

    /// Does something as of an earlier time, in Unix milliseconds: a transaction sees the time of its snapshot. The clock is
    /// where it was afterwards.
    pub fn as_of<R>(&mut self, at_ms: u64, run: impl FnOnce(&mut Model) -> R) -> R {
        let now_ms = self.keyspace.set_now(at_ms);
        let result = run(self);
        self.keyspace.set_now(now_ms);
        result
    }

    /// Runs one request at the current time.
    pub fn execute(&mut self, request: &Request) -> Reply {
        let done = match request {
            Request::Valid(Command::List(command)) => list::run(&mut self.keyspace, command),
            Request::Valid(Command::Key(command)) => keys::run(&mut self.keyspace, command),
            Request::Rejected { error, .. } => return Reply::error(error.as_str()),
        };
        done.unwrap_or_else(Reply::Error)
    }
}

#[cfg(test)]
mod tests;

//! Transactions of several clients side by side: each begins on a snapshot, and is committed later, or tries again.
//!
//! ```text
//! begin    the commit timestamp is drawn, the commands read the snapshot, and what they write and have read is kept
//! land     the test of `attempt`; on a conflict the requests begin anew, up to 50 times, and then the client gets an error
//! ```
//!
//! An expiry that passes between the two is a conflict like any other, so that a transaction takes effect at its commit in every
//! respect. Only what it says of the time, such as a relative expiry, is as of its snapshot.
//!
//! Nothing else happens between a conflict and the next try, so a store whose test is right needs at most two.

use super::Store;
use super::answer::Answer;
use super::attempt::{Screen, Verdict};
use super::error::StoreError;
use super::open::{Landing, Open, View};
use super::planned::Planned;
use crate::command::{Reply, Request};
use crate::format::{CommitTs, key_text};

/// How often a transaction that conflicts is tried.
const MOST_TRIES: u32 = 50;

impl Store {
    /// The same store, with a screen that every attempt passes from now on.
    #[must_use]
    pub fn screened(mut self, screen: Screen) -> Store {
        self.clients.screen = Some(screen);
        self
    }

    /// Whether a transaction has begun and may still be applied below the last commit. Then nobody may read the past, for
    /// it can change.
    pub fn is_past_open(&self) -> bool {
        self.clients.open.values().any(|open| open.planned.version_ts() <= self.clock)
    }

    /// Begins a transaction of a client: it reads the present, and its commit timestamp is drawn. One that the client has
    /// begun before is forgotten. A transaction that writes nothing takes effect at once; then it is returned.
    ///
    /// # Errors
    ///
    /// As [`Store::execute`].
    pub fn begin_of(&mut self, client: u32, requests: &[Request]) -> Result<Option<Planned>, StoreError> {
        let open = self.opened(requests)?;
        if open.planned.changes.rows.is_empty() {
            self.clients.open.remove(&client);
            return Ok(Some(open.planned));
        }
        self.clients.open.insert(client, open);
        Ok(None)
    }

    fn opened(&mut self, requests: &[Request]) -> Result<Open, StoreError> {
        let planned = self.plan_on(requests, true)?;
        self.clients.drawn = self.clients.drawn.max(planned.changes.commit_ts);
        let view = View { start: self.clock, position: self.clients.applied.len() };
        Ok(Open { requests: requests.to_vec(), planned, view, read_ms: self.now_ms, width: self.width, former: None })
    }

    /// The requests of the transaction that a client has begun.
    pub fn begun(&self, client: u32) -> Option<&[Request]> {
        self.clients.open.get(&client).map(|open| open.requests.as_slice())
    }

    /// The commit of what a client has begun never arrives: it is to go out once more, under a later timestamp.
    pub fn lose_commit(&mut self, client: u32) {
        if let Some(open) = self.clients.open.get_mut(&client) {
            open.former = Some(open.planned.version_ts());
        }
    }

    /// Tests the transaction of a client, and tries again until it may be written; nothing if the client has begun none.
    ///
    /// # Errors
    ///
    /// As [`Store::execute`].
    pub fn land(&mut self, client: u32) -> Result<Option<Landing>, StoreError> {
        let Some((landing, _)) = self.tried(client)? else { return Ok(None) };
        self.clients.open.remove(&client);
        Ok(Some(landing))
    }

    /// As [`Store::land`], but the client will not hear of it: when this one is written, it is to land once more.
    ///
    /// # Errors
    ///
    /// As [`Store::execute`].
    pub fn land_unheard(&mut self, client: u32) -> Result<Option<Landing>, StoreError> {
        let Some((landing, open)) = self.tried(client)? else { return Ok(None) };
        if landing.gave_up {
            self.clients.open.remove(&client);
        } else {
            let former = Some(open.planned.version_ts());
            self.clients.open.insert(client, Open { former, ..open });
        }
        Ok(Some(landing))
    }

    fn tried(&mut self, client: u32) -> Result<Option<(Landing, Open)>, StoreError> {
        let Some(mut open) = self.clients.open.get(&client).cloned() else { return Ok(None) };
        if open.former.is_some() {
            open.planned.version_ts = Some(self.draw());
        }
        let mut tries = 1;
        let gave_up = loop {
            let attempt = self.clients.attempt(open.view, &open.planned, open.former);
            match self.timely(&open, attempt.verdict()) {
                Verdict::Free => {
                    open.planned.noted = Some(attempt.mutated);
                    open.planned.version_ts = Some(attempt.commit_ts);
                    break false;
                }
                Verdict::Done => {
                    open.planned.changes.rows.clear();
                    break false;
                }
                Verdict::Conflict(key) if tries == MOST_TRIES => {
                    let key = key_text::quoted(&key);
                    let error = format!("redis txn retry limit exceeded: key: {key}: write conflict");
                    let answers = open.requests.iter().map(|_| Answer::Reply(Reply::error(&error)));
                    open.planned = Planned { answers: answers.collect(), ..Planned::default() };
                    break true;
                }
                Verdict::Conflict(_) => open = self.opened(&open.requests)?,
            }
            tries += 1;
        };
        let (planned, requests) = (open.planned.clone(), open.requests.clone());
        Ok(Some((Landing { planned, requests, read_ms: open.read_ms, tries, gave_up }, open)))
    }

    /// A transaction that may be written has seen the time of its snapshot. If an expiry of its keys has passed since, others
    /// have seen them gone, and it conflicts; so does one that an older version of the store has planned.
    fn timely(&self, open: &Open, verdict: Verdict) -> Verdict {
        let is_overtaken = open.planned.changes.first_expiry.is_some_and(|first| first.is_past(self.now_ms));
        if verdict == Verdict::Free && (is_overtaken || open.width != self.width) {
            return Verdict::Conflict(open.planned.changes.rows.keys().next().cloned().unwrap_or_default());
        }
        verdict
    }

    fn draw(&mut self) -> CommitTs {
        self.clients.drawn = self.next_commit();
        self.clients.drawn
    }
}

#[cfg(test)]
mod tests;

//! The keys, and the time by which they go.

use std::collections::BTreeMap;

use super::expiry;
use super::value::{ModelKey, ModelValue};
use crate::command::UserKey;

/// All keys, and the time in Unix milliseconds. The default is empty at time 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Keyspace {
    keys: BTreeMap<UserKey, ModelKey>,
    now_ms: u64,
    /// No key expires earlier than this, so that asking for expired keys costs nothing as long as there are none. It
    /// may be too early, as when the key it came from is gone.
    earliest_expiry_ms: Option<i64>,
}

impl Keyspace {
    pub(super) fn advance_to(&mut self, at_ms: u64) {
        self.now_ms = self.now_ms.max(at_ms);
    }

    /// Sets the clock, also to an earlier time, and says where it was.
    pub(super) fn set_now(&mut self, at_ms: u64) -> u64 {
        std::mem::replace(&mut self.now_ms, at_ms)
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    pub(super) fn visible(&self) -> impl Iterator<Item = (&UserKey, &ModelKey)> {
        self.keys.iter().filter(|(_, key)| !expiry::is_past(key.expire_at_ms, self.now_ms))
    }

    /// What a client sees under `key`.
    pub(super) fn get(&self, key: &UserKey) -> Option<&ModelKey> {
        self.keys.get(key).filter(|key| !expiry::is_past(key.expire_at_ms, self.now_ms))
    }

    /// What is under `key`, for a command that may change it. An expired key goes away here, so that whatever is
    /// written next starts from a missing key.
    pub(super) fn live(&mut self, key: &UserKey) -> Option<&mut ModelKey> {
        if self.get(key).is_none() {
            self.keys.remove(key);
        }
        self.keys.get_mut(key)
    }

    /// The value under `key`, for a command that makes it, as `empty`, where it is missing.
    pub(super) fn live_or(&mut self, key: &UserKey, empty: ModelValue) -> &mut ModelValue {
        self.live(key);
        let missing = ModelKey { value: empty, expire_at_ms: None };
        &mut self.keys.entry(key.clone()).or_insert(missing).value
    }

    /// Changes the value under `key`, if there is one. A key whose value ends up empty is gone, and its expiry with it.
    pub(super) fn edit<R>(&mut self, key: &UserKey, change: impl FnOnce(&mut ModelValue) -> R) -> Option<R> {
        let found = self.live(key)?;
        let result = change(&mut found.value);
        if found.value.is_empty() {
            self.keys.remove(key);
        }
        Some(result)
    }

    pub(super) fn put(&mut self, key: UserKey, value: ModelKey) {
        self.keys.insert(key, value);
    }

    pub(super) fn remove(&mut self, key: &UserKey) -> Option<ModelKey> {
        self.keys.remove(key)
    }

    /// Lets a key that exists go after `at_ms`.
    pub(super) fn expire(&mut self, key: &UserKey, at_ms: i64) {
        if let Some(found) = self.keys.get_mut(key) {
            found.expire_at_ms = Some(at_ms);
            self.earliest_expiry_ms = Some(self.earliest_expiry_ms.map_or(at_ms, |earliest| earliest.min(at_ms)));
        }
    }

    pub(super) fn take_expired(&mut self) -> Vec<UserKey> {
        if !expiry::is_past(self.earliest_expiry_ms, self.now_ms) {
            return Vec::new();
        }
        let mut expired_keys = Vec::new();
        self.keys.retain(|key, found| {
            let expired = expiry::is_past(found.expire_at_ms, self.now_ms);
            if expired {
                expired_keys.push(key.clone());
            }
            !expired
        });
        self.earliest_expiry_ms = self.keys.values().filter_map(|key| key.expire_at_ms).min();
        expired_keys
    }
}

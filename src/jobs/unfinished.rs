//! What must not stay behind if the process is ended from outside: unfinished outputs, scratch folders, decoders.
//!
//! Each is told here while it is there. Whoever ends the process in the middle of its work calls [`undo_all`], which undoes
//! them, and from then on nothing new is begun and nothing is finished: all who try wait for the end of the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

type Undo = Box<dyn FnMut() + Send>;

/// In the order in which they were begun.
static UNFINISHED: Mutex<BTreeMap<u64, Undo>> = Mutex::new(BTreeMap::new());

fn unfinished() -> MutexGuard<'static, BTreeMap<u64, Undo>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Something that is there for now. It is forgotten when this is dropped.
#[derive(Debug)]
pub struct Unfinished(u64);

impl Unfinished {
    /// Makes something, and tells how it is undone.
    ///
    /// # Errors
    ///
    /// What `make` says; then nothing is there.
    pub fn begin<T, E>(make: impl FnOnce() -> Result<(T, Undo), E>) -> Result<(T, Unfinished), E> {
        let mut all = unfinished();
        let (made, undo) = make()?;
        let number = all.last_key_value().map_or(0, |(last, _)| last + 1);
        all.insert(number, undo);
        Ok((made, Unfinished(number)))
    }

    /// Takes the step after which there is nothing to undo, such as a renaming.
    ///
    /// # Errors
    ///
    /// What `step` says; then it is still to be undone.
    pub fn finish<T, E>(&self, step: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let mut all = unfinished();
        let done = step()?;
        all.remove(&self.0);
        Ok(done)
    }

    /// Takes a step that must not happen while things are undone.
    pub fn undisturbed<T>(&self, step: impl FnOnce() -> T) -> T {
        let _all = unfinished();
        step()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        unfinished().remove(&self.0);
    }
}

/// Undoes all that is unfinished, the latest first.
pub fn undo_all() {
    let mut all = unfinished();
    all.values_mut().rev().for_each(|undo| undo());
    // Nobody begins or finishes anything any more.
    std::mem::forget(all);
}

/// Returns unless somebody is undoing things, who then ends the process.
pub fn wait_for_undoing() {
    drop(unfinished());
}

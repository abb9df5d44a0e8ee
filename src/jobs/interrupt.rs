//! A wish to end early, such as Ctrl-C: work asks for it, and ends in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody wishes that the work ends. Copies are the same wish.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Option<Arc<AtomicBool>>);

impl Interrupt {
    /// Nobody ever does.
    pub const NEVER: Interrupt = Interrupt(None);

    /// Somebody does as soon as the flag is set.
    pub fn when(wish: Arc<AtomicBool>) -> Interrupt {
        Interrupt(Some(wish))
    }

    /// Whether the work should end.
    pub fn is_wished(&self) -> bool {
        self.0.as_ref().is_some_and(|wish| wish.load(Ordering::Relaxed))
    }
}

/// Equal when they are the same wish.
impl PartialEq for Interrupt {
    fn eq(&self, other: &Interrupt) -> bool {
        match (&self.0, &other.0) {
            (Some(ours), Some(theirs)) => Arc::ptr_eq(ours, theirs),
            (None, None) => true,
            _ => false,
        }
    }
}

impl Eq for Interrupt {}

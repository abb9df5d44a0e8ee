//! A wish to end early, such as Ctrl-C, or a time that is up: work asks for it, and ends in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Whether somebody wishes that the work ends. Copies are the same wish.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    wish: Option<Arc<AtomicBool>>,
    deadline: Option<Instant>,
}

impl Interrupt {
    /// Nobody ever does.
    pub const NEVER: Interrupt = Interrupt { wish: None, deadline: None };

    /// Somebody does as soon as the flag is set.
    pub fn when(wish: Arc<AtomicBool>) -> Interrupt {
        Interrupt { wish: Some(wish), deadline: None }
    }

    /// The same wish, and from this moment on the work should end in any case.
    pub fn until(&self, deadline: Instant) -> Interrupt {
        Interrupt { wish: self.wish.clone(), deadline: Some(deadline) }
    }

    /// Whether the work should end.
    pub fn is_wished(&self) -> bool {
        self.wish.as_ref().is_some_and(|wish| wish.load(Ordering::Relaxed))
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// Equal when they are the same wish.
impl PartialEq for Interrupt {
    fn eq(&self, other: &Interrupt) -> bool {
        let is_same_wish = match (&self.wish, &other.wish) {
            (Some(ours), Some(theirs)) => Arc::ptr_eq(ours, theirs),
            (None, None) => true,
            _ => false,
        };
        is_same_wish && self.deadline == other.deadline
    }
}

impl Eq for Interrupt {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_deadline_is_a_wish_of_its_own() {
        let wish = Arc::new(AtomicBool::new(false));
        let interrupt = Interrupt::when(Arc::clone(&wish));
        let (past, far) =
            (interrupt.until(Instant::now()), interrupt.until(Instant::now() + Duration::from_secs(3600)));
        assert!(past.is_wished() && !far.is_wished() && !interrupt.is_wished());
        wish.store(true, Ordering::Relaxed);
        assert!(far.is_wished() && interrupt.is_wished());
        assert_ne!(far, interrupt);
    }
}

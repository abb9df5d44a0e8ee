//! A wish to end early, such as Ctrl-C: work asks for it, and ends in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Whether somebody wishes that the work ends. Copies are the same wish.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Option<Arc<AtomicBool>>);

impl Interrupt {
    /// Nobody ever does.
    pub const NEVER: Interrupt = Interrupt(None);

    /// SIGINT and SIGTERM do, from now on. A second signal ends the process at once, with this exit code.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn on_signals(exit_code: i32) -> std::io::Result<Interrupt> {
        let wish = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order, so that the first signal does not find the flag that it sets itself.
            flag::register_conditional_shutdown(signal, exit_code, Arc::clone(&wish))?;
            flag::register(signal, Arc::clone(&wish))?;
        }
        Ok(Interrupt(Some(wish)))
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

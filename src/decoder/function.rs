//! A decoder in this process.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use super::outcome::{DecoderRun, Outcome};
use crate::jobs::panic_text;

type Decode = dyn Fn(&Path, &Path) -> Result<(), String> + Send + Sync;

/// A function that decodes. Copies are the same function.
#[derive(Clone)]
pub(super) struct Function(Arc<Decode>);

impl Function {
    pub(super) fn new(decode: impl Fn(&Path, &Path) -> Result<(), String> + Send + Sync + 'static) -> Function {
        Function(Arc::new(decode))
    }

    pub(super) fn run(&self, fsm: &Path, out: &Path) -> DecoderRun {
        let decoded = std::panic::catch_unwind(AssertUnwindSafe(|| (self.0)(fsm, out)));
        match decoded.unwrap_or_else(|panic| {
            Err(format!("it panicked: {}", panic_text(panic.as_ref()).unwrap_or("without a text")))
        }) {
            Ok(()) => DecoderRun { outcome: Outcome::Succeeded, output: String::new() },
            // What a command would do with an error: print it, and exit with 1.
            Err(output) => DecoderRun { outcome: Outcome::Failed(1), output },
        }
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Function")
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Function {}

//! How each case of a trace opens it.

use std::path::Path;
use std::sync::Arc;

use crate::workload::{TraceError, TraceSteps};

/// Opens a trace anew, for each case that reads it.
#[derive(Clone)]
pub struct OpenTrace(Arc<Opener>);

type Opener = dyn Fn(&Path) -> Result<TraceSteps, TraceError> + Send + Sync;

impl OpenTrace {
    /// Opens traces with `open`.
    pub fn new(open: impl Fn(&Path) -> Result<TraceSteps, TraceError> + Send + Sync + 'static) -> OpenTrace {
        OpenTrace(Arc::new(open))
    }

    pub(super) fn steps(&self, file: &Path) -> Result<TraceSteps, TraceError> {
        (self.0)(file)
    }
}

impl std::fmt::Debug for OpenTrace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenTrace")
    }
}

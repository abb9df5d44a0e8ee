//! Whether a trace has lists at all: one of none holds whatever is wrong with lists.

use std::path::Path;

use crate::case::replay::on_model;
use crate::cli::input;
use crate::cli::recording_flags::RecordingFlags;
use crate::model::Model;
use crate::workload::{Action, Step};

/// Whether a client sees a list at any time while this trace runs. A trace that cannot be read is refused where it is run.
pub(super) fn any_at_any_time(path: &Path, flags: &RecordingFlags) -> bool {
    let Ok(steps) = input::steps_of(path, flags) else { return true };
    let mut model = Model::new();
    for step in steps {
        let Ok(step) = step else { return true };
        let step = match step.action {
            Action::Begin { requests, .. } => Step { action: Action::of_requests(requests), ..step },
            action => Step { action, ..step },
        };
        on_model(&mut model, &step, |_| false);
        if model.keys().next().is_some() {
            return true;
        }
    }
    false
}

//! What a probe has whose rule is not about lists: one list that every decoder can read.

use crate::probe::expectation::Expected;
use crate::probe::list::lists;
use crate::probe::snapshot::Rows;

/// The list.
pub(super) fn jobs() -> Rows {
    Rows::new().list(b"jobs", &[b"a", b"b"])
}

/// The lists of [`jobs`].
pub(super) fn jobs_are_there() -> Expected {
    Expected::State(lists(&[(b"jobs", &[b"a", b"b"])]))
}

//! What a recording is made of, whatever its form.

use super::error::Place;

/// One recorded command.
#[derive(Debug)]
pub(super) struct Recorded {
    /// Where it is.
    pub(super) place: Place,
    /// The database it ran in.
    pub(super) db: u64,
    /// The client's address; empty where it is not recorded.
    pub(super) client: Vec<u8>,
    /// When, in Unix milliseconds, where each command has a time of its own.
    pub(super) at_ms: Option<u64>,
    /// Its name and arguments.
    pub(super) args: Vec<Vec<u8>>,
    /// Whether a script ran it; such a command does not block.
    pub(super) is_of_script: bool,
}

/// Commands that ran at one time, nothing between them.
#[derive(Debug)]
pub(super) struct Batch {
    /// When, in Unix milliseconds, of several commands the first; `None` when the recording does not say.
    pub(super) at_ms: Option<u64>,
    /// The commands.
    pub(super) commands: Vec<Recorded>,
    /// Whether they are a transaction, even of one command.
    pub(super) is_transaction: bool,
}

//! Lists: the records that their commands write, the folding of their deltas, and what is visible of them.

mod commands;
mod compaction;
mod loaded;
mod reads;
mod records;
mod visible;

pub(super) use commands::{run, whole};
pub(super) use compaction::{PendingCompaction, commit as compact_commit, read as compact_read};
pub(super) use loaded::List;
pub(super) use reads::Purpose;
pub(super) use records::{check_count, check_sizes, clear_expiry, delete, for_read, for_write, put, seed, set_expiry};
pub(super) use visible::{Lists, ResolvedLists};

//! What is known of a case under way.

use super::clients::overlaps::Overlaps;
use super::list::tracks::Tracks;
use super::reached::Reached;
use super::table::Mark;
use crate::format::CommitTs;
use crate::store::MetaWidth;

/// A case under way.
#[derive(Debug)]
pub(super) struct Walk {
    /// Of lists.
    pub(super) tracks: Tracks,
    /// Of several clients.
    pub(super) overlaps: Overlaps,
    pub(super) reached: Reached,
    pub(super) width: MetaWidth,
    pub(super) now_ms: u64,
    pub(super) last_commit: CommitTs,
    /// The items of the first key of the command that is about to run, where its rows are about them.
    pub(super) items: Option<Vec<Vec<u8>>>,
    /// The commits that compactions made.
    pub(super) compactions: Vec<CommitTs>,
}

impl Walk {
    pub(super) fn new(width: MetaWidth) -> Walk {
        let (tracks, overlaps, reached) = (Tracks::default(), Overlaps::default(), Reached::default());
        let (last_commit, compactions) = (CommitTs::default(), Vec::new());
        Walk { tracks, overlaps, reached, width, now_ms: 0, last_commit, items: None, compactions }
    }

    pub(super) fn tick(&mut self, mark: Mark, reached: bool) {
        self.reached.tick_if(mark, reached);
    }
}

//! `--expect-lists`: that there was something to look at is a finding if it is not so.

use clap::Args;

use super::annotations;
use super::ended::Verdict;
use super::output::note;
use crate::format::counted;

/// The flag.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct ExpectFlag {
    /// Exit with code 1 unless there are at least N lists
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    expect_lists: Option<u64>,
}

impl ExpectFlag {
    /// A finding unless as many lists were `looked_at` in `what` as were expected; it says so.
    pub(super) fn verdict(self, lists: u64, looked_at: &str, what: &str) -> Verdict {
        let Some(expected) = self.expect_lists.filter(|expected| lists < *expected) else { return Verdict::Holds };
        let message = format!("expected at least {}, {looked_at} {lists}: {what}", counted(expected, "list"));
        note(&message);
        annotations::error("too few lists", None, &message);
        Verdict::Finding
    }
}

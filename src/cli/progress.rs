//! How far long work has come: a line on a terminal's standard error, and nothing anywhere else.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::campaign::Watched;

/// A line that counts something of unknown size.
pub(super) fn counter(what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {human_pos} {msg} ({elapsed})");
    styled(ProgressBar::no_length().with_message(what.to_owned()), style)
}

/// A line that counts up to `total`.
pub(super) fn bar(what: &str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} {msg} ({elapsed}, {eta} left)");
    styled(ProgressBar::new(total).with_message(what.to_owned()), style)
}

/// A line about cases: how many are done, and which one has been running for longest.
pub(super) struct CaseLine {
    bar: ProgressBar,
    /// The profiles of the cases that are running. The oldest has the smallest number.
    running: Mutex<BTreeMap<u64, &'static str>>,
}

impl CaseLine {
    /// Up to `total`, if that is known.
    pub(super) fn new(total: Option<u64>) -> CaseLine {
        let bar = total.map_or_else(|| counter("cases"), |total| bar("cases", total));
        CaseLine { bar, running: Mutex::new(BTreeMap::new()) }
    }

    /// Takes the line away while something else is printed.
    pub(super) fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Ends it.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Shows what happens to a case.
    pub(super) fn show(&self, watched: Watched) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match watched {
            Watched::Begins(case, profile) => {
                running.insert(case, profile.map_or("", |profile| profile.name));
            }
            Watched::Ends(case) => {
                running.remove(&case);
                self.bar.inc(1);
            }
        }
        self.bar.set_message(words(&running));
    }
}

fn words(running: &BTreeMap<u64, &'static str>) -> String {
    match running.first_key_value().map(|(case, profile)| (case, *profile)) {
        Some((case, "")) => format!("cases, running case {case}"),
        Some((case, profile)) => format!("cases, running case {case} of profile {profile}"),
        None => "cases".to_owned(),
    }
}

fn styled<E>(bar: ProgressBar, style: Result<ProgressStyle, E>) -> ProgressBar {
    if let Ok(style) = style {
        bar.set_style(style);
    }
    // Draws nothing unless standard error is a terminal.
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(5));
    if !bar.is_hidden() {
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Profile;

    #[test]
    fn the_line_names_the_oldest_case_that_is_running() {
        let line = CaseLine::new(Some(10));
        let message = |watched| {
            line.show(watched);
            line.bar.message()
        };
        assert_eq!(message(Watched::Begins(8, Profile::find("long"))), "cases, running case 8 of profile long");
        assert_eq!(message(Watched::Begins(9, None)), "cases, running case 8 of profile long");
        assert_eq!(message(Watched::Ends(8)), "cases, running case 9");
        assert_eq!(message(Watched::Ends(9)), "cases");
        assert_eq!(line.bar.position(), 2);
    }
}

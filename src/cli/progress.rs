//! How far long work has come: a line on a terminal's standard error, and nothing anywhere else.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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

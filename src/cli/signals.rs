//! Signals: how a command ends that is not to go on.
//!
//! SIGINT, SIGTERM and SIGHUP mean the same. A command that has something to tell of what it has done asks for an
//! [`Interrupt`], and ends in order by itself. All others end where they are: a thread that does nothing else removes what is
//! unfinished, and then ends the process by the signal, which a shell shows as 130, 143 or 129. A second signal does so anyway.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

use super::annotations;
use super::ended::Failure;
use super::output::note;
use crate::jobs::{Interrupt, undo_all};

/// How long the last line may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// What sets the wish of a command that ends by itself.
static WISH: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Begins to listen. A signal that whoever started us has had ignored stays so, as under nohup.
pub(super) fn listen() -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Input(format!("listen for signals: {error}"));
    // By itself it would end the process without a word. With any handler a write beyond the limit is an error.
    flag::register(SIGXFSZ, Arc::default()).map_err(failed)?;
    let ignored = ignored();
    let heard = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
    let mut signals = Signals::new(heard).map_err(failed)?;
    let work = move || signals.forever().for_each(end_by);
    std::thread::Builder::new().name("signals".to_owned()).spawn(work).map(drop).map_err(failed)
}

/// The wish of whoever sends a signal. Whoever asks for it ends when it is wished, and tells what has been done.
pub(super) fn on_signals() -> Interrupt {
    Interrupt::when(Arc::clone(WISH.get_or_init(Arc::default)))
}

/// The signals that are ignored, a bit each, from 1.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

fn end_by(signal: i32) {
    if WISH.get().is_some_and(|wish| !wish.swap(true, Ordering::Relaxed)) {
        return;
    }
    undo_all();
    let name = low_level::signal_name(signal).unwrap_or("a signal");
    let message = format!("interrupted by {name}; what was unfinished is removed");
    let (said, heard) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        note(&format!("error: {message}"));
        annotations::error("error", None, &message);
        drop(said);
    });
    // Whoever reads standard error may have stopped.
    let _ = heard.recv_timeout(PATIENCE);
    // As if there had been no handler, so that a script ends with us. The first process of a container cannot end in this way.
    if std::process::id() != 1 {
        let _ = low_level::emulate_default_handler(signal);
    }
    low_level::exit(128 + signal);
}

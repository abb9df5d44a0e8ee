//! Histories: what several clients did to one store at the same time, and whether some order explains it.
//!
//! ```text
//! file -> history -> tied keys -> search -> explained, undecided,
//!                                   |       or unexplained -> window -> timeline: text, SVG
//!                                   \-> step -> model
//! ```
//!
//! Each operation takes effect at one moment between its call and its reply. A history is right if there is an order of such
//! moments in which [`crate::model::Model`] gives every reply that was recorded (linearizability). A right history must
//! never be called wrong: where times or replies leave something open, it is taken as possible.

mod contradiction;
mod expiries;
mod file;
mod file_reader;
mod judge;
mod operation;
mod search;
mod seen;
mod shown_words;
mod step;
#[cfg(test)]
mod tests;
mod tied;
mod timeline;
mod window;

pub use contradiction::Contradiction;
pub use file::FORMAT_VERSION;
pub use file_reader::{HistoryError, HistoryFault};
pub use judge::{Judgement, STATES, Unexplained};
pub use operation::{History, Operation, Outcome, Sent, ServerClock};
pub use timeline::{Timeline, TimelineRow};
pub use window::Window;

//! Several clients of one server at the same time, and the history of what they were told.
//!
//! Each client has a connection, a thread and a seeded stream of commands. When a command takes effect is up to the server
//! and the machine, so a seed repeats what is sent, and not what comes of it: the history is what is kept.

mod draw;
mod run;
mod shrink;

pub use draw::{Plan, Shape};
pub use run::{ClientsError, record};
pub use shrink::{ATTEMPTS, Wrong, shrink};

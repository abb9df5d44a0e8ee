//! What is run: traces, the profiles that shape generated ones, the seeded generator, and steps and replies as others
//! read them.
//!
//! A case is a plain list of steps, one JSON object a line ([`trace`]), so that it can be read, cut line by line and kept
//! in a repository; the generator is only one way to get such a list. Generated steps depend on the case's seed and on its
//! [`profile`] and on nothing else: no state of a store or a model flows back into the choice of the next command, which is
//! what lets [`Generator`] stream a trace of any length, and lets two executors run it without waiting for each other.
//!
//! Traces of others come from real servers: [`recorded`] makes steps of what Redis writes down of its own traffic.
//!
//! Chance leads to most borders of a command, and scripts lead to the others (`scripts`).
//!
//! Each case draws its own subset of its profile's commands ("swarm testing"): a mix of everything would hardly ever show
//! what, say, pushes and pops do to each other when nothing ever rewrites the list.

pub mod exhaustive;
pub mod generate;
pub mod interleavings;
pub mod profile;
pub mod recorded;
pub mod replies;
pub mod resp;
pub mod schedule;
pub mod trace;
pub mod trace_error;
pub mod trace_reader;
pub mod trace_steps;

mod clock;
mod dice;
mod drawn;
mod encounters;
mod key_requests;
mod key_scripts;
mod keys;
mod lengths;
mod list;
mod observed;
mod placeholders;
mod refused;
mod requests;
mod scene;
mod script;
mod script_lines;
mod script_words;
mod scripts;
mod side_by_side;
mod swarm;
mod values;

pub use drawn::never_drawn;
pub use generate::{CaseSpec, Generator, case_seed};
pub use profile::{PROFILES, Profile};
pub use replies::write_reply;
pub use resp::{NotExpressible, RespWriter};
pub use schedule::schedule;
pub use side_by_side::drawn_clients;
pub use trace::{Action, Delivery, Header, Step, Trace};
pub use trace_error::{LineFault, TraceError};
pub use trace_reader::TraceReader;
pub use trace_steps::{TraceForm, TraceSteps};

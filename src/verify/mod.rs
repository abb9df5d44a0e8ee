//! Both sides run, compared, and what differs told so that a stranger can act on it.

pub mod campaign;
pub mod case;
pub mod compare;
pub mod finding;
pub mod junit;
mod panics;
pub mod replay;
pub mod report;

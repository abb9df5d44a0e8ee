//! Every input has a limit: what is larger, never ends, or is no file, ends with 2 and one line, without much memory and
//! without waiting. `docs/reliability.md` has the limits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

#[path = "bounds/files.rs"]
mod files;
#[path = "bounds/pipes.rs"]
mod pipes;
#[path = "bounds/servers.rs"]
mod servers;
#[path = "bounds/tool.rs"]
mod tool;
#[path = "bounds/words.rs"]
mod words;

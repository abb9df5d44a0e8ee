//! Every end is orderly: signals, full quotas, readers who stop, closed streams. And only what is ours is touched.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

#[path = "ends/session.rs"]
mod session;
#[path = "ends/signals.rs"]
mod signals;
#[path = "ends/streams.rs"]
mod streams;
#[path = "ends/theirs.rs"]
mod theirs;

//! README.md and the pages in `docs/`: what they show is run, and what they name is there.
//!
//! - `sessions`: `console` blocks are run, and must print what the page shows.
//! - `jobs`: `yaml` blocks are run as CI jobs, and the steps of `action.yml` where they use it; those of campaigns are run by
//!   `tests/docs.rs`.
//! - `tables`: commands, profiles, flags, figures and examples are those of the code.
//! - `links`: links lead somewhere, and pages have the form that readers are promised.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

#[path = "readme/action.rs"]
mod action;
#[path = "readme/jobs.rs"]
mod jobs;
#[path = "readme/links.rs"]
mod links;
#[path = "readme/pages.rs"]
mod pages;
#[path = "readme/sessions.rs"]
mod sessions;
#[path = "readme/tables.rs"]
mod tables;

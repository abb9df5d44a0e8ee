//! A real Redis server is asked what is right: `random` holds the model against it, `judge` the store, the model and the
//! dump read back, `resp` what is written for `redis-cli --pipe`, `recorded` and `recorded_random` what is read of its
//! append-only files and of MONITOR, and `foreign` what `verify` does with servers in place of store and model. `forms`,
//! `server_keys`, `login`, `tls` and `tolerance` are about servers that are older, stranger or better locked. Without a server
//! these tests fail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

mod clock_shift;
mod foreign;
mod foreign_cli;
mod foreign_keys;
mod forms;
mod judge;
mod judged_case;
mod login;
mod meddler;
mod random;
mod recorded;
mod recorded_random;
mod recording;
mod resp;
mod server;
mod server_keys;
mod tls;
mod tolerance;
mod tool;
mod transcript;
mod view;

use std::io::Write;

use ekv_roundtrip::command::{Reply, Request, Stage};
use ekv_roundtrip::workload::{CaseSpec, PROFILES, Profile, case_seed};

/// A command as it goes over the wire, its name first.
type Args = Vec<Vec<u8>>;

/// The profiles that a server can follow.
fn expressible() -> impl Iterator<Item = &'static Profile> {
    PROFILES.iter().filter(|profile| profile.expressible_in_resp)
}

/// Cases of a profile. The two heavy ones get fewer cases and keys: what they begin with is a large trace by itself.
fn cases(profile: &'static Profile, ordinary_cases: u64) -> impl Iterator<Item = CaseSpec> {
    const COMMANDS_PER_CASE: u64 = 2000;
    let (cases, keys) = match profile.name {
        "many" => (2, Some(2000)),
        "long" => (2, Some(4)),
        _ => (ordinary_cases, None),
    };
    (0..cases).map(move |case| CaseSpec {
        seed: case_seed(1, case),
        profile,
        commands: COMMANDS_PER_CASE,
        keys,
        clients: 1,
    })
}

/// What Redis says to a command between `MULTI` and `EXEC`.
fn reply_when_queued(request: &Request) -> Reply {
    match request {
        Request::Rejected { error, stage: Stage::Queue, .. } => Reply::error(error.as_str()),
        _ => Reply::status("QUEUED"),
    }
}

/// Prints a line that stays visible when the test passes: `cargo test` captures only what goes through the macros.
fn report(line: &str) {
    // A closed standard error is no reason to fail.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

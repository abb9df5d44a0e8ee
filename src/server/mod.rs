//! A RESP server, as one client sees it: any Redis, or what says that it speaks like one.
//!
//! ```text
//! address ------> connection ---> vocabulary     which commands it knows, asked once
//!                     |  \------> forms          in which forms it may know them
//!                     |  \------> keyspace       its keys, and how it is emptied
//!                     |  \------> lists          its lists and their expiries, by its clock
//!                     \-> replies -> wire        within limits of bytes, depth and time
//! request -> clock shift -> words ->  replies
//! ```
//!
//! What is asked of a server is little, because much of what calls itself compatible is: RESP2, no `HELLO`, no
//! `CLIENT SETINFO`, `SELECT` only for another database than 0. Commands that it lacks are found out before anything
//! depends on them.

mod address;
mod clock_shift;
mod connection;
mod forms;
mod keyspace;
mod lists;
mod own_keys;
mod refusal;
mod replies;
mod vocabulary;
mod wire;

pub use address::{Password, ServerAddress};
pub use clock_shift::{ClockShift, Spelt};
pub use connection::{Connection, RESPONSE_TIMEOUT, ServerError};
pub use forms::{FORMS, Form};
pub use keyspace::Server;
pub use lists::{ExpiryReading, ServerState};
pub use refusal::is_refusal_of_form;
pub use vocabulary::Vocabulary;
pub use wire::Patience;

/// A command as it goes over the wire, its name first.
pub type Args = Vec<Vec<u8>>;

/// Arguments from words that are text.
fn words(words: &[&str]) -> Args {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}

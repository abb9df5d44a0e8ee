//! Faults to be caught: what can go wrong between the parts, as data.
//!
//! A fault is a pure function over what crosses one boundary of a case, so that the parts themselves hold none of it:
//!
//! ```text
//! steps --commands--> store --attempt, batch--> database --records, shuffled--> encoder --tree--> reader --state--> compare
//!                       \--answers, states--> compare \--history--> encoder     restored records --> encoder
//!                                          \--> snapshot file --rows, file--> our reader
//! ```
//!
//! A fault is in every dump that is made of the store's records, so that the comparison with Redis must see it: no dump is left
//! that is right and could tell. What is restored is restored from such a dump, and has the fault from there.
//!
//! The tables are the only list of them, apart from the canaries of [`crate::campaign`], which break no rule; what is
//! about one family alone is in files of its name. Each fault names what it breaks, the rule of [`crate::rules`] that it
//! violates, and as what it must be reported; a panic of the code under test is never among that.

mod boundary;
mod catalogue;
mod changed;
mod edits;
mod expiries;
mod fault;
mod list;
mod reread;
mod snapshots;
#[cfg(test)]
mod tests;
mod transactions;
mod trees;

pub use boundary::{changed_file, changed_records, changed_tree, gate, screen, watched};
pub use catalogue::{faults, find};
pub use changed::{Files, Pair};
pub use fault::{Act, Fault, Reports};
pub use reread::{Place, Reread};

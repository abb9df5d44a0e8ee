//! Work that takes long: several things at a time, the wish to end early, and what is then undone.

mod interrupt;
mod panics;
mod side_by_side;
mod unfinished;

pub use interrupt::Interrupt;
pub use panics::panic_text;
pub use side_by_side::side_by_side;
pub use unfinished::{Unfinished, undo_all, wait_for_undoing};

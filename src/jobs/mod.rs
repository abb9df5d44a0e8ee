//! Work that takes long: several things at a time, and the wish to end early.

mod interrupt;
mod panics;
mod side_by_side;

pub use interrupt::Interrupt;
pub use panics::panic_text;
pub use side_by_side::side_by_side;

//! Two visible states side by side, and their differences in the words of the domain.
//!
//! Neither side is right by itself. By convention the left one is the reference, since the classes of [`ItemsClass`]
//! tell what happened on the way from left to right; what is printed names both sides and can be read without knowing
//! that.
//!
//! A key that a client does not see at the time of the comparison is absent, whatever its source keeps. An empty list
//! that a source keeps is a matter of that source's policy: it is told, and it is no difference.

mod difference;
mod list;
mod render;
mod side;
mod states;
#[cfg(test)]
mod tests;
mod text;

pub use difference::{Absence, Comparison, Difference, DifferenceKind, ExpiryTolerance, KeptEmpty};
pub use list::{Encoding, ItemsClass, ItemsDifference, Order, hunk};
pub use side::{Side, SideNames};
pub use states::{compare, compare_within};

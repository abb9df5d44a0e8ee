//! Lists: their windows, and their files from items in either order.

mod attributes;
mod buffered;
mod chain;
mod file;

pub(super) use attributes::ListAttributes;
pub(super) use buffered::BufferedList;
pub(super) use chain::Chain;
pub(super) use file::write_empty;

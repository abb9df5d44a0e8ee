//! The limits of what comes from outside, and how it is read within them.
//!
//! Whatever is held in memory as a whole is refused by its size before it is read, and memory for it is asked for in a way
//! that can be refused: a file of zeros, or a pipe that never ends, is an error of one line and not the end of the
//! process. What must be a file is opened without waiting, so that a FIFO that nobody writes to holds nobody up.
//!
//! `docs/reliability.md` lists the limits with their reasons; a test below compares the two.

mod file;
mod limit;
mod line;
mod stream;
mod text;

pub use file::{open_file, read_file, read_opened, require_file};
pub use limit::{LIMITS, LIST, Limit, REPORT, SPOOL, TEXT};
pub use line::read_line;
pub use stream::{copy_all, make_room, open_stream, read_all, read_document, read_exactly, require_stream};
pub use text::{one_line, quotation};

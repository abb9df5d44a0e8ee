//! Findings as folders: each class of findings once, with everything that it takes to understand and to repeat it.
//!
//! A folder is named by the *fingerprint* of the class: the finding's kind and aspect in words, and a hash of them and, for a
//! panic, of its place in the source. What differs from case to case is no part of it, so that one bug has one folder
//! whatever seeds hit it; a case that hits it again is added to the folder's list and nothing else.

mod drawn;
mod dump_line;
mod folder;
mod headline;
mod lineage;
mod notes;
mod page;
mod rules;

pub use drawn::picture_of;
pub use folder::{FINDING_FILE, SHRUNK_FILE, TRACE_FILE, add_seen, is_finding, read_notes, trace_bytes, write};
pub use headline::headline;
pub use lineage::{Lineage, TracedRecord, trace_back};
pub use notes::{Evidence, Notes, Seen};

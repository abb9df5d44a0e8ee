//! Both sides run, compared, and what differs told so that a stranger can act on it.

pub mod campaign;
pub mod canary;
pub mod case;
pub mod compare;
mod dumps;
pub mod explain;
pub mod faults;
pub mod finding;
pub mod findings;
pub mod html;
pub mod junit;
pub mod merge;
mod moments;
mod panics;
pub mod replay;
pub mod report;
pub mod server;
pub mod shard;
pub mod shrink;
pub mod side_by_side;
pub mod situations;
pub mod snapshots;
mod stop;
mod twice;
pub mod verdict;

pub(crate) use dumps::{pinned_manifest, wall_time};

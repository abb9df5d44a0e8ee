//! Rows, and what a commit does to them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::format::CommitTs;

/// A key and its value.
pub type Row<'a> = (&'a [u8], &'a [u8]);

/// What a scan calls for each row; it can end the scan.
pub type Visit<'v> = dyn FnMut(Row<'_>) -> ControlFlow<()> + 'v;

/// What one commit writes, by key: a value, or `None` for a deletion.
pub type Batch = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// What every batch passes on its way into a database. It may look at the batch, and change it.
pub type Gate = Arc<dyn Fn(CommitTs, &mut Batch) + Send + Sync>;

/// A record that a commit writes, or `None` for one that it deletes.
pub type Change<'a> = (&'a [u8], Option<&'a [u8]>);

/// What sees every batch as it is written. It costs nearly nothing, as nothing is copied for it.
pub type Watch = Arc<dyn Fn(CommitTs, &[Change<'_>]) + Send + Sync>;

/// Rows to write.
pub(super) type Changes<'i, 'a> = dyn Iterator<Item = Change<'a>> + 'i;

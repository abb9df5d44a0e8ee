//! In RocksDB's place in a build without the feature `rocksdb`: everything that is asked of it says so.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::path::Path;

use super::batch::{Changes, Row, Visit};
use super::choice::{Files, History, Logging};
use super::error::DatabaseError;
use crate::format::CommitTs;

/// There is never one.
pub(super) struct RocksDb(Infallible);

/// There is never one.
pub(super) struct RocksSnapshot<'a>(Infallible, PhantomData<&'a ()>);

/// There is never one.
pub struct RocksCursor<'a>(Infallible, PhantomData<&'a ()>);

fn absent(path: &Path) -> DatabaseError {
    let problem =
        "this program was built without RocksDB; in a clone of its repository, `make build` builds it with RocksDB"
            .to_owned();
    DatabaseError::RocksDb { path: path.to_owned(), problem }
}

impl RocksDb {
    pub(super) fn create(path: &Path, _history: History) -> Result<RocksDb, DatabaseError> {
        Err(absent(path))
    }

    pub(super) fn create_for_case(
        path: &Path,
        _history: History,
        _files: Files,
        _logging: Logging,
    ) -> Result<RocksDb, DatabaseError> {
        Err(absent(path))
    }

    pub(super) fn opened_again(self) -> Result<RocksDb, DatabaseError> {
        match self.0 {}
    }

    pub(super) fn open(path: &Path) -> Result<RocksDb, DatabaseError> {
        Err(absent(path))
    }

    pub(super) fn open_read_only(path: &Path) -> Result<RocksDb, DatabaseError> {
        Err(absent(path))
    }

    pub(super) fn warnings(&self) -> &[String] {
        match self.0 {}
    }

    pub(super) fn lacks_log(&self) -> Result<bool, DatabaseError> {
        match self.0 {}
    }

    pub(super) fn keeps_history(&self) -> bool {
        match self.0 {}
    }

    pub(super) fn get(&self, _key: &[u8]) -> Result<Option<Vec<u8>>, DatabaseError> {
        match self.0 {}
    }

    pub(super) fn rows(&self, _lower: &[u8], _upper: Option<&[u8]>) -> RocksCursor<'_> {
        match self.0 {}
    }

    pub(super) fn history_rows(&self, _lower: &[u8], _upper: Option<&[u8]>) -> RocksCursor<'_> {
        match self.0 {}
    }

    pub(super) fn snapshot(&self) -> RocksSnapshot<'_> {
        match self.0 {}
    }

    pub(super) fn commit(
        &self,
        _changes: &mut Changes<'_, '_>,
        _times: (CommitTs, CommitTs),
        _progress: Option<&[u8]>,
    ) -> Result<(), DatabaseError> {
        match self.0 {}
    }

    pub(super) fn progress(&self) -> Result<Option<Vec<u8>>, DatabaseError> {
        match self.0 {}
    }

    pub(super) fn clock(&self) -> Result<Option<CommitTs>, DatabaseError> {
        match self.0 {}
    }

    pub(super) fn flush(&self) -> Result<(), DatabaseError> {
        match self.0 {}
    }
}

impl RocksSnapshot<'_> {
    pub(super) fn rows(&self, _lower: &[u8], _upper: Option<&[u8]>) -> RocksCursor<'_> {
        match self.0 {}
    }
}

impl RocksCursor<'_> {
    pub(super) fn current(&self) -> Result<Option<Row<'_>>, DatabaseError> {
        match self.0 {}
    }

    pub(super) fn step(&mut self) {
        match self.0 {}
    }

    pub(super) fn visit(self, _visit: &mut Visit<'_>) -> Result<(), DatabaseError> {
        match self.0 {}
    }
}

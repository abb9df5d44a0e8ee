//! Dumps: of a database, a snapshot file, and records in memory.

use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::floor::{file_sizes, read_file, scan_database, visit_rows, write_files};
use super::kind::Kind;
use super::meter::Meter;
use super::rows::Rows;
use super::stop::BenchError;
use super::turns::{Turns, in_turns};
use crate::database::Database;
use crate::encoder::{DumpOptions, EncodeError, Summary, Unordered, encode_ordered};
use crate::folders::MemoryFolder;
use crate::format::dump_tree::{CHECKSUMS, Manifest};
use crate::format::snapshot::Framing;
use crate::jobs::Interrupt;
use crate::reader::{self, MadeBy};
use crate::records::RecordSource;
use crate::snapshot::{Kept, SnapshotFile, SnapshotShape, write_snapshot};
use crate::store::visible_state;

/// The snapshot file that a folder has.
pub(super) const SNAPSHOT: &str = "records.fsm";

/// Records in every form that a dump is made of, and the dump that all of them must lead to.
pub(super) struct Dumped<'a> {
    database: &'a Database,
    snapshot: PathBuf,
    folder: &'a Path,
    /// The bytes of its `CHECKSUMS`.
    checksums: Vec<u8>,
    sizes: Vec<u64>,
    pub(super) items: u64,
}

impl<'a> Dumped<'a> {
    /// Dumps a database, and checks the dump: it must show what the records show.
    pub(super) fn of(database: &'a Database, folder: &'a Path) -> Result<Dumped<'a>, BenchError> {
        let snapshot = folder.join(SNAPSHOT);
        let file = File::create(&snapshot).map_err(BenchError::at("make a snapshot"))?;
        // As a live engine writes it: with a header, and a checksum at its end.
        let shape = SnapshotShape { framing: Framing::V2, ..SnapshotShape::BARE };
        write_snapshot(database, None, Kept::Latest, shape, file).map_err(BenchError::at("write a snapshot"))?;
        let dump = new_folder(folder, "dump")?;
        dump_ordered(&database.snapshot(), &dump)?;
        let found = reader::read(&dump, MadeBy::OurEncoder).map_err(BenchError::at("read a dump"))?.into_state(0);
        let expected = visible_state(&database.snapshot(), None).map_err(BenchError::at("read a database"))?;
        if found.keys != expected.keys {
            return Err(BenchError::Wrong("a dump does not show the lists that its records show".to_owned()));
        }
        let checksums = std::fs::read(dump.join(CHECKSUMS)).map_err(BenchError::at("read a dump"))?;
        let sizes = file_sizes(&dump).map_err(BenchError::at("look at a dump"))?;
        remove(&dump)?;
        Ok(Dumped { database, snapshot, folder, checksums, sizes, items: found.element_count() })
    }

    /// The bytes of all its files.
    pub(super) fn bytes(&self) -> u64 {
        self.sizes.iter().sum()
    }

    /// Measures a dump of this kind.
    pub(super) fn measure(&self, kind: Kind, seed: u64, interrupt: &Interrupt) -> Result<Turns, BenchError> {
        match kind {
            Kind::DumpDatabase => self.turns(
                interrupt,
                |dump| dump_ordered(&self.database.snapshot(), dump),
                || scan_database(self.database),
            ),
            Kind::DumpSnapshot => self.turns(
                interrupt,
                |dump| dump_snapshot(&self.snapshot, dump),
                || read_file(&self.snapshot).map_err(BenchError::at("read a snapshot")),
            ),
            Kind::DumpRandom => {
                let rows = Rows::of(&self.database.snapshot())?.shuffled(seed);
                self.turns(
                    interrupt,
                    |dump| dump_unordered(&rows, dump),
                    || {
                        visit_rows(&rows);
                        Ok(())
                    },
                )
            }
            _ => {
                let rows = Rows::of(&self.database.snapshot())?;
                self.turns(interrupt, |dump| dump_ordered(&rows, dump), || Ok(()))
            }
        }
    }

    /// A dump and its floor by turns, each in a new folder.
    fn turns(
        &self,
        interrupt: &Interrupt,
        dump: impl Fn(&Path) -> Result<Summary, BenchError>,
        read: impl Fn() -> Result<(), BenchError>,
    ) -> Result<Turns, BenchError> {
        let expected = RefCell::new(None);
        let measured = |_| {
            let folder = new_folder(self.folder, "dump")?;
            let mut meter = Meter::new();
            let summary = meter.timed(|| dump(&folder))?;
            let usage = meter.usage();
            let checksums = std::fs::read(folder.join(CHECKSUMS)).map_err(BenchError::at("read a dump"))?;
            let is_repeated = expected.borrow_mut().get_or_insert_with(|| summary.clone()) == &summary;
            if checksums != self.checksums || !is_repeated || !summary.warnings.is_empty() {
                return Err(BenchError::Wrong("a dump differs from another one of the same records".to_owned()));
            }
            remove(&folder)?;
            Ok(usage)
        };
        let floor = |_| {
            let folder = new_folder(self.folder, "floor")?;
            let mut meter = Meter::new();
            meter.timed(|| {
                read()?;
                write_files(&folder, &self.sizes).map_err(BenchError::at("write files"))
            })?;
            let usage = meter.usage();
            remove(&folder)?;
            Ok(usage)
        };
        in_turns(interrupt, measured, floor)
    }
}

/// Dumps a source that is in order into an empty folder.
pub(super) fn dump_ordered(source: &dyn RecordSource, folder: &Path) -> Result<Summary, BenchError> {
    dump_to(folder, |dir, options| encode_ordered(source, dir, options))
}

/// The same into a folder in memory.
pub(super) fn dump_in_memory(source: &dyn RecordSource) -> Result<Summary, BenchError> {
    encode_ordered(source, &MemoryFolder::new(), &options()).map_err(BenchError::at("dump"))
}

/// Opens a snapshot file, which reads it once, and dumps it.
pub(super) fn dump_snapshot(path: &Path, folder: &Path) -> Result<Summary, BenchError> {
    dump_ordered(&SnapshotFile::open(path, None).map_err(BenchError::at("open a snapshot"))?, folder)
}

pub(super) fn dump_unordered(rows: &Rows, folder: &Path) -> Result<Summary, BenchError> {
    dump_to(folder, |dir, options| {
        let mut unordered = Unordered::new();
        rows.iter().try_for_each(|(key, value)| unordered.push(key, value))?;
        unordered.flush(dir, options)
    })
}

fn dump_to(
    folder: &Path,
    encode: impl FnOnce(&Dir, &DumpOptions) -> Result<Summary, EncodeError>,
) -> Result<Summary, BenchError> {
    let dir = Dir::open_ambient_dir(folder, ambient_authority()).map_err(BenchError::at("open a folder"))?;
    encode(&dir, &options()).map_err(|error| BenchError::Environment(format!("dump: {}", error.below(folder))))
}

fn options() -> DumpOptions {
    DumpOptions { db_index: 0, manifest: Manifest::new("2100-01-01T00:00:00Z".to_owned()) }
}

/// A folder that was not there.
pub(super) fn new_folder(parent: &Path, name: &str) -> Result<PathBuf, BenchError> {
    let folder = parent.join(name);
    std::fs::create_dir(&folder).map_err(BenchError::at(folder.display()))?;
    Ok(folder)
}

/// Removes a folder and what is in it.
pub(super) fn remove(folder: &Path) -> Result<(), BenchError> {
    std::fs::remove_dir_all(folder).map_err(BenchError::at(folder.display()))
}

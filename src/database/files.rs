//! The files in a database's folder: what of them RocksDB would leave out without a word.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::error::DatabaseError;
use super::log_frames::{Damage, Log, WalkError, Walked, first_record, walk};
use crate::bounds::require_file;
use crate::format::counted;

/// `CURRENT` holds the name of the manifest and a newline.
const CURRENT_BYTES: u64 = 64;

/// Walks the manifest and the write-ahead logs. Gives a sentence for each that ends within a record, as a crash leaves it.
///
/// # Errors
///
/// One that is damaged otherwise, or cannot be read.
pub(super) fn torn_logs(folder: &Path) -> Result<Vec<String>, DatabaseError> {
    let write_ahead_logs = with_ending(folder, "log")?;
    let mut torn = Vec::new();
    if write_ahead_logs.is_empty() {
        torn.push(format!(
            "{}: it has no write-ahead log (*.log), and what only that held is left out; a checkpoint has none, either",
            folder.display()
        ));
    }
    let write_ahead_logs = write_ahead_logs.into_iter().map(|name| (folder.join(name), Log::WriteAhead));
    for (log, of) in manifest(folder)?.map(|path| (path, Log::Manifest)).into_iter().chain(write_ahead_logs) {
        let file = open(&log)?;
        let bytes = file.metadata().map_err(|source| failed(&log, source))?.len();
        match walk(&mut BufReader::new(file), of) {
            Ok(Walked::Whole) => {}
            Ok(Walked::Until(end)) => torn.push(format!(
                "{} ends within a record, after a crash or because it was cut; its last {}, from byte {end} on, are left out",
                log.display(),
                counted(bytes.saturating_sub(end), "byte"),
            )),
            Err(WalkError::Io(source)) => return Err(failed(&log, source)),
            Err(WalkError::Damage(Damage { offset, problem, .. })) => {
                return Err(DatabaseError::Damaged { file: log, offset, problem });
            }
        }
    }
    Ok(torn)
}

/// Whether there is a write-ahead log.
pub(super) fn has_log(folder: &Path) -> Result<bool, DatabaseError> {
    Ok(!with_ending(folder, "log")?.is_empty())
}

/// The first batch of the first write-ahead log that has one, as it is in the log.
///
/// # Errors
///
/// A file that cannot be read.
pub(super) fn first_batch(folder: &Path) -> Result<Option<Vec<u8>>, DatabaseError> {
    for name in with_ending(folder, "log")? {
        let log = folder.join(name);
        let first = first_record(&mut BufReader::new(open(&log)?)).map_err(|source| failed(&log, source))?;
        if first.is_some() {
            return Ok(first);
        }
    }
    Ok(None)
}

/// A sentence about the tables in the folder that are not `live`: parts of the database as its manifest has it.
///
/// # Errors
///
/// A folder that cannot be read.
pub(super) fn stray_tables(folder: &Path, live: &BTreeSet<String>) -> Result<Option<String>, DatabaseError> {
    let strays: Vec<String> = with_ending(folder, "sst")?.into_iter().filter(|name| !live.contains(name)).collect();
    Ok((!strays.is_empty()).then(|| {
        format!(
            "{}: {} left out: its manifest does not name {}, after a crash or because the manifest is damaged",
            folder.display(),
            strays.join(", "),
            if strays.len() == 1 { "it" } else { "them" },
        )
    }))
}

/// Fails if there is anything but files and folders: RocksDB would wait for a FIFO, and read a device without end.
///
/// # Errors
///
/// What is there.
pub(super) fn require_files(folder: &Path) -> Result<(), DatabaseError> {
    for entry in std::fs::read_dir(folder).map_err(|source| failed(folder, source))? {
        let path = entry.map_err(|source| failed(folder, source))?.path();
        // A link to nothing is for RocksDB to miss.
        if let Some(metadata) = std::fs::metadata(&path).ok().filter(|metadata| !metadata.is_dir()) {
            require_file(&metadata).map_err(|source| failed(&path, source))?;
        }
    }
    Ok(())
}

/// The manifest that `CURRENT` names. What is wrong with that, RocksDB says.
fn manifest(folder: &Path) -> Result<Option<PathBuf>, DatabaseError> {
    let current = folder.join("CURRENT");
    let mut name = Vec::new();
    open(&current)?.take(CURRENT_BYTES).read_to_end(&mut name).map_err(|source| failed(&current, source))?;
    let name = String::from_utf8_lossy(&name);
    let manifest = name.strip_suffix('\n').filter(|name| name.starts_with("MANIFEST-")).map(|name| folder.join(name));
    Ok(manifest.filter(|path| path.is_file()))
}

/// The names of the files with this ending, in order.
fn with_ending(folder: &Path, ending: &str) -> Result<BTreeSet<String>, DatabaseError> {
    let entries = std::fs::read_dir(folder).map_err(|source| failed(folder, source))?;
    let mut names = BTreeSet::new();
    for entry in entries {
        let path = entry.map_err(|source| failed(folder, source))?.path();
        if path.extension().is_some_and(|found| found == ending) && path.is_file() {
            names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    Ok(names)
}

fn open(path: &Path) -> Result<File, DatabaseError> {
    File::open(path).map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: std::io::Error) -> DatabaseError {
    DatabaseError::Io { file: path.to_owned(), source }
}

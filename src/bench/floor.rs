//! The least that has to be done: read the same bytes, write as many, into as many files.

use std::fs::File;
use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use super::rows::Rows;
use super::stop::BenchError;
use crate::database::Database;

/// What is read or written at a time.
const PIECE_BYTES: usize = 1 << 16;
/// The name of a file that is being written.
const UNFINISHED: &str = "unfinished";

/// The sizes of all files below a folder, in the order of their names.
pub(super) fn file_sizes(folder: &Path) -> std::io::Result<Vec<u64>> {
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    let mut sizes = Vec::new();
    for entry in entries {
        match entry.file_type()?.is_dir() {
            true => sizes.extend(file_sizes(&entry.path())?),
            false => sizes.push(entry.metadata()?.len()),
        }
    }
    Ok(sizes)
}

/// Writes files of these sizes into an empty folder: each is created, written and renamed.
pub(super) fn write_files(folder: &Path, sizes: &[u64]) -> std::io::Result<()> {
    let piece = [b'x'; PIECE_BYTES];
    // By its descriptor, as every folder of the path would have to be looked at again for each file.
    let folder = File::open(folder)?;
    let (how, mode) = (OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC, Mode::from_raw_mode(0o666));
    for (number, size) in sizes.iter().enumerate() {
        let mut file = File::from(rustix::fs::openat(&folder, UNFINISHED, how, mode)?);
        let mut left = *size;
        while left > 0 {
            let bytes = usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
            file.write_all(piece.get(..bytes).unwrap_or_default())?;
            left -= bytes as u64;
        }
        rustix::fs::renameat(&folder, UNFINISHED, &folder, number.to_string())?;
    }
    Ok(())
}

/// Looks at every record of a database.
pub(super) fn scan_database(database: &Database) -> Result<(), BenchError> {
    let snapshot = database.snapshot();
    let mut rows = snapshot.rows(b"", None);
    while let Some(row) = rows.current().map_err(BenchError::at("read a database"))? {
        black_box(row);
        rows.step();
    }
    Ok(())
}

/// Looks at every byte of a file, a piece at a time.
pub(super) fn read_file(path: &Path) -> std::io::Result<()> {
    let (mut file, mut piece) = (File::open(path)?, vec![0; PIECE_BYTES]);
    while file.read(&mut piece)? > 0 {
        black_box(&piece);
    }
    Ok(())
}

/// Looks at every byte of records.
pub(super) fn visit_rows(rows: &Rows) {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    black_box(rows.iter().map(|(key, value)| sum(key) + sum(value)).sum::<u64>());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_sizes_are_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (dump, floor) = (folder.path().join("dump"), folder.path().join("floor"));
        std::fs::create_dir_all(dump.join("b/c")).expect("folders");
        std::fs::create_dir(&floor).expect("a folder");
        for (name, bytes) in [("a", 5), ("b/c/x", PIECE_BYTES * 2 + 1), ("b/y", 0), ("z", PIECE_BYTES)] {
            std::fs::write(dump.join(name), vec![0; bytes]).expect("a file");
        }
        let sizes = file_sizes(&dump).expect("sizes");
        assert_eq!(sizes, [5, PIECE_BYTES as u64 * 2 + 1, 0, PIECE_BYTES as u64]);
        write_files(&floor, &sizes).expect("written");
        assert_eq!(file_sizes(&floor).expect("sizes"), sizes);
    }
}

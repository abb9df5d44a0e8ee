//! What must be a file, and is read as a whole.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{Error, Read as _, Result};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

use super::limit::{Limit, no_memory};

/// Opens a file to read it. Anything else is refused without waiting for it.
///
/// # Errors
///
/// What the system says, or what is there that is no file.
pub fn open_file(path: &Path) -> Result<File> {
    // Opening a device can have an effect, so it is looked at first; and then again, for it may have been replaced.
    require_file(&std::fs::metadata(path)?)?;
    let file = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    require_file(&file.metadata()?)?;
    Ok(file)
}

/// Fails unless it is a regular file.
///
/// # Errors
///
/// What it is.
pub fn require_file(metadata: &Metadata) -> Result<()> {
    match kind(metadata.file_type()) {
        None => Ok(()),
        Some(kind) => Err(Error::other(format!("it is {kind}, not a file"))),
    }
}

/// What it is, if it is no regular file.
pub(super) fn kind(file_type: FileType) -> Option<&'static str> {
    Some(match file_type {
        _ if file_type.is_file() => return None,
        _ if file_type.is_dir() => "a folder",
        _ if file_type.is_fifo() => "a FIFO",
        _ if file_type.is_socket() => "a socket",
        _ => "a device",
    })
}

/// All bytes of a file.
///
/// # Errors
///
/// As [`open_file`]; a file that is larger than the limit, or than memory.
pub fn read_file(path: &Path, limit: &Limit) -> Result<Vec<u8>> {
    read_opened(open_file(path)?, limit)
}

/// All bytes of a file that is open.
///
/// # Errors
///
/// As [`read_file`].
pub fn read_opened(file: File, limit: &Limit) -> Result<Vec<u8>> {
    let metadata = file.metadata()?;
    require_file(&metadata)?;
    let size = metadata.len();
    limit.require(size)?;
    let mut bytes = Vec::new();
    usize::try_from(size).ok().and_then(|size| bytes.try_reserve_exact(size).ok()).ok_or_else(|| no_memory(size))?;
    // What is appended meanwhile is not read, so nothing grows.
    file.take(size).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, Mode, mknodat};

    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        std::fs::write(&path, "twelve bytes").expect("a file");
        let limit = Limit { what: "files of a test", bytes: 12 };
        assert_eq!(read_file(&path, &limit).expect("as long as may be"), b"twelve bytes");
        let error = read_file(&path, &Limit { bytes: 11, ..limit }).expect_err("a byte too long");
        assert_eq!(error.to_string(), "it has 12 bytes; the limit of files of a test is 11");
    }

    #[test]
    fn what_is_no_file_is_named_and_not_waited_for() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [fifo, socket, round] = ["fifo", "socket", "round"].map(|name| folder.path().join(name));
        mknodat(CWD, &fifo, rustix::fs::FileType::Fifo, Mode::RWXU, 0).expect("a FIFO");
        let _socket = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        std::os::unix::fs::symlink(&round, &round).expect("a link");
        for (path, expected) in [
            (folder.path(), "it is a folder, not a file"),
            (fifo.as_path(), "it is a FIFO, not a file"),
            (socket.as_path(), "it is a socket, not a file"),
            (Path::new("/dev/zero"), "it is a device, not a file"),
            (round.as_path(), "Too many levels of symbolic links (os error 40)"),
        ] {
            assert_eq!(open_file(path).expect_err("no file").to_string(), expected);
        }
    }
}

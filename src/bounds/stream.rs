//! What is read from its beginning to its end, and may be a pipe.

use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use super::file::{kind, open_file, read_opened};
use super::limit::{Limit, no_memory};

/// What is copied, or made room for, at a time.
const CHUNK_BYTES: u64 = 1 << 16;

/// Opens a file, a FIFO, a terminal, `/dev/null` or, as `-`, standard input. A FIFO is waited for until somebody writes.
///
/// # Errors
///
/// What the system says, or what is there that is none of these.
pub fn open_stream(path: &Path) -> Result<File> {
    if path == Path::new("-") {
        let input = File::from(std::io::stdin().as_fd().try_clone_to_owned()?);
        require_stream(&input.metadata()?)?;
        return Ok(input);
    }
    require_stream(&std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    require_stream(&file.metadata()?)?;
    Ok(file)
}

/// Fails unless it is a file, a FIFO, a terminal, `/dev/null`, or a connection that somebody has opened for us.
///
/// # Errors
///
/// What it is.
pub fn require_stream(metadata: &Metadata) -> Result<()> {
    let file_type = metadata.file_type();
    let is_stream = file_type.is_fifo() || file_type.is_socket() || file_type.is_char_device() && !is_source(metadata);
    match kind(file_type).filter(|_| !is_stream) {
        None => Ok(()),
        Some(kind) => Err(Error::other(format!("it is {kind}, not a file"))),
    }
}

/// Whether it is one of the kernel's devices that never end: those of its memory, except the one that is always empty.
fn is_source(metadata: &Metadata) -> bool {
    const MEMORY: u32 = 1;
    const NULL: u32 = 3;
    let device = metadata.rdev();
    rustix::fs::major(device) == MEMORY && rustix::fs::minor(device) != NULL
}

/// All bytes of a file, of `-`, or of a pipe that a shell has opened for us, as `<(...)` does. A FIFO with a name is refused,
/// since nobody may ever write to it.
///
/// # Errors
///
/// As [`open_stream`] and [`read_all`].
pub fn read_document(path: &Path, limit: &Limit) -> Result<Vec<u8>> {
    let is_ours =
        path == Path::new("-") || ["/dev/stdin", "/dev/fd", "/proc/self/fd"].iter().any(|at| path.starts_with(at));
    let file = if is_ours || is_null(path) { open_stream(path)? } else { open_file(path)? };
    if file.metadata()?.is_file() { read_opened(file, limit) } else { read_all(file, limit) }
}

fn is_null(path: &Path) -> bool {
    path == Path::new("/dev/null")
}

/// All bytes that come.
///
/// # Errors
///
/// What the input says; more bytes than the limit, or than memory holds.
pub fn read_all(mut input: impl Read, limit: &Limit) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = limit.bytes.saturating_add(1);
    match read_exactly(&mut input, most, &mut bytes)? {
        count if count == most => Err(limit.exceeded(None)),
        _ => Ok(bytes),
    }
}

/// Appends `count` bytes to `into`, or what there is, and says how many that were. Memory grows with what comes, not with
/// what a length says.
///
/// # Errors
///
/// What the input says, or that there is no memory.
pub fn read_exactly(input: &mut impl Read, count: u64, into: &mut Vec<u8>) -> Result<u64> {
    let mut left = count;
    while left > 0 {
        let chunk = left.min(CHUNK_BYTES);
        into.try_reserve(chunk as usize).map_err(|_| no_memory((into.len() as u64).saturating_add(chunk)))?;
        let read = input.by_ref().take(chunk).read_to_end(into)? as u64;
        left -= read;
        if read < chunk {
            break;
        }
    }
    Ok(count - left)
}

/// Makes a buffer `bytes` long, or cuts it; what is new is zero.
///
/// # Errors
///
/// There is no memory.
pub fn make_room(buffer: &mut Vec<u8>, bytes: usize) -> Result<()> {
    buffer.try_reserve_exact(bytes.saturating_sub(buffer.len())).map_err(|_| no_memory(bytes as u64))?;
    buffer.resize(bytes, 0);
    Ok(())
}

/// Copies all that comes.
///
/// # Errors
///
/// What one of the two says, or more bytes than the limit.
pub fn copy_all(input: &mut dyn Read, output: &mut dyn Write, limit: &Limit) -> Result<u64> {
    let (mut copied, mut buffer) = (0_u64, vec![0; CHUNK_BYTES as usize]);
    loop {
        let count = match input.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        copied += count as u64;
        if copied > limit.bytes {
            return Err(Error::other(format!("{}; name a file instead", limit.exceeded(None))));
        }
        output.write_all(buffer.get(..count).unwrap_or_default())?;
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    const LIMIT: Limit = Limit { what: "pipes of a test", bytes: 100_000 };

    #[test]
    fn what_never_ends_is_refused_at_its_limit() {
        let error = read_all(std::io::repeat(0), &LIMIT).expect_err("it never ends");
        assert_eq!(error.to_string(), "it has more than 100000 bytes; the limit of pipes of a test is 100000");
        let mut copy = Vec::new();
        let error = copy_all(&mut std::io::repeat(0), &mut copy, &LIMIT).expect_err("it never ends");
        assert!(error.to_string().ends_with("is 100000; name a file instead"), "{error}");
        assert!(copy.len() as u64 <= LIMIT.bytes);
    }

    #[test]
    fn what_is_as_long_as_may_be_is_read() {
        let bytes = vec![7; 100_000];
        assert_eq!(read_all(bytes.as_slice(), &LIMIT).expect("within the limit"), bytes);
        let mut copy = Vec::new();
        assert_eq!(copy_all(&mut bytes.as_slice(), &mut copy, &LIMIT).expect("within the limit"), 100_000);
        assert_eq!(copy, bytes);
        let mut start = Vec::new();
        assert_eq!(read_exactly(&mut bytes.as_slice(), 70_000, &mut start).expect("memory"), 70_000);
        assert_eq!(read_exactly(&mut bytes.as_slice(), 200_000, &mut start).expect("memory"), 100_000);
        assert_eq!(start.len(), 170_000);
    }

    #[test]
    fn devices_that_never_end_are_refused() {
        for path in ["/dev/zero", "/dev/full", "/dev/urandom"] {
            let error = open_stream(Path::new(path)).expect_err("it never ends");
            assert_eq!(error.to_string(), "it is a device, not a file", "{path}");
        }
        assert_eq!(read_document(Path::new("/dev/null"), &LIMIT).expect("nothing"), b"");
    }

    #[test]
    fn a_named_fifo_is_no_document() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let fifo = folder.path().join("fifo");
        mknodat(CWD, &fifo, FileType::Fifo, Mode::RWXU, 0).expect("a FIFO");
        let error = read_document(&fifo, &LIMIT).expect_err("nobody writes to it");
        assert_eq!(error.to_string(), "it is a FIFO, not a file");
    }
}

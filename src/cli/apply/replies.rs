//! Replies of steps that are on the disk: each is written, and synced, before the next step is.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::progress::Progress;
use crate::cli::ended::Failure;
use crate::cli::force_flag::ForceFlag;
use crate::cli::output::{Output, write_failure};
use crate::format::counted;

/// Where they go.
pub(super) enum Replies {
    None,
    File {
        path: PathBuf,
        file: File,
    },
    /// Standard output, a pipe: it begins with the first reply that is new.
    Stream(Output),
}

impl Replies {
    /// For a database that is made anew. The file is there before the database is.
    pub(super) fn create(path: Option<&Path>, force: ForceFlag) -> Result<Replies, Failure> {
        let Some(path) = path else { return Ok(Replies::None) };
        // An empty file may be left of a run that came no further.
        if !std::fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0) {
            force.allow("--replies", path)?;
        }
        if is_stream(path) {
            return Output::create(path).map(Replies::Stream);
        }
        let file = File::create(path).map_err(failed(path))?;
        Replies::synced(path, file)
    }

    /// For a database that goes on from `done`: a file must have the replies that it has. The last may be missing.
    pub(super) fn reopen(path: Option<&Path>, done: &Progress) -> Result<Replies, Failure> {
        let Some(path) = path else { return Ok(Replies::None) };
        if is_stream(path) {
            return Output::create(path).map(Replies::Stream);
        }
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).create(true).truncate(false).open(path).map_err(failed(path))?;
        let (mut lines, mut end, mut last) = (0_u64, 0_u64, Vec::new());
        let mut reader = BufReader::new(&file);
        loop {
            let mut line = Vec::new();
            let bytes = reader.read_until(b'\n', &mut line).map_err(failed(path))?;
            // What a crash has left of a line is written anew.
            if line.pop() != Some(b'\n') {
                break;
            }
            (lines, end, last) = (lines + 1, end + bytes as u64, line);
        }
        let is_of_this_run = lines == done.replies && (lines == 0 || last == done.reply);
        if !is_of_this_run && lines + 1 != done.replies {
            return Err(Failure::Input(format!(
                "--replies {}: its {} are not those of the first {}, for which clients got {} in all; name the file that has \
                 them, or - for those that follow",
                path.display(),
                counted(lines, "line"),
                counted(done.steps, "step"),
                done.replies,
            )));
        }
        file.set_len(end).and_then(|()| file.seek(SeekFrom::Start(end))).map_err(failed(path))?;
        let mut replies = Replies::synced(path, file)?;
        if !is_of_this_run {
            replies.tell(&done.reply)?;
        }
        Ok(replies)
    }

    fn synced(path: &Path, file: File) -> Result<Replies, Failure> {
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let synced = file.sync_all().and_then(|()| File::open(folder)?.sync_all());
        synced.map_err(failed(path))?;
        Ok(Replies::File { path: path.to_owned(), file })
    }

    /// Tells a reply whose step is on the disk.
    pub(super) fn tell(&mut self, reply: &[u8]) -> Result<(), Failure> {
        let line = [reply, b"\n"].concat();
        match self {
            Replies::None => Ok(()),
            // The database forgets this reply with the next step.
            Replies::File { path, file } => file.write_all(&line).and_then(|()| file.sync_data()).map_err(failed(path)),
            Replies::Stream(out) => out.write_all(&line).and_then(|()| out.flush()).map_err(write_failure),
        }
    }
}

fn is_stream(path: &Path) -> bool {
    path == Path::new("-") || std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    move |error| Failure::Input(format!("write {}: {error}", path.display()))
}

//! Replies of steps that are on the disk: each is written, and synced, before the next step is.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use super::progress::{Progress, START, chained};
use crate::cli::ended::Failure;
use crate::cli::force_flag::ForceFlag;
use crate::cli::output::{Output, write_failure};
use crate::format::counted;
use crate::staging::AppendedFile;

/// Where they go.
pub(super) enum Replies {
    None,
    File(AppendedFile),
    /// Standard output, a pipe: it begins with the first reply that is new.
    Stream(Output),
}

/// How a file of replies goes on.
pub(super) struct Found {
    replies: Replies,
    /// How much of it stays.
    bytes: u64,
    /// Whether the last reply is not in it.
    lacks_last: bool,
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
        let mut file = AppendedFile::open(path).map_err(Failure::input)?;
        file.cut_to(0).map_err(Failure::input)?;
        Ok(Replies::File(file))
    }

    /// For a database that goes on from `done`: a file must have the replies of its steps. The last may be missing, or cut short.
    pub(super) fn find(path: Option<&Path>, done: &Progress) -> Result<Found, Failure> {
        let found = |replies| Found { replies, bytes: 0, lacks_last: false };
        let Some(path) = path else { return Ok(found(Replies::None)) };
        if is_stream(path) {
            return Output::create(path).map(Replies::Stream).map(found);
        }
        let is_new = !path.exists();
        let file = AppendedFile::open(path).map_err(Failure::input)?;
        let (mut lines, mut bytes, mut digest) = (0_u64, 0_u64, START);
        let rest;
        let mut reader = BufReader::new(file.reader());
        loop {
            let mut line = Vec::new();
            let read = reader.read_until(b'\n', &mut line);
            let read = read.map_err(|error| Failure::Input(format!("read {}: {error}", path.display())))?;
            let Some(line) = line.strip_suffix(b"\n") else {
                rest = line;
                break;
            };
            (lines, bytes, digest) = (lines + 1, bytes + read as u64, chained(&digest, line));
        }
        drop(reader);
        let last = done.reply.as_deref();
        let has_all = lines == done.replies && digest == done.replies_digest && rest.is_empty();
        let lacks_last = last.is_some_and(|last| chained(&digest, last) == done.replies_digest && begins(last, &rest));
        if has_all || lacks_last && lines + 1 == done.replies {
            return Ok(Found { replies: Replies::File(file), bytes, lacks_last: !has_all });
        }
        if is_new {
            // Nobody else has added to it: it is locked.
            let _ = std::fs::remove_file(path);
        }
        let (path, steps) = (path.display(), counted(done.steps, "step"));
        let (lines, told) = (counted(lines, "line"), done.replies);
        Err(Failure::Input(format!(
            "--replies {path}: its {lines} are not the {told} of the first {steps}, which the database has; if it is the right \
             file, the database has lost steps that were told, so begin anew; else name the right file, or - for what follows"
        )))
    }

    /// Tells a reply whose step is on the disk.
    pub(super) fn tell(&mut self, reply: &[u8]) -> Result<(), Failure> {
        let line = [reply, b"\n"].concat();
        match self {
            Replies::None => Ok(()),
            // The database forgets this reply with the next step.
            Replies::File(file) => file.add(&line).map_err(Failure::input),
            Replies::Stream(out) => out.write_all(&line).and_then(|()| out.flush()).map_err(write_failure),
        }
    }
}

impl Found {
    /// Takes away what is not whole, and adds what is missing.
    pub(super) fn go_on(self, done: &Progress) -> Result<Replies, Failure> {
        let Found { mut replies, bytes, lacks_last } = self;
        if let Replies::File(file) = &mut replies {
            file.cut_to(bytes).map_err(Failure::input)?;
        }
        match &done.reply {
            Some(reply) if lacks_last => replies.tell(reply)?,
            _ => {}
        }
        Ok(replies)
    }
}

/// Whether `rest` is what a crash may have left of a line: its beginning, and zeros for what did not reach the disk.
fn begins(line: &[u8], rest: &[u8]) -> bool {
    let is_like = |(expected, found): (&u8, &u8)| found == expected || *found == 0;
    rest.len() <= line.len() + 1 && line.iter().chain(b"\n").zip(rest).all(is_like)
}

fn is_stream(path: &Path) -> bool {
    path == Path::new("-") || std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

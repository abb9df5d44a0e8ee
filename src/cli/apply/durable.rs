//! `apply --durable`: each step is on the disk before its reply is told, and a run that was ended goes on where it came to.

use super::arguments::Arguments;
use super::progress::Progress;
use super::replies::Replies;
use crate::case::replay::{client_reply, plan, remember};
use crate::cli::ended::Failure;
use crate::cli::input;
use crate::cli::output::{note, write_failure};
use crate::database::{Database, History};
use crate::format::counted;
use crate::staging::{Existing, StagedDir, is_database};
use crate::store::{Planned, Store};
use crate::workload::{TraceSteps, write_reply};

/// Applies the steps that the database does not have yet. Gives the store, and how many commands it refused.
pub(super) fn apply(
    arguments: &Arguments,
    steps: &mut TraceSteps,
    counter: &indicatif::ProgressBar,
) -> Result<(Store, u64), Failure> {
    let (mut store, mut done, mut replies) =
        if is_database(&arguments.db) { go_on(arguments, steps)? } else { begin(arguments)? };
    counter.inc(done.steps);
    let mut refused = 0;
    for step in steps {
        let step = step.map_err(|error| input::trace_failure(&arguments.trace, &error))?;
        let planned = plan(&mut store, &step).map_err(Failure::input)?;
        let mut line = Vec::new();
        let reply = client_reply(&step, planned.answers().to_vec());
        let reply = reply.map(|reply| write_reply(&reply, &mut line).map(|()| line.trim_ascii_end().to_vec()));
        let reply = reply.transpose().map_err(write_failure)?;
        let is_told = reply.is_some();
        done = done.after(&step, reply).map_err(write_failure)?;
        let answers = store.commit(planned, Some(&done.to_bytes())).map_err(Failure::input)?;
        if is_told {
            replies.tell(&done.reply)?;
        }
        refused += answers.iter().filter(|answer| answer.is_refused()).count() as u64;
        counter.inc(1);
    }
    Ok((store, refused))
}

/// A store that is empty, and in its place.
fn begin(arguments: &Arguments) -> Result<(Store, Progress, Replies), Failure> {
    let (width, history) = arguments.made_with();
    let staged = StagedDir::new(&arguments.db, Existing::RefuseAlways).map_err(Failure::input)?;
    let replies = Replies::create(arguments.replies.as_deref(), arguments.force)?;
    let done = Progress::start(width.bytes() as u8);
    let created = staged.undisturbed(|| Store::create(&staged.path(), width, history));
    let mut store = created.map_err(Failure::input)?;
    store.commit(Planned::default(), Some(&done.to_bytes())).map_err(Failure::input)?;
    store.sync().map_err(Failure::input)?;
    drop(store);
    staged.publish().map_err(Failure::input)?;
    let store = Store::open(&arguments.db, width).map_err(Failure::input)?;
    Ok((store, done, replies))
}

/// A store that was begun before, and what it has of the trace passed over.
fn go_on(arguments: &Arguments, steps: &mut TraceSteps) -> Result<(Store, Progress, Replies), Failure> {
    let (mut store, done) = reopen(arguments)?;
    pass_over(arguments, steps, &mut store, &done)?;
    let replies = Replies::reopen(arguments.replies.as_deref(), &done)?;
    let count = counted(done.steps, "step");
    note(&format!("note: {} has the first {count} of the trace; what follows is added", arguments.db.display()));
    Ok((store, done, replies))
}

/// A database that was begun with this flag.
fn reopen(arguments: &Arguments) -> Result<(Store, Progress), Failure> {
    let path = &arguments.db;
    let refuse = |problem: &str| Failure::Input(format!("--db {}: {problem}", path.display()));
    // Whoever only reads looks at more of the files than whoever writes.
    Database::open_read_only(path).map_err(Failure::input)?;
    let (width, history) = arguments.made_with();
    let store = Store::open(path, width).map_err(Failure::input)?;
    let progress = store.database().progress().map_err(Failure::input)?;
    let progress = progress.ok_or_else(|| {
        refuse(
            "it is a database that was not begun with --durable, and is not added to; name an absent or empty folder",
        )
    })?;
    let done = Progress::parse(&progress).ok_or_else(|| {
        refuse("the record of how far it came is malformed; the database is corrupt, restore a copy or make it again")
    })?;
    if usize::from(done.width) != width.bytes() {
        return Err(refuse(&format!("it was begun with --meta {}; give that", done.width)));
    }
    if store.database().keeps_history() != (history == History::Kept) {
        let begun = if store.database().keeps_history() { "with" } else { "without" };
        return Err(refuse(&format!("it was begun {begun} --history, and goes on so only")));
    }
    Ok((store, done))
}

/// Passes over the steps that are done, which must be those that the database was made from.
fn pass_over(arguments: &Arguments, steps: &mut TraceSteps, store: &mut Store, done: &Progress) -> Result<(), Failure> {
    let mut passed = Progress::start(done.width);
    while passed.steps < done.steps {
        let Some(step) = steps.next() else { break };
        let step = step.map_err(|error| input::trace_failure(&arguments.trace, &error))?;
        remember(store, &step);
        passed = passed.after(&step, None).map_err(write_failure)?;
    }
    if (passed.steps, passed.digest) == (done.steps, done.digest) {
        return Ok(());
    }
    Err(Failure::Input(format!(
        "--db {}: it has the first {} of another trace than {}; give that trace, or name an absent or empty folder",
        arguments.db.display(),
        counted(done.steps, "step"),
        arguments.trace.display(),
    )))
}

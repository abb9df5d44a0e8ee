//! `apply --durable`: each step is on the disk before its reply is told, and a run that was ended goes on where it came to.

use super::arguments::Arguments;
use super::progress::Progress;
use super::replies::Replies;
use crate::case::replay::{client_reply, plan};
use crate::cli::ended::Failure;
use crate::cli::input;
use crate::cli::output::{note, write_failure};
use crate::database::{Database, History};
use crate::format::counted;
use crate::staging::{Existing, StagedDir, is_database};
use crate::store::{Planned, Store};
use crate::workload::{Action, TraceSteps, write_reply};

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
        if matches!(step.action, Action::Begin { .. } | Action::Commit { .. }) {
            return Err(Failure::Input(format!(
                "{}: step {}: --durable cannot go on in the middle of what a client has begun; leave it out",
                arguments.trace.display(),
                done.steps + 1
            )));
        }
        let planned = plan(&mut store, &step).map_err(Failure::input)?.planned;
        let mut line = Vec::new();
        let reply = client_reply(&step, planned.answers().to_vec());
        let reply = reply.map(|reply| write_reply(&reply, &mut line).map(|()| line.trim_ascii_end().to_vec()));
        let reply = reply.transpose().map_err(write_failure)?;
        done = done.after(&step, reply).map_err(write_failure)?;
        let answers = store.commit(planned, Some(&done.to_bytes())).map_err(Failure::input)?;
        if let Some(reply) = &done.reply {
            replies.tell(reply)?;
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

/// A store that was begun before, and what it has of the trace passed over. Until all is found right nothing changes.
fn go_on(arguments: &Arguments, steps: &mut TraceSteps) -> Result<(Store, Progress, Replies), Failure> {
    let done = progress(arguments)?;
    let passed = pass_over(arguments, steps, &done)?;
    let replies = Replies::find(arguments.replies.as_deref(), &done)?;
    let (width, _) = arguments.made_with();
    let mut store = Store::open(&arguments.db, width).map_err(Failure::input)?;
    store.advance_to(passed.at_ms);
    if passed.is_upgraded {
        store.upgrade();
    }
    let replies = replies.go_on(&done)?;
    let count = counted(done.steps, "step");
    note(&format!("note: {} has the first {count} of the trace; what follows is added", arguments.db.display()));
    Ok((store, done, replies))
}

/// How far a database came that was begun with this flag.
fn progress(arguments: &Arguments) -> Result<Progress, Failure> {
    let path = &arguments.db;
    let refuse = |problem: &str| Failure::Input(format!("--db {}: {problem}", path.display()));
    let database = Database::open_read_only(path).map_err(Failure::input)?;
    let progress = database.progress().map_err(Failure::input)?;
    let progress = progress.ok_or_else(|| {
        refuse(
            "it is a database that was not begun with --durable, and is not added to; name an absent or empty folder",
        )
    })?;
    let done = Progress::parse(&progress).ok_or_else(|| {
        refuse("the record of how far it came is malformed; the database is corrupt, restore a copy or make it again")
    })?;
    // After a crash it was not closed in order, of course.
    database.warnings().iter().filter(|warning| !warning.contains("it was not closed in order")).for_each(|warning| {
        note(&format!("warning: {warning}"));
    });
    if database.lacks_log().map_err(Failure::input)? {
        return Err(refuse("steps that were told may be lost with its log; restore a copy or make it again"));
    }
    let (width, history) = arguments.made_with();
    if usize::from(done.width) != width.bytes() {
        return Err(refuse(&format!("it was begun with --meta {}; give that", done.width)));
    }
    if database.keeps_history() != (history == History::Kept) {
        let begun = if database.keeps_history() { "with" } else { "without" };
        return Err(refuse(&format!("it was begun {begun} --history, and goes on so only")));
    }
    Ok(done)
}

/// What of the steps that are done a store does not keep in its database.
#[derive(Default)]
struct Passed {
    at_ms: u64,
    is_upgraded: bool,
}

/// Passes over the steps that are done, which must be those that the database was made from.
fn pass_over(arguments: &Arguments, steps: &mut TraceSteps, done: &Progress) -> Result<Passed, Failure> {
    let (mut passed, mut kept) = (Progress::start(done.width), Passed::default());
    while passed.steps < done.steps {
        let Some(step) = steps.next() else { break };
        let step = step.map_err(|error| input::trace_failure(&arguments.trace, &error))?;
        kept.at_ms = kept.at_ms.max(step.at_ms.unwrap_or_default());
        kept.is_upgraded |= step.action == Action::Upgrade;
        passed = passed.after(&step, None).map_err(write_failure)?;
    }
    let (db, trace, count) = (arguments.db.display(), arguments.trace.display(), counted(done.steps, "step"));
    if passed.steps < done.steps {
        let has = counted(passed.steps, "step");
        return Err(Failure::Input(format!(
            "--db {db}: it has {count} of a trace, and {trace} has {has} only; give the whole trace"
        )));
    }
    if passed.digest != done.digest {
        return Err(Failure::Input(format!(
            "--db {db}: it has the first {count} of another trace than {trace}; give that trace, or name an absent folder"
        )));
    }
    Ok(kept)
}

//! `apply`: a trace's records in RocksDB.

mod arguments;
mod durable;
mod progress;
mod replies;

pub(super) use arguments::Arguments;

use super::ended::{Ended, Failure, Verdict};
use super::input;
use super::output::{note, write_failure};
use super::progress as bar;
use crate::case::replay::{Ran, client_reply, on_store};
use crate::staging::{Existing, StagedDir};
use crate::store::Store;
use crate::workload::{TraceSteps, write_reply};

pub(super) fn run(arguments: &Arguments) -> Ended {
    input::refuse_to_overwrite(&arguments.trace, arguments.replies.as_deref(), "--replies")?;
    refuse_replies_inside(arguments)?;
    let mut steps = input::open_trace(&arguments.trace, &arguments.recording)?;
    let counter = bar::counter("steps");
    let refused = if arguments.durable {
        let (mut store, refused) = durable::apply(arguments, &mut steps, &counter)?;
        finish(arguments, &mut store)?;
        refused
    } else {
        apply(arguments, &mut steps, &counter)?
    };
    counter.finish_and_clear();
    steps.notes().iter().for_each(|line| note(line));
    if refused > 0 {
        let commands = if refused == 1 { "command" } else { "commands" };
        note(&format!(
            "note: the store refused {refused} {commands} because of its own limits, which Redis does not have"
        ));
    }
    Ok(Verdict::Holds)
}

/// Gives how many commands the store refused.
fn apply(arguments: &Arguments, steps: &mut TraceSteps, counter: &indicatif::ProgressBar) -> Result<u64, Failure> {
    let (width, history) = arguments.made_with();
    let staged = StagedDir::new(&arguments.db, Existing::RefuseAlways).map_err(Failure::input)?;
    let mut replies = arguments.replies.as_deref().map(|path| arguments.force.create("--replies", path)).transpose()?;
    let created = staged.undisturbed(|| Store::create(&staged.path(), width, history));
    let mut store = created.map_err(Failure::input)?;
    let mut refused = 0;
    for step in steps {
        let step = step.map_err(|error| input::trace_failure(&arguments.trace, &error))?;
        let Ran { step, answers } = on_store(&mut store, &step).map_err(Failure::input)?;
        refused += answers.iter().filter(|answer| answer.is_refused()).count() as u64;
        if let (Some(out), Some(reply)) = (&mut replies, client_reply(&step, answers)) {
            write_reply(&reply, out).map_err(write_failure)?;
        }
        counter.inc(1);
    }
    finish(arguments, &mut store)?;
    drop(store);
    if let Some(replies) = replies {
        replies.finish()?;
    }
    staged.publish().map_err(Failure::input)?;
    Ok(refused)
}

fn finish(arguments: &Arguments, store: &mut Store) -> Result<(), Failure> {
    if arguments.compact {
        for key in store.keys().map_err(Failure::input)? {
            store.compact(&key).map_err(Failure::input)?;
        }
    }
    store.sync().map_err(Failure::input)
}

/// The database's folder is put in place as a whole, and would take the replies' place.
fn refuse_replies_inside(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.replies {
        Some(replies) if replies.starts_with(&arguments.db) => {
            let (replies, db) = (replies.display(), arguments.db.display());
            Err(Failure::Input(format!("--replies {replies}: {db} will hold the database; name a file outside of it")))
        }
        _ => Ok(()),
    }
}

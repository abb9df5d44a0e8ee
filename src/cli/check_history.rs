//! `check-history`: does some order explain what several clients were told?

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::annotations;
use super::ended::{Ended, Failure, Verdict};
use super::input;
use super::output::{Output, despite_broken_pipe, write_failure};
use super::style::{BAD, GOOD, paint};
use crate::format::counted;
use crate::history::{History, Judgement, STATES};

const NOTES: &str = "\
A history has a line for each operation: the client, the times of call and reply in microseconds, the command or the commands \
of a MULTI, and the reply. An operation without a reply took effect never, or at any time after its call. The store had no keys \
before the history.

The history is right if each operation can have taken effect at one moment between its call and its reply, so that Redis would \
have given all the replies in this order. If there is no such order, the fewest operations are printed whose replies contradict \
each other.

Exit codes: 0 if some order explains the history, 1 if none does, 2 if it cannot be read, or is undecided: too many orders \
would have to be tried.";

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip check-history history.jsonl
  recorder | ekv-roundtrip check-history -        from standard input

A line of a history:
  {\"client\":0,\"call_us\":12,\"reply_us\":40,\"cmd\":[\"RPUSH\",\"k\",\"a\"],\"reply\":1}";

/// Check whether some order of the operations explains a history of several clients
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{EXAMPLES}"))]
pub(super) struct Arguments {
    /// The history, as JSON lines; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    let named = arguments.file.display();
    let history = History::read(input::open(&arguments.file)?)
        .map_err(|error| Failure::Input(format!("history {named}: {error}")))?;
    if history.operations.is_empty() {
        return Err(Failure::Input(format!("history {named}: it holds no operation, so nothing was checked")));
    }
    let size = format!(
        "{} of {}, {}",
        counted(history.operations.len() as u64, "operation"),
        counted(history.clients() as u64, "client"),
        counted(history.commands() as u64, "command")
    );
    let (text, verdict) = match history.judge(STATES) {
        Judgement::Explained => (paint(GOOD, format!("some order explains {size}")) + "\n", Verdict::Holds),
        Judgement::Unexplained(found) => {
            let window = history.window(&found.operations, found.explained_until_us);
            let headline = format!("no order explains {size}");
            let timeline = window.timeline().text();
            annotations::error(&headline, None, &timeline);
            (format!("{}\n{timeline}", paint(BAD, headline)), Verdict::Finding)
        }
        Judgement::Undecided { states } => {
            return Err(Failure::Input(format!(
                "history {named}: undecided after {states} states; record shorter histories, with fewer clients or fewer \
                 operations without a reply, each from an empty store"
            )));
        }
    };
    let mut out = Output::people();
    despite_broken_pipe(write!(out, "{text}").and_then(|()| out.flush()).map_err(write_failure))?;
    Ok(verdict)
}

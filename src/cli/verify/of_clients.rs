//! `verify --store --clients`: several clients of a server at a time.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Arguments;
use crate::cli::annotations;
use crate::cli::ended::{Ended, Failure, Verdict};
use crate::cli::generate::announce_seed;
use crate::cli::output::{Output, despite_broken_pipe, note, write_failure};
use crate::cli::signals::on_signals;
use crate::clients::{ATTEMPTS, ClientsError, Plan, Shape, Wrong, record, shrink};
use crate::command::Reply;
use crate::format::counted;
use crate::history::{History, Judgement, STATES, Window};
use crate::jobs::Interrupt;
use crate::server::{Patience, RESPONSE_TIMEOUT, Server};

/// What each client sends in a history at most: longer ones take longer to judge, and races show in short ones too.
const OPERATIONS: u64 = 40;
/// How long a wrong history is shrunk.
const SHRINKING: Duration = Duration::from_secs(20);
/// The states that a history may take while it is shrunk.
const STATES_OF_ATTEMPT: u64 = STATES / 10;

/// A server and the keys that the next run may use.
struct Runs {
    server: Server,
    patience: Patience,
    runs: u64,
}

impl Runs {
    /// Runs a plan on keys of its own, and leaves none.
    fn record(&mut self, plan: &Plan) -> Result<History, Failure> {
        self.runs += 1;
        let plan = plan.with_prefix(&format!("h{}:", self.runs));
        self.server.own(&plan.keys).map_err(Failure::input)?;
        let address = self.server.address().clone();
        let history = record(&plan, &address, &self.patience).map_err(|error| match error {
            ClientsError::Server(error) => Failure::input(error),
            error @ ClientsError::Thread => Failure::Defect(error.to_string()),
        });
        self.server.clear().map_err(Failure::input)?;
        history
    }
}

/// Fails if a flag is given that says nothing of a server with several clients.
fn require_no_more(arguments: &Arguments) -> Result<(), Failure> {
    let given = [
        ("--case", arguments.case.is_some()),
        ("--keys", arguments.shape.keys.is_some()),
        ("--profile", !arguments.profiles.is_empty()),
        ("--keep", arguments.keep),
        ("--shard", arguments.shard.is_given()),
    ];
    let of_servers = arguments.check.servers.beside_the_store();
    let flag = given.into_iter().find(|(_, is_given)| *is_given).map(|(flag, _)| flag);
    match flag.or(of_servers).or(arguments.results.first_given()) {
        Some(flag) => Err(Failure::Input(format!("{flag}: a server with --clients does not have that; leave it out"))),
        None => Ok(()),
    }
}

pub(super) fn run(arguments: &Arguments, clients: u32) -> Ended {
    require_no_more(arguments)?;
    let seed = announce_seed(arguments.seed);
    let interrupt = on_signals();
    let patience = Patience { timeout: RESPONSE_TIMEOUT, interrupt: interrupt.clone() };
    let mut server = arguments.check.servers.open_store(&patience)?;
    let time = vec![b"TIME".to_vec()];
    let has_clock = matches!(server.connection().command(&time), Ok(Reply::Array(_)));
    let vocabulary = server.vocabulary().clone();
    let shape =
        Shape { clients, operations: (arguments.shape.commands / u64::from(clients)).clamp(1, OPERATIONS), has_clock };
    let mut runs = Runs { server, patience, runs: 0 };
    let (started, mut histories, mut commands, mut undecided) = (Instant::now(), 0_u64, 0, 0_u64);
    let mut found = None;
    let goes_on = |histories: u64| match (arguments.time, arguments.cases) {
        (Some(time), _) => started.elapsed() < time,
        (None, cases) => histories < cases.unwrap_or(100),
    };
    while goes_on(histories) && !interrupt.is_wished() {
        let plan = Plan::draw(seed.wrapping_add(histories), shape, "h", |args| vocabulary.unknown_of(args));
        let history = runs.record(&plan)?;
        (histories, commands) = (histories + 1, commands + history.commands());
        match judged(&history, has_clock, STATES) {
            Judgement::Explained => {}
            Judgement::Undecided { .. } => undecided += 1,
            Judgement::Unexplained(_) => {
                found = Some(Wrong { plan, history });
                break;
            }
        }
    }
    let took = started.elapsed().as_secs_f64();
    let mut out = Output::people();
    let mut text = String::new();
    let is_found = found.is_some();
    if let Some(wrong) = found {
        text = finding(arguments, wrong, &mut runs, has_clock, &interrupt)?;
    }
    let (cases, noun) =
        (counted(histories, "history").replace("historys", "histories"), counted(commands as u64, "command"));
    let mismatches = if is_found { "1 mismatch" } else { "0 mismatches" };
    let speed = (commands as f64 / took.max(0.001)).round();
    let printed = writeln!(
        out,
        "{text}verified {cases} of {clients} clients, {noun}: {mismatches} in {took:.1} s ({speed} commands/s), seed {seed}; \
         {undecided} undecided"
    );
    despite_broken_pipe(printed.and_then(|()| out.flush()).map_err(write_failure))?;
    match (is_found, interrupt.is_wished()) {
        (true, _) => Ok(Verdict::Finding),
        (false, true) => Err(Failure::Input("interrupted: not every history was run".to_owned())),
        (false, false) if undecided == histories => Err(Failure::Input(
            "no history was decided, so nothing was verified; use fewer --clients or --commands".to_owned(),
        )),
        (false, false) => Ok(Verdict::Holds),
    }
}

/// A history with times of the server's clock, which was lost on the way, says nothing.
fn judged(history: &History, has_clock: bool, states: u64) -> Judgement {
    if has_clock && history.clock.is_none() { Judgement::Undecided { states: 0 } } else { history.judge(states) }
}

/// Shrinks a wrong history, keeps it if a folder is named, and tells it.
fn finding(
    arguments: &Arguments,
    wrong: Wrong,
    runs: &mut Runs,
    has_clock: bool,
    interrupt: &Interrupt,
) -> Result<String, Failure> {
    let (sent, kept) = (operations(&wrong.plan), wrong.history.clone());
    let until = Instant::now() + SHRINKING;
    note(&format!("shrinking a history, for at most {} seconds, each attempt {ATTEMPTS} times", SHRINKING.as_secs()));
    let attempt = |plan: &Plan| {
        let history = runs.record(plan)?;
        let is_wrong = matches!(judged(&history, has_clock, STATES_OF_ATTEMPT), Judgement::Unexplained(_));
        Ok::<_, Failure>(is_wrong.then_some(history))
    };
    let small = shrink(wrong, attempt, || Instant::now() < until && !interrupt.is_wished())?;
    let Judgement::Unexplained(found) = small.history.judge(STATES) else {
        return Err(Failure::Defect(
            "a wrong history is right; this is a bug of ekv-roundtrip, please report it".to_owned(),
        ));
    };
    let window = small.history.window(&found.operations, found.explained_until_us);
    let headline = format!("MISMATCH no order explains a history: {}", window.history.contradiction());
    let clients = counted(small.plan.streams.len() as u64, "client");
    let mut text = format!("{headline}\n  shrunk   to {} of {sent}, of {clients}\n", operations(&small.plan));
    text.push_str(&window.text());
    match arguments.found.folder() {
        Some(folder) => {
            write_folder(folder, &kept, &small.history, &window)?;
            text.push_str(&format!("  folder   {}; check-history judges its history.jsonl again\n", folder.display()));
        }
        None => note("the history cannot be repeated from the seed; to keep it, add --findings DIR"),
    }
    annotations::error(&headline, None, &text);
    text.push('\n');
    Ok(text)
}

fn operations(plan: &Plan) -> usize {
    plan.streams.iter().map(Vec::len).sum()
}

fn write_folder(folder: &Path, kept: &History, small: &History, window: &Window) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Input(format!("write {}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    for (name, history) in [("history.jsonl", kept), ("shrunk.jsonl", small), ("window.jsonl", &window.history)] {
        Output::create(&folder.join(name))?.write_all(|out| history.write(out).map_err(write_failure))?;
    }
    for (name, text) in [("timeline.txt", window.text()), ("timeline.svg", window.svg())] {
        Output::create(&folder.join(name))?.write_all(|out| out.write_all(text.as_bytes()).map_err(write_failure))?;
    }
    Ok(())
}

//! `verify --store --clients`: several clients of a server at a time.

use std::io::Write as _;
use std::time::{Duration, Instant};

use super::arguments::Arguments;
use super::client_runs::{Runs, repeat};
use super::mismatch::{shaping_flags, tell, verdict};
use super::wrong_history::WrongHistory;
use crate::campaign::{Budget, Shard};
use crate::cli::ended::{Ended, Failure};
use crate::cli::generate::announce_seed;
use crate::cli::output::{despite_broken_pipe, note, write_failure};
use crate::cli::signals::on_signals;
use crate::cli::step_summary::write_step_summary;
use crate::clients::{Plan, Shape, Wrong};
use crate::command::Reply;
use crate::finding::{Finding, LeftOutKind};
use crate::format::counted;
use crate::history::{Judgement, Outcome, STATES};
use crate::jobs::Interrupt;
use crate::report::{HowEnded, NextSteps, Report};
use crate::server::{Patience, RESPONSE_TIMEOUT, Vocabulary};

/// What each client sends in a history at most: longer ones take longer to judge, and races show in short ones too.
const OPERATIONS: u64 = 40;
/// The histories of a run that says nothing of it.
const HISTORIES: u64 = 100;

/// Fails if a flag is given that says nothing of a server with several clients.
fn require_no_more(arguments: &Arguments) -> Result<(), Failure> {
    let given = [
        ("--case", arguments.case.is_some()),
        ("--keys", arguments.shape.keys.is_some()),
        ("--profile", !arguments.profiles.is_empty()),
        ("--keep", arguments.keep),
        ("--work-dir", arguments.work_dir.is_some()),
        ("--jobs", arguments.jobs.is_some()),
        ("--shard", arguments.shard.is_given()),
    ];
    let of_servers = arguments.check.servers.beside_the_store();
    let flag = given.into_iter().find(|(_, is_given)| *is_given).map(|(flag, _)| flag);
    match flag.or(of_servers) {
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
    let has_clock = matches!(server.connection().command(&vec![b"TIME".to_vec()]), Ok(Reply::Array(_)));
    let budget = match (arguments.time, arguments.cases) {
        (Some(time), _) => Budget::TimeMs(u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)),
        (None, cases) => Budget::Cases(cases.unwrap_or(HISTORIES)),
    };
    let mut campaign = Histories {
        arguments,
        seed,
        shape: Shape {
            clients,
            operations: (arguments.shape.commands / u64::from(clients)).clamp(1, OPERATIONS),
            has_clock,
        },
        vocabulary: server.vocabulary().clone(),
        runs: Runs { server, patience, has_clock, runs: 0 },
        interrupt: interrupt.clone(),
        report: Report::new(Some(seed), shaping_flags(arguments), None, budget, Shard::WHOLE).of_histories(),
        undecided: 0,
        shrinking: Duration::ZERO,
    };
    let results = arguments.results.create(None)?;
    let mut out = arguments.results.for_people();
    let started = Instant::now();
    let ended = campaign.run(started);
    let Histories { mut report, shrinking, vocabulary, .. } = campaign;
    report.took(started.elapsed(), shrinking);
    let early = came_to(&mut report, ended, interrupt.is_wished());
    if arguments.strict {
        for finding in Finding::of_left_out(&report.left_out) {
            let repeat = repeat(arguments, seed, report.cases);
            report.add_of_run(&finding, NextSteps { repeat, shrink: String::new() }, None);
        }
    }
    let mut printed = Ok(());
    for told in report.told() {
        printed = printed.and_then(|()| tell(&told, &mut out));
    }
    for name in [vocabulary.unknown_of_workloads(), vocabulary.unknown_forms()].concat() {
        let commands = counted(report.left_out.count(LeftOutKind::Commands, name), "command");
        printed = printed.and_then(|()| writeln!(out, "LEFT OUT {name}: {commands}, which the server does not know"));
    }
    printed = printed.and_then(|()| writeln!(out, "{}", report.summary_line()));
    let printed = despite_broken_pipe(printed.and_then(|()| out.flush()).map_err(write_failure));
    let reported = results.write(&report).and(write_step_summary(&report, &[]));
    let ended = verdict(&report, early.map_or(Ok(()), Err).and(printed).and(reported))?;
    if arguments.found.folder().is_none() && report.findings.iter().any(|finding| finding.timeline.is_some()) {
        note("the history cannot be repeated from the seed; to keep it, add --findings DIR");
    }
    Ok(ended)
}

struct Histories<'a> {
    arguments: &'a Arguments,
    seed: u64,
    shape: Shape,
    vocabulary: Vocabulary,
    runs: Runs,
    interrupt: Interrupt,
    report: Report,
    undecided: u64,
    shrinking: Duration,
}

impl Histories<'_> {
    /// Runs one history after the other. The first wrong one ends it: the server is known to be wrong then, and the time is
    /// better spent on making it small.
    fn run(&mut self, started: Instant) -> Result<(), Failure> {
        while self.goes_on(started) {
            if self.interrupt.is_wished() {
                return Ok(());
            }
            let seed = self.seed.wrapping_add(self.report.cases);
            let plan = Plan::draw(seed, self.shape, "h", |args| self.vocabulary.unknown_of(args));
            let history = self.runs.record(&plan)?;
            let is_given_up = |outcome: &Outcome| matches!(outcome, Outcome::Failed { .. });
            let given_up = history.operations.iter().filter(|operation| is_given_up(&operation.outcome)).count();
            self.report.add_history(history.commands() as u64, given_up as u64);
            plan.left_out.iter().for_each(|name| self.report.left_out.add(LeftOutKind::Commands, name, 1));
            match self.runs.judge(&history, STATES) {
                Judgement::Explained => {}
                Judgement::Undecided { states: 0 } => self.leave_out("without the server's clock"),
                Judgement::Undecided { .. } => self.leave_out("undecided"),
                Judgement::Unexplained(found) => {
                    let wrong = Wrong { plan, history };
                    let (arguments, runs, interrupt) = (self.arguments, &mut self.runs, &self.interrupt);
                    let wrong = WrongHistory { arguments, seed, runs, interrupt, wrong, found };
                    return wrong.report(&mut self.report, &mut self.shrinking);
                }
            }
        }
        match self.undecided == self.report.cases && self.undecided > 0 {
            true => Err(Failure::Input(
                "no history was decided, so nothing was verified; use fewer --clients or --commands".to_owned(),
            )),
            false => Ok(()),
        }
    }

    fn leave_out(&mut self, why: &str) {
        self.undecided += 1;
        self.report.left_out.add(LeftOutKind::Histories, why, 1);
    }

    fn goes_on(&self, started: Instant) -> bool {
        match self.report.budget {
            Budget::TimeMs(ms) => started.elapsed() < Duration::from_millis(ms),
            Budget::Cases(cases) | Budget::Case(cases) => self.report.cases < cases,
        }
    }
}

/// Notes how far the run came, and gives why it ended early, if that is more than a finding.
fn came_to(report: &mut Report, ended: Result<(), Failure>, is_interrupted: bool) -> Option<Failure> {
    let next = report.cases;
    let is_all = matches!(report.budget, Budget::Cases(cases) if next >= cases);
    let interrupted = || Some(Failure::Input("interrupted: not every history was run".to_owned()));
    let (how, reason, failure) = match ended {
        Ok(()) if report.mismatches > 0 && !is_all => {
            (HowEnded::Failed, Some("the first wrong history ends the run".to_owned()), None)
        }
        Ok(()) if is_interrupted && !is_all => (HowEnded::Interrupted, None, interrupted()),
        Ok(()) => (HowEnded::Done, None, None),
        Err(_) if is_interrupted => (HowEnded::Interrupted, None, interrupted()),
        Err(failure) => {
            let reason = match &failure {
                Failure::Input(message) | Failure::Defect(message) => Some(message.clone()),
                Failure::BrokenPipe => None,
            };
            (HowEnded::Failed, reason, Some(failure))
        }
    };
    report.came_to(next, how, reason);
    failure
}

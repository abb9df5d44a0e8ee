//! Findings of a run as a whole, which no single case has: a shape that the decoder does not take, and under `--strict` what was
//! left out.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::arguments::Arguments;
use super::mismatch::{repeat_of_run, tell};
use crate::campaign::shapes::{Refusal, Taken, taken};
use crate::campaign::{Budget, Campaign, Ended};
use crate::case::CaseError;
use crate::cli::check_flags::CheckFlags;
use crate::cli::ended::Failure;
use crate::cli::findings::Findings;
use crate::cli::output::note;
use crate::finding::{Finding, LeftOutKind};
use crate::report::block::Told;
use crate::report::{NextSteps, Report, ReportedFinding};

/// Tries the shapes of snapshots on the decoder, if there is one, and leaves to the campaign those that it takes. Gives the
/// flags for its cases, and what is not taken. The time of a run is time for that too, and cases have theirs afterwards.
pub(super) fn try_shapes(
    campaign: &mut Campaign,
    check: &CheckFlags,
    time: Option<Duration>,
) -> Result<(CheckFlags, Vec<Refusal>), CaseError> {
    let Some(asked) = campaign.shapes.as_ref().filter(|_| check.has_decoder()) else {
        return Ok((check.clone(), Vec::new()));
    };
    let deadline = time.and_then(|time| Instant::now().checked_add(time));
    let Taken { shapes, refused, is_none, is_unsteady } =
        taken(&campaign.demands, asked, campaign.jobs, &campaign.work_dir, deadline)?;
    if is_none {
        note("note: the decoder decoded none of the test snapshots; check the --decoder command");
    }
    if is_unsteady {
        note("note: the decoder took a snapshot of one list in one run and not in another; it is given every shape");
    }
    let check = check.within(&shapes);
    campaign.shapes = Some(shapes);
    Ok((check, refused))
}

/// Where findings of the run go.
pub(super) struct OfRun<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) seed: Option<u64>,
    pub(super) findings: Option<&'a mut Findings>,
    pub(super) out: &'a mut dyn Write,
}

impl OfRun<'_> {
    /// Reports shapes that are not taken, before there is anything else to report.
    pub(super) fn refused(
        self,
        refused: &[Refusal],
        report: &mut Report,
    ) -> (std::io::Result<()>, Result<(), Failure>) {
        let (mut printed, mut taken) = (Ok(()), Ok(()));
        let OfRun { arguments, seed, mut findings, out } = self;
        let repeat = repeat_of_run(arguments, seed, Budget::Case(0));
        for refusal in refused {
            let mut folder = None;
            if let Some(findings) = findings.as_deref_mut().filter(|_| taken.is_ok()) {
                let flags = arguments.check.to_flags(None, None);
                match findings.take_refusal(refusal, flags, seed, repeat.clone()) {
                    Ok(found) => folder = found,
                    Err(failure) => taken = Err(failure),
                }
            }
            add(&refusal.finding, &repeat, folder.as_deref(), report);
        }
        for told in report.told() {
            printed = printed.and_then(|()| tell(&told, out));
        }
        (printed, taken)
    }

    /// Under `--strict`, reports what was left out, a finding for each kind.
    pub(super) fn left_out(self, ended: &Ended, report: &mut Report) -> std::io::Result<()> {
        if !self.arguments.strict {
            return Ok(());
        }
        let budget = match report.budget {
            Budget::TimeMs(_) => Budget::Cases(ended.end_case),
            budget => budget,
        };
        let repeat = repeat_of_run(self.arguments, self.seed, budget);
        for finding in Finding::of_left_out(&report.left_out) {
            tell(&Told::Class(&add(&finding, &repeat, None, report), 0), self.out)?;
        }
        Ok(())
    }
}

/// Counts the shapes that the cases went without.
pub(super) fn count_refused(refused: &[Refusal], report: &mut Report) {
    let cases = report.cases;
    refused.iter().for_each(|refusal| report.left_out.add(LeftOutKind::Shapes, refusal.finding.aspect, cases));
}

/// Adds a finding to the report.
fn add(finding: &Finding, repeat: &str, folder: Option<&Path>, report: &mut Report) -> ReportedFinding {
    let next_steps = NextSteps { repeat: repeat.to_owned(), shrink: String::new() };
    report.add_of_run(finding, next_steps, folder.map(|folder| folder.display().to_string()))
}

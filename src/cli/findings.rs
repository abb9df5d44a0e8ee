//! The first finding of each class, made small; with `--findings` a folder for each class; and such folders as traces.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, Parser};

use super::check_flags::CheckFlags;
use super::ended::Failure;
use super::output::note;
use super::scratch::scratch_dir;
use crate::campaign::Attempts;
use crate::campaign::shapes::{Refusal, TINY_SEED, TINY_WIDTH};
use crate::campaign::shrink::{CutShort, Shrunk};
use crate::campaign::{Campaign, CaseSteps, Outcome, shrink_quickly};
use crate::database::Engine;
use crate::finding::{Finding, FindingKind};
use crate::report::ShrunkCase;
use crate::report::findings::{self, Evidence, SHRUNK_FILE, Seen};
use crate::staging::{ScratchDir, require_outside};
use crate::store::MetaWidth;
use crate::workload::Step;

/// No attempt at a smaller trace is begun after this time, where a folder is made of it.
const FOLDER_TIME: Duration = Duration::from_secs(60);
/// The same where there is none: for a class, and for all classes of a run together; where a run has its time, a part of that,
/// but no less than this.
const CLASS_TIME: Duration = Duration::from_secs(20);
const RUN_TIME: Duration = Duration::from_secs(60);
const RUN_PART: u32 = 4;
const LEAST_RUN_TIME: Duration = Duration::from_secs(5);
/// Of these times, the part that is kept for what the finding needs.
const NEEDS_PART: u32 = 5;

#[derive(Clone, Debug, Args)]
pub(super) struct FindingsFlags {
    /// Write a folder below DIR for each class of findings, with a report and a trace that --trace runs again
    #[arg(long, value_name = "DIR")]
    findings: Option<PathBuf>,
    /// Do not shrink the first finding of each class; by default this takes up to 20 seconds a class, and 60 in all, or with
    /// --time a quarter of that
    #[arg(long, conflicts_with = "findings")]
    no_shrink: bool,
}

impl FindingsFlags {
    /// Whether findings are made small.
    pub(super) fn are_shrunk(&self) -> bool {
        !self.no_shrink
    }

    /// The folder for findings, if one is named.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.findings.as_deref()
    }
}

/// The findings of a run.
pub(super) struct Findings {
    root: Option<PathBuf>,
    scratch: ScratchDir,
    /// The time for shrinking, where no folders are made.
    time: Duration,
    /// How long that took so far.
    pub(super) spent: Duration,
    /// The class whose smallest trace is run again: there is nothing left to cut.
    smallest: Option<String>,
    /// The cases of each class, by fingerprint, that its folder does not name yet.
    seen: BTreeMap<String, Vec<Seen>>,
}

/// What became of a finding.
#[derive(Default)]
pub(super) struct Taken {
    /// The folder of its class.
    pub(super) folder: Option<PathBuf>,
    /// Its case, made small.
    pub(super) shrunk: Option<ShrunkCase>,
    /// What broke, where the small case says it better.
    pub(super) headline: Option<String>,
}

impl FindingsFlags {
    /// `None` where findings are neither shrunk nor kept. Who runs a finding again names its folder.
    pub(super) fn open(
        &self,
        run_time: Option<Duration>,
        repeated: Option<&FindingFolder>,
    ) -> Result<Option<Findings>, Failure> {
        if let Some(root) = &self.findings {
            require_outside(root).map_err(Failure::input)?;
            std::fs::create_dir_all(root)
                .map_err(|error| Failure::Input(format!("--findings {}: {error}", root.display())))?;
        }
        let time = run_time.map_or(RUN_TIME, |time| (time / RUN_PART).clamp(LEAST_RUN_TIME, RUN_TIME));
        let (root, spent, seen) = (self.findings.clone(), Duration::ZERO, BTreeMap::new());
        let smallest = repeated.filter(|folder| folder.is_smallest).map(|folder| folder.fingerprint.clone());
        let open = || Ok(Findings { root, scratch: scratch_dir()?, time, spent, smallest, seen });
        (!self.no_shrink).then(open).transpose()
    }

    /// Whether somebody who sees a finding may want to know of folders.
    pub(super) fn is_silent_on_folders(&self) -> bool {
        self.findings.is_none() && !self.no_shrink
    }
}

impl Findings {
    /// Takes a case's finding in. What is slow is done once for a class.
    pub(super) fn take(
        &mut self,
        campaign: &Campaign,
        check: &CheckFlags,
        seed: Option<u64>,
        outcome: &Outcome,
        repeat: String,
    ) -> Result<Taken, Failure> {
        let Some(finding) = &outcome.report.finding else { return Ok(Taken::default()) };
        let name = finding.fingerprint();
        let folder = self.root.as_ref().map(|root| root.join(&name));
        let profile = outcome.profile.map(|profile| profile.name.to_owned());
        let seen = Seen { seed, case: Some(outcome.case), profile };
        let is_there = folder.as_deref().is_some_and(findings::is_finding);
        if self.seen.contains_key(&name) || is_there {
            let cases = self.seen.entry(name).or_default();
            cases.extend(folder.is_some().then_some(seen));
            return Ok(Taken { folder, ..Taken::default() });
        }
        self.seen.insert(name.clone(), Vec::new());
        let left = self.time.saturating_sub(self.spent);
        let time = if self.root.is_some() { FOLDER_TIME } else { left.min(CLASS_TIME) };
        if time.is_zero() {
            return Ok(Taken::default());
        }
        let CaseSteps { seed: case_seed, steps, .. } =
            campaign.steps(outcome.case, outcome.profile).map_err(Failure::input)?;
        let whole: Vec<Step> = steps.collect::<Result<_, _>>().map_err(Failure::input)?;
        let is_smallest = self.smallest.as_ref() == Some(&name);
        let what = match is_smallest {
            true => format!("{name} is as small as it gets; trying what it needs"),
            false => format!("shrinking {name}"),
        };
        note(&format!("{what}, for at most {} seconds", time.as_secs().max(1)));
        let started = Instant::now();
        let shrunk = self.shrunk(campaign, case_seed, &whole, outcome, finding, time)?;
        self.spent += started.elapsed();
        let width = outcome.width;
        let traced = |width| findings::trace_back(&shrunk.steps, shrunk.finding.step, width).ok();
        let lineage = width.and_then(traced);
        let small = ShrunkCase::of(&shrunk, &whole, lineage.as_ref());
        if !is_smallest {
            note(&format!("shrunk {}", small.how_small()));
        }
        let headline = findings::headline(&shrunk.finding, lineage.as_ref(), shrunk.needs.as_ref());
        let Some(root) = &self.root else {
            return Ok(Taken { folder: None, shrunk: Some(small), headline: Some(headline) });
        };
        let needs = shrunk.needs.clone().unwrap_or_default();
        let found_with = &campaign.demands_of(outcome.case);
        let (plain, framing) = check.plainest(&needs, found_with);
        let demands = &needs.plainest(found_with);
        let evidence = Evidence { whole: &whole, shrunk: &shrunk, case_seed, width, demands, lineage };
        let flags = plain.to_flags(width, framing);
        let folder = findings::write(root, seen, flags, repeat, evidence).map_err(Failure::Input)?;
        Ok(Taken { folder: Some(folder), shrunk: Some(small), headline: Some(headline) })
    }

    /// Takes a shape in that the decoder does not take, and gives its folder, if there are folders.
    pub(super) fn take_refusal(
        &mut self,
        refusal: &Refusal,
        flags: Vec<String>,
        seed: Option<u64>,
        repeat: String,
    ) -> Result<Option<PathBuf>, Failure> {
        let Some(root) = &self.root else { return Ok(None) };
        let folder = root.join(refusal.finding.fingerprint());
        let seen = Seen { seed, case: None, profile: None };
        if findings::is_finding(&folder) {
            self.seen.entry(refusal.finding.fingerprint()).or_default().push(seen);
            return Ok(Some(folder));
        }
        let shrunk = Shrunk::not_shrunk(&refusal.steps, &refusal.finding, None);
        let evidence = Evidence {
            whole: &refusal.steps,
            shrunk: &shrunk,
            case_seed: TINY_SEED,
            width: Some(TINY_WIDTH),
            demands: &refusal.demands,
            lineage: None,
        };
        findings::write(root, seen, flags, repeat, evidence).map(Some).map_err(Failure::Input)
    }

    fn shrunk(
        &self,
        campaign: &Campaign,
        seed: u64,
        whole: &[Step],
        outcome: &Outcome,
        finding: &Finding,
        time: Duration,
    ) -> Result<Shrunk, Failure> {
        let work = self.new_folder()?;
        let interrupt = &campaign.interrupt;
        let width = outcome.width.unwrap_or(MetaWidth::Short);
        let until = Instant::now() + time;
        // A decoder that hangs would have a minute for each attempt.
        let demands = &campaign.demands_of(outcome.case).with_interrupt(&interrupt.until(until));
        let servers = campaign.servers.as_ref();
        let on = |engine| Attempts { folder: work.path(), demands, servers, engine, seed };
        // In memory an attempt takes a tenth of the time, and few findings are about the disk.
        let is_memory_quicker = servers.is_none() && campaign.engine != Engine::Memory;
        let engines = [Engine::Memory, campaign.engine];
        let engines = engines.get(usize::from(!is_memory_quicker)..).unwrap_or_default();
        let check = &mut |engine, steps: &[Step]| on(engine).run(steps, width);
        let shrinking = time - time / NEEDS_PART;
        let shrunk = match self.smallest.as_deref() == Some(finding.fingerprint().as_str()) {
            true => Shrunk::not_shrunk(whole, finding, None),
            false => shrink_quickly(whole, finding, engines, shrinking, interrupt, check).map_err(Failure::input)?,
        };
        if shrunk.cut_short.is_some_and(|why| why != CutShort::TimeUp) {
            return Ok(shrunk);
        }
        shrunk.with_needs(&on(campaign.engine), outcome.width, Some(until), interrupt).map_err(Failure::input)
    }

    fn new_folder(&self) -> Result<tempfile::TempDir, Failure> {
        tempfile::tempdir_in(self.scratch.path())
            .map_err(|error| Failure::Input(format!("make a folder in {}: {error}", self.scratch.path().display())))
    }

    /// Names the cases in their folders that hit what had been found before.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let Some(root) = &self.root else { return Ok(()) };
        for (name, seen) in self.seen.iter().filter(|(_, seen)| !seen.is_empty()) {
            findings::add_seen(&root.join(name), seen).map_err(Failure::Input)?;
        }
        Ok(())
    }
}

#[derive(Parser)]
struct FoundWith {
    #[command(flatten)]
    check: CheckFlags,
}

/// A finding's folder.
pub(super) struct FindingFolder {
    folder: PathBuf,
    /// Its shrunk trace.
    pub(super) trace: PathBuf,
    /// The flags that it was found with.
    pub(super) check: CheckFlags,
    /// The fingerprint of its class.
    fingerprint: String,
    /// Whether nothing was left to cut from the trace.
    is_smallest: bool,
}

impl FindingFolder {
    /// Whether a finding is of the folder's class.
    pub(super) fn is_of(&self, finding: &Finding) -> bool {
        self.fingerprint == finding.fingerprint()
    }

    /// Fails unless a finding is of the folder's class.
    pub(super) fn require_same(&self, finding: &Finding) -> Result<(), Failure> {
        if self.is_of(finding) {
            return Ok(());
        }
        let (expected, found) = (&self.fingerprint, finding.fingerprint());
        let hint = if finding.kind == FindingKind::DecoderFailed { "; check that the decoder still runs" } else { "" };
        Err(Failure::Input(format!(
            "{}: expected the finding {expected}, but this run has {found}{hint}",
            self.folder.display()
        )))
    }
}

/// A finding's folder; `None` if there is none at the path.
pub(super) fn finding_folder(path: &Path) -> Result<Option<FindingFolder>, Failure> {
    if !findings::is_finding(path) {
        return Ok(None);
    }
    let notes = findings::read_notes(path).map_err(Failure::Input)?;
    let is_smallest = notes.is_smallest();
    let words = std::iter::once("finding".to_owned()).chain(notes.flags);
    let found = FoundWith::try_parse_from(words).map_err(|error| {
        Failure::Input(format!("{}: {}", path.join(findings::FINDING_FILE).display(), error.kind()))
    })?;
    Ok(Some(FindingFolder {
        folder: path.to_owned(),
        trace: path.join(SHRUNK_FILE),
        check: found.check,
        fingerprint: notes.fingerprint,
        is_smallest,
    }))
}

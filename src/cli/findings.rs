//! `--findings`: a folder for each class of findings, made when the class is first met; and such folders as traces.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Parser};

use super::check_flags::CheckFlags;
use super::ended::Failure;
use super::output::note;
use super::scratch::scratch_dir;
use crate::campaign::Attempts;
use crate::campaign::shapes::{Refusal, TINY_SEED, TINY_WIDTH};
use crate::campaign::shrink::{Shrunk, shrink};
use crate::campaign::{Campaign, CaseSteps, Outcome};
use crate::case::CaseError;
use crate::case::replay::command_count;
use crate::finding::{Finding, FindingKind};
use crate::format::counted;
use crate::report::findings::{self, Evidence, SHRUNK_FILE, Seen};
use crate::staging::{ScratchDir, require_outside};
use crate::store::MetaWidth;
use crate::workload::Step;

/// No attempt at a smaller trace is begun after this time.
const SHRINK_TIME: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, Args)]
pub(super) struct FindingsFlags {
    /// Shrink the first finding of each class and explain it in a folder of its own below DIR, which can be run again with
    /// --trace
    #[arg(long, value_name = "DIR")]
    findings: Option<PathBuf>,
}

/// The findings of a run.
pub(super) struct Findings {
    root: PathBuf,
    scratch: ScratchDir,
    /// The cases of each class, by fingerprint, that its folder does not name yet.
    seen: BTreeMap<String, Vec<Seen>>,
}

impl FindingsFlags {
    pub(super) fn open(&self) -> Result<Option<Findings>, Failure> {
        let Some(root) = &self.findings else { return Ok(None) };
        require_outside(root).map_err(Failure::input)?;
        std::fs::create_dir_all(root)
            .map_err(|error| Failure::Input(format!("--findings {}: {error}", root.display())))?;
        let scratch = scratch_dir()?;
        Ok(Some(Findings { root: root.clone(), scratch, seen: BTreeMap::new() }))
    }
}

impl Findings {
    /// Takes a case's finding in, and gives the folder of its class. What is slow is done once for a class.
    pub(super) fn take(
        &mut self,
        campaign: &Campaign,
        check: &CheckFlags,
        seed: Option<u64>,
        outcome: &Outcome,
        repeat: String,
    ) -> Result<Option<PathBuf>, Failure> {
        let Some(finding) = &outcome.report.finding else { return Ok(None) };
        let name = finding.fingerprint();
        let folder = self.root.join(&name);
        let profile = outcome.profile.map(|profile| profile.name.to_owned());
        let seen = Seen { seed, case: Some(outcome.case), profile };
        if self.seen.contains_key(&name) || findings::is_finding(&folder) {
            self.seen.entry(name).or_default().push(seen);
            return Ok(Some(folder));
        }
        let CaseSteps { seed: case_seed, steps, .. } =
            campaign.steps(outcome.case, outcome.profile).map_err(Failure::input)?;
        let whole: Vec<Step> = steps.collect::<Result<_, _>>().map_err(Failure::input)?;
        note(&format!("shrinking {name}, for at most {} seconds", SHRINK_TIME.as_secs()));
        let shrunk = self.shrunk(campaign, case_seed, &whole, outcome, finding)?;
        let (from, to) = (command_count(&whole), command_count(&shrunk.steps));
        let cut = if shrunk.is_cut_short { "; there was more to try" } else { "" };
        note(&format!("{} left of {from} after {}{cut}", counted(to, "command"), counted(shrunk.runs, "run")));
        let (width, demands) = (outcome.width, &campaign.demands_of(outcome.case));
        let evidence = Evidence { whole: &whole, shrunk: &shrunk, case_seed, width, demands, lineage: None };
        let flags = check.to_flags(outcome.width, outcome.framing);
        let written = findings::write(&self.root, seen, flags, repeat, evidence);
        self.seen.insert(name, Vec::new());
        written.map(Some).map_err(Failure::Input)
    }

    /// Takes a shape in that the decoder does not take, and gives its folder.
    pub(super) fn take_refusal(
        &mut self,
        refusal: &Refusal,
        flags: Vec<String>,
        seed: Option<u64>,
        repeat: String,
    ) -> Result<PathBuf, Failure> {
        let folder = self.root.join(refusal.finding.fingerprint());
        let seen = Seen { seed, case: None, profile: None };
        if findings::is_finding(&folder) {
            self.seen.entry(refusal.finding.fingerprint()).or_default().push(seen);
            return Ok(folder);
        }
        let (steps, finding) = (refusal.steps.clone(), refusal.finding.clone());
        let shrunk = Shrunk { steps, finding, runs: 1, is_cut_short: false };
        let evidence = Evidence {
            whole: &refusal.steps,
            shrunk: &shrunk,
            case_seed: TINY_SEED,
            width: Some(TINY_WIDTH),
            demands: &refusal.demands,
            lineage: None,
        };
        findings::write(&self.root, seen, flags, repeat, evidence).map_err(Failure::Input)
    }

    fn shrunk(
        &self,
        campaign: &Campaign,
        seed: u64,
        whole: &[Step],
        outcome: &Outcome,
        finding: &Finding,
    ) -> Result<Shrunk, Failure> {
        let work = self.new_folder()?;
        let (demands, servers) = (&campaign.demands_of(outcome.case), campaign.servers.as_ref());
        let attempts = Attempts { folder: work.path(), demands, servers, engine: campaign.engine, seed };
        let width = outcome.width.unwrap_or(MetaWidth::Short);
        let interrupt = &campaign.interrupt;
        let unshrunk = || Shrunk { steps: whole.to_vec(), finding: finding.clone(), runs: 1, is_cut_short: true };
        let check = &mut |steps: &[Step]| attempts.run(steps, width);
        let shrunk = match shrink(whole.to_vec(), SHRINK_TIME, interrupt, check, &mut |_| {}) {
            Err(CaseError::Input(message)) => return Err(Failure::Input(message)),
            Err(CaseError::Interrupted) => None,
            Ok(shrunk) => shrunk,
        };
        match shrunk {
            Some(shrunk) if shrunk.finding.is_like(finding) => Ok(shrunk),
            None if interrupt.is_wished() => Ok(unshrunk()),
            _ => {
                note("run again, the case ended otherwise; its trace is kept as it is");
                Ok(unshrunk())
            }
        }
    }

    fn new_folder(&self) -> Result<tempfile::TempDir, Failure> {
        tempfile::tempdir_in(self.scratch.path())
            .map_err(|error| Failure::Input(format!("make a folder in {}: {error}", self.scratch.path().display())))
    }

    /// Names the cases in their folders that hit what had been found before.
    pub(super) fn finish(self) -> Result<(), Failure> {
        for (name, seen) in self.seen.iter().filter(|(_, seen)| !seen.is_empty()) {
            findings::add_seen(&self.root.join(name), seen).map_err(Failure::Input)?;
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
        let hint = if finding.kind == FindingKind::DecoderFailed { "; is the decoder still there?" } else { "" };
        Err(Failure::Input(format!(
            "not the same finding: {} was {expected}, this is {found}{hint}",
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
    let words = std::iter::once("finding".to_owned()).chain(notes.flags);
    let found = FoundWith::try_parse_from(words).map_err(|error| {
        Failure::Input(format!("{}: {}", path.join(findings::FINDING_FILE).display(), error.kind()))
    })?;
    Ok(Some(FindingFolder {
        folder: path.to_owned(),
        trace: path.join(SHRUNK_FILE),
        check: found.check,
        fingerprint: notes.fingerprint,
    }))
}

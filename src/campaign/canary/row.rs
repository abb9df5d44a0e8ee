//! One canary: a small case, what is wrong in it, and as what that must be reported.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use super::flawed::{Flaw, Flawed};
use super::scene::{Decode, Scene};
use crate::campaign::shapes::taken;
use crate::campaign::shrink::shrink;
use crate::campaign::twice::{Change, require_same_after};
use crate::case::{CaseError, CasePlan, Demands, Shapes, decode_snapshot, run_case, run_tested_case};
use crate::database::Engine;
use crate::faults::Act;
use crate::finding::{Finding, FindingKind, LeftOut, LeftOutKind};
use crate::jobs::Interrupt;
use crate::workload::Step;

/// A small case in which something is wrong.
#[derive(Clone, Copy)]
pub(super) struct Canary {
    /// What is wrong, as a clause; unique among those of its class.
    pub(super) name: &'static str,
    /// The small case.
    pub(super) scene: Scene,
    /// How it is made wrong.
    pub(super) how: How,
    /// The kind that must report it.
    pub(super) kind: FindingKind,
    /// The aspect that the finding must have.
    pub(super) aspect: &'static str,
    /// What the finding must say; empty where the class says enough.
    pub(super) says: &'static str,
}

/// How it is made wrong.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// At a boundary of the case.
    Act(Act),
    /// At a boundary of the case, on the engine of the run.
    OnEngine(Act),
    /// By the scene's decoder.
    Decoder,
    /// In a store of somebody else.
    Tested(Flaw),
    /// In what the case leaves when it is run for the second time.
    Twice(Change),
    /// At a boundary of the case, so that the environment is to blame: the run must end. What it says then stands for a
    /// finding.
    Environment(Act),
    /// By the scene's decoder, when it is tried whether it takes the canary's shape.
    Shapes,
    /// In what a run has left out, which has something of this kind.
    LeftOut(LeftOutKind),
    /// In the small case there is what this function says. It must be that of the trace when it has been made small.
    Shrunk(fn(&[Step]) -> Option<Finding>),
}

/// A list, one with an expiry, one under a base meta with a delta and a claim, names and items of every form, one that is
/// kept empty and one that is kept though it has expired.
const WHOLE: &[&str] = &[
    "LPUSH a# three two one zero",
    "COMPACT a#",
    "LPOP a#",
    "RPUSH a# four five",
    "RPUSH list ~ <&> two ␀␁␂␃␄␅␆␇␈␉␊␋␌␍␎␏␐␑␒␓␔␕␖␗␘␙␚␛␜␝␞␟ \"\\\u{7f}é€\u{2027}\u{2028}\u{2029}\u{202a}",
    "RPUSH empty# x \"\"",
    "RPUSH 0123456789abcdef0123456789abcdef_ x",
    "RPUSH ghijklmnopqrstuvwxyz0123456789ab__ x",
    "RPUSH t# x y",
    "PEXPIRE t# 100000",
    "RPUSH b64.1# x",
    "RPUSH b64.2# y",
    "RPUSH C:# z",
    "RPUSH none# x",
    "COMPACT none#",
    "RPOP none#",
    "RPUSH gone# lost",
    "PEXPIRE gone# 5",
    "WAIT 10",
    "LLEN a#",
];

/// Far longer than it takes.
const SHRINK_TIME: Duration = Duration::from_secs(10);

impl Canary {
    /// One in which nothing is wrong yet.
    pub(super) const fn of(name: &'static str, kind: FindingKind, aspect: &'static str) -> Canary {
        Canary { name, scene: Scene::of(WHOLE), how: How::Decoder, kind, aspect, says: "" }
    }

    /// Runs the small case, and gives its finding.
    pub(super) fn run(&self, seed: u64, engine: Engine, work: &Path) -> Result<Option<Finding>, CaseError> {
        let engine = if matches!(self.how, How::OnEngine(_)) { engine } else { Engine::Memory };
        match self.how {
            How::Act(act) | How::OnEngine(act) => self.run_case(Some(act), seed, engine, &folder(work)?),
            How::Decoder => self.run_case(None, seed, engine, &folder(work)?),
            How::Tested(flaw) => self.run_tested(flaw, seed, work),
            How::Twice(change) => {
                let folders = [folder(work)?, folder(work)?];
                for folder in &folders {
                    if let Some(finding) = self.run_case(None, seed, engine, folder)? {
                        return Ok(Some(finding));
                    }
                }
                require_same_after(0, [folders[0].path(), folders[1].path()], change)
            }
            How::Environment(act) => match self.run_case(Some(act), seed, engine, &folder(work)?) {
                Err(CaseError::Input(message)) => Ok(Some(Finding::new(self.kind, message))),
                ran => ran.map(|_| None),
            },
            How::Shapes => {
                let demands = Demands { decoder: self.scene.decoder(), ..Demands::NONE };
                let folder = folder(work)?;
                let refused = taken(&demands, &Shapes::live(), NonZeroUsize::MIN, folder.path(), None)?.refused;
                Ok(refused.into_iter().map(|refusal| refusal.finding).next())
            }
            How::LeftOut(kind) => {
                let (mut left_out, mut more) = (LeftOut::default(), LeftOut::default());
                left_out.add(kind, "that", 1);
                more.add(kind, "this", 2);
                let joined = left_out.join(more);
                Ok(Finding::of_left_out(&left_out).into_iter().next().filter(|_| joined.is_some()))
            }
            How::Shrunk(found) => {
                let mut check = |steps: &[Step]| Ok(found(steps));
                let shrunk = shrink(self.scene.steps(seed)?, SHRINK_TIME, &Interrupt::NEVER, &mut check, &mut |_| {})?;
                Ok(shrunk.map(|shrunk| shrunk.finding))
            }
        }
    }

    /// Runs it with nothing wrong.
    pub(super) fn run_rightly(&self, seed: u64, engine: Engine, work: &Path) -> Result<Option<Finding>, CaseError> {
        let decoder = self.scene.decoder.map(|_| decode_snapshot as Decode);
        let rightly = Canary { scene: Scene { decoder, ..self.scene }, ..*self };
        match self.how {
            How::Tested(_) => rightly.run_tested(Flaw::None, seed, work),
            How::Shapes => rightly.run(seed, engine, work),
            How::LeftOut(_) => Ok(Finding::of_left_out(&LeftOut::default()).into_iter().next()),
            How::OnEngine(_) => rightly.run_case(None, seed, engine, &folder(work)?),
            _ => rightly.run_case(None, seed, Engine::Memory, &folder(work)?),
        }
    }

    fn run_case(
        &self,
        fault: Option<Act>,
        seed: u64,
        engine: Engine,
        folder: &tempfile::TempDir,
    ) -> Result<Option<Finding>, CaseError> {
        let Scene { width, history, snapshot, .. } = self.scene;
        let demands = Demands { history, snapshot, decoder: self.scene.decoder(), fault, ..Demands::NONE };
        let steps = Box::new(self.scene.steps(seed)?.into_iter().map(Ok));
        let plan = CasePlan { steps, width, folder: folder.path(), record: None, seed, demands: &demands, engine };
        Ok(run_case(plan)?.finding)
    }

    fn run_tested(&self, flaw: Flaw, seed: u64, work: &Path) -> Result<Option<Finding>, CaseError> {
        let mut store = Flawed::new(flaw).map_err(CaseError::Input)?;
        let steps = Box::new(self.scene.steps(seed)?.into_iter().map(Ok));
        let (width, demands, engine) = (self.scene.width, &Demands::NONE, Engine::Memory);
        let plan = CasePlan { steps, width, folder: work, record: None, seed, demands, engine };
        Ok(run_tested_case(plan, &mut store)?.finding)
    }

    /// Whether a finding is this canary's: of its kind, with its aspect, in its words.
    pub(super) fn is_reported_by(&self, finding: &Finding) -> bool {
        finding.class() == (self.kind, self.aspect) && finding.detail.contains(self.says)
    }

    /// The name with the class that must report it.
    pub(super) fn text(&self) -> String {
        let Canary { name, aspect, says, .. } = self;
        let aspect = if aspect.is_empty() { String::new() } else { format!(" ({aspect})") };
        let says = if says.is_empty() { String::new() } else { format!(", saying {says:?}") };
        format!("\"{name}\", which {}{aspect} must report{says},", self.kind.name())
    }
}

fn folder(work: &Path) -> Result<tempfile::TempDir, CaseError> {
    let failed = |error| CaseError::Input(format!("make a folder in {}: {error}", work.display()));
    tempfile::Builder::new().prefix("canary-").tempdir_in(work).map_err(failed)
}

/// Takes the last byte away.
pub(super) fn shorten(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.len().saturating_sub(1));
}

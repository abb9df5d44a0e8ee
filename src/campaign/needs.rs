//! What a finding needs beside its steps: each demand of its case is switched off once, and the finding stays or does not.
//!
//! That is the diagnosis. A decoder's finding that needs `--history` is about versions, and one that needs 32-byte metas is about
//! what these hold. What is not needed stays off for the trials after it, so that the plainest case of all has been run. What is
//! missed then may be needed only since another thing is off: it is tried with those on again, and if that is enough, either of
//! them is needed.
//!
//! None of it holds for a case that fails in one run and not in the next. So a case is run again before anything is tried, and
//! so is what a trial is compared with. In the end the plainest case is run a few times more, if that is quick: what fails in
//! nine runs of ten has passed everything else.

use std::time::{Duration, Instant};

use super::attempts::Attempts;
use super::cut_short::CutShort;
use crate::case::{CaseError, Demands};
use crate::database::{Engine, History};
use crate::finding::Finding;
use crate::format::snapshot::Framing;
use crate::jobs::Interrupt;
use crate::snapshot::SnapshotShape;
use crate::store::MetaWidth;
use crate::workload::Step;

/// Something that a finding may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A server that says what is right, in the model's place.
    Oracle,
    /// A foreign decoder, where the finding is not one of its kinds.
    Decoder,
    /// Every version, and earlier moments.
    History,
    /// A snapshot at all.
    Snapshot,
    /// Rows of the engine's own.
    RawRows,
    /// Rows of other types.
    Noise,
    /// What is around the rows.
    Framing(Framing),
    /// The engine on disk.
    RocksDb,
    /// Base metas of the size that the case has.
    Width(MetaWidth),
}

/// What a finding needs beside its steps, and what it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// What was tried, and what became of the finding without it.
    tried: Vec<(Need, Without)>,
    /// Why it ended before all was tried; `None` if it did not.
    cut_short: Option<CutShort>,
    /// Who does not do the same each time, where the same case failed in one run and not in another; then nothing can be said.
    unsteady: Option<&'static str>,
}

/// What becomes of a finding without something.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Without {
    /// It stays.
    Stays,
    /// It is gone.
    Gone,
    /// It is gone where these are off as well, and stays where one of them is on.
    GoneUnlessOne(Vec<Need>),
    /// It is gone where one of these is off as well, and stays where all of them are on.
    GoneUnlessAll(Vec<Need>),
}

/// Why no more is tried.
enum Stop {
    Over(CutShort),
    Unsteady,
    Failed(CaseError),
}

/// How often a case is run again before anything is said of what it needs.
pub(super) const REPEATS: usize = 3;
/// How often more in the end, and how long a run may be begun for that.
const MORE_REPEATS: usize = 20;
const MORE_TIME: Duration = Duration::from_secs(2);

/// How a case is run, beside its steps.
#[derive(Clone)]
struct Setting {
    demands: Demands,
    engine: Engine,
    width: MetaWidth,
    has_oracle: bool,
}

/// What runs a case in a setting.
type Try<'a> = dyn FnMut(&Setting) -> Result<Option<Finding>, CaseError> + 'a;

/// Tries what a finding needs beside its steps, in a run for each thing. `width` is `None` where a server is in the store's
/// place: that needs the server, and nothing is tried but whether it does the same each time. No run is begun after the deadline.
///
/// # Errors
///
/// A case that could not be run.
pub fn needs(
    attempts: &Attempts<'_>,
    width: Option<MetaWidth>,
    (steps, finding): (&[Step], &Finding),
    deadline: Option<Instant>,
    interrupt: &Interrupt,
) -> Result<Needs, CaseError> {
    let Attempts { demands, engine, servers, .. } = *attempts;
    let has_oracle = width.is_some() && servers.is_some();
    let setting = Setting { demands: demands.clone(), engine, width: width.unwrap_or(MetaWidth::Short), has_oracle };
    let mut run = |setting: &Setting| {
        let servers = servers.filter(|_| setting.has_oracle || width.is_none());
        let Setting { demands, engine, .. } = setting;
        Attempts { demands, servers, engine: *engine, ..*attempts }.run(steps, setting.width)
    };
    let why_now = || {
        let is_late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let is_late = is_late.then_some(CutShort::TimeUp);
        if interrupt.is_wished() { Some(CutShort::Interrupted) } else { is_late }
    };
    // We do the same each time.
    let may_vary = finding.kind.is_about_a_decoder() || servers.is_some();
    let things = if width.is_some() { things(&setting, finding) } else { Vec::new() };
    Trials { finding, run: &mut run, why_now: &why_now, may_vary }.needs(setting, &things)
}

/// What can be tried, in the order in which it is.
fn things(setting: &Setting, finding: &Finding) -> Vec<Need> {
    let framing = setting.demands.snapshot.map_or(Framing::Bare, |snapshot| snapshot.framing);
    let all = [
        // In memory the others take a tenth of the time.
        Need::RocksDb,
        Need::Oracle,
        Need::Decoder,
        Need::History,
        Need::Snapshot,
        Need::RawRows,
        Need::Noise,
        Need::Framing(framing),
        Need::Width(setting.width),
    ];
    // What a decoder does can only be seen with it.
    all.into_iter().filter(|need| *need != Need::Decoder || !finding.kind.is_about_a_decoder()).collect()
}

struct Trials<'a> {
    finding: &'a Finding,
    run: &'a mut Try<'a>,
    /// Why to end now, if there is a reason.
    why_now: &'a dyn Fn() -> Option<CutShort>,
    /// Whether the same case may do something else another time.
    may_vary: bool,
}

impl Trials<'_> {
    fn needs(mut self, setting: Setting, things: &[Need]) -> Result<Needs, CaseError> {
        let mut tried = Vec::new();
        match self.try_all(setting, things, &mut tried) {
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::Unsteady) => Ok(Needs::unsteady(self.finding)),
            Err(Stop::Over(why)) => Ok(Needs { tried, cut_short: Some(why), unsteady: None }),
            Ok(()) => Ok(Needs { tried, cut_short: None, unsteady: None }),
        }
    }

    fn try_all(&mut self, whole: Setting, things: &[Need], tried: &mut Vec<(Need, Without)>) -> Result<(), Stop> {
        for _ in 0..REPEATS {
            self.require(&whole, true)?;
        }
        let mut plain = whole.clone();
        for need in things {
            let Some(plainer) = plain.without(*need) else { continue };
            if self.fails(&plainer)? {
                tried.push((*need, Without::Stays));
                plain = plainer;
            } else {
                self.require(&plainer, false)?;
                self.require(&plain, true)?;
                tried.push((*need, Without::Gone));
            }
        }
        let off: Vec<Need> =
            tried.iter().filter(|(_, without)| *without == Without::Stays).map(|(need, _)| *need).collect();
        for (need, without) in tried.iter_mut().filter(|(_, without)| *without == Without::Gone) {
            if let Some(unless) = self.unless(*need, &whole, &off)? {
                *without = unless;
            }
        }
        self.require_often(&plain)
    }

    /// Runs a case that fails a few times more, as long as that is quick. That there is no time for it is no word about the case.
    fn require_often(&mut self, plain: &Setting) -> Result<(), Stop> {
        let started = Instant::now();
        for _ in 0..MORE_REPEATS {
            if !self.may_vary || started.elapsed() >= MORE_TIME || (self.why_now)().is_some() {
                break;
            }
            match self.require(plain, true) {
                Err(Stop::Over(_)) => break,
                ran => ran?,
            }
        }
        Ok(())
    }

    /// What of the things that are off would do in the place of one that is missed: each of some, or several together.
    fn unless(&mut self, need: Need, whole: &Setting, off: &[Need]) -> Result<Option<Without>, Stop> {
        let without = |setting: Setting, need: &Need| setting.without(*need).unwrap_or(setting);
        let all_on = without(whole.clone(), &need);
        if off.is_empty() || !self.always_fails(&all_on)? {
            return Ok(None);
        }
        let mut instead = Vec::new();
        for candidate in off {
            let others = off.iter().filter(|other| *other != candidate);
            if self.always_fails(&others.fold(all_on.clone(), without))? {
                instead.push(*candidate);
            }
        }
        if !instead.is_empty() {
            return Ok(Some(Without::GoneUnlessOne(instead)));
        }
        let (mut together, mut setting) = (Vec::new(), all_on);
        for candidate in off {
            let plainer = without(setting.clone(), candidate);
            if self.always_fails(&plainer)? {
                setting = plainer;
            } else {
                together.push(*candidate);
            }
        }
        // With all of them off it was gone.
        if together.is_empty() { Err(Stop::Unsteady) } else { Ok(Some(Without::GoneUnlessAll(together))) }
    }

    /// Whether the case has the finding in this setting, run once more too.
    fn always_fails(&mut self, setting: &Setting) -> Result<bool, Stop> {
        let fails = self.fails(setting)?;
        self.require(setting, fails)?;
        Ok(fails)
    }

    /// Whether the case has the finding in this setting.
    fn fails(&mut self, setting: &Setting) -> Result<bool, Stop> {
        if let Some(why) = (self.why_now)() {
            return Err(Stop::Over(why));
        }
        match (self.run)(setting) {
            Err(CaseError::Interrupted) => Err(Stop::Over((self.why_now)().unwrap_or(CutShort::Interrupted))),
            Err(error) => Err(Stop::Failed(error)),
            Ok(found) => Ok(found.is_some_and(|found| found.is_like(self.finding))),
        }
    }

    /// Runs a case again, which must do as before.
    fn require(&mut self, setting: &Setting, fails: bool) -> Result<(), Stop> {
        if self.fails(setting)? == fails { Ok(()) } else { Err(Stop::Unsteady) }
    }
}

impl Setting {
    /// The same without something; `None` if it is not there, or something else takes it.
    fn without(&self, need: Need) -> Option<Setting> {
        if need == Need::Oracle {
            return self.has_oracle.then(|| Setting { has_oracle: false, ..self.clone() });
        }
        if need == Need::RocksDb {
            return (self.engine == Engine::RocksDb).then(|| Setting { engine: Engine::Memory, ..self.clone() });
        }
        if let Need::Width(width) = need {
            let other = if width == MetaWidth::Short { MetaWidth::Long } else { MetaWidth::Short };
            return Some(Setting { width: other, ..self.clone() });
        }
        Some(Setting { demands: without(&self.demands, need)?, ..self.clone() })
    }
}

/// The demands without one of them; `None` if it is not there, or another one takes it.
fn without(demands: &Demands, need: Need) -> Option<Demands> {
    let with_shape = |is_there: fn(&SnapshotShape) -> bool, plainer: fn(SnapshotShape) -> SnapshotShape| {
        let shape = demands.snapshot.filter(is_there)?;
        Some(Demands { snapshot: Some(plainer(shape)), ..demands.clone() })
    };
    match need {
        Need::Decoder => demands.decoder.is_some().then(|| Demands { decoder: None, ..demands.clone() }),
        Need::History => {
            (demands.history == History::Kept).then(|| Demands { history: History::Dropped, ..demands.clone() })
        }
        // A decoder takes a snapshot, and so does the flag for the history.
        Need::Snapshot => {
            (demands.decoder.is_none() && demands.history == History::Dropped && demands.snapshot.is_some())
                .then(|| Demands { snapshot: None, ..demands.clone() })
        }
        Need::RawRows => with_shape(|shape| shape.raw_rows, |shape| SnapshotShape { raw_rows: false, ..shape }),
        Need::Noise => with_shape(|shape| shape.noise, |shape| SnapshotShape { noise: false, ..shape }),
        Need::Framing(_) => with_shape(
            |shape| shape.framing != Framing::Bare,
            |shape| SnapshotShape { framing: Framing::Bare, ..shape },
        ),
        Need::Oracle | Need::RocksDb | Need::Width(_) => None,
    }
}

impl Needs {
    /// Nothing can be said, because the case fails in one run and not in another.
    pub fn unsteady(finding: &Finding) -> Needs {
        let who = if finding.kind.is_about_a_decoder() { "the decoder" } else { "what is tested" };
        Needs { unsteady: Some(who), ..Needs::default() }
    }

    /// One thing and nothing else.
    #[cfg(test)]
    pub(crate) fn needing(need: Need) -> Needs {
        Needs { tried: vec![(need, Without::Gone)], ..Needs::default() }
    }

    /// One thing less.
    #[cfg(test)]
    pub(crate) fn without(need: Need) -> Needs {
        Needs { tried: vec![(need, Without::Stays)], ..Needs::default() }
    }

    /// Whether the same case failed in one run and not in another.
    pub fn is_unsteady(&self) -> bool {
        self.unsteady.is_some()
    }

    /// Whether the finding was there without it.
    pub fn can_drop(&self, need: Need) -> bool {
        self.stays_without().any(|dropped| dropped == need)
    }

    /// Whether the finding was gone without it, whatever else there was.
    pub fn is_needed(&self, need: Need) -> bool {
        self.tried.contains(&(need, Without::Gone))
    }

    fn stays_without(&self) -> impl Iterator<Item = Need> {
        self.tried.iter().filter(|(_, without)| *without == Without::Stays).map(|(need, _)| *need)
    }

    /// The plainest demands that have the finding, of those that it was found with.
    pub fn plainest(&self, demands: &Demands) -> Demands {
        self.stays_without().fold(demands.clone(), |demands, need| without(&demands, need).unwrap_or(demands))
    }

    /// What it needs and what not, as the end of a sentence about the finding: `needs --history; happens also without --noise`.
    /// Empty where nothing was tried.
    pub fn line(&self) -> String {
        if let Some(who) = self.unsteady {
            let again = "run again, the same case did not always fail in the same way";
            return format!("comes and goes: {again}, so {who} does not do the same each time");
        }
        let mut parts = Vec::new();
        let needed: Vec<String> = self.tried.iter().filter_map(|(need, without)| without.need_text(*need)).collect();
        if !needed.is_empty() {
            parts.push(format!("needs {}", needed.join(", ")));
        }
        let happens = self.happens_also();
        if !happens.is_empty() {
            parts.push(format!("happens {}", happens.join("; ")));
        }
        let end = match self.cut_short {
            Some(CutShort::Interrupted) if parts.is_empty() => "was not looked into further: interrupted",
            Some(CutShort::Interrupted) => "interrupted, and there was more to try",
            Some(_) if !parts.is_empty() => "there was no time to try more",
            _ => "",
        };
        parts.extend((!end.is_empty()).then(|| end.to_owned()));
        parts.join("; ")
    }

    /// Where it happens though that is plainer, what is named among the needs left out.
    fn happens_also(&self) -> Vec<String> {
        let is_instead = |need: &Need| self.tried.iter().any(|(_, without)| without.instead().contains(need));
        let dropped: Vec<Need> = self.stays_without().filter(|need| !is_instead(need)).collect();
        let flags: Vec<String> = dropped
            .iter()
            .filter(|need| !matches!(need, Need::RocksDb | Need::Width(_)))
            .map(|need| need.text())
            .collect();
        let mut happens = Vec::new();
        if !flags.is_empty() {
            happens.push(format!("also without {}", flags.join(", ")));
        }
        if dropped.iter().any(|need| matches!(need, Need::Width(_))) {
            happens.push("with 24-byte and 32-byte base metas".to_owned());
        }
        if dropped.contains(&Need::RocksDb) {
            happens.push("in memory".to_owned());
        }
        happens
    }
}

impl Without {
    /// What would do in the place of what is off.
    fn instead(&self) -> &[Need] {
        match self {
            Without::Stays | Without::Gone => &[],
            Without::GoneUnlessOne(instead) | Without::GoneUnlessAll(instead) => instead,
        }
    }

    /// What is needed, if anything is.
    fn need_text(&self, need: Need) -> Option<String> {
        let texts = |needs: &[Need]| needs.iter().map(|need| need.text()).collect::<Vec<String>>();
        match self {
            Without::Stays => None,
            Without::Gone => Some(need.text()),
            Without::GoneUnlessOne(instead) => Some(format!("{} or {}", need.text(), texts(instead).join(" or "))),
            Without::GoneUnlessAll(instead) => Some(format!("{} or ({})", need.text(), texts(instead).join(" and "))),
        }
    }
}

impl Need {
    fn text(self) -> String {
        match self {
            Need::Oracle => "--oracle".to_owned(),
            Need::Decoder => "--decoder".to_owned(),
            Need::History => "--history".to_owned(),
            Need::Snapshot => "a snapshot".to_owned(),
            Need::RawRows => "--raw-rows".to_owned(),
            Need::Noise => "--noise".to_owned(),
            Need::Framing(framing) => format!("--framing {}", framing.name()),
            Need::RocksDb => "RocksDB".to_owned(),
            Need::Width(MetaWidth::Short) => "24-byte base metas".to_owned(),
            Need::Width(MetaWidth::Long) => "32-byte base metas".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;

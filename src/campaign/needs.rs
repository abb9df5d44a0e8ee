//! What a finding needs beside its steps: each demand of its case is switched off once, and the finding stays or does not.
//!
//! That is the diagnosis. A decoder's finding that needs `--history` is about versions, and one that needs 32-byte metas is about
//! what these hold. What is not needed stays off for the trials after it, so that the plainest case of all has been run. What is
//! missed then may be needed only since another thing is off: it is tried with those on again, and if that is enough, either of
//! them is needed.
//!
//! None of it holds for a case that fails in one run and not in the next. So a case is run again before anything is tried, and
//! so is what a trial is compared with.

use std::time::Instant;

use super::attempts::Attempts;
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
    /// Whether the time was up before all was tried.
    pub is_cut_short: bool,
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
    GoneUnless(Vec<Need>),
}

/// Why no more is tried.
enum Stop {
    Late,
    Unsteady,
    Failed(CaseError),
}

/// How often a case is run again before anything is said of what it needs.
pub(super) const REPEATS: usize = 3;

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
    let is_late = || interrupt.is_wished() || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    let things = if width.is_some() { things(&setting, finding) } else { Vec::new() };
    Trials { finding, run: &mut run, is_late: &is_late }.needs(setting, &things)
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
    is_late: &'a dyn Fn() -> bool,
}

impl Trials<'_> {
    fn needs(mut self, setting: Setting, things: &[Need]) -> Result<Needs, CaseError> {
        let mut tried = Vec::new();
        let stop = self.try_all(setting, things, &mut tried).err();
        match stop {
            Some(Stop::Failed(error)) => Err(error),
            Some(Stop::Unsteady) => Ok(Needs::unsteady(self.finding)),
            stop => Ok(Needs { tried, is_cut_short: stop.is_some(), unsteady: None }),
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
            let instead = self.instead_of(*need, &whole, &off)?;
            if !instead.is_empty() {
                *without = Without::GoneUnless(instead);
            }
        }
        Ok(())
    }

    /// What of the things that are off would do in the place of one that is needed.
    fn instead_of(&mut self, need: Need, whole: &Setting, off: &[Need]) -> Result<Vec<Need>, Stop> {
        let without = |setting: Setting, need: &Need| setting.without(*need).unwrap_or(setting);
        if off.is_empty() || !self.fails(&without(whole.clone(), &need))? {
            return Ok(Vec::new());
        }
        let mut instead = Vec::new();
        for candidate in off {
            let others = off.iter().filter(|other| *other != candidate).chain([&need]);
            if self.fails(&others.fold(whole.clone(), without))? {
                instead.push(*candidate);
            }
        }
        // Only several of them together will do.
        Ok(if instead.is_empty() { off.to_vec() } else { instead })
    }

    /// Whether the case has the finding in this setting.
    fn fails(&mut self, setting: &Setting) -> Result<bool, Stop> {
        if (self.is_late)() {
            return Err(Stop::Late);
        }
        match (self.run)(setting) {
            Err(CaseError::Interrupted) => Err(Stop::Late),
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
            return format!(
                "comes and goes: run again, the same case did not fail, so {who} does not do the same each time"
            );
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
        if self.is_cut_short && !parts.is_empty() {
            parts.push("there was no time to try more".to_owned());
        }
        parts.join("; ")
    }

    /// Where it happens though that is plainer, what is named among the needs left out.
    fn happens_also(&self) -> Vec<String> {
        let is_instead = |need: &Need| {
            self.tried
                .iter()
                .any(|(_, without)| matches!(without, Without::GoneUnless(instead) if instead.contains(need)))
        };
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
    /// What is needed, if anything is.
    fn need_text(&self, need: Need) -> Option<String> {
        match self {
            Without::Stays => None,
            Without::Gone => Some(need.text()),
            Without::GoneUnless(instead) => {
                let all: Vec<String> = [need].iter().chain(instead).map(|need| need.text()).collect();
                Some(all.join(" or "))
            }
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
mod tests {
    use super::*;
    use crate::decoder::Decoder;
    use crate::finding::FindingKind;

    const ALL: SnapshotShape = SnapshotShape { framing: Framing::V2, raw_rows: true, noise: true };

    fn setting() -> Setting {
        let decoder = Some(Decoder::function(|_, _| Ok(())));
        let demands = Demands { history: History::Kept, snapshot: Some(ALL), decoder, ..Demands::NONE };
        Setting { demands, engine: Engine::RocksDb, width: MetaWidth::Short, has_oracle: false }
    }

    fn finding(kind: FindingKind) -> Finding {
        Finding { aspect: "items", ..Finding::new(kind, "made up".to_owned()) }
    }

    fn tried(finding: &Finding, run: &mut Try<'_>, is_late: &dyn Fn() -> bool) -> Needs {
        let things = things(&setting(), finding);
        Trials { finding, run, is_late }.needs(setting(), &things).expect("it runs")
    }

    fn of(kind: FindingKind, fails: impl Fn(&Setting) -> bool) -> (Needs, u32) {
        let mut runs = 0;
        let mut run = |setting: &Setting| {
            runs += 1;
            Ok(fails(setting).then(|| finding(kind)))
        };
        (tried(&finding(kind), &mut run, &|| false), runs)
    }

    #[test]
    fn each_thing_is_tried_once_and_the_line_tells_what_is_needed() {
        let (needs, runs) = of(FindingKind::DecoderState, |setting| setting.demands.history == History::Kept);
        assert_eq!(runs, 12, "three to begin with, six things, and three about the one that is missed");
        let expected = "needs --history; happens also without --raw-rows, --noise, --framing v2; with 24-byte and 32-byte base \
                        metas; in memory";
        assert_eq!(needs.line(), expected);
        let plain = needs.plainest(&setting().demands);
        assert_eq!((plain.history, plain.snapshot), (History::Kept, Some(SnapshotShape::BARE)));
        assert!(plain.decoder.is_some() && needs.can_drop(Need::RocksDb) && needs.is_needed(Need::History));
    }

    #[test]
    fn what_needs_everything_and_what_needs_nothing() {
        let is_all = |setting: &Setting| {
            setting.demands.snapshot == Some(ALL)
                && setting.engine == Engine::RocksDb
                && setting.width == MetaWidth::Short
        };
        let (needs, _) = of(FindingKind::DecoderState, is_all);
        let expected =
            "needs RocksDB, --raw-rows, --noise, --framing v2, 24-byte base metas; happens also without --history";
        assert_eq!(needs.line(), expected);
        // One of our own needs no decoder, and then no snapshot, and then there is no shape to try.
        let (needs, runs) = of(FindingKind::DumpState, |_| true);
        let expected =
            "happens also without --decoder, --history, a snapshot; with 24-byte and 32-byte base metas; in memory";
        assert_eq!((needs.line().as_str(), runs), (expected, 8));
        let plain = needs.plainest(&setting().demands);
        assert!(plain.decoder.is_none() && plain.snapshot.is_none());
    }

    /// Without the first one the second is missed, and yet it is not needed.
    #[test]
    fn either_of_two_things_is_enough() {
        let is_either = |setting: &Setting| setting.demands.snapshot.is_some_and(|shape| shape.noise || shape.raw_rows);
        let (needs, _) = of(FindingKind::DecoderState, is_either);
        assert!(!needs.is_needed(Need::Noise) && !needs.is_needed(Need::RawRows), "{needs:?}");
        let expected = "needs --noise or --raw-rows; happens also without --history, --framing v2; with 24-byte and 32-byte base \
                        metas; in memory";
        assert_eq!(needs.line(), expected);
        let plain = needs.plainest(&setting().demands).snapshot;
        assert!(plain.is_some_and(|shape| shape.noise && !shape.raw_rows), "it has the finding");
    }

    /// Which of the runs fail does not matter: nothing is named that chance has named.
    #[test]
    fn of_what_comes_and_goes_nothing_is_said() {
        for period in 2..5 {
            for part in 0..period {
                let mut runs = 0;
                let mut run = |_: &Setting| {
                    runs += 1;
                    Ok((runs % period != part).then(|| finding(FindingKind::DecoderState)))
                };
                let needs = tried(&finding(FindingKind::DecoderState), &mut run, &|| false);
                assert!(needs.is_unsteady() && needs.tried.is_empty(), "{period} {part} {needs:?}");
            }
        }
        let line = Needs::unsteady(&finding(FindingKind::DecoderState)).line();
        assert!(line.contains("the decoder does not do the same each time"), "{line}");
    }

    #[test]
    fn another_finding_does_not_count_and_time_is_kept() {
        let is_whole = |setting: &Setting| {
            setting.demands.history == History::Kept
                && setting.demands.snapshot == Some(ALL)
                && (setting.engine, setting.width) == (Engine::RocksDb, MetaWidth::Short)
        };
        let mut run = |setting: &Setting| {
            let kind = if is_whole(setting) { FindingKind::DecoderState } else { FindingKind::DecoderFailed };
            Ok(Some(finding(kind)))
        };
        let all = tried(&finding(FindingKind::DecoderState), &mut run, &|| false);
        assert_eq!(all.line(), "needs RocksDB, --history, --raw-rows, --noise, --framing v2, 24-byte base metas");
        let mut run = |_: &Setting| panic!("it is late");
        let late = tried(&finding(FindingKind::DecoderState), &mut run, &|| true);
        assert_eq!((late.line(), late.is_cut_short), (String::new(), true));
        let mut run = |setting: &Setting| {
            let is_plainer = (setting.engine, setting.demands.history) != (Engine::RocksDb, History::Kept);
            match setting.demands.snapshot {
                Some(ALL) => Ok((!is_plainer).then(|| finding(FindingKind::DecoderState))),
                _ => Err(CaseError::Interrupted),
            }
        };
        let stopped = tried(&finding(FindingKind::DecoderState), &mut run, &|| false);
        assert_eq!(stopped.line(), "needs RocksDB, --history; there was no time to try more");
    }
}

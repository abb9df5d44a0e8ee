//! What a finding needs beside its steps: each demand of its case is switched off once, and the finding stays or does not.
//!
//! That is the diagnosis. A decoder's finding that needs `--history` is about versions, and one that needs 32-byte metas is about
//! what these hold. What is not needed stays off for the trials after it, so that the plainest case of all has been run.

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
    /// What was tried, and whether the finding is gone without it.
    tried: Vec<(Need, bool)>,
    /// Whether the time was up before all was tried.
    pub is_cut_short: bool,
}

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
/// place: that needs the server, and nothing is tried. No run is begun after the deadline.
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
    let Some(width) = width else { return Ok(Needs::default()) };
    let Attempts { demands, engine, servers, .. } = *attempts;
    let setting = Setting { demands: demands.clone(), engine, width, has_oracle: servers.is_some() };
    let mut run = |setting: &Setting| {
        let servers = servers.filter(|_| setting.has_oracle);
        let Setting { demands, engine, .. } = setting;
        Attempts { demands, servers, engine: *engine, ..*attempts }.run(steps, setting.width)
    };
    let is_late = || interrupt.is_wished() || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    tried(setting, finding, &mut run, &is_late)
}

fn tried(
    mut setting: Setting,
    finding: &Finding,
    run: &mut Try<'_>,
    is_late: &dyn Fn() -> bool,
) -> Result<Needs, CaseError> {
    let mut needs = Needs::default();
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
    for need in all {
        // What a decoder does can only be seen with it.
        if need == Need::Decoder && finding.kind.is_about_a_decoder() {
            continue;
        }
        let Some(plainer) = setting.without(need) else { continue };
        if is_late() {
            needs.is_cut_short = true;
            break;
        }
        let found = match run(&plainer) {
            Err(CaseError::Interrupted) => {
                needs.is_cut_short = true;
                break;
            }
            found => found?,
        };
        let is_needed = !found.is_some_and(|found| found.is_like(finding));
        needs.tried.push((need, is_needed));
        if !is_needed {
            setting = plainer;
        }
    }
    Ok(needs)
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
    /// Whether the finding was there without it.
    pub fn can_drop(&self, need: Need) -> bool {
        self.tried.contains(&(need, false))
    }

    /// Whether the finding was gone without it.
    pub fn is_needed(&self, need: Need) -> bool {
        self.tried.contains(&(need, true))
    }

    /// The plainest demands that have the finding, of those that it was found with.
    pub fn plainest(&self, demands: &Demands) -> Demands {
        let dropped = self.tried.iter().filter(|(_, is_needed)| !is_needed);
        dropped.fold(demands.clone(), |demands, (need, _)| without(&demands, *need).unwrap_or(demands))
    }

    /// What it needs and what not, as the end of a sentence about the finding: `needs --history; happens also without --noise`.
    /// Empty where nothing was tried.
    pub fn line(&self) -> String {
        let needed: Vec<String> =
            self.tried.iter().filter(|(_, is_needed)| *is_needed).map(|(need, _)| need.text()).collect();
        let flags = |(need, is_needed): &(Need, bool)| {
            (!is_needed && !matches!(need, Need::RocksDb | Need::Width(_))).then(|| need.text())
        };
        let not_needed: Vec<String> = self.tried.iter().filter_map(flags).collect();
        let is_there = |of: fn(&Need) -> bool| self.tried.iter().any(|(need, is_needed)| of(need) && !is_needed);
        let mut happens = Vec::new();
        if !not_needed.is_empty() {
            happens.push(format!("also without {}", not_needed.join(", ")));
        }
        if is_there(|need| matches!(need, Need::Width(_))) {
            happens.push("with 24-byte and 32-byte base metas".to_owned());
        }
        if is_there(|need| *need == Need::RocksDb) {
            happens.push("in memory".to_owned());
        }
        let mut parts = Vec::new();
        if !needed.is_empty() {
            parts.push(format!("needs {}", needed.join(", ")));
        }
        if !happens.is_empty() {
            parts.push(format!("happens {}", happens.join("; ")));
        }
        if self.is_cut_short && !parts.is_empty() {
            parts.push("there was no time to try more".to_owned());
        }
        parts.join("; ")
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

    fn of(kind: FindingKind, fails: impl Fn(&Setting) -> bool) -> (Needs, u32) {
        let mut runs = 0;
        let mut run = |setting: &Setting| {
            runs += 1;
            Ok(fails(setting).then(|| finding(kind)))
        };
        let needs = tried(setting(), &finding(kind), &mut run, &|| false).expect("it runs");
        (needs, runs)
    }

    #[test]
    fn each_thing_is_tried_once_and_the_line_tells_what_is_needed() {
        let (needs, runs) = of(FindingKind::DecoderState, |setting| setting.demands.history == History::Kept);
        assert_eq!(runs, 6);
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
        assert_eq!((needs.line().as_str(), runs), (expected, 5));
        let plain = needs.plainest(&setting().demands);
        assert!(plain.decoder.is_none() && plain.snapshot.is_none());
    }

    /// Either of two things is enough: without the first one the second is needed.
    #[test]
    fn what_is_not_needed_stays_off() {
        let is_either = |setting: &Setting| setting.demands.snapshot.is_some_and(|shape| shape.noise || shape.raw_rows);
        let (needs, _) = of(FindingKind::DecoderState, is_either);
        assert!(needs.can_drop(Need::RawRows) && needs.is_needed(Need::Noise), "{needs:?}");
    }

    #[test]
    fn another_finding_does_not_count_and_time_is_kept() {
        let mut run = |_: &Setting| Ok(Some(finding(FindingKind::DecoderFailed)));
        let all = tried(setting(), &finding(FindingKind::DecoderState), &mut run, &|| false).expect("it runs");
        assert!(
            all.line().starts_with("needs RocksDB, --history, --raw-rows, --noise, --framing v2, 24"),
            "{}",
            all.line()
        );
        let mut run = |_: &Setting| panic!("it is late");
        let late = tried(setting(), &finding(FindingKind::DecoderState), &mut run, &|| true).expect("it runs");
        assert_eq!((late.line(), late.is_cut_short), (String::new(), true));
        let mut run = |setting: &Setting| match (setting.engine, setting.demands.history) {
            (Engine::Memory, _) | (_, History::Dropped) => Ok(None),
            (Engine::RocksDb, History::Kept) => Err(CaseError::Interrupted),
        };
        let stopped = tried(setting(), &finding(FindingKind::DecoderState), &mut run, &|| false).expect("it runs");
        assert_eq!(stopped.line(), "needs RocksDB, --history; there was no time to try more");
    }
}

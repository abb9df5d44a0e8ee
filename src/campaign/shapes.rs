//! Which shapes of snapshots a decoder takes at all, tried on a tiny snapshot for each before the cases.
//!
//! A decoder that knows no framing fails every framed case in the same way, and says nothing else of them. So a shape that it
//! does not take is found once, here, and the cases go on with the others. The tiny snapshots ask for nothing but the shape:
//! older versions and tombstones among their rows change nothing, so that what a decoder does with them is left to the cases.
//!
//! A decoder that refuses a shape once and takes it the next time does take it. So a shape counts as not taken only if it never
//! is, and only of a decoder that always takes the others: what one does that fails now and then says nothing of shapes, and is
//! left to the cases. A try that took all the time that a decoder may have is not repeated: a decoder that hangs would have its
//! minutes over and over.
//!
//! Framings are tried first, by themselves, and what may be within a file in the first framing that is taken. If none is taken,
//! the shape is not to blame, and the cases tell what is.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

use super::attempts::Attempts;
use crate::case::{CaseError, Demands, Shapes, framing_shape};
use crate::command::{Request, UserKey};
use crate::database::Engine;
use crate::decoder::Decoder;
use crate::finding::{Finding, FindingKind};
use crate::jobs::side_by_side;
use crate::store::MetaWidth;
use crate::workload::{Action, Step};

/// A shape that is not taken.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The shape's name is its aspect.
    pub finding: Finding,
    /// The steps of the tiny case.
    pub steps: Vec<Step>,
    /// What it demands.
    pub demands: Demands,
}

/// What a decoder takes.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Shapes for the cases: those that are taken, or all if none is.
    pub shapes: Shapes,
    /// The others, in order.
    pub refused: Vec<Refusal>,
    /// Whether no shape is taken.
    pub is_none: bool,
    /// Whether a shape was taken in one run and not in another; then all count as taken.
    pub is_unsteady: bool,
}

/// What the tiny cases' own choices are drawn from. It is no share of those that are read a second time.
pub const TINY_SEED: u64 = 1;
/// The size of base metas in them.
pub const TINY_WIDTH: MetaWidth = MetaWidth::Short;
/// How often a shape is tried before it counts as not taken.
const TRIES: usize = 3;
/// When they begin, in Unix milliseconds: the first of January 2100.
const FIRST_MS: u64 = 4_102_444_800_000;

/// Tries the shapes on the decoder of `demands`. Where there is but one, there is nothing to tell apart, and nothing is tried.
/// At the deadline a decoder is ended.
///
/// # Errors
///
/// The environment, such as a decoder's program that is not there; or a shape that is not decided at the deadline.
pub fn taken(
    demands: &Demands,
    shapes: &Shapes,
    jobs: NonZeroUsize,
    work: &Path,
    deadline: Option<Instant>,
) -> Result<Taken, CaseError> {
    let all = Taken { shapes: shapes.clone(), refused: Vec::new(), is_none: false, is_unsteady: false };
    if demands.decoder.is_none() || shapes.names().len() < 2 {
        return Ok(all);
    }
    let trials = Trials { demands, jobs, work, deadline, time_limit: Decoder::TIME_LIMIT, steps: tiny_steps()? };
    trials.taken(shapes, all)
}

/// Shapes, by the name of the one that is tried.
type NamedShapes = (&'static str, Shapes);

/// How shapes are tried.
struct Trials<'a> {
    demands: &'a Demands,
    jobs: NonZeroUsize,
    work: &'a Path,
    deadline: Option<Instant>,
    /// A try that takes as long as this is not repeated.
    time_limit: Duration,
    steps: Vec<Step>,
}

/// What came of a try.
struct Tried {
    /// `None` if the shape was taken.
    refusal: Option<Refusal>,
    is_over_time: bool,
}

impl Trials<'_> {
    /// What is taken of the shapes; `all` if nothing else can be said.
    fn taken(&self, shapes: &Shapes, all: Taken) -> Result<Taken, CaseError> {
        let unsteady = Taken { is_unsteady: true, ..all.clone() };
        let plain = Shapes { history: false, raw_rows: false, noise: false, ..shapes.clone() };
        let with_framings: Vec<NamedShapes> =
            shapes.framings.iter().map(|framing| (framing_shape(*framing), plain.of_framing(*framing))).collect();
        let Some(of_framings) = self.refused_always(&with_framings)? else { return Ok(unsteady) };
        let is_taken = |at: usize| of_framings.get(at).is_some_and(Option::is_none);
        let framings = shapes.framings.iter().enumerate().filter(|(at, _)| is_taken(*at)).map(|(_, framing)| *framing);
        let framings: Vec<_> = framings.collect();
        let Some(first) = framings.first() else { return Ok(Taken { is_none: true, ..all }) };
        let with = plain.of_framing(*first);
        let contents = [
            (shapes.history, "history", Shapes { history: true, ..with.clone() }),
            (shapes.raw_rows, "raw-rows", Shapes { raw_rows: true, ..with.clone() }),
            (shapes.noise, "noise", Shapes { noise: true, ..with.clone() }),
        ];
        let contents: Vec<NamedShapes> =
            contents.into_iter().filter(|(is_on, ..)| *is_on).map(|(_, name, shapes)| (name, shapes)).collect();
        let Some(of_contents) = self.refused_always(&contents)? else { return Ok(unsteady) };
        let refused: Vec<Refusal> = of_framings.into_iter().chain(of_contents).flatten().collect();
        let is_refused = |name: &str| refused.iter().any(|refusal| refusal.finding.aspect == name);
        let is_left = |(name, _): &NamedShapes| !is_refused(name);
        let left: Vec<NamedShapes> = with_framings.into_iter().chain(contents).filter(is_left).collect();
        // Who refuses nothing is believed at once.
        if !refused.is_empty() && !self.takes_always(&left)? {
            return Ok(unsteady);
        }
        let shapes = Shapes {
            framings,
            history: shapes.history && !is_refused("history"),
            raw_rows: shapes.raw_rows && !is_refused("raw-rows"),
            noise: shapes.noise && !is_refused("noise"),
        };
        Ok(Taken { shapes, refused, ..all })
    }

    /// Tries some once, and gives what came of them in their places.
    fn tried(&self, shapes: &[NamedShapes]) -> Result<Vec<Tried>, CaseError> {
        let interrupt = &self.demands.interrupt;
        let timed = self.deadline.map(|deadline| self.demands.clone().with_interrupt(&interrupt.until(deadline)));
        let work = |(name, shapes): &NamedShapes| {
            let timed = shapes.demands(timed.as_ref().unwrap_or(self.demands), 0, 0);
            let engine = Engine::Memory;
            let attempts = Attempts { folder: self.work, demands: &timed, servers: None, engine, seed: TINY_SEED };
            let begun = Instant::now();
            let finding = match attempts.run(&self.steps, TINY_WIDTH) {
                // Nobody wished it, so it was the time.
                Err(CaseError::Interrupted) if !interrupt.is_wished() => return Err(late(name)),
                ran => ran?,
            };
            let is_over_time = begun.elapsed() >= self.time_limit;
            let demands = shapes.demands(self.demands, 0, 0);
            // The others are about us, and the cases tell of them.
            let finding = finding.filter(|finding| finding.kind.is_about_a_decoder());
            let refused = |finding| Refusal { finding: refusal(name, finding), steps: self.steps.clone(), demands };
            Ok(Tried { refusal: finding.map(refused), is_over_time })
        };
        side_by_side(shapes, self.jobs, work, &|| {})
    }

    /// Tries some, and those that are not taken once more and again, unless the time of a try was up; `None` if one is taken
    /// then.
    fn refused_always(&self, shapes: &[NamedShapes]) -> Result<Option<Vec<Option<Refusal>>>, CaseError> {
        let first = self.tried(shapes)?;
        let mut again = to_repeat(shapes.iter().zip(&first));
        for _ in 1..TRIES {
            let tried = self.tried(&again)?;
            if tried.iter().any(|tried| tried.refusal.is_none()) {
                return Ok(None);
            }
            again = to_repeat(again.iter().zip(&tried));
        }
        Ok(Some(first.into_iter().map(|tried| tried.refusal).collect()))
    }

    /// Whether some that were taken are taken once more and again.
    fn takes_always(&self, shapes: &[NamedShapes]) -> Result<bool, CaseError> {
        for _ in 1..TRIES {
            if self.tried(shapes)?.iter().any(|tried| tried.refusal.is_some()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Those of some shapes that were not taken though their time was not up.
fn to_repeat<'a>(tried: impl Iterator<Item = (&'a NamedShapes, &'a Tried)>) -> Vec<NamedShapes> {
    let is_to_repeat = |tried: &Tried| tried.refusal.is_some() && !tried.is_over_time;
    tried.filter(|(_, tried)| is_to_repeat(tried)).map(|(shapes, _)| shapes.clone()).collect()
}

fn late(shape: &str) -> CaseError {
    let what = format!("the decoder was not done with a snapshot of one list (shape {shape}) when the time was up");
    let limit = Decoder::TIME_LIMIT.as_secs();
    CaseError::Input(format!("{what}; it may take {limit} seconds for a snapshot, so give --time more, or none"))
}

fn refusal(name: &'static str, finding: Finding) -> Finding {
    let detail = format!("shape {name}, in a snapshot of one list\n{}: {}", finding.kind.name(), finding.detail);
    Finding { kind: FindingKind::DecoderShape, aspect: name, step: None, detail, ..finding }
}

/// One list. With every version, its fence has two that are the same, and the deltas that its compaction has folded are under
/// tombstones; they say nothing of the list.
fn tiny_steps() -> Result<Vec<Step>, CaseError> {
    let push = |item: &str| {
        let words = ["RPUSH", "list", item].map(|word| word.as_bytes().to_vec()).to_vec();
        Request::parse(words).map(Action::Command).map_err(|_| CaseError::Input(format!("RPUSH list {item}")))
    };
    let actions = [push("a")?, push("bc")?, Action::Compact(UserKey(b"list".to_vec()))];
    Ok((FIRST_MS..).zip(actions).map(|(at_ms, action)| Step { at_ms: Some(at_ms), action }).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::AtomicBool;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::case::decode_snapshot;
    use crate::decoder::Decoder;
    use crate::format::snapshot::{BARE_MAGIC, Framing};
    use crate::jobs::Interrupt;

    type Decode = fn(&Path, &Path) -> Result<(), String>;

    fn taken_by(decode: Decode, shapes: &Shapes) -> (Taken, Vec<&'static str>) {
        let work = tempfile::tempdir().expect("a folder");
        let demands = Demands { decoder: Some(Decoder::function(decode)), ..Demands::NONE };
        let taken = taken(&demands, shapes, NonZeroUsize::MIN, work.path(), None).expect("a healthy disk");
        let aspects = taken.refused.iter().map(|refusal| refusal.finding.aspect).collect();
        (taken, aspects)
    }

    /// Whether a file holds these bytes.
    fn holds(fsm: &Path, bytes: &[u8]) -> bool {
        std::fs::read(fsm).expect("a file").windows(bytes.len()).any(|part| part == bytes)
    }

    #[test]
    fn who_takes_all_is_given_all() {
        let (taken, refused) = taken_by(decode_snapshot, &Shapes::live());
        assert_eq!((taken.shapes, refused.len(), taken.is_none), (Shapes::live(), 0, false));
        assert!(!taken.is_unsteady);
    }

    #[test]
    fn each_gap_is_found_once_and_hides_no_other() {
        let bare_only: Decode = |fsm, out| {
            let is_bare = std::fs::read(fsm).is_ok_and(|file| file.starts_with(&BARE_MAGIC));
            if is_bare && !holds(fsm, b"noise:") { decode_snapshot(fsm, out) } else { Err("what is this?".to_owned()) }
        };
        let (taken, refused) = taken_by(bare_only, &Shapes::live());
        assert_eq!(refused, ["framing-v2", "framing-v1", "noise"]);
        let shapes = Shapes { framings: vec![Framing::Legacy, Framing::Bare], noise: false, ..Shapes::live() };
        assert_eq!((taken.shapes, taken.is_none), (shapes, false));
        let first = &taken.refused[0].finding;
        assert_eq!(first.kind, FindingKind::DecoderShape);
        assert!(first.detail.ends_with("it said:\n| what is this?"), "{}", first.detail);
    }

    /// That it fails now and then is no gap, whether it does so at first or later.
    #[test]
    fn of_who_fails_now_and_then_every_shape_counts_as_taken() {
        static TIMES: Mutex<BTreeMap<Vec<u8>, usize>> = Mutex::new(BTreeMap::new());
        fn times(fsm: &Path) -> usize {
            let file = std::fs::read(fsm).expect("a file");
            *TIMES.lock().expect("no panic").entry(file).and_modify(|times| *times += 1).or_insert(1)
        }
        let later: Decode = |fsm, out| match times(fsm) {
            TRIES.. => decode_snapshot(fsm, out),
            _ => Err("not now".to_owned()),
        };
        // What it refuses always makes the others be looked at again.
        let only_at_first: Decode = |fsm, out| {
            let is_bare = std::fs::read(fsm).is_ok_and(|file| file.starts_with(&BARE_MAGIC));
            if is_bare && times(fsm) == 1 { decode_snapshot(fsm, out) } else { Err("not now".to_owned()) }
        };
        for decode in [later, only_at_first] {
            TIMES.lock().expect("no panic").clear();
            let (taken, refused) = taken_by(decode, &Shapes::live());
            assert_eq!((taken.shapes, refused.len(), taken.is_none), (Shapes::live(), 0, false));
            assert!(taken.is_unsteady);
        }
    }

    /// A decoder that hangs gets each snapshot once, and its time is not waited for over and over.
    #[test]
    fn a_try_that_took_all_its_time_is_not_repeated() {
        static TRIED: Mutex<usize> = Mutex::new(0);
        let hangs: Decode = |_, _| {
            *TRIED.lock().expect("no panic") += 1;
            Err("as if it had timed out".to_owned())
        };
        let work = tempfile::tempdir().expect("a folder");
        let demands = &Demands { decoder: Some(Decoder::function(hangs)), ..Demands::NONE };
        let all = Taken { shapes: Shapes::live(), refused: Vec::new(), is_none: false, is_unsteady: false };
        for (time_limit, tries) in [(Duration::ZERO, 1), (Duration::MAX, TRIES)] {
            *TRIED.lock().expect("no panic") = 0;
            let (jobs, work, steps) = (NonZeroUsize::MIN, work.path(), tiny_steps().expect("steps"));
            let trials = Trials { demands, jobs, work, deadline: None, time_limit, steps };
            let taken = trials.taken(&Shapes::live(), all.clone()).expect("a healthy disk");
            assert!(taken.is_none);
            assert_eq!(*TRIED.lock().expect("no panic"), tries * Shapes::live().framings.len());
        }
    }

    #[test]
    fn at_the_deadline_a_shape_that_is_not_decided_is_an_error_that_names_it() {
        let work = tempfile::tempdir().expect("a folder");
        let hangs = Decoder::parse("exec:sh -c 'exec sleep 1000' {fsm} {out}").expect("a decoder");
        let demands = Demands { decoder: Some(hangs), ..Demands::NONE };
        let deadline = Some(Instant::now());
        let late = taken(&demands, &Shapes::live(), NonZeroUsize::MIN, work.path(), deadline).expect_err("no time");
        assert!(late.to_string().contains("(shape framing-v2) when the time was up"), "{late}");
    }

    #[test]
    fn who_interrupts_it_is_not_told_of_a_lack_of_time() {
        let work = tempfile::tempdir().expect("a folder");
        let interrupt = Interrupt::when(Arc::new(AtomicBool::new(true)));
        let demands = Demands { decoder: Some(Decoder::function(decode_snapshot)), ..Demands::NONE };
        let demands = demands.with_interrupt(&interrupt);
        for deadline in [None, Some(Instant::now())] {
            let ended = taken(&demands, &Shapes::live(), NonZeroUsize::MIN, work.path(), deadline);
            assert!(matches!(ended, Err(CaseError::Interrupted)), "{ended:?}");
        }
    }

    /// An empty dump is no word about a list that is there.
    #[test]
    fn who_passes_over_what_it_does_not_know_does_not_take_it() {
        let silent: Decode = |fsm, out| {
            decode_snapshot(fsm, out)?;
            let lists = out.join("redis");
            if holds(fsm, b"_meta_applied_index") {
                std::fs::remove_dir_all(lists).map_err(|e| e.to_string())
            } else {
                Ok(())
            }
        };
        assert_eq!(taken_by(silent, &Shapes::live()).1, ["raw-rows"]);
    }

    #[test]
    fn where_nothing_is_taken_the_shape_is_not_to_blame() {
        let (taken, refused) = taken_by(|_, _| Err("no".to_owned()), &Shapes::live());
        assert_eq!((taken.shapes, refused.len(), taken.is_none), (Shapes::live(), 0, true));
        let (taken, _) = taken_by(|_, _| panic!("it is not asked"), &Shapes::exported());
        assert!(!taken.is_none);
    }

    /// What a decoder makes of older versions and of tombstones is a bug of its own, which the cases find.
    #[test]
    fn the_versions_of_a_tiny_snapshot_change_nothing() {
        let work = tempfile::tempdir().expect("a folder");
        let demands = Shapes { framings: vec![Framing::Bare], ..Shapes::live() }.demands(&Demands::NONE, 0, 0);
        static ROWS: Mutex<Vec<(Vec<u8>, Vec<u8>)>> = Mutex::new(Vec::new());
        let look: Decode = |fsm, out| {
            let rows = crate::snapshot::raw_rows(fsm).map_err(|error| error.to_string())?;
            ROWS.lock().expect("no panic").extend(rows.1);
            decode_snapshot(fsm, out)
        };
        let demands = Demands { decoder: Some(Decoder::function(look)), ..demands };
        let steps = tiny_steps().expect("steps");
        let attempts =
            Attempts { folder: work.path(), demands: &demands, servers: None, engine: Engine::Memory, seed: TINY_SEED };
        assert_eq!(attempts.run(&steps, TINY_WIDTH).expect("a healthy disk"), None);
        let rows = ROWS.lock().expect("no panic");
        let tombstones = rows.iter().filter(|(key, value)| key.starts_with(b"!lst|meta|d|") && value[0] == 1).count();
        assert!(tombstones >= 2, "the folded deltas");
        let versions = rows.iter().filter(|(key, _)| key.starts_with(b"!redis|txn-wide-list|list")).count();
        assert!(versions >= 2, "the fence");
    }
}

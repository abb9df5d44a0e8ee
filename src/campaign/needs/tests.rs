//! What a finding needs, told of made-up findings.

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

fn tried(finding: &Finding, run: &mut Try<'_>, why_now: &dyn Fn() -> Option<CutShort>) -> Needs {
    let things = things(&setting(), finding);
    let may_vary = finding.kind.is_about_a_decoder();
    Trials { finding, run, why_now, may_vary }.needs(setting(), &things).expect("it runs")
}

fn of(kind: FindingKind, fails: impl Fn(&Setting) -> bool) -> (Needs, usize) {
    let mut runs = 0;
    let mut run = |setting: &Setting| {
        runs += 1;
        Ok(fails(setting).then(|| finding(kind)))
    };
    (tried(&finding(kind), &mut run, &|| None), runs)
}

#[test]
fn each_thing_is_tried_once_and_the_line_tells_what_is_needed() {
    let (needs, runs) = of(FindingKind::DecoderState, |setting| setting.demands.history == History::Kept);
    let tries = "three to begin with, six things, four about the one that is missed, and some more in the end";
    assert_eq!(runs, 13 + MORE_REPEATS, "{tries}");
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
        setting.demands.snapshot == Some(ALL) && setting.engine == Engine::RocksDb && setting.width == MetaWidth::Short
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

/// Without the first one, one of the others is missed, and no other one alone makes up for it.
#[test]
fn several_together_are_enough() {
    let is_enough = |setting: &Setting| {
        let is_framed = |shape: SnapshotShape| shape.framing == Framing::V2;
        let has_both = |shape: SnapshotShape| shape.noise && setting.demands.history == History::Kept;
        setting.demands.snapshot.is_some_and(|shape| is_framed(shape) || has_both(shape))
    };
    let (needs, _) = of(FindingKind::DecoderState, is_enough);
    let expected = "needs --framing v2 or (--history and --noise); happens also without --raw-rows; with 24-byte and 32-byte \
                    base metas; in memory";
    assert_eq!(needs.line(), expected);
}

/// Where the answer for one thing is another when it is asked again, nothing is said.
#[test]
fn what_would_do_instead_is_asked_twice() {
    let mut runs_of_either = 0;
    let mut run = |setting: &Setting| {
        let shape = setting.demands.snapshot.unwrap_or(ALL);
        let is_asked = !shape.noise && shape.raw_rows && setting.demands.history == History::Dropped;
        runs_of_either += u32::from(is_asked);
        let fails = shape.noise || (shape.raw_rows && (!is_asked || runs_of_either == 1));
        Ok(fails.then(|| finding(FindingKind::DecoderState)))
    };
    let needs = tried(&finding(FindingKind::DecoderState), &mut run, &|| None);
    assert!(needs.is_unsteady(), "{needs:?} {runs_of_either}");
}

/// It has passed all trials by chance.
#[test]
fn what_fails_in_most_runs_is_unsteady_all_the_same() {
    let mut runs = 0;
    let mut run = |_: &Setting| {
        runs += 1;
        Ok((runs % 20 != 0).then(|| finding(FindingKind::DecoderState)))
    };
    assert!(tried(&finding(FindingKind::DecoderState), &mut run, &|| None).is_unsteady());
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
            let needs = tried(&finding(FindingKind::DecoderState), &mut run, &|| None);
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
    let all = tried(&finding(FindingKind::DecoderState), &mut run, &|| None);
    assert_eq!(all.line(), "needs RocksDB, --history, --raw-rows, --noise, --framing v2, 24-byte base metas");
    let mut run = |_: &Setting| panic!("it is late");
    let late = tried(&finding(FindingKind::DecoderState), &mut run, &|| Some(CutShort::TimeUp));
    assert_eq!((late.line(), late.cut_short), (String::new(), Some(CutShort::TimeUp)));
    let interrupted = tried(&finding(FindingKind::DecoderState), &mut run, &|| Some(CutShort::Interrupted));
    assert_eq!(interrupted.line(), "was not looked into further: interrupted");
    let mut run = |setting: &Setting| {
        let is_plainer = (setting.engine, setting.demands.history) != (Engine::RocksDb, History::Kept);
        match setting.demands.snapshot {
            Some(ALL) => Ok((!is_plainer).then(|| finding(FindingKind::DecoderState))),
            _ => Err(CaseError::Interrupted),
        }
    };
    let stopped = tried(&finding(FindingKind::DecoderState), &mut run, &|| None);
    assert_eq!(stopped.line(), "needs RocksDB, --history; interrupted, and there was more to try");
    let late = Needs { cut_short: Some(CutShort::TimeUp), ..stopped };
    assert_eq!(late.line(), "needs RocksDB, --history; there was no time to try more");
}

//! The whole round trip, as `verify` makes it, on a store in memory.
//!
//! The input is a trace, or choices of which one is made.

use ekv_roundtrip::case::CaseReport;
use ekv_roundtrip::case::Demands;
use ekv_roundtrip::case::{CasePlan, run_case};
use ekv_roundtrip::database::{Engine, History};
use ekv_roundtrip::format::snapshot::Framing;
use ekv_roundtrip::snapshot::SnapshotShape;
use ekv_roundtrip::store::MetaWidth;
use ekv_roundtrip::workload::{Step, Trace};

use super::input::Input;
use super::script;
use super::tree::Tree;

/// A workload, and what is asked of it.
pub struct Case {
    /// What is done.
    pub steps: Vec<Step>,
    /// Which base metas the store writes.
    pub width: MetaWidth,
    /// What is checked beside the round trip.
    pub demands: Demands,
    /// What the case's own choices are drawn from.
    pub seed: u64,
}

/// Traces are kept short: those of thousands of steps are for `verify`.
const MOST_TRACE_BYTES: usize = 8 << 10;

/// Checks an input.
pub fn check(data: &[u8]) {
    let Some(case) = case(data) else { return };
    if let Some(finding) = run(&case).finding {
        let mut text = Vec::new();
        Trace { header: None, steps: case.steps }.write(&mut text).unwrap();
        let (kind, width, demands) = (finding.kind.meaning(), case.width, case.demands);
        panic!("{kind}\n{}\n{width:?}, {demands:?}\n{}", finding.detail, String::from_utf8_lossy(&text));
    }
}

/// The case that an input is, if it is one.
pub fn case(data: &[u8]) -> Option<Case> {
    if data.starts_with(b"{") {
        let trace = Trace::read(data).ok().filter(|_| data.len() <= MOST_TRACE_BYTES)?;
        let sum = data.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte));
        return Some(case_of(trace.steps, sum, seed_of(data)));
    }
    let mut input = Input::new(data);
    let flags = input.byte();
    Some(case_of(script::steps(input), flags, seed_of(data)))
}

/// Every input is a case with a seed of its own.
fn seed_of(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn case_of(steps: Vec<Step>, flags: u8, seed: u64) -> Case {
    let is_set = |bit: u8| flags >> bit & 1 == 1;
    let framing = Framing::ALL[usize::from(flags >> 2 & 3)];
    let snapshot = is_set(4).then_some(SnapshotShape { framing, raw_rows: is_set(5), noise: is_set(6) });
    let history = if is_set(1) { History::Kept } else { History::Dropped };
    let width = if is_set(0) { MetaWidth::Long } else { MetaWidth::Short };
    Case { steps, width, demands: Demands { history, snapshot, ..Demands::NONE }, seed }
}

/// Runs a case.
pub fn run(case: &Case) -> CaseReport {
    let scratch = Tree::new();
    let plan = CasePlan {
        steps: Box::new(case.steps.iter().cloned().map(Ok)),
        width: case.width,
        folder: scratch.path(),
        record: None,
        seed: case.seed,
        demands: &case.demands,
        engine: Engine::Memory,
    };
    run_case(plan).unwrap_or_else(|error| panic!("the case could not be run: {error}"))
}

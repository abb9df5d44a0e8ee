//! Second readings: in a share of the cases, what the rest of a case takes on trust is read once more by [`crate::naive`],
//! and used once more.
//!
//! ```text
//! words of each request     --> naive table            says the same as the parser?
//! records --> naive lists   --> naive files            the files of the dump, to the byte?
//! dump    --> naive lists                              what the reader says?
//! records --> snapshot file --> naive rows and states  what our reader of snapshots says, at each commit?
//! rows that no store writes --> naive rows and states  the same?
//! user keys, and what is typed  --> naive texts        what we show, and take for a key?
//! naive records, of sizes around every buffer --> encoder, snapshot --> naive files, to the byte?
//! dump --> restored records --> store, further steps   what Redis shows?
//! ```
//!
//! What is drawn comes from the seed of the case, for each check anew, so that a trace from which steps are cut meets the
//! checks that the whole one met.

mod borders;
mod changes;
mod crowded;
mod dump;
mod ended;
mod requests;
mod rows;
mod runs_on;
mod share;
mod texts;
mod told;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::stop::Stop;
use crate::database::History;
use crate::faults::{Act, Reread};
use crate::finding::{LeftOut, LeftOutKind};
use crate::workload::Step;

pub(super) use ended::Ended;
use share::is_read;
pub use told::warning_of;

/// One case in so many is read again; of those, one in so many keeps its history though nobody asked.
const READ_ONE_IN: u64 = 20;
const HISTORY_ONE_IN: u64 = 2;
/// What is made up for it, and does not depend on the case, is read in one of so many that are read again.
const MADE_UP_ONE_IN: u32 = 3;
/// Requests are read again in one case of so many.
const REQUESTS_ONE_IN: u64 = 8;
/// More items and lists than this are not read again.
const MOST_ELEMENTS: u64 = 20_000;

/// What is read again of a case.
pub(super) struct Second {
    seed: u64,
    requests: bool,
    rest: bool,
    keeps_history: bool,
    change: Option<Reread>,
}

impl Second {
    /// Draws what is read again of the case of a seed. One without a seed is in every share. To keep its history, a case
    /// must be able to say at little cost what Redis shows.
    ///
    /// A fault is reported by the comparison that it is made for, so a case with one is read a second time only if the fault is
    /// in that reading.
    pub(super) fn of(seed: u64, can_keep_history: bool, fault: Option<Act>) -> Second {
        let change = match fault {
            Some(Act::Reread(change)) => Some(change),
            Some(_) => return Second { seed, requests: false, rest: false, keeps_history: false, change: None },
            None => None,
        };
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        // The first numbers of this stream are the moments'.
        dice.set_stream(1);
        let mut one_in = |count| seed == 0 || change.is_some() || dice.random_range(0..count) == 0;
        let (requests, rest, keeps_history) = (one_in(REQUESTS_ONE_IN), one_in(READ_ONE_IN), one_in(HISTORY_ONE_IN));
        Second { seed, requests, rest, keeps_history: can_keep_history && rest && keeps_history, change }
    }

    /// Whether the case keeps its history.
    pub(super) fn history(&self, demanded: History) -> History {
        if self.keeps_history { History::Kept } else { demanded }
    }

    /// Reads the requests of a step again.
    pub(super) fn step(&self, number: u64, step: &Step) -> Result<(), Stop> {
        let requests = if self.requests { step.action.requests() } else { &[] };
        requests.iter().try_for_each(|request| requests::require_same(request, number, (self.seed, self.change)))
    }

    /// Reads a case again that is over.
    pub(super) fn ended(&self, ended: &Ended<'_>, left_out: &mut LeftOut) -> Result<(), Stop> {
        if !(self.rest || ended.snapshot.is_some()) {
            return Ok(());
        }
        if ended.dumped.keys.len() as u64 + ended.dumped.element_count() > MOST_ELEMENTS {
            left_out.add(LeftOutKind::SecondReadings, "case", 1);
            return Ok(());
        }
        rows::require_same(ended, self.change, &mut self.dice(2))?;
        if !self.rest {
            return Ok(());
        }
        dump::require_same(ended, self.change)?;
        texts::require_same(ended, self.change)?;
        runs_on::require_same(ended, self.change, &mut self.dice(4))?;
        let mut dice = self.dice(3);
        if self.reads_made_up(&mut dice) {
            crowded::require_same(ended.dumps.folder, self.change, &mut dice)?;
            // The longest last: a fault in another reading need not wait for it.
            borders::require_same(ended, self.change, &mut dice)?;
        }
        Ok(())
    }

    fn reads_made_up(&self, dice: &mut ChaCha8Rng) -> bool {
        self.seed == 0 || is_read(MADE_UP_ONE_IN, self.change, dice)
    }

    fn dice(&self, stream: u64) -> ChaCha8Rng {
        let mut dice = ChaCha8Rng::seed_from_u64(self.seed);
        dice.set_stream(stream);
        dice
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{CasePlan, Demands, run_case};
    use crate::database::Engine;
    use crate::store::MetaWidth;
    use crate::workload::{CaseSpec, Generator, PROFILES};

    #[test]
    fn cases_in_every_share_have_no_findings() {
        for (number, profile) in (1..).zip(PROFILES.iter().filter(|profile| profile.share_of_100 > 1)) {
            let folder = tempfile::tempdir().expect("a folder");
            let spec = CaseSpec { seed: number, profile, commands: 60, keys: None, clients: 1 };
            let plan = CasePlan {
                steps: Box::new(Generator::new(&spec).map(Ok)),
                width: MetaWidth::of_turn(number),
                folder: folder.path(),
                record: None,
                seed: 0,
                demands: &Demands::NONE,
                engine: Engine::Memory,
            };
            assert_eq!(run_case(plan).expect("a healthy disk").finding, None, "{}", profile.name);
        }
    }

    #[test]
    fn a_case_without_a_step_has_no_findings() {
        let folder = tempfile::tempdir().expect("a folder");
        let (steps, width, folder) = (Box::new(std::iter::empty()), MetaWidth::Short, folder.path());
        let (record, demands, engine) = (None, &Demands::NONE, Engine::Memory);
        let plan = CasePlan { steps, width, folder, record, seed: 0, demands, engine };
        assert_eq!(run_case(plan).expect("a healthy disk").finding, None);
    }

    #[test]
    fn the_shares_are_as_large_as_they_say() {
        let drawn: Vec<Second> = (1..4000).map(|seed| Second::of(seed, true, None)).collect();
        let count = |is: fn(&Second) -> bool| drawn.iter().filter(|second| is(second)).count() as u64;
        for (found, one_in) in [
            (count(|second| second.requests), REQUESTS_ONE_IN),
            (count(|second| second.rest), READ_ONE_IN),
            (count(|second| second.keeps_history), READ_ONE_IN * HISTORY_ONE_IN),
        ] {
            assert!(found.abs_diff(4000 / one_in) < 400 / one_in + 40, "{found}, one in {one_in}");
        }
        let made_up = |second: &&Second| second.reads_made_up(&mut second.dice(3));
        let count = drawn.iter().filter(made_up).count();
        assert!((1200..1467).contains(&count), "{count}, one in {MADE_UP_ONE_IN}");
        assert!((0..100).all(|stream| {
            let second = Second::of(0, true, None);
            second.reads_made_up(&mut second.dice(stream))
        }));
    }
}

//! Moments in the middle of a case, to come back to when it is over.
//!
//! What Redis shows then is remembered with the last commit; in the end the history must give the same lists. A few of a
//! case's steps are drawn, each as likely as another however many there are, and one more of those that compact, after
//! which the records are other ones and the lists the same.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::format::CommitTs;
use crate::state::State;

/// The moments of any kind of step, and those of compactions.
const OF_ANY_STEP: usize = 3;
const OF_COMPACTIONS: usize = 1;

/// A moment: the last commit, and what Redis showed.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) at: CommitTs,
    pub(super) expected: State,
}

/// The moments of a case so far.
pub(super) struct Moments {
    dice: ChaCha8Rng,
    any: Reservoir,
    compactions: Reservoir,
}

struct Reservoir {
    size: usize,
    seen: u64,
    kept: Vec<Moment>,
}

impl Moments {
    pub(super) fn new(seed: u64) -> Moments {
        Moments::of(seed, OF_ANY_STEP, OF_COMPACTIONS)
    }

    /// A single moment, of any kind of step.
    pub(super) fn single(seed: u64) -> Moments {
        Moments::of(seed, 1, 0)
    }

    fn of(seed: u64, of_any_step: usize, of_compactions: usize) -> Moments {
        let reservoir = |size| Reservoir { size, seen: 0, kept: Vec::new() };
        let dice = ChaCha8Rng::seed_from_u64(seed);
        Moments { dice, any: reservoir(of_any_step), compactions: reservoir(of_compactions) }
    }

    /// A step has been run; `expected` is asked for what Redis shows if the moment is drawn.
    ///
    /// # Errors
    ///
    /// What `expected` says.
    pub(super) fn offer<E>(
        &mut self,
        at: CommitTs,
        is_compaction: bool,
        mut expected: impl FnMut() -> Result<State, E>,
    ) -> Result<(), E> {
        if is_compaction {
            self.compactions.offer(&mut self.dice, at, &mut expected)?;
        }
        self.any.offer(&mut self.dice, at, &mut expected)
    }

    /// All of them, the earliest first.
    pub(super) fn into_sorted(self) -> Vec<Moment> {
        let mut all: Vec<Moment> = self.any.kept.into_iter().chain(self.compactions.kept).collect();
        all.sort_by_key(|moment| (moment.at, moment.expected.last_ms));
        all
    }
}

impl Reservoir {
    fn offer<E>(
        &mut self,
        dice: &mut ChaCha8Rng,
        at: CommitTs,
        expected: &mut dyn FnMut() -> Result<State, E>,
    ) -> Result<(), E> {
        self.seen += 1;
        if self.kept.len() < self.size {
            self.kept.push(Moment { at, expected: expected()? });
            return Ok(());
        }
        let place = dice.random_range(0..self.seen);
        if let Some(slot) = usize::try_from(place).ok().and_then(|place| self.kept.get_mut(place)) {
            *slot = Moment { at, expected: expected()? };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_as_likely_and_a_compaction_is_always_among_them() {
        let mut drawn = [0_u32; 10];
        for seed in 0..2000 {
            let mut moments = Moments::new(seed);
            for step in 0..1000_u64 {
                moments.offer(CommitTs(step), step == 500, || Ok::<State, ()>(State::default())).expect("never fails");
            }
            let all = moments.into_sorted();
            assert_eq!(all.len(), OF_ANY_STEP + OF_COMPACTIONS);
            assert!(all.is_sorted_by_key(|moment| moment.at) && all.iter().any(|moment| moment.at == CommitTs(500)));
            for moment in all.iter().filter(|moment| moment.at != CommitTs(500)) {
                drawn[(moment.at.0 / 100) as usize] += 1;
            }
        }
        assert!(drawn.iter().all(|count| (480..720).contains(count)), "{drawn:?}");
    }
}

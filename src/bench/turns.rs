//! Rounds in which something and its floor take turns.

use std::time::{Duration, Instant};

use super::figures::Usage;
use super::stop::BenchError;
use crate::jobs::Interrupt;

/// Rounds there are in any case, and at most.
const FEWEST: u64 = 3;
const MOST: u64 = 25;
/// No further one is begun after this.
const ENOUGH: Duration = Duration::from_millis(500);

/// What all rounds took.
pub(super) struct Turns {
    pub(super) rounds: u64,
    pub(super) usage: Usage,
    pub(super) floor: Usage,
}

/// Measures both by turns, so that what disturbs one disturbs the other. Both get the number of the round.
pub(super) fn in_turns(
    interrupt: &Interrupt,
    mut measured: impl FnMut(u64) -> Result<Usage, BenchError>,
    mut floor: impl FnMut(u64) -> Result<Usage, BenchError>,
) -> Result<Turns, BenchError> {
    let started = Instant::now();
    let mut turns: Option<Turns> = None;
    for round in 0..MOST {
        if interrupt.is_wished() {
            return Err(BenchError::Interrupted);
        }
        let (usage, floor) = (measured(round)?, floor(round)?);
        turns = Some(match turns {
            None => Turns { rounds: 1, usage, floor },
            Some(turns) => {
                Turns { rounds: round + 1, usage: best(turns.usage, usage), floor: best(turns.floor, floor) }
            }
        });
        if round + 1 >= FEWEST && started.elapsed() >= ENOUGH {
            break;
        }
    }
    turns.ok_or_else(|| BenchError::Wrong("nothing was measured".to_owned()))
}

fn best(one: Usage, other: Usage) -> Usage {
    Usage { seconds: one.seconds.min(other.seconds), cpu_seconds: one.cpu_seconds.min(other.cpu_seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_time_counts_and_both_take_turns() {
        let usage = |seconds| Usage { seconds, cpu_seconds: seconds / 2.0 };
        let calls = std::cell::RefCell::new(Vec::new());
        let measured = |round: u64| {
            calls.borrow_mut().push(("measured", round));
            Ok(usage(10.0 - round as f64))
        };
        let floor = |round: u64| {
            calls.borrow_mut().push(("floor", round));
            Ok(usage(1.0 + round as f64))
        };
        let turns = in_turns(&Interrupt::NEVER, measured, floor).expect("measured");
        let last = turns.rounds - 1;
        assert_eq!(turns.usage, usage(10.0 - last as f64));
        assert_eq!(turns.floor, usage(1.0));
        assert!(turns.rounds >= FEWEST && turns.rounds <= MOST);
        assert_eq!(calls.borrow().get(..4), Some(&[("measured", 0), ("floor", 0), ("measured", 1), ("floor", 1)][..]));
    }
}

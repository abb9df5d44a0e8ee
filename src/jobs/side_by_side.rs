//! Work on many things, several at a time, its results in the order of the things.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Does the work on each thing, `jobs` at a time; `done` is called after each.
///
/// # Errors
///
/// The first thing, in their order, on which it failed; those that had not been begun then are not.
pub fn side_by_side<T: Sync, R: Send, E: Send>(
    things: &[T],
    jobs: NonZeroUsize,
    work: impl Fn(&T) -> Result<R, E> + Sync,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<R>, E> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.get().min(things.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(thing) = things.get(index).filter(|_| !stop.load(Ordering::Relaxed)) else { return };
                    let result = work(thing);
                    stop.fetch_or(result.is_err(), Ordering::Relaxed);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                    done();
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_and_an_error_ends_the_work() {
        let things: Vec<u32> = (0..100).collect();
        let (jobs, count) = (NonZeroUsize::MIN.saturating_add(3), AtomicUsize::new(0));
        let done = || {
            count.fetch_add(1, Ordering::Relaxed);
        };
        let doubled = side_by_side(&things, jobs, |thing| Ok::<u32, String>(thing * 2), &done);
        assert_eq!(doubled, Ok((0..100).map(|thing| thing * 2).collect()));
        assert_eq!(count.load(Ordering::Relaxed), 100);
        let fails = |thing: &u32| if *thing < 3 { Ok(*thing) } else { Err(*thing) };
        assert_eq!(side_by_side(&things, NonZeroUsize::MIN, fails, &done), Err(3));
        assert_eq!(count.load(Ordering::Relaxed), 104, "none is begun after the one that failed");
    }
}

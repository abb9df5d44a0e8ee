//! What is drawn in one of so many cases.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::faults::Reread;

/// Draws whether something is done that is done once in so many times.
pub(super) fn one_in(count: u32, dice: &mut ChaCha8Rng) -> bool {
    dice.random_range(0..count) == 0
}

/// The same of a reading that a fault may be in: with a fault it always takes place.
pub(super) fn is_read(one_in_count: u32, change: Option<Reread>, dice: &mut ChaCha8Rng) -> bool {
    change.is_some() || one_in(one_in_count, dice)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn a_share_is_one_in_so_many_and_everything_with_a_fault() {
        let mut dice = ChaCha8Rng::seed_from_u64(1);
        for count in [2_u32, 3, 8] {
            let mut drawn = [0_u32; 3];
            for _ in 0..6000 {
                drawn[0] += u32::from(one_in(count, &mut dice));
                drawn[1] += u32::from(is_read(count, None, &mut dice));
                drawn[2] += u32::from(is_read(count, Some(Reread::Files(|_| ())), &mut dice));
            }
            let is_share = |found: u32| found.abs_diff(6000 / count) < 300;
            assert!(is_share(drawn[0]) && is_share(drawn[1]) && drawn[2] == 6000, "one in {count}: {drawn:?}");
        }
    }
}

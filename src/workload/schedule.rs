//! Which case gets which profile.
//!
//! A case of the profile `long` or `many` costs a hundred times an ordinary one. So where no profiles are selected,
//! each of the two gets one case in a hundred.

use super::profile::{PROFILES, Profile};

/// The profile of case number `case`, from 0, and how many cases before it had the same one. Both depend on the arguments
/// alone, so that one case can be run again by itself.
///
/// Profiles named by the user take turns. When none are (`selected` is empty) or all are, each gets its share of every
/// 100 cases, in rounds over those that have some of their share left: the first ten cases show every profile once, and
/// the two heavy ones come once in a hundred.
pub fn schedule(case: u64, selected: &[&'static Profile]) -> (&'static Profile, u64) {
    let all = PROFILES.iter().all(|profile| selected.contains(&profile));
    let turns = selected.len() as u64;
    let [first, ..] = &PROFILES;
    if turns > 0 && !all {
        let position = (case % turns) as usize;
        return (selected.get(position).copied().unwrap_or(first), case / turns);
    }
    let (hundreds, place) = (case / 100, (case % 100) as usize);
    let profile = order_of_a_hundred().nth(place).unwrap_or(first);
    let earlier = order_of_a_hundred().take(place).filter(|earlier| *earlier == profile).count() as u64;
    (profile, hundreds * profile.share_of_100 + earlier)
}

fn order_of_a_hundred() -> impl Iterator<Item = &'static Profile> {
    let rounds = 0..PROFILES.iter().map(|profile| profile.share_of_100).max().unwrap_or(0);
    rounds.flat_map(|round| PROFILES.iter().filter(move |profile| profile.share_of_100 > round))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hundred_cases_share_out_the_profiles() {
        let everything: Vec<&'static Profile> = PROFILES.iter().collect();
        for start in [0, 1, 37, 100, 1_000_000] {
            let cases: Vec<&Profile> = (start..start + 100).map(|case| schedule(case, &[]).0).collect();
            for profile in &PROFILES {
                let count = cases.iter().filter(|drawn| drawn.name == profile.name).count() as u64;
                assert_eq!(count, profile.share_of_100, "{} from {start}", profile.name);
            }
        }
        for case in 0..300 {
            assert_eq!(schedule(case, &everything), schedule(case, &[]));
        }
        let mut first_ten: Vec<&str> = (0..10).map(|case| schedule(case, &[]).0.name).collect();
        first_ten.sort_unstable();
        first_ten.dedup();
        assert_eq!(first_ten.len(), PROFILES.len());
    }

    #[test]
    fn turns_count_up_for_each_profile() {
        for profile in &PROFILES {
            let drawn = (0..300).map(|case| schedule(case, &[])).filter(|(drawn, _)| *drawn == profile);
            let turns: Vec<u64> = drawn.map(|(_, turn)| turn).collect();
            assert_eq!(turns, (0..3 * profile.share_of_100).collect::<Vec<_>>(), "{}", profile.name);
        }
    }

    #[test]
    fn named_profiles_take_turns() {
        let selected: Vec<&'static Profile> =
            ["ttl", "long", "queue"].iter().filter_map(|n| Profile::find(n)).collect();
        let turns: Vec<_> =
            (0..5).map(|case| schedule(case, &selected)).map(|(drawn, turn)| (drawn.name, turn)).collect();
        assert_eq!(turns, [("ttl", 0), ("long", 0), ("queue", 0), ("ttl", 1), ("long", 1)]);
    }
}

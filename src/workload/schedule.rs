//! Which case gets which profile.

use super::profile::{PROFILES, Profile};

/// The profile of case number `case`, from 0. It depends on its arguments alone, so that one case can be run again by
/// itself.
///
/// Profiles named by the user take turns. When none are (`selected` is empty) or all are, each gets its share of every
/// 100 cases, in rounds over those that have some of their share left: the first ten cases show every profile once, and the
/// two heavy ones come once in a hundred.
pub fn schedule(case: u64, selected: &[&'static Profile]) -> &'static Profile {
    let all = PROFILES.iter().all(|profile| selected.contains(&profile));
    let turns = selected.len() as u64;
    let [first, ..] = &PROFILES;
    if turns > 0 && !all {
        let position = (case % turns) as usize;
        return selected.get(position).copied().unwrap_or(first);
    }
    let rounds = 0..PROFILES.iter().map(|profile| profile.share_of_100).max().unwrap_or(0);
    let mut order = rounds.flat_map(|round| PROFILES.iter().filter(move |profile| profile.share_of_100 > round));
    order.nth((case % 100) as usize).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hundred_cases_share_out_the_profiles() {
        let everything: Vec<&'static Profile> = PROFILES.iter().collect();
        for start in [0, 1, 37, 100, 1_000_000] {
            let cases: Vec<&Profile> = (start..start + 100).map(|case| schedule(case, &[])).collect();
            for profile in &PROFILES {
                let count = cases.iter().filter(|drawn| drawn.name == profile.name).count() as u64;
                assert_eq!(count, profile.share_of_100, "{} from {start}", profile.name);
            }
        }
        for case in 0..300 {
            assert_eq!(schedule(case, &everything), schedule(case, &[]));
        }
        let mut first_ten: Vec<&str> = (0..10).map(|case| schedule(case, &[]).name).collect();
        first_ten.sort_unstable();
        first_ten.dedup();
        assert_eq!(first_ten.len(), PROFILES.len());
    }

    #[test]
    fn named_profiles_take_turns() {
        let selected: Vec<&'static Profile> =
            ["ttl", "long", "queue"].iter().filter_map(|n| Profile::find(n)).collect();
        let names: Vec<&str> = (0..5).map(|case| schedule(case, &selected).name).collect();
        assert_eq!(names, ["ttl", "long", "queue", "ttl", "long"]);
    }
}

//! Which of its profile's commands a case uses, and how often.

use super::dice::Dice;
use super::profile::Profile;
use super::requests;
use super::scene::Builder;

/// The chance of a command to be kept.
const KEPT_PERCENT: u64 = 60;

/// The commands of one case.
pub(super) struct Mix {
    rows: Vec<((&'static str, Builder), u64)>,
}

impl Mix {
    pub(super) fn draw(profile: &Profile, dice: &mut Dice) -> Mix {
        let group = dice.pick(profile.groups);
        let is_grouped = |name: &str| profile.groups.iter().any(|group| group.contains(&name));
        let mut rows = Vec::new();
        for (name, weight) in profile.weights {
            // Both are drawn for every command, so that a new row changes as little as possible in the others.
            let drawn = dice.percent(KEPT_PERCENT);
            let weight = weight * dice.between(50, 200);
            let kept = if is_grouped(name) { group.contains(name) } else { drawn };
            if let Some(row) = requests::find(name).filter(|_| kept) {
                rows.push((row, weight));
            }
        }
        Mix { rows }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.rows.iter().any(|((known, _), _)| *known == name)
    }

    pub(super) fn builder(&self, dice: &mut Dice) -> Option<Builder> {
        dice.weighted(&self.rows).map(|(_, builder)| *builder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::PROFILES;

    #[test]
    fn cases_differ_in_their_commands_but_all_push() {
        for profile in &PROFILES {
            let mixes: Vec<Mix> = (0..50).map(|seed| Mix::draw(profile, &mut Dice::new(seed))).collect();
            for mix in &mixes {
                assert!(mix.has("LPUSH") || mix.has("RPUSH"), "{}", profile.name);
            }
            for (name, _) in profile.weights {
                assert!(mixes.iter().any(|mix| mix.has(name)), "{} never uses {name}", profile.name);
            }
            if profile.name == "queue" {
                assert!(mixes.iter().all(|mix| mix.has("RPUSH") && mix.has("LPOP")));
            }
            if profile.name == "stack" {
                assert!(mixes.iter().all(|mix| mix.has("LPUSH") == mix.has("LPOP")));
            }
        }
    }
}

//! Scripts: a few commands in a row that lead to the borders of a command, such as a count of one more than there are
//! items.
//!
//! Chance alone hardly ever meets some borders: two equal expiries under GT, a key read in its very last millisecond. A
//! script makes a list of its own, whose items and expiry are therefore known, and goes along the borders of one command.
//! Every case runs some scripts between its other commands. They use keys that nothing else does, and count as commands of
//! the case.
//!
//! A case takes scripts in random order until an eighth of its commands is spent. All of them together have fewer than 600
//! commands (a test), so a case of 1000 takes each with a probability of more than a fifth. That a hundred cases, of which
//! 98 are light, all leave out one of forty scripts has a probability below 40 (4/5)^98, or 1 in 10^8. Scripts that only
//! some profiles can run are in each of their cases.

use std::collections::VecDeque;

use super::dice::Dice;
use super::key_scripts;
use super::list::scripts as list_scripts;
use super::profile::Profile;
use super::scene::Scene;
use super::script::{Cases, Moment, Script};
use super::script_lines::{Line, lines};
use super::script_words::ScriptWords;
use super::trace::Action;

/// One command in so many is a script's.
const SHARE: u64 = 8;

const TABLES: &[&[Script]] = &[list_scripts::SCRIPTS, key_scripts::SCRIPTS];

fn scripts() -> impl Iterator<Item = &'static Script> {
    TABLES.iter().copied().flatten()
}

/// The scripts of a case, and how far it has come with them.
pub(super) struct Scripts {
    dice: Dice,
    /// What to run when so many other commands are left; the next one is last.
    due: Vec<(u64, &'static Script)>,
    /// The steps of the one that is running, each with its time if it waits for one.
    running: VecDeque<(Option<u64>, Action)>,
}

impl Scripts {
    /// Draws the scripts of a case of so many commands, and gives how many commands are left for the rest of it.
    pub(super) fn draw(profile: &Profile, commands: u64, mut dice: Dice) -> (Scripts, u64) {
        let mut left = commands / SHARE;
        let own = scripts().filter(|script| script.belongs_to(profile));
        let mut drawn: Vec<&'static Script> = scripts().filter(|script| script.cases == Cases::Drawn).collect();
        dice.shuffle(&mut drawn);
        let mut taken = Vec::new();
        for script in own.chain(drawn) {
            if let Some(rest) = left.checked_sub(script.commands()) {
                left = rest;
                taken.push(script);
            }
        }
        let others = commands - (commands / SHARE - left);
        let mut due: Vec<(u64, &'static Script)> = taken
            .into_iter()
            .map(|script| match script.moment {
                Moment::Start => (others, script),
                Moment::Middle => (dice.between(1, others), script),
                Moment::End => (0, script),
            })
            .collect();
        due.sort_by_key(|(left, _)| *left);
        (Scripts { dice, due, running: VecDeque::new() }, others)
    }

    /// No script at all.
    pub(super) fn none() -> Scripts {
        Scripts { dice: Dice::new(0), due: Vec::new(), running: VecDeque::new() }
    }

    /// The next step of a script, if one is running or due when so many other commands are left. The clock goes to its time.
    pub(super) fn next(&mut self, others_left: u64, scene: &mut Scene) -> Option<Action> {
        if self.running.is_empty() {
            let (_, script) = self.due.pop_if(|(left, _)| others_left <= *left)?;
            self.running = self.steps(script, scene);
        }
        let (at_ms, action) = self.running.pop_front()?;
        if let Some(at_ms) = at_ms {
            scene.clock.go_to(at_ms);
        }
        Some(action)
    }

    fn steps(&mut self, script: &Script, scene: &Scene) -> VecDeque<(Option<u64>, Action)> {
        let keys = ScriptWords { keys: &scene.keys, start_ms: scene.clock.now_ms() };
        let (mut steps, mut transaction) = (VecDeque::new(), None);
        for line in lines(script.text) {
            match line {
                Line::Multi => transaction = Some(Vec::new()),
                Line::Exec => steps.extend(transaction.take().map(|requests| (None, Action::Transaction(requests)))),
                Line::Step { wait, words } => {
                    let at_ms = wait.map(|wait| keys.time(wait));
                    match (keys.action(&words), &mut transaction) {
                        (Some(Action::Command(request)), Some(requests)) => requests.push(request),
                        (Some(action), _) => steps.push_back((at_ms, action)),
                        (None, _) => {}
                    }
                }
                Line::List { key, items } => {
                    steps.extend(keys.list(key, &items, &mut self.dice).into_iter().map(|action| (None, action)));
                }
            }
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{PROFILES, Step};

    #[test]
    fn a_case_takes_each_script_with_a_fair_chance() {
        let drawn: Vec<&Script> = scripts().filter(|script| script.cases == Cases::Drawn).collect();
        let commands: u64 = drawn.iter().map(|script| script.commands()).sum();
        assert!(commands < 600, "{commands}");
        assert!(drawn.len() <= 40, "{}", drawn.len());
        assert!(scripts().all(|script| script.commands() < 1000 / SHARE / 3), "each has room beside others");
    }

    #[test]
    fn every_line_is_a_step_and_counts_as_it_says() {
        for script in scripts() {
            let scene = Scene::new(&PROFILES[0], 20, 1);
            let mut running = Scripts { dice: Dice::new(1), due: Vec::new(), running: VecDeque::new() };
            let steps = running.steps(script, &scene);
            let requests = |(_, action): &(Option<u64>, Action)| match action {
                Action::Command(_) => 1,
                Action::Transaction(requests) => requests.len() as u64,
                _ => 0,
            };
            assert_eq!(steps.iter().map(requests).sum::<u64>(), script.commands(), "{}", script.text);
            for (at_ms, action) in steps {
                Step { at_ms, action }.write(&mut Vec::new()).expect("a vector takes everything");
            }
        }
    }

    #[test]
    fn a_profile_runs_its_own_scripts_in_each_case() {
        for profile in &PROFILES {
            for seed in 0..20 {
                let (scripts, others) = Scripts::draw(profile, 1000, Dice::new(seed));
                let taken: u64 = scripts.due.iter().map(|(_, script)| script.commands()).sum();
                assert_eq!(taken + others, 1000);
                assert!(taken <= 125, "{}: {taken}", profile.name);
                let missed = super::scripts()
                    .filter(|script| script.belongs_to(profile))
                    .find(|script| !scripts.due.iter().any(|(_, taken)| taken.text == script.text));
                assert!(missed.is_none(), "{}: {missed:?}", profile.name);
            }
        }
        let (scripts, others) = Scripts::draw(&PROFILES[0], 7, Dice::new(1));
        assert_eq!((scripts.due.len(), others), (0, 7), "a short case has none");
    }
}

//! The generator: a case's steps, one at a time, from a seed.

use super::dice::Dice;
use super::encounters::Encounters;
use super::list::preamble::{Opening, draw_head};
use super::list::requests::rebirth;
use super::observed::observe;
use super::profile::{Preamble, Profile};
use super::scene::Scene;
use super::scripts::Scripts;
use super::side_by_side::SideBySide;
use super::swarm::Mix;
use super::trace::{Action, Header, Step};
use super::{clock, refused};
use crate::command::{Command, End, KeyCommand, ListCommand, Request, UserKey};

/// Of 1000 requests, those that Redis refuses or that are at the edge.
const REFUSED_PER_1000: u64 = 15;
const TRANSACTION_COMMANDS: (u64, u64) = (2, 6);
/// One case in so many upgrades its store, which does nothing to one that writes 32-byte metas already.
const UPGRADES_ONE_IN: u64 = 4;
/// Of the long cases with a key that gets nearly all commands, one in so many begins with nearly as many deltas as a key may
/// have.
const PILES_ONE_IN: u64 = 5;
const LONG_CASE_COMMANDS: u64 = 500;
/// Where a pile stands that is no key's of the case, beside the keys of scripts.
const PILE_KEY: u64 = 3;
/// Of 100 steps of a case with seeded heads, those that delete a list and seed its head again.
const RESEED_PERCENT: u64 = 3;

/// Everything that decides what a case is: the same specification gives the same steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseSpec {
    /// The case's own seed, from [`case_seed`].
    pub seed: u64,
    /// The shape of the case.
    pub profile: &'static Profile,
    /// How many commands it has, those in transactions included; the preamble, compactions and seeds are not counted.
    pub commands: u64,
    /// How many keys it has, if not as many as the profile says; at least 1.
    pub keys: Option<u64>,
    /// How many clients send them side by side, at least 1.
    pub clients: u32,
}

impl CaseSpec {
    /// The steps.
    pub fn steps(&self) -> Box<dyn Iterator<Item = Step>> {
        if self.clients < 2 {
            return Box::new(Generator::new(self));
        }
        // A case that is to have so many keys and no more has no room for encounters; nor have the rare cases that are alone in
        // making long lists, and need all their commands for that.
        let is_full = self.keys.is_some() || self.profile.share_of_100 == 1;
        let encounters = Encounters::draw(if is_full { 0 } else { self.commands }, self.seed);
        let commands = self.commands.saturating_sub(encounters.commands());
        let steps = Generator::new(&CaseSpec { commands, ..*self });
        Box::new(SideBySide::new(steps, encounters, self.seed, self.clients))
    }

    /// The header of the generated trace: with these flags, `generate` makes it again.
    pub fn header(&self) -> Header {
        let mut flags = vec!["--profile".to_owned(), self.profile.name.to_owned()];
        flags.extend(["--commands".to_owned(), self.commands.to_string()]);
        if let Some(keys) = self.keys {
            flags.extend(["--keys".to_owned(), keys.to_string()]);
        }
        if self.clients > 1 {
            flags.extend(["--clients".to_owned(), self.clients.to_string()]);
        }
        Header::new(Some(self.seed), flags)
    }
}

/// The seed of case number `case` of a run: neighbours have nothing in common.
pub fn case_seed(seed: u64, case: u64) -> u64 {
    mixed(mixed(seed).wrapping_add(case))
}

/// The step of splitmix64, a bijection.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The steps of a case. Memory grows with the number of keys, not with the number of commands.
pub struct Generator {
    profile: &'static Profile,
    scene: Scene,
    mix: Mix,
    opening: Opening,
    scripts: Scripts,
    /// Those of scripts not counted.
    commands_left: u64,
    /// The store is upgraded when so many commands are left.
    upgrade_at: Option<u64>,
    compaction: Option<OpenCompaction>,
    /// A key just deleted, whose head is seeded next.
    reseed: Option<UserKey>,
}

/// A compaction that has read and not yet committed.
struct OpenCompaction {
    key: UserKey,
    steps_left: u64,
}

impl Generator {
    /// Starts a case.
    pub fn new(spec: &CaseSpec) -> Generator {
        let profile = spec.profile;
        let mut dice = Dice::new(mixed(spec.seed));
        let mix = Mix::draw(profile, &mut dice);
        let mut scene = Scene::new(profile, spec.keys.unwrap_or(profile.default_keys), spec.seed);
        scene.drain_end = if mix.has("LPOP") { End::Left } else { End::Right };
        let mut opening = Opening::new(profile.preamble, scene.keys.count());
        let (scripts, commands_left) = Scripts::draw(profile, spec.commands, Dice::new(mixed(mixed(mixed(spec.seed)))));
        // Dice of its own, so that a case is the same with and without these.
        let mut extra = Dice::new(mixed(mixed(spec.seed)));
        let upgrade_at = extra.one_in(UPGRADES_ONE_IN).then(|| extra.below(commands_left));
        let hot_key = scene.keys.hot_key().filter(|_| extra.one_in(PILES_ONE_IN));
        if let Some(hot_key) = hot_key.filter(|_| spec.commands >= LONG_CASE_COMMANDS) {
            opening = opening.with_pile(hot_key, &mut extra);
        } else if matches!(profile.preamble, Preamble::LongLists | Preamble::ListPerKey) {
            // There is one such case in a hundred, so this makes sure of a pile.
            opening = opening.with_whole_pile(scene.keys.spare(PILE_KEY));
        }
        Generator { profile, scene, mix, opening, scripts, commands_left, upgrade_at, compaction: None, reseed: None }
    }

    /// A case of nothing but ordinary draws.
    pub(super) fn without_scripts(spec: &CaseSpec) -> Generator {
        let mut generator = Generator::new(spec);
        generator.scripts = Scripts::none();
        generator
    }

    /// The time at which every case starts, in Unix milliseconds.
    pub const START_MS: u64 = clock::START_MS;

    /// An action for the present time, or `None` when the case is over.
    fn draw_action(&mut self) -> Option<Action> {
        if let Some(action) = self.opening.next(&mut self.scene) {
            return Some(action);
        }
        if let Some(key) = self.reseed.take() {
            let turn = self.scene.dice.below(3);
            return Some(Action::Seed { key, head: draw_head(&mut self.scene.dice, turn) });
        }
        let commands_left = self.commands_left;
        if let Some(compaction) = self.compaction.take_if(|open| open.steps_left == 0 || commands_left == 0) {
            return Some(Action::CompactCommit(compaction.key));
        }
        if commands_left == 0 {
            return None;
        }
        match &mut self.compaction {
            Some(open) => {
                open.steps_left -= 1;
                self.scene.focus = Some(open.key.clone());
            }
            None if self.scene.dice.percent(self.profile.compaction_percent) => return Some(self.start_compaction()),
            None => {}
        }
        if self.profile.preamble == Preamble::SeedHeads && self.scene.dice.percent(RESEED_PERCENT) {
            return Some(self.delete_to_seed_again());
        }
        if commands_left >= TRANSACTION_COMMANDS.0 && self.scene.dice.percent(self.profile.transaction_percent) {
            return Some(self.draw_transaction());
        }
        Some(Action::Command(self.draw_request(true)))
    }

    fn start_compaction(&mut self) -> Action {
        let key = self.scene.key();
        if self.scene.dice.percent(50) {
            return Action::Compact(key);
        }
        let steps_left = self.scene.dice.between(1, 4);
        self.compaction = Some(OpenCompaction { key: key.clone(), steps_left });
        Action::CompactRead(key)
    }

    fn delete_to_seed_again(&mut self) -> Action {
        let key = self.scene.key();
        self.reseed = Some(key.clone());
        Action::Command(self.count(Command::Key(KeyCommand::Delete { keys: vec![key] }), true))
    }

    /// Most of a transaction is about one key: what it does to a key twice is where a batch of writes goes wrong.
    fn draw_transaction(&mut self) -> Action {
        let (low, high) = TRANSACTION_COMMANDS;
        let key = self.scene.short_key();
        let size = self.scene.dice.between(low, high.min(self.commands_left));
        if self.commands_left >= high && self.mix.has("DEL") && self.scene.dice.percent(25) {
            // What was there before and what is there after it are under one commit timestamp.
            let commands = rebirth(&mut self.scene, &key);
            return Action::Transaction(commands.into_iter().map(|command| self.count(command, false)).collect());
        }
        self.scene.focus = Some(key);
        Action::Transaction((0..size).map(|_| self.draw_request(false)).collect())
    }

    fn draw_request(&mut self, certain: bool) -> Request {
        if self.scene.dice.below(1000) < REFUSED_PER_1000 {
            let request = refused::draw(&mut self.scene);
            self.commands_left -= 1;
            if let Request::Valid(command) = &request {
                observe(&mut self.scene.lengths, command, certain);
            }
            return request;
        }
        let builder = self.mix.builder(&mut self.scene.dice);
        let command = match builder {
            Some(builder) => builder(&mut self.scene),
            None => Command::List(ListCommand::Length { key: self.scene.key() }),
        };
        self.count(command, certain)
    }

    fn count(&mut self, command: Command, certain: bool) -> Request {
        self.commands_left -= 1;
        observe(&mut self.scene.lengths, &command, certain);
        Request::Valid(command)
    }
}

impl Iterator for Generator {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.upgrade_at.take_if(|left| self.commands_left <= *left).is_some() {
            return Some(Step { at_ms: Some(self.scene.clock.now_ms()), action: Action::Upgrade });
        }
        if self.opening.is_done()
            && let Some(action) = self.scripts.next(self.commands_left, &mut self.scene)
        {
            return Some(Step { at_ms: Some(self.scene.clock.now_ms()), action });
        }
        self.scene.focus = self.scene.clock.advance(&mut self.scene.dice);
        let action = self.draw_action()?;
        Some(Step { at_ms: Some(self.scene.clock.now_ms()), action })
    }
}

#[cfg(test)]
mod tests;

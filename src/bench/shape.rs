//! The lists that workloads make, command by command.
//!
//! Commands are drawn when they are asked for, so that ten million items need no room before they are used.

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::command::{Request, UserKey};
use crate::workload::{Action, Step};

/// When the first command runs, in Unix milliseconds.
const START_MS: u64 = 4_102_444_800_000;
/// Items of a command that makes the long list, and commands after which its deltas are folded, as the live store does it.
const LONG_PUSH: u64 = 100;
const LONG_COMPACTION: u64 = 64;
/// Items of a small list.
const SMALL_LIST: u64 = 10;

/// The lists of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// One list of n items of 15 bytes.
    Long,
    /// Lists of ten items of 15 bytes each, made by one command each.
    Small,
    /// Lists of 1 to 1000 items of every kind, pushed to at both ends, popped from, changed, some with an expiry.
    Mixed,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Shape; 3] = [Shape::Long, Shape::Small, Shape::Mixed];

    /// The name, as results have it.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Long => "long",
            Shape::Small => "small",
            Shape::Mixed => "mixed",
        }
    }

    /// The one that is so called.
    pub fn find(name: &str) -> Option<Shape> {
        Shape::ALL.into_iter().find(|shape| shape.name() == name)
    }

    /// The name in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Shape::Long => "one long list",
            Shape::Small => "small lists",
            Shape::Mixed => "mixed lists",
        }
    }

    /// Steps that push so many items.
    pub(super) fn steps(self, items: u64, seed: u64) -> Box<dyn Iterator<Item = Step>> {
        let steps: Box<dyn Iterator<Item = Action>> = match self {
            Shape::Long => Box::new((0..items.div_ceil(LONG_PUSH)).flat_map(move |number| {
                let first = number * LONG_PUSH;
                let push = command(b"RPUSH", b"jobs", (first..items.min(first + LONG_PUSH)).map(plain_item));
                let folds = (number + 1).is_multiple_of(LONG_COMPACTION);
                let fold = folds.then(|| Action::Compact(UserKey(b"jobs".to_vec())));
                push.into_iter().chain(fold)
            })),
            Shape::Small => Box::new((0..items.div_ceil(SMALL_LIST)).filter_map(move |number| {
                let first = number * SMALL_LIST;
                command(b"RPUSH", &key(number), (first..items.min(first + SMALL_LIST)).map(plain_item))
            })),
            Shape::Mixed => Box::new(Mixed::new(items, seed)),
        };
        Box::new((START_MS..).zip(steps).map(|(at_ms, action)| Step { at_ms: Some(at_ms), action }))
    }
}

fn key(number: u64) -> Vec<u8> {
    format!("jobs:{number:07}").into_bytes()
}

fn plain_item(number: u64) -> Vec<u8> {
    format!("item-{number:010}").into_bytes()
}

/// `None` for a name that is no command's, which these are.
fn command(name: &[u8], key: &[u8], operands: impl IntoIterator<Item = Vec<u8>>) -> Option<Action> {
    let args = [name.to_vec(), key.to_vec()].into_iter().chain(operands).collect();
    Request::parse(args).ok().map(Action::Command)
}

/// Lists that are made one after the other.
struct Mixed {
    dice: ChaCha8Rng,
    /// Items that are still to be pushed, to all lists and to the one under way.
    left: u64,
    left_of_list: u64,
    list: u64,
    /// What ends the list, the last first.
    ending: Vec<Action>,
}

impl Mixed {
    fn new(items: u64, seed: u64) -> Mixed {
        let dice = ChaCha8Rng::seed_from_u64(seed);
        Mixed { dice, left: items, left_of_list: 0, list: 0, ending: Vec::new() }
    }

    fn begin_list(&mut self) {
        self.list += 1;
        let most = 10_u64.pow(self.dice.random_range(0..=3));
        let length = self.dice.random_range(1..=most).min(self.left);
        (self.left, self.left_of_list) = (self.left - length, length);
        let key = key(self.list);
        let number = |number: u64| number.to_string().into_bytes();
        let mut end = |one_in: u32, name: &[u8], operands: Vec<Vec<u8>>| {
            if self.dice.random_range(0..one_in) == 0 {
                self.ending.extend(command(name, &key, operands));
            }
        };
        end(4, b"PEXPIREAT", vec![number(2 * START_MS)]);
        end(4, b"LSET", vec![number(length / 2), b"changed".to_vec()]);
        end(4, b"LPOP", vec![number(length / 4)]);
        end(4, b"RPOP", vec![number(length / 8)]);
    }

    fn item(&mut self) -> Vec<u8> {
        let number = self.dice.random_range(0..1_000_000_u32);
        match self.dice.random_range(0..8) {
            0..4 => {
                let filling = "the quick brown fox jumps over lazy dogs ".repeat(3);
                let length = self.dice.random_range(0..filling.len());
                format!("job-{number:07} {}", filling.get(..length).unwrap_or_default()).into_bytes()
            }
            4..6 => format!("{{\"id\":{number},\"to\":\"a<b>&c\"}}\n").into_bytes(),
            6 => format!("naïve – “ключ” \u{2028} 鍵 {number}").into_bytes(),
            _ => {
                let mut bytes = vec![0xff; self.dice.random_range(1..64)];
                self.dice.fill_bytes(bytes.get_mut(1..).unwrap_or_default());
                bytes
            }
        }
    }
}

impl Iterator for Mixed {
    type Item = Action;

    fn next(&mut self) -> Option<Action> {
        if self.left_of_list == 0 {
            if let Some(action) = self.ending.pop() {
                return Some(action);
            }
            if self.left == 0 {
                return None;
            }
            self.begin_list();
        }
        let count = self.dice.random_range(1..=20).min(self.left_of_list);
        self.left_of_list -= count;
        let name: &[u8] = if self.dice.random_range(0..3) == 0 { b"LPUSH" } else { b"RPUSH" };
        let items: Vec<Vec<u8>> = (0..count).map(|_| self.item()).collect();
        command(name, &key(self.list), items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;

    /// Items that steps push.
    fn pushed(steps: &[Step]) -> u64 {
        let requests = steps.iter().flat_map(|step| step.action.requests());
        let items = requests.map(|request| match request.args().as_slice() {
            [name, _, items @ ..] if name.ends_with(b"PUSH") => items.len() as u64,
            _ => 0,
        });
        items.sum()
    }

    #[test]
    fn each_shape_pushes_what_was_asked_for_and_the_same_again() {
        for shape in Shape::ALL {
            for items in [1, 9, 10, 11, 1000, 6_543] {
                let steps: Vec<Step> = shape.steps(items, 5).collect();
                assert_eq!(pushed(&steps), items, "{shape:?}");
                assert!(shape.steps(items, 5).eq(steps), "{shape:?}");
            }
        }
        assert!(!Shape::Mixed.steps(1000, 5).eq(Shape::Mixed.steps(1000, 6)));
    }

    #[test]
    fn no_command_is_refused_and_the_mixed_ones_are_of_many_kinds() {
        let mut names = std::collections::BTreeSet::new();
        for step in Shape::Mixed.steps(20_000, 1) {
            for request in step.action.requests() {
                assert!(matches!(request, Request::Valid(Command::List(_) | Command::Key(_))), "{request:?}");
                names.insert(request.command_name());
            }
        }
        assert!(names.into_iter().eq(["LPOP", "LPUSH", "LSET", "PEXPIREAT", "RPOP", "RPUSH"]));
        let of_long = Shape::Long.steps(10_000, 1).filter(|step| matches!(step.action, Action::Compact(_)));
        assert_eq!(of_long.count(), 1);
    }
}

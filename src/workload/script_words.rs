//! The words of scripts that stand for others.
//!
//! | word | stands for |
//! | --- | --- |
//! | `{k}` `{l}` `{x}` | keys that only scripts use |
//! | `{x+}` | a key between the first two items of `{x}` |
//! | `{x@}` | another one, which ends in what looks like the time of a commit |
//! | `{long}` | the first key of the case, which in some profiles has a long list |
//! | `{longest}` | a key as long as the limit of 1 MiB allows, when it is part of a delta's key |
//! | `{huge}` | a key with a byte more |
//! | `{euros}` | a key of 243 bytes, in characters of three bytes |
//! | `{k240}` `{k241}` | keys of so many bytes, all of which a file name takes |
//! | `{colons}` | a key whose escapes alone are too long for a file name |
//! | `{digest}` | a key that looks like a file name by digest |
//! | `{delta}` | a key whose meta key is a delta key of the list `a` |
//! | `{empty}` | nothing |
//! | `{min}` `{max}` | the least and the greatest number of 64 bits |
//! | `{t50}` `{s1}` | the Unix milliseconds of `@50`, the Unix seconds of `@s1`; also `{t-50}` |
//! | `{66k}` | 66 words of 1000 bytes |
//! | `{10k}` | a word of 10 001 bytes |
//! | `{most}` | as many words as a command may move |

use super::dice::Dice;
use super::keys::Keys;
use super::list::imitations::imitated_delta;
use super::placeholders::{MAX, MIN};
use super::trace::Action;
use crate::command::{Command, End, KeyCommand, ListCommand, Request, UserKey};
use crate::format::segment::SEGMENT_LIMIT_BYTES;
use crate::format::snapshot::mvcc_key;
use crate::format::{CommitTs, KEY_LIMIT_BYTES, Seq};

/// The most items that a store moves in one command.
const ITEMS_PER_COMMAND: usize = 100_000;
/// Of 100 lists of scripts, those that are compacted.
const COMPACTED_PERCENT: u64 = 30;

/// What words stand for in a script that started at a time.
pub(super) struct ScriptWords<'a> {
    pub(super) keys: &'a Keys,
    pub(super) start_ms: u64,
}

/// The bytes of the longest key: a delta's key has 28 bytes beside it.
const LONGEST_KEY_BYTES: usize = KEY_LIMIT_BYTES - 28;

impl ScriptWords<'_> {
    /// The time that `50` or `s1` means, in Unix milliseconds.
    pub(super) fn time(&self, wait: &str) -> u64 {
        match wait.strip_prefix('s') {
            Some(seconds) => self.second(seconds).saturating_mul(1000),
            None => self.start_ms.saturating_add_signed(wait.parse().unwrap_or(0)),
        }
    }

    fn second(&self, seconds: &str) -> u64 {
        (self.start_ms / 1000).saturating_add_signed(seconds.parse().unwrap_or(0))
    }

    fn push(&self, word: &str, words: &mut Vec<Vec<u8>>) {
        let Some(name) = word.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            words.push(word.as_bytes().to_vec());
            return;
        };
        let between = || [self.keys.spare(2).as_bytes(), &Seq(0).to_bytes()].concat();
        match name {
            "k" => words.push(self.keys.spare(0).0),
            "l" => words.push(self.keys.spare(1).0),
            "x" => words.push(self.keys.spare(2).0),
            "x+" => words.push(between()),
            "x@" => words.push(mvcc_key(&between(), CommitTs::at_ms(self.start_ms))),
            "long" => words.push(self.keys.key(0).0),
            "huge" => words.push(vec![b'k'; LONGEST_KEY_BYTES + 1]),
            "longest" => words.push(vec![b'k'; LONGEST_KEY_BYTES]),
            "euros" => words.push("\u{20ac}".repeat(81).into_bytes()),
            "k240" => words.push(vec![b'k'; SEGMENT_LIMIT_BYTES]),
            "k241" => words.push(vec![b'k'; SEGMENT_LIMIT_BYTES + 1]),
            "colons" => words.push(vec![b':'; SEGMENT_LIMIT_BYTES / 3 + 1]),
            "digest" => words.push(b"0123456789abcdef0123456789abcdef__".to_vec()),
            "delta" => words.push(imitated_delta(b"a", 0, 0)),
            "empty" => words.push(Vec::new()),
            "10k" => words.push(vec![b'x'; 10_001]),
            "min" => words.push(MIN.as_bytes().to_vec()),
            "max" => words.push(MAX.as_bytes().to_vec()),
            "66k" => words.extend((0..66_u8).map(|number| vec![b'A' + number % 26; 1000])),
            "most" => words.extend(std::iter::repeat_n(b"a".to_vec(), ITEMS_PER_COMMAND)),
            _ => match (name.strip_prefix('s'), name.strip_prefix('t')) {
                (Some(seconds), _) => words.push(self.second(seconds).to_string().into_bytes()),
                (_, Some(wait)) => words.push(self.time(wait).to_string().into_bytes()),
                _ => words.push(word.as_bytes().to_vec()),
            },
        }
    }

    fn words(&self, line: &[&str]) -> Vec<Vec<u8>> {
        let mut words = Vec::new();
        line.iter().for_each(|word| self.push(word, &mut words));
        words
    }

    /// What a line does; `None` if it names nothing that is known, which a test rules out.
    pub(super) fn action(&self, line: &[&str]) -> Option<Action> {
        let words = self.words(line);
        match (line, words.as_slice()) {
            (["upgrade"], _) => Some(Action::Upgrade),
            (["compact", _], [_, key]) => Some(Action::Compact(UserKey(key.clone()))),
            (["seed", ..], [_, key, head]) => {
                let head = std::str::from_utf8(head).ok()?.parse().ok()?;
                Some(Action::Seed { key: UserKey(key.clone()), head })
            }
            _ => Request::parse(words).ok().map(Action::Command),
        }
    }

    /// The steps that leave a list of these items: its first ones are pushed to the left, or its last ones to the right,
    /// whichever the dice say first.
    pub(super) fn list(&self, key: &str, items: &[&str], dice: &mut Dice) -> Vec<Action> {
        let Some(key) = self.words(&[key]).into_iter().next().map(UserKey) else { return Vec::new() };
        let mut left: Vec<Vec<u8>> = items.iter().map(|item| item.as_bytes().to_vec()).collect();
        let right = left.split_off(match left.len() {
            1 => 1,
            len => dice.between(1, len as u64 - 1) as usize,
        });
        left.reverse();
        let push = |end, values: Vec<Vec<u8>>| {
            let key = key.clone();
            (!values.is_empty()).then_some(Command::List(ListCommand::Push { key, end, values, only_existing: false }))
        };
        let mut pushes = vec![push(End::Left, left), push(End::Right, right)];
        if dice.percent(50) {
            pushes.reverse();
        }
        let delete = Command::Key(KeyCommand::Delete { keys: vec![key.clone()] });
        let commands = std::iter::once(delete).chain(pushes.into_iter().flatten());
        let mut actions: Vec<Action> = commands.map(|command| Action::Command(Request::Valid(command))).collect();
        if dice.percent(COMPACTED_PERCENT) {
            actions.push(Action::Compact(key));
        }
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::PROFILES;
    use crate::workload::scene::Scene;

    const START_MS: u64 = 4_102_444_800_123;

    /// What a line does in a case of three plain keys.
    fn action(line: &str) -> Option<Action> {
        let scene = Scene::new(&PROFILES[0], 3, 1);
        let words = ScriptWords { keys: &scene.keys, start_ms: START_MS };
        words.action(&line.split(' ').collect::<Vec<_>>())
    }

    /// What words stand for in a push.
    fn words(line: &str) -> Vec<Vec<u8>> {
        match action(&format!("RPUSH k {line}")) {
            Some(Action::Command(request)) => request.args().split_off(2),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_word_stands_for_what_the_table_says() {
        let between = b"jobs:5\x80\0\0\0\0\0\0\0".as_slice();
        for (word, expected) in [
            ("a", b"a".as_slice()),
            ("{k}", b"jobs:3"),
            ("{l}", b"jobs:4"),
            ("{x}", b"jobs:5"),
            ("{x+}", between),
            ("{long}", b"jobs:0"),
            ("{digest}", b"0123456789abcdef0123456789abcdef__"),
            ("{empty}", b""),
            ("{min}", b"-9223372036854775808"),
            ("{max}", b"9223372036854775807"),
            ("{t50}", b"4102444800173"),
            ("{t-50}", b"4102444800073"),
            ("{s2}", b"4102444802"),
            ("{nothing}", b"{nothing}"),
        ] {
            assert_eq!(words(word), [expected], "{word}");
        }
        for (word, count, byte) in [
            ("{huge}", 1_048_549, b'k'),
            ("{longest}", 1_048_548, b'k'),
            ("{k240}", 240, b'k'),
            ("{k241}", 241, b'k'),
            ("{colons}", 81, b':'),
            ("{10k}", 10_001, b'x'),
        ] {
            assert_eq!(words(word), [vec![byte; count]], "{word}");
        }
        assert_eq!(words("{euros}"), ["\u{20ac}".repeat(81).into_bytes()]);
        assert!(words("{x@}")[0].starts_with(between) && words("{x@}")[0].len() == between.len() + 8);
        assert!(words("{delta}")[0].starts_with(b"d|\0\0\0\x01a"));
        let many = words("{66k}");
        assert!(many.len() == 66 && many.iter().all(|word| word.len() == 1000) && many[0] != many[1]);
        assert_eq!(words("{most}").len(), 100_000);
    }

    #[test]
    fn a_line_is_a_command_or_an_operation() {
        let key = UserKey::from("jobs:3");
        assert_eq!(action("upgrade"), Some(Action::Upgrade));
        assert_eq!(action("compact {k}"), Some(Action::Compact(key.clone())));
        assert_eq!(action("seed {k} {min}"), Some(Action::Seed { key: key.clone(), head: i64::MIN }));
        let request = Request::Valid(Command::List(ListCommand::Length { key }));
        assert_eq!(action("LLEN {k}"), Some(Action::Command(request)));
        assert_eq!(action("NOSUCH {k}"), None);
    }
}

//! The keys of a case.

use super::clock::START_MS;
use super::dice::Dice;
use super::list::imitations::imitated_delta;
use super::profile::KeyStyle;
use crate::command::UserKey;
use crate::format::CommitTs;
use crate::format::segment::SEGMENT_LIMIT_BYTES;
use crate::format::snapshot::mvcc_key;

/// Of the hostile keys of a case, the first ones, which get most of the commands.
const NEIGHBOURS: u64 = 11;

/// The keys of a case, by number from 0.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    style: KeyStyle,
    count: u64,
    /// The first ones, where the style is a list.
    listed: Vec<UserKey>,
    /// The key that gets nearly all commands.
    hot: Option<u64>,
}

impl Keys {
    pub(super) fn new(style: KeyStyle, count: u64, is_hot: bool, dice: &mut Dice) -> Keys {
        let count = count.max(1);
        let mut listed = Vec::new();
        if style == KeyStyle::Hostile {
            listed = hostile_keys();
            // Neighbours in the list belong together, so a case takes a stretch of it: every other case the first one,
            // where keys and what imitates their records are.
            let start = if dice.percent(50) { 0 } else { dice.below(listed.len() as u64) };
            listed.rotate_left(start as usize);
        }
        let hot = is_hot.then(|| dice.below(count));
        Keys { style, count, listed, hot }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The key that gets nearly all commands, if there is one.
    pub(super) fn hot_key(&self) -> Option<UserKey> {
        self.hot.map(|number| self.key(number))
    }

    pub(super) fn key(&self, number: u64) -> UserKey {
        match self.style {
            KeyStyle::Numbered => UserKey(format!("item:{number:06}").into_bytes()),
            KeyStyle::Plain => UserKey(format!("jobs:{number}").into_bytes()),
            KeyStyle::Hostile => {
                let listed = self.listed.get(number as usize).cloned();
                listed.unwrap_or_else(|| UserKey(format!("jobs:{number}").into_bytes()))
            }
        }
    }

    /// A key that is never drawn, by number from 0.
    pub(super) fn spare(&self, number: u64) -> UserKey {
        self.key(self.count.saturating_add(number))
    }

    pub(super) fn draw(&self, dice: &mut Dice) -> UserKey {
        match (self.hot, self.style) {
            (Some(hot), _) if dice.percent(90) => self.key(hot),
            // Keys that extend one another have to hold several items each, at the same time, to get in each other's way.
            (_, KeyStyle::Hostile) if dice.percent(60) => self.key(dice.below(self.count.min(NEIGHBOURS))),
            _ => self.key(dice.below(self.count)),
        }
    }
}

/// Keys that reach hazards 1, 2, 8 and 12 of the format, related ones next to each other.
pub(super) fn hostile_keys() -> Vec<UserKey> {
    const HEX_32: &[u8] = b"0123456789abcdef0123456789abcdef";
    let repeated = |byte: u8, count: usize| vec![byte; count];
    let limit = SEGMENT_LIMIT_BYTES;
    let keys: Vec<Vec<u8>> = vec![
        // Extending one another: after `a` an item key goes on with 8 bytes, and so do these.
        b"a".to_vec(),
        b"a\x80\0\0\0\0\0\0\0".to_vec(),
        b"a\x80\0\0\0\0\0\0\x01".to_vec(),
        b"a\x7f\xff\xff\xff\xff\xff\xff\xff".to_vec(),
        b"a\0".to_vec(),
        b"a\0\0\0\0\0\0\0\0".to_vec(),
        b"a\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
        b"a\xfe".to_vec(),
        // In a snapshot, between two versions of `a`: after a logical key comes its commit's time, inverted.
        apart(b"a", 20),
        apart(b"a", 300),
        b"ab".to_vec(),
        // In the namespace of deltas: near misses, then byte for byte a delta key of another list.
        b"d|".to_vec(),
        b"d|a".to_vec(),
        b"d|jobs:1".to_vec(),
        b"d|\0\0\0\x01a".to_vec(),
        b"d|\0\0\0\x02a00000000000".to_vec(),
        imitated_delta(b"a", 0, 0),
        imitated_delta(b"a", 1, 0),
        imitated_delta(b"a", 1, 1),
        imitated_delta(b"a\x80\0\0\0\0\0\0\0", 1, 0),
        imitated_delta(b"", 0, 7),
        imitated_delta(b"d|", 1, 2),
        imitated_delta(&imitated_delta(b"a", 0, 0), 1, 0),
        // As file names: nothing, the directories, both reserved starts.
        b"".to_vec(),
        b".".to_vec(),
        b"..".to_vec(),
        b"../a".to_vec(),
        b"b64.x".to_vec(),
        b"b64.".to_vec(),
        [HEX_32, b"__"].concat(),
        [HEX_32.to_ascii_uppercase().as_slice(), b"__a"].concat(),
        [HEX_32, b"_a"].concat(),
        // At the limits of a file name, as they are and once escaped; two that differ only behind the part that is shown.
        repeated(b'k', limit),
        repeated(b'k', limit + 1),
        // 64 bytes of it end within a character.
        "\u{20ac}".repeat(limit / 3 + 1).into_bytes(),
        repeated(b' ', limit / 3),
        repeated(b' ', limit / 3 + 1),
        [repeated(b'k', limit + 1), b"1".to_vec()].concat(),
        // One file for file systems that fold case or normalize.
        b"Case".to_vec(),
        b"case".to_vec(),
        b"CASE".to_vec(),
        "\u{e9}".as_bytes().to_vec(),
        "e\u{301}".as_bytes().to_vec(),
        // Escapes and what looks like them, bytes that are no text, texts that look like JSON.
        b"%41".to_vec(),
        b"A".to_vec(),
        b"x/y.json".to_vec(),
        b"x\\y\r\n".to_vec(),
        b"\0".to_vec(),
        b"k\0k".to_vec(),
        b"\xff".to_vec(),
        b"\xff\xfe\xed\xa0\x80".to_vec(),
        "\u{2028}<&>\"".as_bytes().to_vec(),
        b"null".to_vec(),
        b"{\"base64\":\"_w\"}".to_vec(),
        // What records themselves start with.
        b"!lst|meta|a".to_vec(),
        b"!lst|itm|a\x80\0\0\0\0\0\0\0".to_vec(),
        b"meta|".to_vec(),
    ];
    keys.into_iter().map(UserKey).collect()
}

/// A key that goes on like a raw key of `other` whose commit was so many seconds after the first step.
fn apart(other: &[u8], seconds: u64) -> Vec<u8> {
    mvcc_key(other, CommitTs::at_ms(START_MS + seconds * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::list::{delta_key, meta_key};
    use crate::format::segment;

    #[test]
    fn the_hazards_are_among_the_hostile_keys() {
        let keys = hostile_keys();
        let mut unique = keys.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), keys.len());

        let imitation = UserKey(b"d|\0\0\0\x01a\0\0\0\0\0\0\0\x01\0\0\0\0".to_vec());
        assert_eq!(meta_key(imitation.as_bytes()), delta_key(b"a", CommitTs(1), 0));
        let expected: [&[u8]; 12] = [
            b"",
            b".",
            b"..",
            b"b64.x",
            b"0123456789abcdef0123456789abcdef__",
            &[b'k'; 240],
            &[b'k'; 241],
            &[b' '; 80],
            &[b' '; 81],
            b"a\x80\0\0\0\0\0\0\0",
            b"d|a",
            imitation.as_bytes(),
        ];
        for key in expected {
            assert!(keys.contains(&UserKey(key.to_vec())), "{key:?}");
        }
        assert!(keys.iter().any(|key| std::str::from_utf8(key.as_bytes()).is_err()));
        assert!(keys.iter().filter(|key| !segment::encode(key.as_bytes()).reversible).count() >= 6);
    }

    #[test]
    fn a_case_with_more_keys_than_hazards_gets_ordinary_ones_too() {
        let mut dice = Dice::new(1);
        let keys = Keys::new(KeyStyle::Hostile, 200, false, &mut dice);
        let mut all: Vec<UserKey> = (0..keys.count()).map(|number| keys.key(number)).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 200);
        assert!(hostile_keys().iter().all(|key| all.contains(key)));
    }
}

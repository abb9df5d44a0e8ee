//! What the words of a trace are for: keys, values, times of expiries. The parser of commands is asked, so that no command is
//! known here by name.

use super::line::{Line, LineKind, number};
use crate::command::{Command, ExpireUnit, KeyCommand, Request};

/// Where a word stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    line: usize,
    request: usize,
    word: usize,
}

/// What a word is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Key,
    Value,
    /// The time of an expiry, a number.
    Time(ExpireUnit),
}

/// No command has this among its words, so that it is found again.
const ANY_WORD: &[u8] = b"\0any word";
const ANY_TIME: i64 = 7_777_777_777;

impl Place {
    pub(super) fn of<'a>(&self, lines: &'a [Line]) -> Option<&'a Vec<u8>> {
        lines.get(self.line)?.requests.get(self.request)?.get(self.word)
    }

    /// Puts a word there.
    pub(super) fn put(&self, lines: &mut [Line], by: &[u8]) {
        let request = lines.get_mut(self.line).and_then(|line| line.requests.get_mut(self.request));
        if let Some(word) = request.and_then(|words| words.get_mut(self.word)) {
            *word = by.to_vec();
        }
    }

    /// The number of its line, from 0.
    pub(super) fn line(&self) -> usize {
        self.line
    }
}

/// The words that can be other ones, in their order. Options, counts and indexes are not among them, nor are the words of
/// requests that Redis refuses.
pub(super) fn places(lines: &[Line]) -> Vec<(Place, Role)> {
    let mut places = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        for (request, words) in line.requests.iter().enumerate() {
            for word in line.first_operand()..words.len() {
                let role = match line.kind {
                    LineKind::Command | LineKind::Transaction | LineKind::Begin { .. } => role(words, word),
                    _ => Some(Role::Key),
                };
                places.extend(role.map(|role| (Place { line: at, request, word }, role)));
            }
        }
    }
    places
}

/// What the parser makes of any other word in the place of this one.
fn role(words: &[Vec<u8>], at: usize) -> Option<Role> {
    let with = |by: &[u8]| {
        let mut words = words.to_vec();
        *words.get_mut(at)? = by.to_vec();
        match Request::parse(words) {
            Ok(Request::Valid(command)) => Some(command),
            _ => None,
        }
    };
    if let Some(command) = with(ANY_WORD) {
        let is_key = command.keys().iter().any(|key| key.as_bytes() == ANY_WORD);
        let is_value = command.values().contains(&ANY_WORD);
        return is_key.then_some(Role::Key).or_else(|| is_value.then_some(Role::Value));
    }
    number(words.get(at)?)?;
    match with(ANY_TIME.to_string().as_bytes())? {
        Command::Key(KeyCommand::Expire { time: ANY_TIME, unit, .. }) => Some(Role::Time(unit)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_says_what_a_word_is_for() {
        let roles = |text: &str| {
            let words: Vec<Vec<u8>> = text.split(' ').map(|word| word.as_bytes().to_vec()).collect();
            let line = Line { at_ms: Some(1), kind: LineKind::Command, requests: vec![words] };
            let of = |place: &Place| place.of(std::slice::from_ref(&line)).cloned().expect("a word");
            let shown = |(place, role): &(Place, Role)| {
                format!("{role:?}").to_lowercase()[..1].to_owned() + &String::from_utf8(of(place)).expect("text")
            };
            places(std::slice::from_ref(&line)).iter().map(shown).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(roles("RPUSH one 1 2"), "kone v1 v2");
        assert_eq!(roles("LINSERT one BEFORE 1 2"), "kone v1 v2");
        assert_eq!(roles("LSET one 0 0"), "kone v0");
        assert_eq!(roles("LINDEX one x"), "kone");
        assert_eq!(roles("LREM 3 3 3"), "k3 v3");
        assert_eq!(roles("LPOS one 1 RANK 1 COUNT 2"), "kone v1");
        assert_eq!(roles("LMPOP 2 one two LEFT COUNT 3"), "kone ktwo");
        assert_eq!(roles("LMOVE one two LEFT RIGHT"), "kone ktwo");
        assert_eq!(roles("EXPIRE one 100 NX"), "kone t100");
        assert_eq!(roles("PEXPIREAT one x"), "");
        assert_eq!(roles("LPUSH one"), "", "Redis refuses it");
    }
}

//! Every sequence of a few steps over two keys, in an order of their own: what is wrong about a short sequence cannot hide.
//!
//! The sequences of one step come first, then those of two, and so on, so that a number means the same sequence whatever the
//! longest ones are. Of two sequences that differ only in which key is which, one is left out: the first step is about the
//! first key. Steps are a millisecond apart, so that an expiry of two passes within a sequence.
//!
//! The number of a case gives its sequence, so shards, reports and `--case` work as in any other campaign. The two keys
//! are unrelated, so which one is which does not matter. What related keys do to each other is left to the profile
//! `hostile-keys`.

use super::generate::Generator;
use super::trace::{Action, Step};
use crate::command::{Command, End, ExpireCondition, ExpireUnit, KeyCommand, ListCommand, Request, UserKey};

/// What a step can do with one of the keys: seven commands, and the compaction of the live store.
const ACTIONS: u64 = 8;
/// What any step but the first can do.
const CHOICES: u64 = 2 * ACTIONS;

/// The most steps that a sequence may have: of the next longer ones there are 16 times as many, which is days of work.
pub const LONGEST: u32 = 6;

/// The number of sequences of 1 to `longest` steps.
pub fn count(longest: u32) -> u64 {
    (1..=longest.min(LONGEST)).map(count_of).sum()
}

/// The number of sequences of so many steps.
fn count_of(steps: u32) -> u64 {
    ACTIONS * CHOICES.pow(steps.saturating_sub(1))
}

/// The sequence of a number, from 0; `None` beyond the longest sequences.
pub fn sequence(number: u64) -> Option<Vec<Step>> {
    let mut left = number;
    for steps in 1..=LONGEST {
        let count = count_of(steps);
        if left < count {
            return Some(steps_of(left, steps));
        }
        left -= count;
    }
    None
}

/// The steps are the digits of a number, the first one highest.
fn steps_of(number: u64, steps: u32) -> Vec<Step> {
    (0..steps)
        .map(|place| {
            let choice = number / CHOICES.pow(steps - 1 - place) % CHOICES;
            let at_ms = Some(Generator::START_MS + u64::from(place));
            Step { at_ms, action: action(choice, place) }
        })
        .collect()
}

fn action(choice: u64, place: u32) -> Action {
    let [a, b] = ["a", "b"].map(|key| UserKey(key.as_bytes().to_vec()));
    let (key, other) = if choice < ACTIONS { (a, b) } else { (b, a) };
    // The items of each step are its own, so that no two can be taken for each other.
    let (one, two) = (format!("{place}").into_bytes(), format!("{place}+").into_bytes());
    let command = match choice % ACTIONS {
        0 => Command::List(ListCommand::Push { key, end: End::Left, values: vec![one], only_existing: false }),
        1 => Command::List(ListCommand::Push { key, end: End::Right, values: vec![one, two], only_existing: false }),
        2 => Command::List(ListCommand::Pop { key, end: End::Left, count: None }),
        3 => Command::List(ListCommand::RPopLPush { source: key, destination: other }),
        4 => Command::List(ListCommand::Trim { key, start: 1, stop: -1 }),
        5 => Command::Key(KeyCommand::Rename { source: key, destination: other }),
        6 => {
            let (unit, condition) = (ExpireUnit::Milliseconds, ExpireCondition::default());
            Command::Key(KeyCommand::Expire { key, unit, time: 2, condition })
        }
        _ => return Action::Compact(key),
    };
    Action::Command(Request::Valid(command))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::workload::trace::Trace;

    fn swapped(steps: &[Step]) -> Vec<Step> {
        let digit = |step: &Step| (0..CHOICES).find(|choice| (0..4).any(|place| action(*choice, place) == step.action));
        let places = (0_u32..).zip(steps);
        places
            .map(|(place, step)| {
                let choice = digit(step).expect("one of the choices");
                Step { at_ms: step.at_ms, action: action((choice + ACTIONS) % CHOICES, place) }
            })
            .collect()
    }

    #[test]
    fn the_numbers_are_all_sequences_and_none_twice() {
        let all: Vec<Vec<Step>> = (0..count(3)).map(|number| sequence(number).expect("a sequence")).collect();
        assert_eq!(all.len(), 8 + 8 * 16 + 8 * 16 * 16);
        assert!(all.is_sorted_by_key(Vec::len));
        let distinct: HashSet<String> = all.iter().map(|steps| format!("{steps:?}")).collect();
        assert_eq!(distinct.len(), all.len());
        let is_left_out = |steps: &Vec<Step>| !distinct.contains(&format!("{:?}", swapped(steps)));
        assert!(all.iter().all(is_left_out), "a sequence with the keys swapped is the same one");
        assert!(sequence(count(LONGEST) - 1).is_some_and(|steps| steps.len() == 6));
        assert_eq!(sequence(count(LONGEST)), None);
    }

    #[test]
    fn what_a_sequence_looks_like() {
        let trace = r#"{"at_ms":4102444800000,"cmd":["RPUSH","a","0","0+"]}
{"at_ms":4102444800001,"cmd":["PEXPIRE","b","2"]}
{"at_ms":4102444800002,"op":"compact","key":"a"}
"#;
        let steps = Trace::read(trace.as_bytes()).expect("a trace").steps;
        assert_eq!(sequence(count(2) + 256 + 14 * 16 + 7), Some(steps));

        let choices = [
            r#""cmd":["LPUSH","a","0"]"#,
            r#""cmd":["RPUSH","a","0","0+"]"#,
            r#""cmd":["LPOP","a"]"#,
            r#""cmd":["RPOPLPUSH","a","b"]"#,
            r#""cmd":["LTRIM","a","1","-1"]"#,
            r#""cmd":["RENAME","a","b"]"#,
            r#""cmd":["PEXPIRE","a","2"]"#,
            r#""op":"compact","key":"a""#,
        ];
        for (choice, words) in (0..).zip(choices) {
            let line = format!("{{\"at_ms\":4102444800000,{words}}}\n");
            assert_eq!(sequence(choice), Some(Trace::read(line.as_bytes()).expect(words).steps), "{words}");
        }
    }
}

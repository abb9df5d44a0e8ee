//! Whether the generator still draws all that it can.
//!
//! Scripts lead every default run to every row of the ledger, so the ledger does not tell when ordinary draws never choose an
//! option again. So every run that generates its cases first draws some without scripts, and looks at what was chosen: each
//! command with its options, the signs of its numbers, and whether its time is past; the forms of items and keys; the heads
//! that are seeded; and how time goes on. What an unbroken generator chooses with any seed is in `drawn.txt`, a line each.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::generate::{CaseSpec, Generator, case_seed};
use super::profile::PROFILES;
use super::resp::unix_ms;
use super::trace::{Action, Step};
use crate::command::{Command, KeyCommand, ListCommand, Request};

/// What must be drawn.
const DRAWN: &str = include_str!("drawn.txt");

/// How many cases of each profile are drawn, and of how many commands. Those profiles are left out that have one case in a
/// hundred, and are about size.
const CASES: u64 = 4;
const COMMANDS: u64 = 1000;

/// Time that goes on by more than this comes to an expiry on purpose, and hardly ever by chance.
const LONGEST_PAUSE_MS: u64 = 20;

/// The lines of `drawn.txt` that the cases of a seed do not have.
pub fn never_drawn(seed: u64) -> Vec<&'static str> {
    let drawn = drawn(seed);
    DRAWN.lines().filter(|line| !line.starts_with('#') && !drawn.contains_key(*line)).collect()
}

/// What is drawn with a seed, and how often.
fn drawn(seed: u64) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (number, profile) in (0..).zip(PROFILES.iter().filter(|profile| profile.share_of_100 > 1)) {
        for case in 0..CASES {
            let seed = case_seed(seed, number * CASES + case);
            let steps = Generator::without_scripts(&CaseSpec { seed, profile, commands: COMMANDS, keys: None });
            count(steps, &mut counts);
        }
    }
    counts
}

fn count(steps: impl Iterator<Item = Step>, counts: &mut BTreeMap<String, u64>) {
    let (mut expiries, mut now_ms) = (BTreeSet::new(), 0);
    for Step { at_ms, action } in steps {
        let before_ms = now_ms;
        now_ms = at_ms.unwrap_or(now_ms);
        let is_leap = now_ms - before_ms > LONGEST_PAUSE_MS;
        let is_at =
            |distance_ms| is_leap && expiries.contains(&now_ms.saturating_sub_signed(distance_ms).cast_signed());
        let leaps = LEAPS.iter().filter(|(distance_ms, _)| is_at(*distance_ms)).map(|(_, text)| (*text).to_owned());
        let mut told: Vec<String> = leaps.chain(shape_of(&action)).collect();
        for request in action.requests() {
            told.extend(shapes(request, now_ms));
            expiries.extend(expiry_of(request, now_ms));
        }
        told.into_iter().for_each(|text| *counts.entry(text).or_insert(0) += 1);
    }
}

/// Where a leap leads to, by the milliseconds after an expiry.
const LEAPS: [(i64, &str); 3] =
    [(-1, "time a millisecond before an expiry"), (0, "time at an expiry"), (1, "time a millisecond after it")];

/// What is chosen with a step that is no single command.
fn shape_of(action: &Action) -> Option<String> {
    Some(match action {
        Action::Command(_) => return None,
        Action::Transaction(requests) => format!("transaction of {}", requests.len()),
        Action::Compact(_) => "compaction".to_owned(),
        Action::CompactRead(_) => "first half of a compaction".to_owned(),
        Action::CompactCommit(_) => "second half of a compaction".to_owned(),
        Action::Seed { head, .. } => format!("seed {}", seed_class(*head)),
        Action::Upgrade => "upgrade".to_owned(),
    })
}

fn seed_class(head: i64) -> &'static str {
    const NEAR: i64 = 2000;
    match head {
        _ if head < i64::MIN + NEAR => "near the lowest head",
        _ if head > i64::MAX - NEAR => "near the highest head",
        ..0 => "below 0",
        0.. => "from 0 on",
    }
}

/// When a command makes its key expire, in Unix milliseconds. What Redis refuses, as it is too far away, is at the end of time.
fn expiry_of(request: &Request, now_ms: u64) -> Option<i64> {
    let Request::Valid(Command::Key(KeyCommand::Expire { unit, time, .. })) = request else { return None };
    Some(unix_ms(*unit, *time, now_ms).unwrap_or(if *time < 0 { i64::MIN } else { i64::MAX }))
}

/// The words that are options.
const OPTIONS: &[&str] = &["BEFORE", "AFTER", "LEFT", "RIGHT", "NX", "XX", "GT", "LT", "COUNT", "RANK", "MAXLEN"];

/// What is chosen with a request.
fn shapes(request: &Request, now_ms: u64) -> Vec<String> {
    let args = request.args();
    let words: Vec<String> = args.iter().map(|word| String::from_utf8_lossy(word).to_ascii_uppercase()).collect();
    let name = request.command_name();
    let Request::Valid(command) = request else { return vec![format!("{name} refused")] };
    let mut shapes = vec![name.to_owned()];
    let mut options = Vec::new();
    for (place, word) in words.iter().enumerate().skip(2) {
        let before = words.get(place - 1).map_or("", String::as_str);
        if OPTIONS.contains(&word.as_str()) {
            options.push(word.as_str());
            shapes.push(format!("{name} {word}"));
        } else if OPTIONS.contains(&before) || numbers(command).contains(&place) {
            let number = word.parse::<i64>().ok();
            let option = if OPTIONS.contains(&before) { before.to_owned() } else { format!("number {}", place - 1) };
            shapes.extend(number.map(|number| format!("{name} {option} {}", sign(number))));
        }
    }
    if let Some(at_ms) = expiry_of(request, now_ms) {
        let when = match at_ms.cmp(&now_ms.cast_signed()) {
            Ordering::Less => "past",
            Ordering::Equal => "now",
            Ordering::Greater => "later",
        };
        shapes.push(format!("{name} {when}"));
        shapes.push(format!("expiry {when}"));
        shapes.push(format!("expiry {}", options.join(" ")).trim_end().to_owned());
    } else if options.len() > 1 {
        shapes.push(format!("{name} {}", options.join(" ")));
    }
    let items: &[Vec<u8>] = match command {
        Command::List(ListCommand::Push { values, .. }) => {
            shapes.push(format!("{name} of {}", if values.len() == 1 { "one" } else { "several" }));
            values
        }
        Command::List(ListCommand::Set { value, .. } | ListCommand::Insert { value, .. }) => {
            std::slice::from_ref(value)
        }
        Command::Key(KeyCommand::Delete { keys } | KeyCommand::Exists { keys }) => {
            shapes.push(format!("{name} of {}", if keys.len() == 1 { "one" } else { "several" }));
            &[]
        }
        _ => &[],
    };
    shapes.extend(items.iter().map(|item| format!("item {}", form(item))));
    shapes.extend(command.first_key().map(|key| format!("key {}", form(key.as_bytes()))));
    shapes
}

/// The places of a command's numbers.
fn numbers(command: &Command) -> std::ops::Range<usize> {
    match command {
        Command::List(
            ListCommand::Pop { .. } | ListCommand::Set { .. } | ListCommand::Remove { .. } | ListCommand::Index { .. },
        ) => 2..3,
        Command::List(ListCommand::Trim { .. } | ListCommand::Range { .. }) => 2..4,
        _ => 0..0,
    }
}

fn sign(number: i64) -> &'static str {
    match number.signum() {
        -1 => "-",
        0 => "0",
        _ => "+",
    }
}

fn form(bytes: &[u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok("") => "empty",
        Ok(text) if text.starts_with("b64.") => "like base64",
        Ok(text) if text.contains(['\u{2028}', '\u{2029}', '<', '>', '&', '"', '\\']) => "to be escaped",
        Ok(text) if text.contains(|character: char| character.is_ascii_control()) => "with control characters",
        _ if bytes.len() > 240 => "long",
        Ok(text) if text.is_ascii() => "of ASCII",
        Ok(_) => "of other characters",
        Err(_) => "that is not UTF-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_seed_draws_all_by_a_wide_margin() {
        let lines: BTreeSet<&str> = DRAWN.lines().filter(|line| !line.starts_with('#')).collect();
        for seed in [0, 1, 2, 3, u64::MAX, 0x1234_5678_9abc] {
            assert_eq!(never_drawn(seed), [""; 0], "seed {seed}");
            let drawn = drawn(seed);
            let scarce = drawn.iter().filter(|(line, count)| lines.contains(line.as_str()) && **count < 4);
            assert_eq!(scarce.collect::<Vec<_>>(), [], "seed {seed}");
        }
    }

    #[test]
    fn what_is_not_there_is_missed() {
        let mut counts = BTreeMap::new();
        let words = |text: &str| text.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        let step = |at_ms, text: &str| Step {
            at_ms: Some(at_ms),
            action: Action::Command(Request::parse(words(text)).expect("a request")),
        };
        count(
            [
                step(5, "PEXPIRE k -3 GT"),
                step(6, "LREM k -1 LEFT2"),
                step(1900, "PEXPIREAT k 2001"),
                step(2001, "LPOS k a RANK -1"),
            ]
            .into_iter(),
            &mut counts,
        );
        let shapes: Vec<&str> = counts.keys().map(String::as_str).collect();
        for shape in [
            "LPOS RANK -",
            "LREM number 1 -",
            "PEXPIRE GT",
            "expiry past",
            "PEXPIREAT later",
            "key of ASCII",
            "time at an expiry",
        ] {
            assert!(shapes.contains(&shape), "{shape}: {shapes:?}");
        }
    }

    /// Prints what `drawn.txt` holds: what every one of these seeds draws by the margin.
    #[test]
    #[ignore = "prints a file"]
    fn print() {
        let all: Vec<BTreeMap<String, u64>> = (1000..1060).map(drawn).collect();
        for line in all[0].keys() {
            let least = all.iter().map(|drawn| drawn.get(line).copied().unwrap_or(0)).min();
            println!("{} {line}", least.unwrap_or(0));
        }
    }
}

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
    let mut counts = BTreeMap::new();
    // One case of each profile has most of them.
    for case in 0..CASES {
        count_round(seed, case, &mut counts);
        if missing(&counts).is_empty() {
            break;
        }
    }
    missing(&counts)
}

fn missing(drawn: &BTreeMap<String, u64>) -> Vec<&'static str> {
    DRAWN.lines().filter(|line| !line.starts_with('#') && !drawn.contains_key(*line)).collect()
}

/// Draws a case of each profile, and counts what they have.
fn count_round(seed: u64, case: u64, counts: &mut BTreeMap<String, u64>) {
    for (number, profile) in (0..).zip(PROFILES.iter().filter(|profile| profile.share_of_100 > 1)) {
        let seed = case_seed(seed, number * CASES + case);
        let steps = Generator::without_scripts(&CaseSpec { seed, profile, commands: COMMANDS, keys: None, clients: 1 });
        count(steps, counts);
    }
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
        Action::Begin { .. } => "beginning of a client's transaction".to_owned(),
        Action::Commit { delivery, .. } => format!("commit of a client's transaction, {delivery:?}").to_lowercase(),
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

    /// What is drawn with a seed, and how often.
    fn drawn(seed: u64) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        (0..CASES).for_each(|case| count_round(seed, case, &mut counts));
        counts
    }

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

    #[test]
    fn every_line_that_is_no_comment_is_missed_where_nothing_is_drawn() {
        let missed = missing(&BTreeMap::new());
        assert_eq!((missed.len(), missed[0]), (DRAWN.lines().count() - 1, "DEL"));
        let all = missed.iter().map(|line| ((*line).to_owned(), 1));
        assert_eq!(missing(&all.clone().skip(1).collect()), ["DEL"]);
        assert_eq!(missing(&all.collect()), [""; 0]);
    }

    fn request(line: &str) -> Request {
        Request::parse(line.split(' ').map(|word| word.as_bytes().to_vec()).collect()).expect("a known command")
    }

    #[test]
    fn a_request_tells_its_options_numbers_items_and_key() {
        for (line, expected) in [
            ("LLEN k", &["LLEN"][..]),
            ("LPOP k 3", &["LPOP", "LPOP number 1 +"]),
            ("LPOP k x", &["LPOP refused"]),
            ("LINDEX k -1", &["LINDEX", "LINDEX number 1 -"]),
            ("LREM k 0 5", &["LREM", "LREM number 1 0"]),
            ("LRANGE k 0 -1", &["LRANGE", "LRANGE number 1 0", "LRANGE number 2 -"]),
            ("LTRIM k -5 7", &["LTRIM", "LTRIM number 1 -", "LTRIM number 2 +"]),
            ("LSET k 2 v", &["LSET", "LSET number 1 +", "item of ASCII"]),
            ("LINSERT k AFTER a <", &["LINSERT", "LINSERT AFTER", "item to be escaped"]),
            ("RPUSH k 7", &["RPUSH", "RPUSH of one", "item of ASCII"]),
            ("LPUSH k a b", &["LPUSH", "LPUSH of several", "item of ASCII", "item of ASCII"]),
            ("DEL k", &["DEL", "DEL of one"]),
            ("EXISTS k l", &["EXISTS", "EXISTS of several"]),
            ("LPOS k a RANK -1", &["LPOS", "LPOS RANK", "LPOS RANK -"]),
            (
                "LPOS k a COUNT 0 MAXLEN 3",
                &["LPOS", "LPOS COUNT", "LPOS COUNT 0", "LPOS MAXLEN", "LPOS MAXLEN +", "LPOS COUNT MAXLEN"],
            ),
            ("PEXPIRE k -1", &["PEXPIRE", "PEXPIRE past", "expiry past", "expiry"]),
            ("EXPIRE k 0 LT", &["EXPIRE", "EXPIRE LT", "EXPIRE now", "expiry now", "expiry LT"]),
            ("EXPIRE k 9223372036854775807", &["EXPIRE", "EXPIRE later", "expiry later", "expiry"]),
            ("EXPIRE k -9223372036854775807", &["EXPIRE", "EXPIRE past", "expiry past", "expiry"]),
            ("PEXPIREAT k 51 XX", &["PEXPIREAT", "PEXPIREAT XX", "PEXPIREAT later", "expiry later", "expiry XX"]),
        ] {
            let mut expected: Vec<&str> = expected.to_vec();
            expected.extend(Some("key of ASCII").filter(|_| expected != ["LPOP refused"]));
            assert_eq!(shapes(&request(line), 50), expected, "{line}");
        }
    }

    #[test]
    fn bytes_and_heads_have_the_form_that_is_hardest_about_them() {
        let long = |bytes| vec![b'k'; bytes];
        let (of_ascii, too_long) = (long(240), long(241));
        for (bytes, expected) in [
            (b"".as_slice(), "empty"),
            (b"b64.<", "like base64"),
            (b"<\n", "to be escaped"),
            ("\u{2029}".as_bytes(), "to be escaped"),
            (b"a\n", "with control characters"),
            (&of_ascii, "of ASCII"),
            (&too_long, "long"),
            (&[0xff; 241], "long"),
            (&[0xff; 240], "that is not UTF-8"),
            ("\u{e9}".as_bytes(), "of other characters"),
        ] {
            assert_eq!(form(bytes), expected, "{bytes:?}");
        }
        for (head, expected) in [
            (i64::MIN + 1999, "near the lowest head"),
            (i64::MIN + 2000, "below 0"),
            (-1, "below 0"),
            (0, "from 0 on"),
            (i64::MAX - 2000, "from 0 on"),
            (i64::MAX - 1999, "near the highest head"),
        ] {
            assert_eq!(shape_of(&Action::Seed { key: "k".into(), head }), Some(format!("seed {expected}")));
        }
        let pair = vec![request("LLEN k"), request("LLEN k")];
        assert_eq!(shape_of(&Action::Transaction(pair)).as_deref(), Some("transaction of 2"));
        assert_eq!(shape_of(&Action::Command(request("LLEN k"))), None);
    }

    #[test]
    fn only_a_leap_leads_to_an_expiry_on_purpose() {
        let times = |from: u64, to: u64| {
            let mut counts = BTreeMap::new();
            let step = |at_ms, line| Step { at_ms: Some(at_ms), action: Action::Command(request(line)) };
            let steps = [step(1000, "PEXPIREAT k 2000"), step(from, "LLEN k"), step(to, "LLEN k")];
            count(steps.into_iter(), &mut counts);
            assert_eq!((counts["LLEN"], counts["key of ASCII"]), (2, 3));
            counts.into_keys().filter(|shape| shape.starts_with("time ")).collect::<Vec<String>>()
        };
        assert_eq!(times(1978, 1999), ["time a millisecond before an expiry"]);
        assert_eq!(times(1979, 2000), ["time at an expiry"]);
        assert_eq!(times(1980, 2001), ["time a millisecond after it"]);
        assert_eq!(times(1980, 2000), [""; 0]);
        assert_eq!(times(1900, 1998), [""; 0]);
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

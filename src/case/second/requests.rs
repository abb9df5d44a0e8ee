//! The words of a request, read by the parser that store and model share and by a table that neither knows.
//!
//! The words are those that a request prints, and a change of them: a word more or less, another in its place. So words that
//! Redis refuses come up far more often than in a workload.

use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::changes;
use crate::case::stop::{Stop, guarded};
use crate::case::text::command_text;
use crate::command::{
    COMMANDS, Command, End, ExpireUnit, IndexArgument, KeyCommand, ListCommand, Request, Side, Stage, UserKey,
};
use crate::faults::{Place, Reread};
use crate::finding::{Finding, FindingKind};
use crate::naive::requests::{Fields, Said, read};

/// A request of more words than this is not changed.
const CHANGED_WORDS: usize = 100;

/// Words that mean something to some command, and numbers at the edge.
const WORDS: &[&[u8]] = &[
    b"",
    b"0",
    b"-0",
    b"00",
    b"1",
    b"2",
    b"-1",
    b"+1",
    b" 1",
    b"1.0",
    b"x",
    b"\xff",
    b"a\r\nb\0c",
    b"\n",
    b"COUNT",
    b"rank",
    b"MaxLen",
    b"NX",
    b"xx",
    b"Gt",
    b"lT",
    b"LEFT",
    b"right",
    b"before",
    b"AFTER",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"-9223372036854775809",
    b"99999999999999999999",
];

/// Both readings must say the same of a request.
pub(super) fn require_same(request: &Request, number: u64, (seed, change): (u64, Option<Reread>)) -> Result<(), Stop> {
    let mut words = request.args();
    changes::words(change, Place::Request, &mut words);
    let said = hold(&words, number, (change, Place::Parser))?;
    if meaning(request) != said {
        return Err(finding(&words, number, ["request", "naive  "], [&meaning(request), &said]));
    }
    if words.len() > CHANGED_WORDS {
        return Ok(());
    }
    let mut dice = dice_of(&words, seed);
    hold(&changed(words, &mut dice), number, (change, Place::ChangedParser)).map(drop)
}

/// From the words, so that they are changed alike in a trace from which others have been cut.
fn dice_of(words: &[Vec<u8>], seed: u64) -> ChaCha8Rng {
    let add = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    ChaCha8Rng::seed_from_u64(words.iter().flatten().fold(seed, add))
}

/// Reads words with the parser and the table, and what the parser prints with the table again.
fn hold(words: &[Vec<u8>], number: u64, (change, at): (Option<Reread>, Place)) -> Result<Said, Stop> {
    let naive = read(words);
    let mut to_parse = words.to_vec();
    changes::words(change, at, &mut to_parse);
    let parsed = guarded(Some(number), || Request::parse(to_parse))?;
    let parser = parsed.as_ref().map_or(Said::Unknown, meaning);
    if parser != naive {
        return Err(finding(words, number, ["parser ", "naive  "], [&parser, &naive]));
    }
    if let Ok(Request::Valid(command)) = parsed {
        let mut printed = command.args();
        changes::words(change, Place::Printed, &mut printed);
        let again = read(&printed);
        if again != naive {
            return Err(finding(&printed, number, ["printed", "meant  "], [&again, &naive]));
        }
    }
    Ok(naive)
}

fn finding(words: &[Vec<u8>], number: u64, names: [&str; 2], said: [&Said; 2]) -> Stop {
    let [one, other] = said.map(text);
    let detail = format!("request {}\n{} {one}\n{} {other}", command_text(words), names[0], names[1]);
    let finding = Finding::new(FindingKind::Reading, detail);
    Stop::Finding(Finding { aspect: "requests", step: Some(number), ..finding })
}

fn text(said: &Said) -> String {
    match said {
        Said::Unknown => "no command".to_owned(),
        Said::Refused { error, on_arrival: true } => format!("refused on arrival: {error}"),
        Said::Refused { error, .. } => format!("refused when run: {error}"),
        Said::Means(means, fields) => {
            let words: Vec<Vec<u8>> =
                fields.iter().map(|(name, value)| [name.as_bytes(), b"=", value].concat()).collect();
            format!("{means}: {}", command_text(&words))
        }
    }
}

fn changed(mut words: Vec<Vec<u8>>, dice: &mut ChaCha8Rng) -> Vec<Vec<u8>> {
    let word = |dice: &mut ChaCha8Rng| WORDS.choose(dice).map(|word| word.to_vec()).unwrap_or_default();
    let place = dice.random_range(0..words.len().max(1) as u64) as usize;
    match dice.random_range(0..7_u32) {
        0 => words.truncate(words.len().saturating_sub(1)),
        1 => words.push(word(dice)),
        2 => words.extend([word(dice), word(dice)]),
        3 => {
            if let (Some(name), Some(spec)) = (words.first_mut(), COMMANDS.choose(dice)) {
                *name = spec.name.to_ascii_lowercase().into_bytes();
            }
        }
        4 => {
            for byte in words.iter_mut().flatten().filter(|byte| byte.is_ascii_alphabetic()) {
                *byte ^= 0x20;
            }
        }
        _ => {
            if let Some(old) = words.get_mut(place) {
                *old = word(dice);
            }
        }
    }
    words
}

/// What a request means, in the terms of the naive table.
fn meaning(request: &Request) -> Said {
    match request {
        Request::Rejected { error, stage, .. } => {
            Said::Refused { error: error.clone(), on_arrival: *stage == Stage::Queue }
        }
        Request::Valid(Command::List(command)) => of_list(command),
        Request::Valid(Command::Key(command)) => of_key(command),
    }
}

/// The fields so far.
struct Told(&'static str, Fields);

impl Told {
    fn bytes(mut self, field: &'static str, value: &[u8]) -> Told {
        self.1.push((field, value.to_vec()));
        self
    }

    fn text(self, field: &'static str, value: &str) -> Told {
        self.bytes(field, value.as_bytes())
    }

    fn number(self, field: &'static str, value: impl ToString) -> Told {
        self.text(field, &value.to_string())
    }

    fn perhaps(self, field: &'static str, value: Option<u64>) -> Told {
        match value {
            Some(value) => self.number(field, value),
            None => self,
        }
    }

    fn key(self, key: &UserKey) -> Told {
        self.bytes("key", &key.0)
    }

    fn keys(self, keys: &[UserKey]) -> Told {
        keys.iter().fold(self, Told::key)
    }

    fn end(self, field: &'static str, end: End) -> Told {
        self.text(field, if end == End::Left { "head" } else { "tail" })
    }

    fn index(self, index: &IndexArgument) -> Told {
        match index {
            IndexArgument::Index(index) => self.number("index", index),
            IndexArgument::NotAnInteger(bytes) => self.bytes("unreadable index", bytes),
        }
    }
}

fn of_list(command: &ListCommand) -> Said {
    let told = |means| Told(means, Fields::new());
    let Told(means, fields) = match command {
        ListCommand::Push { key, end, values, only_existing } => {
            let only_existing = if *only_existing { "yes" } else { "no" };
            let told = told("push").end("end", *end).text("only-existing", only_existing).key(key);
            values.iter().fold(told, |told, value| told.bytes("value", value))
        }
        ListCommand::Pop { key, end, count } => told("pop").end("end", *end).key(key).perhaps("count", *count),
        ListCommand::Set { key, index, value } => told("set").key(key).index(index).bytes("value", value),
        ListCommand::Insert { key, side, pivot, value } => {
            let side = if *side == Side::Before { "before" } else { "after" };
            told("insert").key(key).text("side", side).bytes("pivot", pivot).bytes("value", value)
        }
        ListCommand::Remove { key, count, value } => {
            told("remove").key(key).number("count", count).bytes("value", value)
        }
        ListCommand::Trim { key, start, stop } => told("trim").key(key).number("start", start).number("stop", stop),
        ListCommand::RPopLPush { source, destination } => {
            told("rotate").bytes("source", &source.0).bytes("destination", &destination.0)
        }
        ListCommand::Move { source, destination, from, to } => {
            let told = told("move").bytes("source", &source.0).bytes("destination", &destination.0);
            told.end("from", *from).end("to", *to)
        }
        ListCommand::MultiPop { keys, end, count } => {
            told("pop of several").keys(keys).end("end", *end).perhaps("count", *count)
        }
        ListCommand::Length { key } => told("length").key(key),
        ListCommand::Range { key, start, stop } => told("range").key(key).number("start", start).number("stop", stop),
        ListCommand::Index { key, index } => told("index").key(key).index(index),
        ListCommand::Position { key, value, rank, count, max_len } => {
            let told = told("position").key(key).bytes("value", value).number("rank", rank);
            told.perhaps("count", *count).number("longest", max_len)
        }
    };
    Said::Means(means, fields)
}

fn of_key(command: &KeyCommand) -> Said {
    let told = |means| Told(means, Fields::new());
    let Told(means, fields) = match command {
        KeyCommand::Delete { keys } => told("delete").keys(keys),
        KeyCommand::Rename { source, destination } => {
            told("rename").bytes("source", &source.0).bytes("destination", &destination.0)
        }
        KeyCommand::Expire { key, unit, time, condition } => {
            let unit = match unit {
                ExpireUnit::Seconds => "seconds from now",
                ExpireUnit::Milliseconds => "milliseconds from now",
                ExpireUnit::UnixSeconds => "Unix seconds",
                ExpireUnit::UnixMilliseconds => "Unix milliseconds",
            };
            let flags = [("NX", condition.nx), ("XX", condition.xx), ("GT", condition.gt), ("LT", condition.lt)];
            let told = told("expire").text("unit", unit).key(key).number("time", time);
            flags.iter().filter(|(_, is_given)| *is_given).fold(told, |told, (flag, _)| told.text("only", flag))
        }
        KeyCommand::Persist { key } => told("persist").key(key),
        KeyCommand::Type { key } => told("type").key(key),
        KeyCommand::Exists { keys } => told("exists").keys(keys),
        KeyCommand::ExpireTime { key } => told("expiry").key(key),
    };
    Said::Means(means, fields)
}

#[cfg(test)]
mod tests {
    use super::super::told::finding_of;
    use super::*;
    use crate::command::ExpireCondition;
    use crate::workload::{Action, CaseSpec, Generator, PROFILES};

    /// A request that means something else than its words would have been parsed or printed wrongly.
    #[test]
    fn a_request_that_means_something_else_is_a_finding() {
        let words = |line: &str| line.split(' ').map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
        let good = Request::parse(words("PEXPIRE k 5 GT")).expect("known");
        assert!(require_same(&good, 1, (1, None)).is_ok());
        let condition = ExpireCondition { lt: true, ..ExpireCondition::default() };
        let (key, unit) = (UserKey::from("k"), ExpireUnit::Milliseconds);
        let swapped = Request::Valid(Command::Key(KeyCommand::Expire { key, unit, time: 5, condition }));
        assert_ne!(meaning(&swapped), read(&words("PEXPIRE k 5 GT")));
        let refused = Request::Rejected { args: words("LPOP k x"), error: "ERR no".to_owned(), stage: Stage::Run };
        let finding = finding_of(require_same(&refused, 7, (1, None)));
        assert_eq!((finding.kind, finding.aspect, finding.step), (FindingKind::Reading, "requests", Some(7)));
        assert!(finding.detail.contains("must be positive") && finding.detail.contains("ERR no"), "{}", finding.detail);
    }

    #[test]
    fn parser_and_table_agree_on_generated_requests_and_changes_of_them() {
        let mut refused = 0;
        for profile in PROFILES.iter().filter(|profile| profile.share_of_100 > 1) {
            for seed in 0..10 {
                let spec = CaseSpec { seed, profile, commands: 200, keys: None, clients: 1 };
                for step in Generator::new(&spec) {
                    let Action::Command(request) = step.action else { continue };
                    let same = require_same(&request, 1, (seed, None));
                    assert!(same.is_ok(), "{}", finding_of(same).detail);
                    let mut dice = ChaCha8Rng::seed_from_u64(seed);
                    let other = changed(request.args(), &mut dice);
                    refused += u64::from(matches!(read(&other), Said::Refused { .. }));
                }
            }
        }
        assert!(refused > 1000, "{refused}");
    }

    #[test]
    fn a_request_of_more_than_100_words_is_not_changed() {
        let clear = Some(Reread::Words(Place::ChangedParser, Vec::clear));
        for (words, is_changed) in [(100, true), (101, false)] {
            let args = [b"RPUSH".to_vec(), b"k".to_vec()].into_iter().chain(vec![b"v".to_vec(); words - 2]).collect();
            let request = Request::parse(args).expect("known");
            assert_eq!(require_same(&request, 1, (1, clear)).is_err(), is_changed, "{words} words");
        }
    }

    #[test]
    fn other_words_are_changed_by_other_dice() {
        let dice = |number: u32| dice_of(&[b"LLEN".to_vec(), number.to_string().into_bytes()], 1);
        let drawn: std::collections::BTreeSet<u64> = (0..1000).map(|number| dice(number).random()).collect();
        assert_eq!(drawn.len(), 1000);
    }

    #[test]
    fn words_are_cut_added_to_replaced_and_spelt_in_the_other_case() {
        let words = |line: &str| line.split(' ').map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
        let push = words("LPUSH Key 1 v");
        let all: Vec<_> = (0..500).map(|seed| changed(push.clone(), &mut ChaCha8Rng::seed_from_u64(seed))).collect();
        let has = |is: &dyn Fn(&[Vec<u8>]) -> bool| all.iter().any(|words| is(words));
        assert!(has(&|found| *found == push[..3]), "cut");
        assert!(has(&|found| found.len() == 5 && found.starts_with(&push)), "one more");
        assert!(has(&|found| found.len() == 6 && found.starts_with(&push)), "two more");
        let others = [b"rename".as_slice(), b"ltrim", b"lrem", b"linsert"];
        assert!(has(&|found| others.contains(&&found[0][..]) && found[1..] == push[1..]), "another command");
        assert!(has(&|found| *found == words("lpush kEY 1 V")), "the other case");
        for place in 1..4 {
            let same = |found: &[Vec<u8>]| (0..4).all(|other| (found[other] == push[other]) == (other != place));
            assert!(has(&|found| found.len() == 4 && same(found)), "word {place}");
        }
    }
}

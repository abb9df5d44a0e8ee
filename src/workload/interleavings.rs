//! Every way in which a few transactions of several clients can overlap, in an order of their own.
//!
//! Two clients send two commands each, or three send one each. A command is begun and committed, so of two clients there are
//! eight events, which can be mixed in 70 ways, and of three there are six in 90. Clients are interchangeable: the one that
//! begins first is client 1, the next one that begins is client 2, and so on. That leaves 35 and 15.
//!
//! Each mix is run on each starting list. The number of a case gives its list, its mix and its commands, so shards, reports and
//! `--case` work as in any other campaign. A compaction of the store is a command like the others: its reading half is the
//! beginning, its committing half the commit. Two compactions are not told apart, so mixes of them come more than once.

use std::sync::LazyLock;

use super::generate::Generator;
use super::trace::{Action, Delivery, Step};
use crate::command::{Request, UserKey};

/// What the list `k` is at first; `l` holds one item. Steps are a millisecond apart, unless `wait` says otherwise.
const STARTS: [&[&str]; 6] = [
    // Missing.
    &["RPUSH l z"],
    &["RPUSH l z", "RPUSH k a"],
    // Three items, with a head that is not 0.
    &["RPUSH l z", "RPUSH k o a b", "LPOP k", "RPUSH k c"],
    // Expired.
    &["RPUSH l z", "RPUSH k a b", "PEXPIRE k 1", "wait"],
    // Emptied, with a base meta that says where the next push goes.
    &["RPUSH l z", "RPUSH k a b", "compact", "LPOP k 2"],
    &["RPUSH l z", "deltas"],
];

/// The deltas of the last start, which are all of one transaction.
const DELTAS: usize = 64;

/// What a client can send; `@` stands for a value of its own. Lines that are separated by `;` are a transaction.
const COMMANDS: [&str; 21] = [
    "RPUSH k @",
    "LPUSH k @",
    "LPOP k",
    "DEL k",
    "LSET k 0 @",
    "RPOPLPUSH k l",
    "EXPIRE k 100",
    "compact",
    "RPOP k",
    "LPOP k 2",
    "LTRIM k 1 0",
    "LTRIM k 1 -1",
    "LREM k 0 a",
    "LINSERT k BEFORE a @",
    "RPOPLPUSH l k",
    "RENAME k l",
    "RENAME l k",
    "EXPIRE k 0",
    "PERSIST k",
    "LRANGE l 0 -1;RPUSH k @",
    "LRANGE k 0 -1;RPUSH l @",
];

/// The commands of two clients are the first ones of these.
const OF_TWO: u64 = 8;
const OF_THREE: u64 = COMMANDS.len() as u64;
const MIXES_OF_TWO: u64 = 35;
const MIXES_OF_THREE: u64 = 15;

static ALL_OF_TWO: LazyLock<Vec<Vec<usize>>> = LazyLock::new(|| mixes_of(2, 4));
static ALL_OF_THREE: LazyLock<Vec<Vec<usize>>> = LazyLock::new(|| mixes_of(3, 2));

/// The number of interleavings: those of two clients, and those of three.
pub fn counts() -> [u64; 2] {
    let starts = STARTS.len() as u64;
    [OF_TWO.pow(4) * MIXES_OF_TWO * starts, OF_THREE.pow(3) * MIXES_OF_THREE * starts]
}

/// The interleaving of a number, from 0; `None` beyond the last one.
pub fn interleaving(number: u64) -> Option<Vec<Step>> {
    let [of_two, of_three] = counts();
    let (number, clients, commands, choices, mixes) = if number < of_two {
        (number, 2, 2, OF_TWO, MIXES_OF_TWO)
    } else {
        (number.checked_sub(of_two).filter(|rest| *rest < of_three)?, 3, 1, OF_THREE, MIXES_OF_THREE)
    };
    let starts = STARTS.len() as u64;
    let (start, number) = (number % starts, number / starts);
    let (mix, mut number) = (number % mixes, number / mixes);
    let mut chosen = Vec::new();
    for _ in 0..clients * commands {
        chosen.push(*COMMANDS.get(usize::try_from(number % choices).ok()?)?);
        number /= choices;
    }
    let mut script = Script { steps: Vec::new(), at_ms: Generator::START_MS };
    STARTS.get(usize::try_from(start).ok()?)?.iter().try_for_each(|line| script.start(line))?;
    let all = if clients == 2 { &*ALL_OF_TWO } else { &*ALL_OF_THREE };
    let order = all.get(usize::try_from(mix).ok()?)?;
    let mut told = vec![0; clients];
    for client in order.iter().copied() {
        let event = told.get_mut(client)?;
        let command = chosen.get(client * commands + *event / 2)?;
        script.event(client, *event, command)?;
        *event += 1;
    }
    Some(script.steps)
}

/// The ways to mix the events of clients, of which each has so many: who has the next one. The clients are numbered in the
/// order of their first events.
fn mixes_of(clients: usize, events: usize) -> Vec<Vec<usize>> {
    let mut mixes = vec![Vec::new()];
    for _ in 0..clients * events {
        let next = |mix: &Vec<usize>| {
            let seen = mix.iter().max().map_or(0, |most| most + 1);
            let count = |client| mix.iter().filter(|of| **of == client).count();
            let may_come = (0..clients).filter(|client| *client <= seen && count(*client) < events);
            may_come.map(|client| [mix.as_slice(), &[client]].concat()).collect::<Vec<_>>()
        };
        mixes = mixes.iter().flat_map(next).collect();
    }
    mixes
}

struct Script {
    steps: Vec<Step>,
    at_ms: u64,
}

impl Script {
    fn step(&mut self, action: Action) {
        self.steps.push(Step { at_ms: Some(self.at_ms), action });
        self.at_ms += 1;
    }

    fn start(&mut self, line: &str) -> Option<()> {
        match line {
            "wait" => self.at_ms += 10,
            "compact" => self.step(Action::Compact(UserKey(b"k".to_vec()))),
            "deltas" => {
                let pushes = (0..DELTAS).map(|number| request(&format!("RPUSH k d{number}")));
                self.step(Action::Transaction(pushes.collect::<Option<_>>()?));
            }
            _ => self.step(Action::Command(request(line)?)),
        }
        Some(())
    }

    /// The next event of a client: a beginning if its number is even.
    fn event(&mut self, client: usize, number: usize, command: &str) -> Option<()> {
        let is_begun = number % 2 == 1;
        let key = UserKey(b"k".to_vec());
        let numbered = u32::try_from(client + 1).ok()?;
        self.step(match (command, is_begun) {
            ("compact", false) => Action::CompactRead(key),
            ("compact", true) => Action::CompactCommit(key),
            (_, true) => Action::Commit { client: numbered, delivery: Delivery::Heard },
            (_, false) => {
                let line = command.replace('@', &format!("v{numbered}{number}"));
                let requests = line.split(';').map(request).collect::<Option<_>>()?;
                Action::Begin { client: numbered, requests }
            }
        });
        Some(())
    }
}

fn request(line: &str) -> Option<Request> {
    Request::parse(line.split(' ').map(|word| word.as_bytes().to_vec()).collect()).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn clients_are_numbered_as_they_begin() {
        assert_eq!(mixes_of(2, 4).len() as u64, MIXES_OF_TWO);
        assert_eq!(mixes_of(3, 2).len() as u64, MIXES_OF_THREE);
        assert_eq!(mixes_of(2, 1), [[0, 1]]);
        assert!(
            mixes_of(3, 2)
                .iter()
                .all(|mix| mix[0] == 0 && mix.iter().position(|of| *of == 1) < mix.iter().position(|of| *of == 2))
        );
    }

    #[test]
    fn the_numbers_are_all_interleavings_and_but_for_compactions_none_twice() {
        let [of_two, of_three] = counts();
        assert_eq!((of_two, of_three), (8 * 8 * 8 * 8 * 35 * 6, 21 * 21 * 21 * 15 * 6));
        let text = |number| format!("{:?}", interleaving(number).expect("a number"));
        // A part of each kind, at steps that are prime to the radices.
        let some: Vec<u64> = (0..of_two).step_by(1009).chain((of_two..of_two + of_three).step_by(1013)).collect();
        let distinct: HashSet<String> = some.iter().map(|number| text(*number)).collect();
        assert_eq!(distinct.len(), some.len());
        assert_eq!(interleaving(of_two + of_three), None);
        let near: HashSet<String> = (of_two..of_two + 1000).map(text).collect();
        assert_eq!(near.len(), 1000);
    }

    #[test]
    fn what_an_interleaving_looks_like() {
        let [of_two, _] = counts();
        let lines = |number: u64| {
            let mut out = Vec::new();
            for step in interleaving(number).expect("a number") {
                step.write(&mut out).expect("a vector takes everything");
            }
            String::from_utf8(out).expect("JSON")
        };
        let last_of_two = r#"{"at_ms":4102444800000,"cmd":["RPUSH","l","z"]}
{"at_ms":4102444800001,"cmd":["RPUSH","k","a"]}
{"at_ms":4102444800002,"client":1,"begin":[["RPUSH","k","v10"]]}
{"at_ms":4102444800003,"client":1,"commit":true}
{"at_ms":4102444800004,"client":1,"begin":[["RPUSH","k","v12"]]}
{"at_ms":4102444800005,"client":1,"commit":true}
{"at_ms":4102444800006,"client":2,"begin":[["RPUSH","k","v20"]]}
{"at_ms":4102444800007,"client":2,"commit":true}
{"at_ms":4102444800008,"client":2,"begin":[["RPUSH","k","v22"]]}
{"at_ms":4102444800009,"client":2,"commit":true}
"#;
        assert_eq!(lines(1), last_of_two);
        let three = lines(of_two + 6 * 14 + 5);
        assert!(three.contains("\"txn\":[[\"RPUSH\",\"k\",\"d0\"],") && three.contains("\"d63\""), "{three}");
        assert!(three.ends_with("{\"at_ms\":4102444800007,\"client\":1,\"commit\":true}\n"), "{three}");
    }
}

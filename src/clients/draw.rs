//! What each client sends: commands over few keys, so that they meet, with values that are never used twice.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::command::{Request, UserKey};
use crate::history::Sent;
use crate::server::Args;

/// The keys of a history.
const KEYS: u64 = 3;
/// The most commands of a transaction.
const LONGEST_TRANSACTION: u64 = 3;

/// What a plan is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The clients.
    pub clients: u32,
    /// What each of them sends: commands, or transactions.
    pub operations: u64,
    /// Whether the server's clock can be asked, so that absolute expiries can be judged.
    pub has_clock: bool,
}

/// What each client sends, in its order.
///
/// A seed knows no clock, so the times of `EXPIREAT` and `PEXPIREAT` are from the start of the history; they become those of
/// the server's clock when the plan is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The streams of the clients.
    pub streams: Vec<Vec<Sent>>,
    /// The keys that they name.
    pub keys: Vec<UserKey>,
    /// The commands and the forms of commands that were drawn and replaced, because the server does not know them.
    pub left_out: Vec<&'static str>,
}

/// The names of the keys.
fn keys(prefix: &str) -> Vec<String> {
    (0..KEYS).map(|key| format!("{prefix}{key}")).collect()
}

impl Plan {
    /// The same with other keys, so that nothing is left under them of an earlier run.
    pub fn with_prefix(&self, prefix: &str) -> Plan {
        let new: Vec<UserKey> = keys(prefix).iter().map(|key| UserKey::from(key.as_str())).collect();
        let renamed = |request: &Request| {
            let word = |arg: Vec<u8>| {
                let key = self.keys.iter().zip(&new).find(|(old, _)| old.0 == arg);
                key.map_or(arg, |(_, new)| new.0.clone())
            };
            Request::parse(request.args().into_iter().map(word).collect()).unwrap_or_else(|_| request.clone())
        };
        let sent = |sent: &Sent| match sent {
            Sent::Command(request) => Sent::Command(renamed(request)),
            Sent::Transaction(requests) => Sent::Transaction(requests.iter().map(renamed).collect()),
        };
        let streams = self.streams.iter().map(|stream| stream.iter().map(sent).collect()).collect();
        Plan { streams, keys: new, left_out: self.left_out.clone() }
    }

    /// The plan of a seed. Its keys begin with `prefix`. What `unknown` has a name for is left out: a command that the server
    /// does not know, at all or in this form.
    pub fn draw(seed: u64, shape: Shape, prefix: &str, unknown: impl Fn(&Args) -> Option<&'static str>) -> Plan {
        let keys = keys(prefix);
        let mut left_out = Vec::new();
        let mut stream = |client: u32| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(u64::from(client));
            let mut dice = Dice { rng, client, keys: &keys, shape, values: 0, left_out: &mut left_out };
            let mut stream = Vec::new();
            while (stream.len() as u64) < shape.operations {
                let mut count = if dice.below(6) == 0 { 1 + dice.below(LONGEST_TRANSACTION) } else { 0 };
                if let Some(name) = unknown(&vec![b"MULTI".to_vec()]).filter(|_| count > 0) {
                    dice.left_out.push(name);
                    count = 0;
                }
                let requests: Vec<Request> = (0..count.max(1)).filter_map(|_| dice.request(&unknown)).collect();
                match <[Request; 1]>::try_from(requests) {
                    Ok([request]) if count == 0 => stream.push(Sent::Command(request)),
                    Ok(request) => stream.push(Sent::Transaction(request.into())),
                    Err(requests) => stream.push(Sent::Transaction(requests)),
                }
            }
            stream
        };
        let streams = (0..shape.clients).map(&mut stream).collect();
        Plan { streams, keys: keys.iter().map(|key| UserKey::from(key.as_str())).collect(), left_out }
    }
}

struct Dice<'a> {
    rng: ChaCha8Rng,
    client: u32,
    keys: &'a [String],
    shape: Shape,
    values: u64,
    left_out: &'a mut Vec<&'static str>,
}

impl Dice<'_> {
    fn below(&mut self, limit: u64) -> u64 {
        self.rng.random_range(0..limit.max(1))
    }

    fn key(&mut self) -> String {
        let at = self.below(self.keys.len() as u64);
        usize::try_from(at).ok().and_then(|at| self.keys.get(at)).cloned().unwrap_or_default()
    }

    /// A value that nobody has used.
    fn value(&mut self) -> String {
        self.values += 1;
        format!("{}.{}", self.client, self.values)
    }

    /// A value that somebody may have used.
    fn used(&mut self) -> String {
        let (client, number) = (self.below(u64::from(self.shape.clients)), 1 + self.below(self.values.max(1)));
        format!("{client}.{number}")
    }

    fn request(&mut self, unknown: &impl Fn(&Args) -> Option<&'static str>) -> Option<Request> {
        let args = |words: &str| words.split(' ').map(|word| word.as_bytes().to_vec()).collect::<Vec<Vec<u8>>>();
        let mut drawn = args(&self.words());
        if let Some(name) = unknown(&drawn) {
            self.left_out.push(name);
            // What a server lacks is replaced by what every one has.
            drawn = args(&format!("LRANGE {} 0 -1", self.key()));
        }
        Request::parse(drawn).ok()
    }

    /// The condition of an expiry, half of the time.
    fn condition(&mut self) -> &'static str {
        let conditions = [" NX", " XX", " GT", " LT", " XX GT", " XX LT"];
        let drawn = self.below(2 * conditions.len() as u64);
        usize::try_from(drawn).ok().and_then(|at| conditions.get(at)).copied().unwrap_or_default()
    }

    /// A time from the start, now and then one that has passed by then.
    fn time(&mut self, limit: u64) -> i64 {
        i64::try_from(self.below(limit)).unwrap_or(0) - i64::try_from(limit / 10).unwrap_or(0)
    }

    fn words(&mut self) -> String {
        let (key, other) = (self.key(), self.key());
        match self.below(110) {
            0..14 => format!("RPUSH {key} {}", self.value()),
            14..18 => format!("RPUSH {key} {} {}", self.value(), self.value()),
            18..28 => format!("LPUSH {key} {}", self.value()),
            28..30 => format!("LPUSHX {key} {}", self.value()),
            30..38 => format!("LPOP {key}"),
            38..44 => format!("RPOP {key}"),
            44..46 => format!("LPOP {key} 2"),
            46..56 => format!("LRANGE {key} 0 -1"),
            56..60 => format!("LLEN {key}"),
            60..62 => format!("LINDEX {key} -1"),
            62..65 => format!("LSET {key} 0 {}", self.value()),
            65..68 => format!("LINSERT {key} BEFORE {} {}", self.used(), self.value()),
            68..71 => format!("LREM {key} 0 {}", self.used()),
            71..73 => format!("LTRIM {key} 0 4"),
            73..74 => format!("LTRIM {key} 1 0"),
            74..78 => format!("RPOPLPUSH {key} {other}"),
            78..82 => format!("LMOVE {key} {other} LEFT RIGHT"),
            82..83 => format!("LMPOP 2 {key} {other} LEFT"),
            83..87 => format!("DEL {key}"),
            87..90 => format!("RENAME {key} {other}"),
            90..94 => format!("PEXPIRE {key} {}{}", 1 + self.below(30), self.condition()),
            94..97 => format!("EXPIRE {key} {}{}", 1 + self.below(1000), self.condition()),
            97..101 if self.shape.has_clock => format!("PEXPIREAT {key} {}{}", self.time(60), self.condition()),
            101..103 if self.shape.has_clock => format!("EXPIREAT {key} {}{}", self.time(1000), self.condition()),
            103..105 => format!("PERSIST {key}"),
            105..107 if self.shape.has_clock => format!("PEXPIRETIME {key}"),
            107..108 => format!("LPOS {key} {}", self.used()),
            _ => format!("EXISTS {key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { clients: 4, operations: 200, has_clock: true };

    #[test]
    fn a_seed_gives_one_plan_and_its_values_are_never_used_twice() {
        let plan = Plan::draw(7, SHAPE, "k", |_| None);
        assert_eq!(plan, Plan::draw(7, SHAPE, "k", |_| None));
        assert_ne!(plan, Plan::draw(8, SHAPE, "k", |_| None));
        assert!(plan.streams.len() == 4 && plan.streams.iter().all(|stream| stream.len() == 200));
        let mut pushed: Vec<Vec<u8>> = Vec::new();
        for request in plan.streams.iter().flatten().flat_map(Sent::requests) {
            if request.command_name().contains("PUSH") && !request.command_name().contains("POP") {
                pushed.extend(request.args().into_iter().skip(2));
            }
        }
        let all = pushed.len();
        pushed.sort();
        pushed.dedup();
        assert!(all > 200 && pushed.len() == all, "{all} values, {} different", pushed.len());
    }

    #[test]
    fn what_is_not_known_is_left_out_and_counted() {
        let unknown = |args: &Args| {
            let has = |word: &str| args.iter().any(|arg| arg == word.as_bytes());
            ["LMPOP", "LMOVE", "MULTI", "NX"].into_iter().find(|word| has(word))
        };
        let plan = Plan::draw(7, Shape { has_clock: false, ..SHAPE }, "k", unknown);
        let requests: Vec<&Request> = plan.streams.iter().flatten().flat_map(Sent::requests).collect();
        assert!(requests.iter().all(|request| unknown(&request.args()).is_none()));
        assert!(plan.streams.iter().flatten().all(|sent| matches!(sent, Sent::Command(_))));
        let mut names: Vec<&str> = requests.iter().map(|request| request.command_name()).collect();
        names.sort_unstable();
        names.dedup();
        let of_clock = ["PEXPIRETIME", "PEXPIREAT", "EXPIREAT"];
        assert!(names.len() > 15 && !names.iter().any(|name| of_clock.contains(name)), "{names:?}");
        for name in ["LMPOP", "LMOVE", "MULTI", "NX"] {
            assert!(plan.left_out.contains(&name), "{name}");
        }
    }

    #[test]
    fn every_way_to_set_an_expiry_is_drawn() {
        let plan = Plan::draw(3, Shape { operations: 2000, ..SHAPE }, "k", |_| None);
        let expiries: Vec<Vec<Vec<u8>>> =
            plan.streams.iter().flatten().flat_map(Sent::requests).map(Request::args).collect();
        for name in ["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"] {
            for condition in ["", "NX", "XX", "GT", "LT", "XX GT", "XX LT"] {
                let is_drawn = expiries.iter().any(|args| {
                    let of: Vec<Vec<u8>> =
                        condition.split_terminator(' ').map(|word| word.as_bytes().to_vec()).collect();
                    args.first().is_some_and(|word| word == name.as_bytes()) && args.get(3..) == Some(&of)
                });
                assert!(is_drawn, "{name} {condition}");
            }
        }
        assert_eq!(plan.left_out, [""; 0]);
    }
}

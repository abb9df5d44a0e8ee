//! What each client sends: commands over few keys, so that they meet, with values that are never used twice.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::command::{Request, UserKey};
use crate::history::Sent;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The streams of the clients.
    pub streams: Vec<Vec<Sent>>,
    /// The keys that they name.
    pub keys: Vec<UserKey>,
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
        Plan { streams: self.streams.iter().map(|stream| stream.iter().map(sent).collect()).collect(), keys: new }
    }

    /// The plan of a seed. Its keys begin with `prefix`; the names of commands that are not `known` are left out.
    pub fn draw(seed: u64, shape: Shape, prefix: &str, known: impl Fn(&str) -> bool) -> Plan {
        let keys = keys(prefix);
        let stream = |client: u32| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(u64::from(client));
            let mut dice = Dice { rng, client, keys: &keys, shape, values: 0 };
            let mut stream = Vec::new();
            while (stream.len() as u64) < shape.operations {
                let count = if dice.below(6) == 0 { 1 + dice.below(LONGEST_TRANSACTION) } else { 0 };
                let requests: Vec<Request> = (0..count.max(1)).filter_map(|_| dice.request(&known)).collect();
                match <[Request; 1]>::try_from(requests) {
                    Ok([request]) if count == 0 => stream.push(Sent::Command(request)),
                    Ok(request) => stream.push(Sent::Transaction(request.into())),
                    Err(requests) => stream.push(Sent::Transaction(requests)),
                }
            }
            stream
        };
        let streams = (0..shape.clients).map(stream).collect();
        Plan { streams, keys: keys.iter().map(|key| UserKey::from(key.as_str())).collect() }
    }
}

struct Dice<'a> {
    rng: ChaCha8Rng,
    client: u32,
    keys: &'a [String],
    shape: Shape,
    values: u64,
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

    fn request(&mut self, known: &impl Fn(&str) -> bool) -> Option<Request> {
        let words = self.words();
        let is_known = words.split(' ').next().is_some_and(known);
        // What a server lacks is replaced by what every one has.
        let words = if is_known { words } else { format!("LRANGE {} 0 -1", self.key()) };
        Request::parse(words.split(' ').map(|word| word.as_bytes().to_vec()).collect()).ok()
    }

    fn words(&mut self) -> String {
        let (key, other) = (self.key(), self.key());
        match self.below(100) {
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
            90..93 => format!("PEXPIRE {key} {}", 1 + self.below(30)),
            93..95 => format!("EXPIRE {key} {}", 1 + self.below(1000)),
            95..97 => format!("PERSIST {key}"),
            97 if self.shape.has_clock => format!("PEXPIRETIME {key}"),
            98 => format!("LPOS {key} {}", self.used()),
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
        let plan = Plan::draw(7, SHAPE, "k", |_| true);
        assert_eq!(plan, Plan::draw(7, SHAPE, "k", |_| true));
        assert_ne!(plan, Plan::draw(8, SHAPE, "k", |_| true));
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
    fn commands_that_are_not_known_are_left_out() {
        let plan = Plan::draw(7, Shape { has_clock: false, ..SHAPE }, "k", |name| name != "LMPOP" && name != "LMOVE");
        let mut names: Vec<&str> =
            plan.streams.iter().flatten().flat_map(Sent::requests).map(Request::command_name).collect();
        names.sort_unstable();
        names.dedup();
        assert!(names.len() > 15 && !names.iter().any(|name| ["LMPOP", "LMOVE", "PEXPIRETIME"].contains(name)));
    }
}

//! The model and the parser against a real Redis server: the same random commands, and every reply must be the same,
//! word for word. What the model says is then what Redis says.
//!
//! Time is the one thing that the two do not share. The model's clock stands at the hour of the test; the commands set
//! expiries long past, or from 2100 on, and the ones relative to now are dropped again before anyone can read them.

use std::time::{SystemTime, UNIX_EPOCH};

use ekv_roundtrip::command::{COMMANDS, Command, CommandSpec, ExpireUnit, KeyCommand, Reply, Request};
use ekv_roundtrip::model::Model;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::server::{RedisClient, RedisServer};
use crate::transcript::{command_text, reply_text};
use crate::{Args, reply_when_queued, report};

const SEEDS: u64 = 40;
const STEPS_PER_SEED: usize = 2500;
/// The first millisecond of 2100.
const YEAR_2100_MS: i64 = 4_102_444_800_000;
/// A relative expiry of less could pass while the test runs. Twelve days, in the shorter of the two units.
const LONG_MS: i64 = 1_000_000_000;

const KEYS: &[&[u8]] = &[b"a", b"b", b"c", b"", b"d|x", b"\x00\xff\r\n"];
const VALUES: &[&[u8]] = &[b"x", b"y", b"", b"1", b"-1", b"007", b"\xff\x00", b"a longer value\r\nof two lines", b"X"];
const SMALL_INTEGERS: &[&[u8]] = &[b"0", b"1", b"2", b"3", b"5", b"9", b"-1", b"-2", b"-3", b"-4", b"-9"];
const ODD_INTEGERS: &[&[u8]] = &[
    b"9223372036854775807",
    b"9223372036854775806",
    b"-9223372036854775807",
    b"-9223372036854775808",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"4294967296",
    b"2147483648",
    b"-2147483649",
    b"+1",
    b"01",
    b"-0",
    b"--1",
    b"-",
    b" 1",
    b"1 ",
    b"1.0",
    b"1e3",
    b"0x1",
    b"nan",
    b"1\x00",
    b"\xff",
    b"",
];
const TIMES: &[&[u8]] = &[
    b"4102444800",
    b"4102444801",
    b"4102444800000",
    b"4102444800001",
    b"4102444800002",
    b"0",
    b"1",
    b"-1",
    b"1000000000",
    b"1000000001",
    b"9223372036854775",
    b"9223372036854776",
    b"-9223372036854775",
    b"-9223372036854776",
    b"9223372036854775807",
    b"-9223372036854775808",
    // On either side of the greatest time that can be added to now.
    b"9223371036854775807",
    b"9223368036854775807",
    b"9223371036854775",
    b"9223368036854775",
];
/// So few that the one a key has and the one it is given are often equal.
const FAR_TIMES_MS: [&str; 2] = ["4102444800000", "4102444800001"];
const WORDS: &[&[u8]] = &[
    b"LEFT",
    b"right",
    b"BEFORE",
    b"after",
    b"COUNT",
    b"rank",
    b"MAXLEN",
    b"NX",
    b"xx",
    b"GT",
    b"lt",
    b"LEFTY",
    b"\r\n",
    b"no\r\nsuch\x00option\r",
    b"such\n",
];

/// What goes over the wire together. No other client is there, but a relative expiry must not be separated from its
/// end.
enum Step {
    Single(Vec<Args>),
    Transaction(Vec<Args>),
}

#[test]
fn every_reply_is_that_of_a_real_server() {
    let server = RedisServer::start();
    let mut client = server.connect();
    let (mut compared, mut refused) = (0, 0);
    for seed in 0..SEEDS {
        let tally = run_seed(seed, &mut client);
        compared += tally.commands;
        refused += tally.errors;
    }
    report(&format!("random commands: the model agrees with redis-server on {compared}, {refused} of them errors"));
    assert!(compared >= 100_000, "{compared}");
    assert!(refused * 20 > compared, "{refused} errors in {compared} commands are too few to prove the texts");
    assert!(refused * 2 < compared, "{refused} errors in {compared} commands leave too little that runs");
}

#[derive(Default)]
struct Tally {
    commands: usize,
    errors: usize,
}

fn run_seed(seed: u64, client: &mut RedisClient) -> Tally {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut model = Model::new();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    model.advance_to(u64::try_from(now.as_millis()).unwrap());
    assert_eq!(client.command(&["FLUSHALL"]), Reply::OK);

    let (mut wire, mut expected) = (Vec::new(), Vec::new());
    for _ in 0..STEPS_PER_SEED {
        match random_step(&mut rng) {
            Step::Single(commands) => {
                for args in commands {
                    expected.push(model.execute(&parse(&args)));
                    wire.push(args);
                }
            }
            Step::Transaction(commands) => {
                expected.extend(expected_transaction(&commands, &mut model));
                wire.push(vec![b"MULTI".to_vec()]);
                wire.extend(commands);
                wire.push(vec![b"EXEC".to_vec()]);
            }
        }
    }
    for key in KEYS {
        for (name, rest) in [("LRANGE", &["0", "-1"] as &[_]), ("TYPE", &[]), ("PEXPIRETIME", &[])] {
            let mut args = vec![name.as_bytes().to_vec(), key.to_vec()];
            args.extend(rest.iter().map(|arg: &&str| arg.as_bytes().to_vec()));
            expected.push(model.execute(&parse(&args)));
            wire.push(args);
        }
    }
    compare(seed, &wire, &expected, &client.pipeline(&wire));
    assert_eq!(client.command(&["DBSIZE"]), Reply::length(model.keys().count()), "seed {seed}");
    let errors = expected.iter().filter(|reply| matches!(reply, Reply::Error(_))).count();
    Tally { commands: wire.len(), errors }
}

fn expected_transaction(commands: &[Args], model: &mut Model) -> Vec<Reply> {
    let requests: Vec<Request> = commands.iter().map(parse).collect();
    let mut expected = vec![Reply::OK];
    expected.extend(requests.iter().map(reply_when_queued));
    expected.push(
        Request::exec_abort(&requests)
            .unwrap_or_else(|| Reply::Array(requests.iter().map(|request| model.execute(request)).collect())),
    );
    expected
}

fn compare(seed: u64, wire: &[Args], expected: &[Reply], actual: &[Reply]) {
    assert_eq!(expected.len(), actual.len());
    let Some(at) = (0..wire.len()).find(|&at| expected[at] != actual[at]) else {
        return;
    };
    let before: Vec<String> = wire[at.saturating_sub(8)..at].iter().map(|args| command_text(args)).collect();
    panic!(
        "seed {seed}, command {at}: {}\nmodel:  {}\nserver: {}\nbefore it:\n{}",
        command_text(&wire[at]),
        reply_text(&expected[at]),
        reply_text(&actual[at]),
        before.join("\n")
    );
}

fn parse(args: &Args) -> Request {
    Request::parse(args.clone()).expect("a known command")
}

fn random_step(rng: &mut ChaCha8Rng) -> Step {
    if rng.random_bool(0.03) {
        let commands = (0..rng.random_range(0..6)).flat_map(|_| random_commands(rng)).collect();
        return Step::Transaction(commands);
    }
    Step::Single(random_commands(rng))
}

/// One command; two when the first sets an expiry whose millisecond only the server knows.
fn random_commands(rng: &mut ChaCha8Rng) -> Vec<Args> {
    loop {
        let args = random_command(rng);
        let Request::Valid(Command::Key(KeyCommand::Expire { key, unit, time, .. })) = parse(&args) else {
            return vec![args];
        };
        match unit {
            ExpireUnit::Seconds | ExpireUnit::Milliseconds if time > 0 => {
                if time >= LONG_MS {
                    return vec![args, vec![b"PERSIST".to_vec(), key.0]];
                }
            }
            ExpireUnit::Seconds | ExpireUnit::Milliseconds => return vec![args],
            ExpireUnit::UnixSeconds | ExpireUnit::UnixMilliseconds => {
                let at_ms = if unit == ExpireUnit::UnixSeconds { time.saturating_mul(1000) } else { time };
                if !(LONG_MS..YEAR_2100_MS).contains(&at_ms) {
                    return vec![args];
                }
            }
        }
    }
}

fn random_command(rng: &mut ChaCha8Rng) -> Args {
    // Most other commands take items or expiries away: without favour, lists would be short and without an expiry.
    let favoured = ["RPUSH", "LPUSH", "LINSERT", "LMOVE", "PEXPIREAT"];
    let name = if rng.random_bool(0.25) { favoured.choose(rng).unwrap() } else { COMMANDS.choose(rng).unwrap().name };
    let mut args = vec![if rng.random_bool(0.1) { name.to_ascii_lowercase() } else { name.to_owned() }.into_bytes()];
    random_operands(name, rng, &mut args);
    if rng.random_bool(0.08) {
        damage(rng, &mut args);
    }
    args
}

fn random_operands(name: &str, rng: &mut ChaCha8Rng, args: &mut Args) {
    let mut draw = Draw { rng, args };
    match name {
        "LPUSH" | "RPUSH" | "LPUSHX" | "RPUSHX" => draw.key().values(),
        "LPOP" | "RPOP" => draw.key().sometimes(0.5, Draw::integer),
        "LSET" => draw.key().integer().value(),
        "LINSERT" => draw.key().one_of(&[b"BEFORE", b"AFTER", b"before", b"aFTER"]).value().value(),
        "LREM" => draw.key().integer().value(),
        "LTRIM" if draw.rng.random_bool(0.5) => draw.key().one_of(&[b"0", b"1"]).one_of(&[b"-1", b"-2", b"9"]),
        "LTRIM" | "LRANGE" => draw.key().integer().integer(),
        "RPOPLPUSH" | "RENAME" => draw.key().key(),
        "LMOVE" => draw.key().key().end().end(),
        "LMPOP" => draw.lmpop(),
        "DEL" | "EXISTS" => draw.key().sometimes(0.3, Draw::key).sometimes(0.3, Draw::key),
        "PEXPIREAT" if draw.rng.random_bool(0.8) => {
            draw.key().one_of(&FAR_TIMES_MS.map(|text| text.as_bytes())).sometimes(0.6, Draw::expire_option)
        }
        "EXPIRE" | "PEXPIRE" | "EXPIREAT" | "PEXPIREAT" => {
            draw.key().one_of(TIMES).sometimes(0.4, Draw::expire_option).sometimes(0.1, Draw::expire_option)
        }
        "LINDEX" => draw.key().integer(),
        "LPOS" => {
            draw.key().value().sometimes(0.5, Draw::lpos_option).sometimes(0.4, Draw::lpos_option);
            draw.sometimes(0.2, Draw::lpos_option).sometimes(0.2, Draw::lowest_rank)
        }
        "PERSIST" | "LLEN" | "TYPE" | "PEXPIRETIME" => draw.key(),
        _ => panic!("{name} is a new command: say here which operands it takes"),
    };
}

/// Makes it, most of the time, a command that Redis refuses.
fn damage(rng: &mut ChaCha8Rng, args: &mut Args) {
    let junk = *[WORDS, ODD_INTEGERS, SMALL_INTEGERS, VALUES].choose(rng).unwrap().choose(rng).unwrap();
    let operand = rng.random_range(1..=args.len());
    match rng.random_range(0..3) {
        0 if operand < args.len() => drop(args.remove(operand)),
        1 if operand < args.len() => args[operand] = junk.to_vec(),
        _ => args.insert(operand, junk.to_vec()),
    }
}

struct Draw<'a> {
    rng: &'a mut ChaCha8Rng,
    args: &'a mut Args,
}

impl Draw<'_> {
    fn one_of(&mut self, choices: &[&[u8]]) -> &mut Self {
        self.args.push(choices.choose(self.rng).unwrap().to_vec());
        self
    }

    fn sometimes(&mut self, chance: f64, draw: fn(&mut Self) -> &mut Self) -> &mut Self {
        if self.rng.random_bool(chance) { draw(self) } else { self }
    }

    fn key(&mut self) -> &mut Self {
        self.one_of(KEYS)
    }

    fn value(&mut self) -> &mut Self {
        self.one_of(VALUES)
    }

    /// A few; now and then enough that the server splits the list into several nodes.
    fn values(&mut self) -> &mut Self {
        let many = self.rng.random_bool(0.01);
        for _ in 0..if many { self.rng.random_range(100..900) } else { self.rng.random_range(1..5) } {
            self.value();
        }
        self
    }

    fn integer(&mut self) -> &mut Self {
        let odd = self.rng.random_bool(0.1);
        self.one_of(if odd { ODD_INTEGERS } else { SMALL_INTEGERS })
    }

    fn end(&mut self) -> &mut Self {
        self.one_of(&[b"LEFT", b"RIGHT", b"left", b"RighT"])
    }

    fn lmpop(&mut self) -> &mut Self {
        let keys = self.rng.random_range(1..4);
        self.args.push(keys.to_string().into_bytes());
        for _ in 0..keys {
            self.key();
        }
        self.end().sometimes(0.5, |draw| draw.one_of(&[b"COUNT", b"count"]).integer())
    }

    fn expire_option(&mut self) -> &mut Self {
        self.one_of(&[b"NX", b"XX", b"GT", b"LT", b"gt"])
    }

    fn lpos_option(&mut self) -> &mut Self {
        self.one_of(&[b"RANK", b"COUNT", b"MAXLEN", b"rank"]).integer()
    }

    /// Redis negates a rank to count from the tail, and this one has no negative.
    fn lowest_rank(&mut self) -> &mut Self {
        self.args.push(b"RANK".to_vec());
        self.one_of(&[b"-9223372036854775808"])
    }
}

/// The lowest integer has no negative, which `LREM` and `LPOS` would need of it. Redis takes it from both, as
/// [`Request::parse`] does, and removes or finds everything.
#[test]
fn the_lowest_count_and_rank_are_taken() {
    let server = RedisServer::start();
    let mut client = server.connect();
    let mut model = Model::new();
    for line in [
        "RPUSH k x y x",
        "LPOS k x RANK -9223372036854775808",
        "LPOS k x RANK -9223372036854775808 COUNT 1",
        "LPOS k x RANK -9223372036854775808 COUNT 1 MAXLEN 2",
        "LPOS k z RANK -9223372036854775808",
        "LREM k -9223372036854775808 x",
        "LRANGE k 0 -1",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let request = parse(&words.iter().map(|word| word.as_bytes().to_vec()).collect());
        assert!(matches!(request, Request::Valid(_)), "{line}");
        assert_eq!(model.execute(&request), client.command(&words), "{line}");
    }
}

/// Not by chance: the generator above draws its operands per command, so a row added to the table has to get some.
#[test]
fn every_command_of_the_table_is_drawn() {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    for CommandSpec { name, arity, .. } in COMMANDS {
        let mut args = vec![name.as_bytes().to_vec()];
        random_operands(name, &mut rng, &mut args);
        assert!(args.len() >= arity.unsigned_abs() as usize, "{name}");
    }
}

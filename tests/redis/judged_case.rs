//! One case before the judge: the same steps on a store, a model and a real server.
//!
//! ```text
//! step --> store ---------> reply --.
//!   \----> model ---------> reply --+--> equal to the server's?     (each command)
//!    \---> redis-server --> reply --'
//!
//! store, model, dump read back --> LRANGE, TYPE, PEXPIRETIME of every key --> equal to the server's?   (each quarter)
//! ```
//!
//! The server decides by itself what expires and which expiry is set ([`ClockShift`]); that the store refuses a
//! command for a limit of its own is the one thing it is not asked about.

use std::collections::{BTreeMap, BTreeSet};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use ekv_roundtrip::case::replay::{discarded, on_model, on_store, requests};
use ekv_roundtrip::command::{CommandSpec, Reply, Request, UserKey};
use ekv_roundtrip::database::History;
use ekv_roundtrip::encoder::{DumpOptions, encode_ordered};
use ekv_roundtrip::format::dump_tree::Manifest;
use ekv_roundtrip::format::key_text;
use ekv_roundtrip::model::Model;
use ekv_roundtrip::reader::{self, MadeBy};
use ekv_roundtrip::server::ClockShift;
use ekv_roundtrip::state::State;
use ekv_roundtrip::store::{Answer, MetaWidth, Store};
use ekv_roundtrip::workload::{CaseSpec, Generator, Step, Trace};
use tempfile::TempDir;

use crate::server::RedisClient;
use crate::transcript::{command_text, errors, first_difference, reply_text_from};
use crate::view::{add_named_keys, questions, reply_of_list};
use crate::{Args, reply_when_queued};

/// How often in a case every key is looked at; the last time at its end.
const MOMENTS: usize = 4;
/// Of what was sent before the command that differs.
const SHOWN_BEFORE: usize = 8;

/// What has been compared and found equal.
#[derive(Default)]
pub struct Tally {
    /// Commands with a reply of their own, the parts of transactions included.
    pub commands: u64,
    /// `LRANGE`, `TYPE` and `PEXPIRETIME` of keys, beside the commands.
    pub questions: u64,
    /// Replies that are errors, those within an `EXEC`'s array included.
    pub errors: u64,
    /// `EXEC`s, the discarded ones included.
    pub transactions: u64,
    /// `EXPIRE`-family commands that were sent in other words.
    pub respelt: u64,
    /// Commands left out because the store has a limit there that Redis has not.
    pub refused: u64,
    /// Dumps read back.
    pub dumps: u64,
    /// How often each command of the table was run.
    pub runs: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.commands += other.commands;
        self.questions += other.questions;
        self.errors += other.errors;
        self.transactions += other.transactions;
        self.respelt += other.respelt;
        self.refused += other.refused;
        self.dumps += other.dumps;
        for (name, count) in other.runs {
            *self.runs.entry(name).or_default() += count;
        }
    }
}

/// What one of ours says, and which.
type Side = (&'static str, Reply);

/// Something on its way to the server.
struct Sent {
    step: usize,
    args: Args,
    /// The client's own command, where the server gets it in other words.
    respelt_from: Option<Args>,
    /// Nothing for what only keeps the server's time.
    expected: Vec<Side>,
    is_question: bool,
}

/// Where a case's steps come from.
#[derive(Clone, Copy)]
pub enum Origin {
    Generated(CaseSpec),
    /// The fixture of that name.
    Fixture(&'static str),
}

impl Origin {
    fn steps(&self) -> Vec<Step> {
        match self {
            Origin::Generated(spec) => Generator::new(spec).collect(),
            Origin::Fixture(name) => {
                let path = format!("{}/fixtures/{name}/trace.jsonl", env!("CARGO_MANIFEST_DIR"));
                Trace::read(std::fs::read(path).expect("a fixture").as_slice()).expect("a trace").steps
            }
        }
    }
}

/// A case, from its first step until something differs.
pub struct JudgedCase<'a> {
    origin: Origin,
    width: MetaWidth,
    client: &'a mut RedisClient,
    folder: TempDir,
    store: Store,
    model: Model,
    shift: ClockShift,
    named: BTreeSet<UserKey>,
    /// The number of the present step, from 1.
    step: usize,
    unanswered: Vec<Sent>,
    pub tally: Tally,
}

impl<'a> JudgedCase<'a> {
    pub fn new(origin: Origin, width: MetaWidth, client: &'a mut RedisClient) -> JudgedCase<'a> {
        assert_eq!(client.command(&["FLUSHALL"]), Reply::OK);
        let folder = tempfile::tempdir().expect("a place for temporary files");
        let store = Store::create(&folder.path().join("db"), width, History::Dropped).expect("a new store");
        JudgedCase {
            origin,
            width,
            client,
            folder,
            store,
            model: Model::new(),
            shift: ClockShift::default(),
            named: BTreeSet::new(),
            step: 0,
            unanswered: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Runs the case; the error tells the first difference.
    pub fn run(&mut self) -> Result<(), String> {
        let steps = self.origin.steps();
        for quarter in steps.chunks(steps.len().div_ceil(MOMENTS).max(1)) {
            for step in quarter {
                self.step += 1;
                self.run_step(step)?;
            }
            self.compare()?;
            self.look_at_every_key()?;
        }
        Ok(())
    }

    /// The number of the step that was run last, from 1; after a difference, the one where it shows.
    pub fn step(&self) -> usize {
        self.step
    }

    /// Which case this is, how far it has come, and how to get its trace again.
    pub fn place(&self) -> String {
        let (width, step) = (self.width.bytes(), self.step);
        let CaseSpec { seed, profile, commands, keys, .. } = match self.origin {
            Origin::Generated(spec) => spec,
            Origin::Fixture(name) => return format!("fixtures/{name}/trace.jsonl, {width}-byte meta, line {step}"),
        };
        let keys = keys.map_or_else(String::new, |keys| format!(" --keys {keys}"));
        let (name, line) = (profile.name, step + 1);
        let generate = format!("--profile {name} --seed {seed} --commands {commands}{keys} --out trace.jsonl");
        format!(
            "profile {name}, case seed {seed}, {width}-byte meta, step {step}\n  \
             trace    ekv-roundtrip generate {generate}   (step {step} is its line {line})"
        )
    }

    fn run_step(&mut self, step: &Step) -> Result<(), String> {
        let ran = on_store(&mut self.store, step).map_err(|error| format!("the store fails: {error}"))?;
        // What several clients have begun takes effect when they commit.
        let (step, answers) = (&*ran.step, ran.answers);
        let refused: Vec<bool> = answers.iter().map(|answer| matches!(answer, Answer::Refused(_))).collect();
        let is_refused = |place: usize| refused.get(place) == Some(&true);
        let replies = on_model(&mut self.model, step, is_refused);
        add_named_keys(step, &mut self.named);
        self.shift.advance_to(step.at_ms.expect("these steps have a time"));
        assert_eq!(self.shift.offset_ms(), 0, "these traces live after every server");
        if let Some(args) = self.shift.delete_expired() {
            self.send(args, None, Vec::new());
        }
        let Some((requests, is_transaction)) = requests(step) else { return Ok(()) };
        if let Some(abort) = discarded(requests, is_transaction) {
            let sent = requests.iter().map(|request| (request, request.args()));
            self.send_transaction(sent.collect(), &abort, &abort);
            return Ok(());
        }
        let answers = answers.into_iter().map(Answer::into_reply);
        let judged = (0..).zip(requests).zip(answers.zip(replies)).filter(|((place, _), _)| !is_refused(*place));
        let judged: Vec<_> = judged.map(|((_, request), (store, model))| (request, store, model)).collect();
        self.tally.refused += (requests.len() - judged.len()) as u64;
        let (mut sent, mut of_store, mut of_model) = (Vec::new(), Vec::new(), Vec::new());
        for (request, store, model) in judged {
            sent.push((request, self.shift.spell(request)));
            of_store.push(store);
            of_model.push(model.expect("the model runs what the store does not refuse"));
            let name = request.args().first().and_then(|name| CommandSpec::find(name)).expect("a known command").name;
            *self.tally.runs.entry(name).or_default() += 1;
        }
        if is_transaction {
            self.send_transaction(sent, &Reply::Array(of_store), &Reply::Array(of_model));
            return Ok(());
        }
        for (((request, args), store), model) in sent.into_iter().zip(of_store).zip(of_model) {
            self.send(args, Some(request), both(&store, &model));
        }
        Ok(())
    }

    fn send_transaction(&mut self, sent: Vec<(&Request, Args)>, store: &Reply, model: &Reply) {
        self.tally.transactions += 1;
        self.send(vec![b"MULTI".to_vec()], None, both(&Reply::OK, &Reply::OK));
        for (request, args) in sent {
            let queued = reply_when_queued(request);
            self.send(args, Some(request), both(&queued, &queued));
        }
        self.send(vec![b"EXEC".to_vec()], None, both(store, model));
    }

    fn send(&mut self, args: Args, request: Option<&Request>, expected: Vec<Side>) {
        let original = request.map(Request::args).filter(|original| *original != args);
        self.tally.respelt += u64::from(original.is_some());
        self.unanswered.push(Sent { step: self.step, args, respelt_from: original, expected, is_question: false });
    }

    fn look_at_every_key(&mut self) -> Result<(), String> {
        let dumped = self.dump_and_read_back()?;
        let mut keys = self.named.clone();
        keys.extend(self.client.keys());
        keys.extend(self.model.keys().map(|(key, _)| key.clone()));
        keys.extend(dumped.keys.keys().cloned().map(UserKey));
        for key in keys {
            for question in questions(&key) {
                let from_dump = reply_of_list(&question, dumped.keys.get(key.as_bytes()));
                let args = question.args();
                let request = [Request::Valid(question)];
                let answers = self.store.execute(&request).map_err(|error| format!("the store fails: {error}"))?;
                let from_store = answers.into_iter().next().expect("one answer a request").into_reply();
                let from_model = self.model.execute(&request[0]);
                let expected = vec![("store", from_store), ("model", from_model), ("dump", from_dump)];
                let (step, respelt_from) = (self.step, None);
                self.unanswered.push(Sent { step, args, respelt_from, expected, is_question: true });
            }
            // Key by key, so that there is never more than one list in memory five times.
            self.compare()?;
        }
        Ok(())
    }

    fn dump_and_read_back(&mut self) -> Result<State, String> {
        let path = self.folder.path().join(format!("dump-{}", self.tally.dumps));
        std::fs::create_dir(&path).expect("a new folder");
        let dir = Dir::open_ambient_dir(&path, ambient_authority()).expect("a folder just made");
        let options = DumpOptions { db_index: 0, manifest: Manifest::new("2100-01-01T00:00:00Z".to_owned()) };
        encode_ordered(&self.store.database().snapshot(), &dir, &options)
            .map_err(|error| format!("the encoder fails: {error}"))?;
        let dump = reader::read(&path, MadeBy::OurEncoder)
            .map_err(|error| format!("the dump cannot be read back: {error}"))?;
        std::fs::remove_dir_all(&path).expect("a folder of ours");
        self.tally.dumps += 1;
        let mut state = dump.into_state(0);
        state.retain_visible(self.model.now_ms());
        Ok(state)
    }

    /// Sends what has gathered, and holds the replies against ours.
    fn compare(&mut self) -> Result<(), String> {
        let mut unanswered = std::mem::take(&mut self.unanswered);
        let wire: Vec<Args> = unanswered.iter_mut().map(|sent| std::mem::take(&mut sent.args)).collect();
        let replies = self.client.pipeline(&wire);
        for (place, (sent, reply)) in unanswered.iter().zip(&replies).enumerate() {
            if sent.expected.is_empty() {
                continue;
            }
            if sent.expected.iter().any(|(_, ours)| ours != reply) {
                self.step = sent.step;
                return Err(difference(place, &unanswered, &wire, reply));
            }
            let counter = if sent.is_question { &mut self.tally.questions } else { &mut self.tally.commands };
            *counter += 1;
            self.tally.errors += errors(reply);
        }
        Ok(())
    }
}

fn both(store: &Reply, model: &Reply) -> Vec<Side> {
    vec![("store", store.clone()), ("model", model.clone())]
}

/// What was sent, what the server said, and what each of ours said. `wire` has the arguments of what is in `all`.
fn difference(place: usize, all: &[Sent], wire: &[Args], reply: &Reply) -> String {
    let (sent, args) = (&all[place], &wire[place]);
    let by_client = |at: usize| command_text(all[at].respelt_from.as_ref().unwrap_or(&wire[at]));
    let title = match (args.get(1), sent.is_question) {
        (Some(key), true) => format!("what can be seen of key {} differs", key_text::quoted(key)),
        _ => "a reply differs".to_owned(),
    };
    let mut lines = vec![title, format!("  sent     {}", command_text(args))];
    lines.extend(sent.respelt_from.as_ref().map(|_| format!("  for      {}", by_client(place))));
    let first = sent.expected.iter().filter_map(|(_, ours)| first_difference(reply, ours)).min();
    if let Some(index) = first {
        let queued = match reply {
            Reply::Array(replies) if args[0] == b"EXEC" => (place - replies.len()).checked_add(index),
            _ => None,
        };
        let command = queued.filter(|at| *at < place).map(|at| format!(", the reply of {}", by_client(at)));
        lines.push(format!("  at index {index}{}", command.unwrap_or_default()));
    }
    let from = first.unwrap_or(0);
    lines.push(format!("  server   {}", reply_text_from(reply, from)));
    for (side, ours) in &sent.expected {
        let mark = if ours == reply { "" } else { "   <- differs" };
        lines.push(format!("  {side:<8} {}{mark}", reply_text_from(ours, from)));
    }
    let before: Vec<usize> = (0..place).filter(|at| !all[*at].expected.is_empty()).collect();
    let before = &before[before.len().saturating_sub(SHOWN_BEFORE)..];
    lines.extend(before.iter().map(|at| format!("  before   {}", by_client(*at))));
    lines.join("\n")
}

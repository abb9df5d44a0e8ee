//! One case: a trace through the store and the model, then from the store's records through the encoder and the reader
//! back.
//!
//! ```text
//! step --> store --> reply --.
//!   \----> model --> reply --+--> equal?         (each step)
//!
//! store --> visible state ---+--> equal to the model's?
//!   closed and opened again -+--> unchanged?
//!   records --> encoder --> dump tree --> reader --> equal to the model's?
//!   records, shuffled --> encoder --> the same bytes?
//! ```
//!
//! The case ends at its first finding: what comes after a difference says little.

use std::io::BufWriter;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;

use super::compare::{SideNames, compare};
use super::finding::{CaseReport, Finding, FindingKind};
use super::replay::{discarded, model_state, on_model, on_store, requests};
use crate::command::{Reply, Request};
use crate::database::{Database, DatabaseError};
use crate::encoder::{DumpOptions, Summary, Unordered, encode_ordered};
use crate::format::dump_tree::{CHECKSUMS, Manifest};
use crate::format::key_text;
use crate::model::Model;
use crate::reader;
use crate::state::State;
use crate::store::{Answer, MetaWidth, Store, StoreError, visible_state};
use crate::workload::{Header, Step, write_reply};

/// More records than this are not dumped a second time, shuffled.
const SHUFFLED_RECORDS: usize = 20_000;

/// What a case runs.
pub struct CasePlan<'a> {
    /// The steps.
    pub steps: Box<dyn Iterator<Item = Result<Step, CaseError>> + 'a>,
    /// Which base metas the store writes.
    pub width: MetaWidth,
    /// An empty folder that the case may fill.
    pub folder: &'a Path,
    /// The trace is written down under this header, to be kept with the rest.
    pub record: Option<Header>,
}

/// Why a case could not be run to its end.
#[derive(Debug)]
pub enum CaseError {
    /// The environment or the trace is to blame; the message says what and where.
    Input(String),
}

/// Ends a case early.
enum Stop {
    Finding(Finding),
    Error(CaseError),
}

fn environment(error: impl std::fmt::Display) -> Stop {
    Stop::Error(CaseError::Input(error.to_string()))
}

/// Runs a case.
///
/// # Errors
///
/// The environment, such as a full disk, or a malformed trace.
pub fn run_case(plan: CasePlan<'_>) -> Result<CaseReport, CaseError> {
    let mut report = CaseReport::default();
    match play(plan, &mut report) {
        Ok(()) => Ok(report),
        Err(Stop::Finding(finding)) => {
            report.finding = Some(finding);
            Ok(report)
        }
        Err(Stop::Error(error)) => Err(error),
    }
}

fn play(plan: CasePlan<'_>, report: &mut CaseReport) -> Result<(), Stop> {
    let db = plan.folder.join("db");
    let mut store = stored(|| Store::create(&db, plan.width))?;
    let mut model = Model::new();
    let mut recorder = Recorder::new(plan.folder, plan.record)?;
    for (number, step) in (1..).zip(plan.steps) {
        let step = step.map_err(Stop::Error)?;
        recorder.record(&step)?;
        run_step(&mut store, &mut model, number, &step, report)?;
    }
    recorder.finish()?;

    let expected = model_state(&model);
    report.lists = expected.lists.len() as u64;
    report.items = expected.lists.values().map(|list| list.items.len() as u64).sum();
    let shown = stored(|| visible_state(store.database()))?;
    require_equal(&expected, shown.clone(), "store", FindingKind::StoreState)?;
    stored(|| store.sync())?;
    drop(store);

    let store = stored(|| Store::open(&db, plan.width))?;
    let reopened = stored(|| visible_state(store.database()))?;
    require_equal(&shown, reopened, "reopened", FindingKind::Reopened)?;

    let sorted = dump(&store, plan.folder, model.now_ms())?;
    let dumped = read_back(&plan.folder.join(SORTED_DUMP))?;
    report.empty_kept = require_equal(&expected, dumped, "dump", FindingKind::DumpState)?;
    // Last, because a difference says more than the warning that goes with it.
    if !sorted.summary.warnings.is_empty() {
        let lines: Vec<String> = sorted.summary.warnings.iter().map(ToString::to_string).collect();
        return Err(plain(FindingKind::Warning, lines.join("\n")));
    }
    require_same_when_shuffled(&store, plan.folder, &sorted)
}

/// Runs a step on both sides and holds the replies against each other.
fn run_step(
    store: &mut Store,
    model: &mut Model,
    number: u64,
    step: &Step,
    report: &mut CaseReport,
) -> Result<(), Stop> {
    let answers =
        guarded(Some(number), || on_store(store, step))?.map_err(|error| store_failure(error, Some(number)))?;
    let Some((requests, is_transaction)) = requests(step) else {
        on_model(model, step, |_| false);
        return Ok(());
    };
    report.commands += requests.len() as u64;
    let refused: Vec<bool> = answers.iter().map(|answer| matches!(answer, Answer::Refused(_))).collect();
    let replies = on_model(model, step, |place| refused.get(place) == Some(&true));
    if discarded(requests, is_transaction).is_some() {
        return Ok(());
    }
    assert!(answers.len() == requests.len() && replies.len() == requests.len(), "one answer a request");
    for ((request, answer), reply) in requests.iter().zip(answers).zip(replies) {
        let words = request.args();
        let found = |kind, detail| {
            let user_key = match request {
                Request::Valid(command) => command.first_key().map(|key| key.0.clone()),
                Request::Rejected { .. } => None,
            };
            Err(Stop::Finding(Finding { kind, user_key, step: Some(number), detail }))
        };
        match (answer, reply) {
            (Answer::Refused(refusal), _) if refusal.is_justified() => report.refused += 1,
            (Answer::Refused(refusal), _) => {
                let detail = format!("command  {}\nrefused  {refusal}", command_text(&words));
                return found(FindingKind::Refusal, detail);
            }
            (Answer::Reply(ours), Some(redis)) if ours == redis => {}
            (Answer::Reply(ours), redis) => {
                let redis = redis.map_or_else(String::new, |reply| reply_text(&reply));
                let command = command_text(&words);
                let detail = format!("command  {command}\nstore    {}\nRedis    {redis}", reply_text(&ours));
                return found(FindingKind::Reply, detail);
            }
        }
    }
    Ok(())
}

fn plain(kind: FindingKind, detail: String) -> Stop {
    Stop::Finding(Finding { kind, user_key: None, step: None, detail })
}

/// Runs code under test. A panic of it is a finding like any other, and not a defect of what checks it.
fn guarded<T>(step: Option<u64>, run: impl FnOnce() -> T) -> Result<T, Stop> {
    super::panics::caught(run)
        .map_err(|detail| Stop::Finding(Finding { kind: FindingKind::Panic, user_key: None, step, detail }))
}

fn stored<T>(run: impl FnOnce() -> Result<T, StoreError>) -> Result<T, Stop> {
    guarded(None, run)?.map_err(|error| store_failure(error, None))
}

/// A store that cannot go on over its own records has a bug; a database that fails is the environment's.
fn store_failure(error: StoreError, step: Option<u64>) -> Stop {
    match error {
        StoreError::Database(error) => environment(error),
        StoreError::Corrupt(detail) => {
            Stop::Finding(Finding { kind: FindingKind::StoreRecords, user_key: None, step, detail })
        }
    }
}

/// Compares at the expected state's time, and gives the number of empty lists that `found` kept.
fn require_equal(expected: &State, found: State, name: &str, kind: FindingKind) -> Result<u64, Stop> {
    let now_ms = expected.last_ms.unwrap_or(0);
    let comparison = compare(expected.clone(), found, now_ms);
    let Some(first) = comparison.differences.first() else { return Ok(comparison.empty_kept.len() as u64) };
    let left = if kind == FindingKind::Reopened { "before" } else { "Redis" };
    Err(Stop::Finding(Finding {
        kind,
        user_key: Some(first.key.clone()),
        step: None,
        detail: comparison.render(SideNames { left, right: name }),
    }))
}

/// A dump made from the store's records in key order.
struct SortedDump {
    dir: Dir,
    options: DumpOptions,
    summary: Summary,
}

const SORTED_DUMP: &str = "dump";
const SHUFFLED_DUMP: &str = "dump-shuffled";

fn dump(store: &Store, folder: &Path, now_ms: u64) -> Result<SortedDump, Stop> {
    let manifest = pinned_manifest(store.database(), now_ms).map_err(environment)?;
    let options = DumpOptions { db_index: 0, manifest };
    let dir = make_dir(&folder.join(SORTED_DUMP))?;
    let snapshot = store.database().snapshot();
    let encoded = guarded(None, || encode_ordered(&snapshot, &dir, &options))?;
    let summary = encoded.map_err(|error| encoder_failure(error, FindingKind::Encoder))?;
    Ok(SortedDump { dir, options, summary })
}

/// The manifest of a database's dump, with a pinned time, so that the same case makes the same bytes.
pub(crate) fn pinned_manifest(database: &Database, now_ms: u64) -> Result<Manifest, DatabaseError> {
    let mut manifest = Manifest::new(wall_time(now_ms));
    manifest.last_commit_ts = database.clock()?.map(|clock| clock.0).filter(|clock| *clock != 0);
    Ok(manifest)
}

fn read_back(path: &Path) -> Result<State, Stop> {
    match guarded(None, || reader::read(path))? {
        Ok(dump) => Ok(dump.into_state(0)),
        Err(error) if error.is_finding() => Err(plain(FindingKind::Tree, error.to_string())),
        Err(error) => Err(environment(error)),
    }
}

fn encoder_failure(error: crate::encoder::EncodeError, kind: FindingKind) -> Stop {
    use crate::encoder::EncodeError;
    match error {
        EncodeError::Write { .. } | EncodeError::Source(_) => environment(error),
        EncodeError::Record(_) | EncodeError::Duplicate(_) => plain(kind, error.to_string()),
    }
}

fn require_same_when_shuffled(store: &Store, folder: &Path, sorted: &SortedDump) -> Result<(), Stop> {
    let mut records = Vec::new();
    let mut rows = store.database().rows(b"", None);
    while let Some((key, value)) = rows.current().map_err(environment)? {
        if records.len() == SHUFFLED_RECORDS {
            return Ok(());
        }
        records.push((key.to_vec(), value.to_vec()));
        rows.step();
    }
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(records.len() as u64);
    records.shuffle(&mut dice);
    let shuffled_dir = make_dir(&folder.join(SHUFFLED_DUMP))?;
    let mut unordered = Unordered::new();
    let shuffled = guarded(None, || {
        records.iter().try_for_each(|(key, value)| unordered.push(key, value))?;
        unordered.flush(&shuffled_dir, &sorted.options)
    })?;
    let shuffled = shuffled.map_err(|error| encoder_failure(error, FindingKind::Order))?;
    // The checksums cover every other file.
    let checksums = |dir: &Dir| dir.read_to_string(CHECKSUMS).map_err(environment);
    let (ours, theirs) = (checksums(&sorted.dir)?, checksums(&shuffled_dir)?);
    if shuffled == sorted.summary && ours == theirs {
        return Ok(());
    }
    let differing = ours.lines().zip(theirs.lines()).find(|(left, right)| left != right);
    let mut detail = match differing {
        Some((left, right)) => format!("sorted    {left}\nshuffled  {right}"),
        None => format!("sorted    {:?}\nshuffled  {shuffled:?}", sorted.summary),
    };
    // The lists say more than the digests, where they differ and can be read.
    let read = |name: &str| guarded(None, || reader::read(&folder.join(name)).ok());
    if let (Some(left), Some(right)) = (read(SORTED_DUMP)?, read(SHUFFLED_DUMP)?) {
        let comparison = compare(left.into_state(0), right.into_state(0), 0);
        let lists = comparison.render(SideNames { left: "sorted", right: "shuffled" });
        detail = format!("{detail}\n{lists}").trim_end().to_owned();
    }
    Err(plain(FindingKind::Order, detail))
}

fn make_dir(path: &Path) -> Result<Dir, Stop> {
    let failed = |error| environment(format!("make folder {}: {error}", path.display()));
    std::fs::create_dir(path).map_err(failed)?;
    Dir::open_ambient_dir(path, ambient_authority()).map_err(failed)
}

/// A time as the manifest has it; what is beyond the calendar stays a number.
pub(crate) fn wall_time(unix_ms: u64) -> String {
    let timestamp = i64::try_from(unix_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    timestamp.map_or_else(|| "9999-12-30T22:00:00Z".to_owned(), |timestamp| timestamp.to_string())
}

/// A command as a line of words, for people.
fn command_text(words: &[Vec<u8>]) -> String {
    const SHOWN_WORDS: usize = 12;
    let mut shown: Vec<String> = words.iter().take(SHOWN_WORDS).map(|word| key_text::quoted(word)).collect();
    if words.len() > SHOWN_WORDS {
        shown.push(format!("... ({} words)", words.len()));
    }
    shown.join(" ")
}

/// A reply as its JSON, cut when long.
fn reply_text(reply: &Reply) -> String {
    const SHOWN_BYTES: usize = 600;
    let mut json = Vec::new();
    if write_reply(reply, &mut json).is_err() {
        return format!("{reply:?}");
    }
    let text = String::from_utf8_lossy(&json);
    let text = text.trim_end();
    match text.char_indices().nth(SHOWN_BYTES) {
        Some((end, _)) => format!("{}... ({} bytes)", text.get(..end).unwrap_or_default(), text.len()),
        None => text.to_owned(),
    }
}

/// Writes the steps down as they are run, so that a case that never ends well leaves its trace too.
struct Recorder(Option<BufWriter<std::fs::File>>);

impl Recorder {
    fn new(folder: &Path, header: Option<Header>) -> Result<Recorder, Stop> {
        let Some(header) = header else { return Ok(Recorder(None)) };
        let file = std::fs::File::create(folder.join("trace.jsonl")).map_err(environment)?;
        let mut out = BufWriter::new(file);
        header.write(&mut out).map_err(environment)?;
        Ok(Recorder(Some(out)))
    }

    fn record(&mut self, step: &Step) -> Result<(), Stop> {
        match &mut self.0 {
            Some(out) => step.write(out).map_err(environment),
            None => Ok(()),
        }
    }

    fn finish(self) -> Result<(), Stop> {
        match self.0 {
            Some(out) => out.into_inner().map(drop).map_err(environment),
            None => Ok(()),
        }
    }
}

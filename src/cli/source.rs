//! Sources of visible state: `trace:FILE`, `db:DIR`, `fsm:FILE`, `dump:DIR`, `state:FILE`, `redis://HOST:PORT[/DB]` and
//! the same with `rediss://`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::ended::Failure;
use super::output::note;
use super::prefixed_path::after;
use super::recording_flags::RecordingFlags;
use super::records::RecordsArgument;
use super::shown::Shown;
use super::source_guess::did_you_mean;
use super::{input, server_source};
use crate::case::replay::{model_state, on_model, on_store};
use crate::database::{Database, History};
use crate::model::Model;
use crate::reader::{self, DumpTime, MadeBy};
use crate::server::ServerAddress;
use crate::state::State;
use crate::store::{MetaWidth, Store, visible_state};
use crate::workload::TraceSteps;

/// A source as named on the command line.
#[derive(Clone, Debug)]
pub(super) struct Source {
    kind: &'static Kind,
    /// What follows the prefix; of a server what is printed of it.
    path: PathBuf,
    server: Option<ServerAddress>,
}

/// The kinds of sources: the prefix, what follows it, and how the state is read.
#[derive(Debug)]
struct Kind {
    prefix: &'static str,
    operand: &'static str,
    read: Read,
}

/// How a state is read.
#[derive(Clone, Copy, Debug)]
enum Read {
    /// Out of records, which have commits: those as of one of them, if it is given.
    Records(fn(PathBuf) -> RecordsArgument),
    /// Out of a dump, which may hold more than lists.
    Dump,
    /// Otherwise.
    Whole(fn(&Path) -> Result<State, Failure>),
    /// Out of a trace.
    Trace,
    /// From a server.
    Server,
}

static KINDS: [Kind; 7] = [
    Kind { prefix: "trace:", operand: "FILE", read: Read::Trace },
    Kind { prefix: "db:", operand: "DIR", read: Read::Records(RecordsArgument::Database) },
    Kind { prefix: "fsm:", operand: "FILE", read: Read::Records(RecordsArgument::Snapshot) },
    Kind { prefix: "dump:", operand: "DIR", read: Read::Dump },
    Kind { prefix: "state:", operand: "FILE", read: Read::Whole(read_state) },
    Kind { prefix: ServerAddress::SCHEME, operand: ServerAddress::OPERAND, read: Read::Server },
    Kind { prefix: ServerAddress::TLS_SCHEME, operand: ServerAddress::OPERAND, read: Read::Server },
];

impl Source {
    pub(super) fn parse(text: &OsStr) -> Result<Source, String> {
        for kind in &KINDS {
            if let Some(path) = after(kind.prefix, text) {
                if path.as_os_str().is_empty() {
                    return Err(format!("nothing follows {:?}; write {}{}", kind.prefix, kind.prefix, kind.operand));
                }
                if !matches!(kind.read, Read::Server) {
                    return Ok(Source { kind, path: path.to_owned(), server: None });
                }
                let address: ServerAddress = text.to_str().ok_or("the address is not UTF-8")?.parse()?;
                let printed = address.to_string();
                let path = PathBuf::from(printed.strip_prefix(kind.prefix).unwrap_or(&printed));
                return Ok(Source { kind, path, server: Some(address) });
            }
        }
        let kinds: Vec<String> = KINDS.iter().map(|kind| format!("{}{}", kind.prefix, kind.operand)).collect();
        let prefixes: Vec<&str> = KINDS.iter().map(|kind| kind.prefix).collect();
        Err(format!("a source is one of {}{}", kinds.join(", "), did_you_mean(text, &prefixes)))
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.kind.prefix, self.path.display())
    }
}

impl Source {
    /// Whether this source is standard input.
    pub(super) fn is_standard_input(&self) -> bool {
        self.path == Path::new("-") && self.kind.operand == "FILE"
    }

    /// Whether the source has commits.
    pub(super) fn has_commits(&self) -> bool {
        matches!(self.kind.read, Read::Records(_))
    }

    /// Everything that the source holds; what is expired or empty is still there. A source with commits is read as of `at`.
    /// Of what it holds beside lists, it is told that it is not `used`, such as "compared".
    pub(super) fn read(&self, at: Option<u64>, used: &str, flags: &RecordingFlags) -> Result<Shown, Failure> {
        let state = match (self.kind.read, &self.server) {
            (Read::Server, Some(address)) => return server_source::read(address),
            (Read::Server, None) => State::default(),
            (Read::Records(argument), _) => read_records(&argument(self.path.clone()), at)?,
            (Read::Dump, _) => read_dump(&self.path, used).map(|(_, state)| state)?,
            (Read::Whole(read), _) => read(&self.path)?,
            (Read::Trace, _) => read_trace(&self.path, flags)?,
        };
        Ok(Shown { state, expiry_uncertainty_ms: Some(0) })
    }
}

fn read_trace(path: &Path, flags: &RecordingFlags) -> Result<State, Failure> {
    let mut model = Model::new();
    let mut steps = input::open_trace(path, flags)?;
    // When a client's transaction takes effect, and as of what time, depends on what conflicts; only a store knows that.
    let mut store = match &steps {
        TraceSteps::Lines(_) => {
            let database = Database::in_memory(History::Dropped);
            Some(Store::over(database, MetaWidth::Long).map_err(Failure::input)?)
        }
        TraceSteps::Recorded(_) => None,
    };
    for step in steps.by_ref() {
        let step = step.map_err(|error| input::trace_failure(path, &error))?;
        match &mut store {
            Some(store) => {
                let ran = on_store(store, &step).map_err(Failure::input)?;
                step.at_ms.into_iter().for_each(|at_ms| model.advance_to(at_ms));
                on_model(&mut model, &ran.step, |_| false);
            }
            None => drop(on_model(&mut model, &step, |_| false)),
        }
    }
    steps.notes().iter().for_each(|line| note(line));
    let mut state = model_state(&model);
    state.last_ms = steps.last_ms().or(state.last_ms);
    Ok(state)
}

fn read_records(argument: &RecordsArgument, at: Option<u64>) -> Result<State, Failure> {
    let records = argument.open(at)?;
    let last_ms = records.last_commit().map(|commit| commit.unix_ms());
    records.read(|source| visible_state(source, last_ms)).map_err(Failure::input)
}

/// The time and the lists of a dump; what else is in it, it is told, is not `used`.
pub(super) fn read_dump(path: &Path, used: &str) -> Result<(DumpTime, State), Failure> {
    let failed = |problem: String| Failure::Input(format!("dump {}: {problem}", path.display()));
    input::require_finished(path).map_err(failed)?;
    let dump = reader::read(path, MadeBy::AnyDecoder).map_err(|error| failed(error.to_string()))?;
    if !dump.beside.is_empty() {
        note(&format!("dump {}: not {used}: {}", path.display(), dump.beside));
    }
    let indexes: Vec<String> = dump.databases.keys().map(u32::to_string).collect();
    match dump.databases.keys().next() {
        Some(_) if indexes.len() > 1 => {
            let indexes = indexes.join(", ");
            Err(failed(format!("lists lie in several databases, {indexes}, and only those of one can be read")))
        }
        first => {
            let index = first.copied().unwrap_or(0);
            Ok((dump.time.clone(), dump.into_state(index)))
        }
    }
}

fn read_state(path: &Path) -> Result<State, Failure> {
    State::read_json_lines(input::open(path)?)
        .map_err(|error| Failure::Input(format!("state {}: {error}", path.display())))
}

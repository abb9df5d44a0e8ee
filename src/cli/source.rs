//! Sources of visible state: `trace:FILE`, `db:DIR`, `dump:DIR`, `state:FILE`.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{Failure, input};
use crate::database::Database;
use crate::model::Model;
use crate::reader;
use crate::state::State;
use crate::store::visible_state;
use crate::verify::replay::{model_state, on_model};

/// A source as named on the command line.
#[derive(Clone, Debug)]
pub(super) struct Source {
    kind: &'static Kind,
    path: PathBuf,
}

/// The kinds of sources: the prefix, what follows it, and how the state is read.
#[derive(Debug)]
struct Kind {
    prefix: &'static str,
    operand: &'static str,
    read: fn(&Path) -> Result<State, Failure>,
}

static KINDS: [Kind; 4] = [
    Kind { prefix: "trace:", operand: "FILE", read: read_trace },
    Kind { prefix: "db:", operand: "DIR", read: read_database },
    Kind { prefix: "dump:", operand: "DIR", read: read_dump },
    Kind { prefix: "state:", operand: "FILE", read: read_state },
];

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Source, String> {
        for kind in &KINDS {
            if let Some(path) = text.strip_prefix(kind.prefix) {
                if path.is_empty() {
                    return Err(format!("nothing follows {:?}; write {}{}", kind.prefix, kind.prefix, kind.operand));
                }
                return Ok(Source { kind, path: PathBuf::from(path) });
            }
        }
        let kinds: Vec<String> = KINDS.iter().map(|kind| format!("{}{}", kind.prefix, kind.operand)).collect();
        Err(format!("a source is one of {}", kinds.join(", ")))
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

    /// Everything that the source holds; what is expired or empty is still there.
    pub(super) fn read(&self) -> Result<State, Failure> {
        (self.kind.read)(&self.path)
    }
}

/// A database, `db:DIR`, for the commands that take nothing else.
#[derive(Clone, Debug)]
pub(super) struct DatabaseSource(pub(super) PathBuf);

impl FromStr for DatabaseSource {
    type Err = String;

    fn from_str(text: &str) -> Result<DatabaseSource, String> {
        match text.strip_prefix("db:") {
            Some(path) if !path.is_empty() => Ok(DatabaseSource(PathBuf::from(path))),
            _ => Err("the source must be a database, db:DIR".to_owned()),
        }
    }
}

fn read_trace(path: &Path) -> Result<State, Failure> {
    let mut model = Model::new();
    for step in input::open_trace(path)? {
        on_model(&mut model, &step.map_err(|error| input::trace_failure(path, &error))?, |_| false);
    }
    Ok(model_state(&model))
}

fn read_database(path: &Path) -> Result<State, Failure> {
    let database = Database::open_read_only(path).map_err(Failure::input)?;
    visible_state(&database).map_err(Failure::input)
}

fn read_dump(path: &Path) -> Result<State, Failure> {
    let dump = reader::read(path).map_err(|error| Failure::Input(format!("dump {}: {error}", path.display())))?;
    let mut indexes = dump.databases.keys().copied();
    match (indexes.next(), indexes.next()) {
        (_, Some(_)) => Err(Failure::Input(format!(
            "dump {}: it holds several databases, and only one can be shown",
            path.display()
        ))),
        (index, None) => Ok(dump.into_state(index.unwrap_or(0))),
    }
}

fn read_state(path: &Path) -> Result<State, Failure> {
    State::read_json_lines(input::open(path)?)
        .map_err(|error| Failure::Input(format!("state {}: {error}", path.display())))
}

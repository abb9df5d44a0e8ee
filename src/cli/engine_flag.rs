//! The values of `--engine`: what keeps the records of the store.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::database::Engine;

/// Takes the name of an engine that this build has.
pub(super) fn engine_parser() -> impl TypedValueParser<Value = Engine> {
    PossibleValuesParser::new(Engine::ALL.map(Engine::name)).try_map(|name| {
        let engine = Engine::ALL.into_iter().find(|engine| engine.name() == name).filter(|engine| engine.is_built_in());
        engine.ok_or(
            "this program was built without RocksDB; in a clone of its repository, `make build` builds it with RocksDB",
        )
    })
}

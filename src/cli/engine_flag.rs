//! The values of `--engine`: what keeps the records of the store.

use crate::database::Engine;

pub(super) fn parse_engine(name: &str) -> Result<Engine, String> {
    let engine = Engine::ALL.into_iter().find(|engine| engine.name() == name);
    let engine = engine.ok_or_else(|| "expected rocksdb or memory".to_owned())?;
    match engine.is_built_in() {
        true => Ok(engine),
        false => Err("this program was built without RocksDB: use memory, or build with --features rocksdb".to_owned()),
    }
}

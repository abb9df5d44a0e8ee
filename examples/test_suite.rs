//! A list store with a bug, and what a test suite learns of it: `cargo run --example test_suite`.
#![allow(clippy::print_stdout, reason = "an example")]

use ekv_roundtrip::suite::{KeyState, Reply, State, Suite, SuiteError, TestedStore};

/// Lists by key.
#[derive(Default)]
pub struct Lists(std::collections::BTreeMap<Vec<u8>, Vec<Vec<u8>>>);

impl TestedStore for Lists {
    fn execute(&mut self, request: &[Vec<u8>], _at_ms: u64) -> Result<Reply, String> {
        let (name, key, values) = match request {
            [name, key, values @ ..] if values.is_empty() == (name == b"LLEN") => (name.as_slice(), key, values),
            [name, ..] => return Ok(Reply::wrong_arity(name)),
            [] => return Err("a request without a name".to_owned()),
        };
        match name {
            b"LLEN" => {}
            b"RPUSH" => self.0.entry(key.clone()).or_default().extend(values.to_vec()),
            // The bug: Redis pushes one value after another, so the last one ends up first.
            _ => drop(self.0.entry(key.clone()).or_default().splice(..0, values.to_vec())),
        }
        Ok(Reply::length(self.0.get(key).map_or(0, Vec::len)))
    }
    fn state(&mut self, _at_ms: u64) -> Result<State, String> {
        let keys = self.0.iter().map(|(key, items)| (key.clone(), KeyState::list(items.clone(), None)));
        Ok(State { keys: keys.collect(), last_ms: None })
    }
    fn knows(&self, command: &str) -> bool {
        ["LPUSH", "RPUSH", "LLEN"].contains(&command)
    }
}
/// Prints the finding: the right items in the wrong order.
pub fn main() -> Result<(), SuiteError> {
    Suite::new(42).cases(20).check_store(Lists::default)?.iter().for_each(|found| println!("{found}"));
    Ok(())
}

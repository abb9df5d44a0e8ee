//! Stores and decoders that are right, and that are wrong in one way.

use super::*;
use crate::command::Request;
use crate::model::Model;

/// The model as somebody else's store, with a flaw.
struct Modelled {
    model: Model,
    known: fn(&str) -> bool,
    flaw: fn(&[Vec<u8>], Reply) -> Result<Reply, String>,
}

impl Modelled {
    fn new(flaw: fn(&[Vec<u8>], Reply) -> Result<Reply, String>) -> Modelled {
        Modelled { model: Model::new(), known: |_| true, flaw }
    }
}

impl TestedStore for Modelled {
    fn execute(&mut self, request: &[Vec<u8>], at_ms: u64) -> Result<Reply, String> {
        self.model.advance_to(at_ms);
        let parsed = Request::parse(request.to_vec()).map_err(|_| "an unknown command".to_owned())?;
        (self.flaw)(request, self.model.execute(&parsed))
    }

    fn knows(&self, command: &str) -> bool {
        (self.known)(command)
    }

    fn state(&mut self, at_ms: u64) -> Result<State, String> {
        self.model.advance_to(at_ms);
        Ok(crate::case::replay::model_state(&self.model))
    }
}

#[test]
fn a_store_that_does_as_redis_does_holds() {
    assert_eq!(Suite::new(1).cases(30).check_store(|| Modelled::new(|_, reply| Ok(reply))), Ok(Vec::new()));
}

#[test]
fn a_wrong_reply_is_found_once_and_its_trace_is_small() {
    let wrong = |request: &[Vec<u8>], reply| match (request, reply) {
        ([name, ..], Reply::Integer(length)) if name == b"RPUSH" && length > 2 => Ok(Reply::Integer(length - 1)),
        (_, reply) => Ok(reply),
    };
    let found = Suite::new(1).cases(30).check_store(|| Modelled::new(wrong)).expect("a temporary folder");
    let [found] = &found[..] else { panic!("one class: {found:?}") };
    assert_eq!(found.kind, FindingKind::Reply);
    assert!(found.class.starts_with("reply-rpush-"), "{}", found.class);
    assert!(found.trace.lines().count() <= 4, "{found}");
    let again = Suite::of_trace(&found.trace).expect("a trace");
    let of_wrong = again.check_store(|| Modelled::new(wrong)).expect("a temporary folder");
    assert_eq!(of_wrong.first().map(|found| found.class.as_str()), Some(found.class.as_str()));
    assert_eq!(again.check_store(|| Modelled::new(|_, reply| Ok(reply))), Ok(Vec::new()));
    assert!(Suite::of_trace("{").is_err());
}

#[test]
fn a_store_that_fails_or_panics_is_one_finding_with_its_words() {
    let broken = |request: &[Vec<u8>], reply| match request {
        [name, ..] if name.starts_with(b"L") => Ok(reply),
        _ => Err("the disk is on fire".to_owned()),
    };
    let found = Suite::new(1).cases(30).check_store(|| Modelled::new(broken)).expect("a temporary folder");
    let [failed] = &found[..] else { panic!("one class: {found:?}") };
    assert_eq!(failed.detail, "the store failed: the disk is on fire");
    let panics = |request: &[Vec<u8>], reply| match request {
        [name, ..] if name == b"LPOP" => panic!("out of items"),
        _ => Ok(reply),
    };
    let found = Suite::new(1).cases(30).check_store(|| Modelled::new(panics)).expect("a temporary folder");
    let [panicked] = &found[..] else { panic!("one class: {found:?}") };
    assert_eq!(panicked.kind, FindingKind::Panic);
    assert!(panicked.detail.contains("out of items") && panicked.trace.lines().count() == 2, "{panicked}");
}

/// A list that is popped empty is gone for a client, and so is a key whose expiry has passed.
#[test]
fn a_store_that_shows_keys_that_are_gone_is_found() {
    struct Hoarder(Modelled, Option<State>);
    impl TestedStore for Hoarder {
        fn execute(&mut self, request: &[Vec<u8>], at_ms: u64) -> Result<Reply, String> {
            let before = self.0.state(at_ms)?;
            let reply = self.0.execute(request, at_ms)?;
            let after = self.0.state(at_ms)?;
            if let Some((key, _)) = before.keys.into_iter().find(|(key, _)| !after.keys.contains_key(key)) {
                self.1.get_or_insert_default().keys.insert(key, KeyState::list(Vec::new(), None));
            }
            Ok(reply)
        }

        fn state(&mut self, at_ms: u64) -> Result<State, String> {
            let mut state = self.1.clone().unwrap_or_default();
            state.keys.extend(self.0.state(at_ms)?.keys);
            Ok(state)
        }

        fn knows(&self, command: &str) -> bool {
            ["RPUSH", "LPOP"].contains(&command)
        }
    }
    let new_store = || Hoarder(Modelled::new(|_, reply| Ok(reply)), None);
    let found = Suite::new(1).cases(30).check_store(new_store).expect("a temporary folder");
    let [found] = &found[..] else { panic!("one class: {found:?}") };
    assert!(found.detail.ends_with("the store shows it, though it has no items"), "{found}");
}

#[test]
fn a_decoder_is_held_against_redis() {
    use crate::encoder::{DumpOptions, encode_ordered};
    use crate::format::dump_tree::Manifest;
    let decode = |fsm: &Path, out: &Path| {
        let snapshot = crate::snapshot::SnapshotFile::open(fsm, None).map_err(|error| error.to_string())?;
        std::fs::create_dir(out).map_err(|error| error.to_string())?;
        let root = cap_std::fs::Dir::open_ambient_dir(out, cap_std::ambient_authority());
        let options = DumpOptions { db_index: 0, manifest: Manifest::new("2100-01-01T00:00:00Z".to_owned()) };
        encode_ordered(&snapshot, &root.map_err(|error| error.to_string())?, &options)
            .map_err(|error| error.to_string())?;
        Ok(())
    };
    assert_eq!(Suite::new(1).cases(5).check_decoder(decode), Ok(Vec::new()));
    let refuses = |_: &Path, _: &Path| Err("cannot read that".to_owned());
    let found = Suite::new(1).cases(3).check_decoder(refuses).expect("a temporary folder");
    let [found] = &found[..] else { panic!("one class: {found:?}") };
    assert_eq!(found.kind, FindingKind::DecoderFailed);
    assert!(found.detail.contains("cannot read that"), "{found}");
    let panics = |_: &Path, _: &Path| -> Result<(), String> { panic!("index out of bounds") };
    let found = Suite::new(1).cases(3).check_decoder(panics).expect("a temporary folder");
    assert!(found[0].detail.contains("it panicked: index out of bounds"), "{}", found[0]);
}

#[test]
fn a_shape_that_a_decoder_does_not_take_is_found_once() {
    let bare_only = |fsm: &Path, out: &Path| {
        let file = crate::snapshot::SnapshotFile::open(fsm, None).map_err(|error| error.to_string())?;
        match file.framing() {
            crate::format::snapshot::Framing::Bare => crate::case::decode_snapshot(fsm, out),
            framing => Err(format!("what is {}?", framing.name())),
        }
    };
    let found = Suite::new(1).cases(6).check_decoder(bare_only).expect("a temporary folder");
    let shown: Vec<_> = found.iter().map(|found| (found.case, found.kind, found.class.as_str())).collect();
    assert!(shown.iter().all(|(case, kind, _)| case.is_none() && *kind == FindingKind::DecoderShape), "{shown:?}");
    for (framing, (.., class)) in ["v2", "v1", "legacy"].iter().zip(&shown) {
        assert!(class.starts_with(&format!("decoder-shape-framing-{framing}-")), "{class}");
    }
    assert_eq!(found.len(), 3);
    let again = Suite::of_trace(&found[0].trace).expect("a trace").check_decoder(bare_only);
    assert_eq!(again.map(|again| again.first().map(|found| found.class.clone())), Ok(Some(found[0].class.clone())));
    assert_eq!(Suite::new(1).cases(6).exported_files().check_decoder(bare_only), Ok(Vec::new()));
}

#[test]
fn profiles_go_by_name() {
    assert!(Suite::new(1).profile("ttl").is_ok());
    assert_eq!(Suite::new(1).profile("none").map(|_| ()), Err(SuiteError("there is no profile \"none\"".to_owned())));
}

#[test]
fn where_nothing_was_run_nothing_holds() {
    let right = || Modelled::new(|_, reply| Ok(reply));
    let ignorant = || Modelled { known: |_| false, ..right() };
    let curious = || Modelled { known: |name| name == "LLEN", ..right() };
    for empty in [
        Suite::new(1).check_store(ignorant),
        Suite::new(1).check_store(curious),
        Suite::new(1).cases(0).check_store(right),
    ] {
        assert!(empty.expect_err("nothing").to_string().starts_with("nothing was compared"));
    }
    let half = || Modelled { known: |name| name.starts_with('R') || name == "LPUSH", ..right() };
    assert_eq!(Suite::new(1).cases(9).check_store(half), Ok(Vec::new()));
}

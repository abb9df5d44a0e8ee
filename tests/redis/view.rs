//! What a client sees of a key: three questions, which can be put to a server, a store, a model and a dump alike.

use std::collections::BTreeSet;

use ekv_roundtrip::case::replay::requests;
use ekv_roundtrip::command::{Command, KeyCommand, ListCommand, Reply, Request, UserKey};
use ekv_roundtrip::state::KeyState;
use ekv_roundtrip::workload::{Action, Step};

/// All that there is to know of a key.
pub fn questions(key: &UserKey) -> [Command; 3] {
    [
        Command::List(ListCommand::Range { key: key.clone(), start: 0, stop: -1 }),
        Command::Key(KeyCommand::Type { key: key.clone() }),
        Command::Key(KeyCommand::ExpireTime { key: key.clone() }),
    ]
}

/// What Redis would answer to a question if its list were what a dump says; `None` is a key that the dump lacks.
pub fn reply_of_list(question: &Command, list: Option<&KeyState>) -> Reply {
    match (question, list) {
        (Command::List(ListCommand::Range { .. }), list) => {
            Reply::bulks(list.map(|list| list.items().to_vec()).unwrap_or_default())
        }
        (Command::Key(KeyCommand::Type { .. }), list) => Reply::status(if list.is_some() { "list" } else { "none" }),
        (Command::Key(KeyCommand::ExpireTime { .. }), None) => Reply::Integer(-2),
        (Command::Key(KeyCommand::ExpireTime { .. }), Some(list)) => {
            Reply::Integer(list.expire_at.map_or(-1, |at| i64::try_from(at.0).expect("Redis takes no later expiry")))
        }
        _ => panic!("not one of the questions: {question:?}"),
    }
}

/// Adds every key that the step names, also in vain.
pub fn add_named_keys(step: &Step, keys: &mut BTreeSet<UserKey>) {
    if let Action::Compact(key) | Action::CompactRead(key) | Action::CompactCommit(key) = &step.action {
        keys.insert(key.clone());
    }
    for request in requests(step).map_or(&[][..], |(requests, _)| requests) {
        match request {
            Request::Valid(
                Command::List(ListCommand::RPopLPush { source, destination })
                | Command::List(ListCommand::Move { source, destination, .. })
                | Command::Key(KeyCommand::Rename { source, destination }),
            ) => keys.extend([source.clone(), destination.clone()]),
            Request::Valid(
                Command::List(ListCommand::MultiPop { keys: named, .. })
                | Command::Key(KeyCommand::Delete { keys: named })
                | Command::Key(KeyCommand::Exists { keys: named }),
            ) => keys.extend(named.iter().cloned()),
            Request::Valid(command) => keys.extend(command.first_key().cloned()),
            Request::Rejected { args, .. } => keys.extend(args.get(1).cloned().map(UserKey)),
        }
    }
}

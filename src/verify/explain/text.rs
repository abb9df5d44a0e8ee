//! Steps as people type them.

use crate::command::Request;
use crate::format::key_text;
use crate::verify::case::command_text;
use crate::workload::{Action, Step};

/// A step as a line, without its time.
pub fn step_text(step: &Step) -> String {
    let key = |key: &crate::command::UserKey| key_text::quoted(key.as_bytes());
    match &step.action {
        Action::Command(request) => words_text(request),
        Action::Transaction(requests) => {
            let commands: Vec<String> = requests.iter().map(words_text).collect();
            format!("MULTI; {}; EXEC", commands.join("; "))
        }
        Action::Compact(of) => format!("(the store compacts {})", key(of)),
        Action::CompactRead(of) => format!("(the store reads {} for a compaction)", key(of)),
        Action::CompactCommit(of) => format!("(the store commits the compaction of {})", key(of)),
        Action::Seed { key: of, head } => format!("(the next item of {} goes to seq {head})", key(of)),
        Action::Upgrade => "(the store is upgraded to 32-byte metas)".to_owned(),
    }
}

/// The name as it is, the words after it in quotes.
fn words_text(request: &Request) -> String {
    let words = request.args();
    let quoted = command_text(&words);
    match words.first().map(|name| (key_text::quoted(name), String::from_utf8_lossy(name))) {
        Some((quoted_name, name)) => quoted.replacen(&quoted_name, &name, 1),
        None => quoted,
    }
}

//! Commands and replies as people read them.

use super::operation::{Operation, Outcome, Sent};
use crate::command::{Reply, Request};
use crate::format::key_text;

/// Of a command or a reply, what is shown.
const SHOWN_CHARACTERS: usize = 60;

/// What a client sent, as one would type it.
pub(super) fn sent_words(sent: &Sent) -> String {
    let words = match sent {
        Sent::Command(request) => request_words(request),
        Sent::Transaction(requests) => {
            let commands: Vec<String> = requests.iter().map(request_words).collect();
            format!("MULTI {} EXEC", commands.join("; "))
        }
    };
    shortened(words)
}

fn request_words(request: &Request) -> String {
    let word = |arg: &Vec<u8>| {
        let is_plain =
            !arg.is_empty() && arg.iter().all(|byte| matches!(byte, b'!'..=b'~') && !b"\"%\\;".contains(byte));
        if is_plain { String::from_utf8_lossy(arg).into_owned() } else { key_text::quoted(arg) }
    };
    request.args().iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A client and what it sent.
pub(super) fn call(operation: &Operation) -> String {
    format!("client {}'s {}", operation.client, sent_words(&operation.sent))
}

/// What a client was told.
pub(super) fn outcome_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Replied { reply, .. } => reply_words(reply),
        Outcome::Failed { why, .. } => shortened(format!("failed: {why}")),
        Outcome::Lost => "no reply".to_owned(),
    }
}

/// A reply.
pub(super) fn reply_words(reply: &Reply) -> String {
    shortened(whole(reply))
}

fn whole(reply: &Reply) -> String {
    match reply {
        Reply::Status(text) => text.to_string(),
        Reply::Error(text) => format!("error {}", key_text::quoted(text.as_bytes())),
        Reply::Integer(number) => number.to_string(),
        Reply::Bulk(bytes) => key_text::quoted(bytes),
        Reply::Null | Reply::NullArray => "nil".to_owned(),
        Reply::Array(replies) => {
            let replies: Vec<String> = replies.iter().map(whole).collect();
            format!("[{}]", replies.join(", "))
        }
    }
}

/// The beginning of long words.
pub(super) fn shortened(words: String) -> String {
    match words.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}..", words.get(..end).unwrap_or_default()),
        None => words,
    }
}

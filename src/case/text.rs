//! Commands, replies and steps as lines for people.

use crate::command::{Reply, Request};
use crate::format::key_text;
use crate::workload::{Action, Delivery, Step, write_reply};

/// A plain word that is longer than this is cut.
const SHOWN_BYTES: usize = 100;

/// A command as a line of words, for people.
pub(super) fn command_text(words: &[Vec<u8>]) -> String {
    shown_words(words, key_text::quoted)
}

fn shown_words(words: &[Vec<u8>], text: impl Fn(&[u8]) -> String) -> String {
    const SHOWN_WORDS: usize = 12;
    let mut shown: Vec<String> = words.iter().take(SHOWN_WORDS).map(|word| text(word)).collect();
    if words.len() > SHOWN_WORDS {
        shown.push(format!("... ({} words)", words.len()));
    }
    shown.join(" ")
}

/// A reply as its JSON, cut when long.
pub(super) fn reply_text(reply: &Reply) -> String {
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

/// Two replies that differ, as texts that differ: JSON has one form for a status and a string, and one for both nulls.
pub(super) fn texts_of_unlike(replies: [Option<&Reply>; 2]) -> [String; 2] {
    let [one, other] = replies.map(|reply| reply.map_or_else(|| "nothing".to_owned(), reply_text));
    if one != other {
        return [one, other];
    }
    replies.map(|reply| format!("{one} ({})", reply.map_or_else(String::new, type_text)))
}

/// What RESP2 calls a reply.
fn type_text(reply: &Reply) -> String {
    match reply {
        Reply::Status(_) => "simple string".to_owned(),
        Reply::Error(_) => "error".to_owned(),
        Reply::Integer(_) => "integer".to_owned(),
        Reply::Bulk(_) => "bulk string".to_owned(),
        Reply::Null => "null bulk string".to_owned(),
        Reply::NullArray => "null array".to_owned(),
        Reply::Array(elements) => {
            let types: Vec<String> = elements.iter().map(type_text).collect();
            format!("array of {}", types.join(", "))
        }
    }
}

/// The commands of a transaction between those that begin and end it.
pub(super) fn in_transaction(commands: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once("MULTI".to_owned()).chain(commands).chain(["EXEC".to_owned()]).collect()
}

/// A step as a line, without its time.
pub fn step_text(step: &Step) -> String {
    let key = |key: &crate::command::UserKey| key_text::quoted(key.as_bytes());
    match &step.action {
        Action::Command(request) => words_text(request),
        Action::Transaction(requests) => in_transaction(requests.iter().map(words_text)).join("; "),
        Action::Compact(of) => format!("(the store compacts {})", key(of)),
        Action::CompactRead(of) => format!("(the store reads {} for a compaction)", key(of)),
        Action::CompactCommit(of) => format!("(the store commits the compaction of {})", key(of)),
        Action::Seed { key: of, head } => format!("(the next item of {} goes to seq {head})", key(of)),
        Action::Upgrade => "(the store is upgraded to 32-byte metas)".to_owned(),
        Action::Begin { client, requests } => match requests.as_slice() {
            [request] => format!("client {client} begins {}", words_text(request)),
            requests => {
                format!("client {client} begins {}", in_transaction(requests.iter().map(words_text)).join("; "))
            }
        },
        Action::Commit { client, delivery } => match delivery {
            Delivery::Heard => format!("(client {client} commits)"),
            Delivery::Lost => format!("(client {client} commits, is told of a conflict, and sends it again)"),
            Delivery::Resent => format!("(client {client} commits, which never arrives, and sends it again)"),
        },
    }
}

/// The words as they are, in quotes where they would not be seen or told apart without.
fn words_text(request: &Request) -> String {
    let word = |word: &[u8]| match std::str::from_utf8(word) {
        Ok(text) if is_plain(word) => text.to_owned(),
        _ => key_text::quoted(word),
    };
    shown_words(&request.args(), word)
}

/// Whether a word needs no quotes: some letters, digits and signs that mean nothing to a reader of commands.
pub(super) fn is_plain(word: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b":._|-@/+".contains(byte);
    (1..=SHOWN_BYTES).contains(&word.len()) && word.iter().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_that_differ_look_different() {
        let ok = Reply::Bulk(b"OK".to_vec());
        let pair = |one: &Reply, other: &Reply| texts_of_unlike([Some(one), Some(other)]);
        assert_eq!(pair(&Reply::OK, &Reply::Integer(1)), [r#""OK""#, "1"]);
        assert_eq!(pair(&Reply::OK, &ok), [r#""OK" (simple string)"#, r#""OK" (bulk string)"#]);
        assert_eq!(pair(&Reply::NullArray, &Reply::Null), ["null (null array)", "null (null bulk string)"]);
        let [in_array, bulk_in_array] = [Reply::OK, ok].map(|reply| Reply::Array(vec![Reply::Integer(1), reply]));
        let expected = ["[1,\"OK\"] (array of integer, simple string)", "[1,\"OK\"] (array of integer, bulk string)"];
        assert_eq!(pair(&in_array, &bulk_in_array), expected);
        assert_eq!(texts_of_unlike([None, Some(&Reply::Null)]), ["nothing", "null"]);
    }

    #[test]
    fn a_step_has_quotes_only_where_it_needs_them() {
        let text = |words: &[&str]| {
            let words = words.iter().map(|word| word.as_bytes().to_vec()).collect();
            step_text(&Step { at_ms: Some(1), action: Action::Command(Request::parse(words).expect("a command")) })
        };
        assert_eq!(text(&["RPUSH", "jobs:1", "", "a b", "c", "\n"]), r#"RPUSH jobs:1 "" "a b" c "%0A""#);
    }

    #[test]
    fn twelve_words_are_shown_and_of_more_how_many_there_are() {
        let words = |count: usize| vec![b"a".to_vec(); count];
        assert_eq!(command_text(&words(12)), ["\"a\""; 12].join(" "));
        assert_eq!(command_text(&words(13)), format!("{} ... (13 words)", ["\"a\""; 12].join(" ")));
    }
}

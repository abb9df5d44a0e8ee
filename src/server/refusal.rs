//! How servers say that they do not know a command, or one form of it.
//!
//! There is no error code for it, so it is read from the text.

use crate::command::Reply;

/// Of a command, or that we may not use it; in lower case.
const OF_COMMANDS: &[&str] =
    &["unknown command", "unsupported command", "not supported", "not implemented", "permissions to run"];
/// Of the words after its name, where they are right.
const OF_FORMS: &[&str] =
    &["wrong number of arguments", "syntax error", "unsupported", "unknown option", "invalid option", "not allowed"];

/// Whether a reply says that there is no such command.
pub(super) fn is_refusal(reply: &Reply) -> bool {
    says(reply, &[OF_COMMANDS])
}

/// Whether a reply to a command that is in order says that the server does not know it in this form.
pub fn is_refusal_of_form(reply: &Reply) -> bool {
    says(reply, &[OF_COMMANDS, OF_FORMS])
}

fn says(reply: &Reply, phrases: &[&[&str]]) -> bool {
    let Reply::Error(text) = reply else { return false };
    let text = text.to_ascii_lowercase();
    phrases.concat().iter().any(|phrase| text.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_from_other_errors() {
        for text in [
            "ERR unknown command 'LMPOP', with args beginning with: ",
            "ERR unknown command `LMPOP`",
            "ERR unsupported command 'lmpop'",
            "NOPERM this user has no permissions to run the 'lmpop' command",
        ] {
            assert!(is_refusal(&Reply::error(text)), "{text}");
            assert!(is_refusal_of_form(&Reply::error(text)), "{text}");
        }
        for text in
            ["ERR wrong number of arguments for 'lpop' command", "ERR syntax error", "ERR Unsupported option NX"]
        {
            assert!(!is_refusal(&Reply::error(text)), "{text}");
            assert!(is_refusal_of_form(&Reply::error(text)), "{text}");
        }
        // It is the keys that the user may not touch.
        assert!(!is_refusal_of_form(&Reply::error("NOPERM No permissions to access a key")));
        assert!(!is_refusal_of_form(&Reply::error("ERR EXEC without MULTI")));
        assert!(!is_refusal_of_form(&Reply::error(
            "WRONGTYPE Operation against a key holding the wrong kind of value"
        )));
        assert!(!is_refusal_of_form(&Reply::Bulk(b"unknown command".to_vec())));
    }
}

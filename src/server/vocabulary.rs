//! Which commands a server knows.
//!
//! Each is sent as a bare name. None of those asked about can run without an argument, so every server that knows one
//! refuses it for that, or answers it harmlessly (`DBSIZE`, `TIME`). The exception is `MULTI`, which is asked about
//! together with `EXEC`, last, and on a connection of its own: should only one of them be known, nothing is left of it.

use std::collections::BTreeSet;

use super::{Args, Connection, ServerError, words};
use crate::command::{COMMANDS, Reply};

/// What is asked about beside the commands of workloads.
const OTHERS: &[&str] = &["SCAN", "KEYS", "DBSIZE", "PTTL", "TTL", "EVAL", "TIME"];
const MULTI: &str = "MULTI";
/// How servers say that they do not know a command, or do not let us use it; in lower case.
const REFUSALS: &[&str] = &["unknown command", "unsupported command", "not supported", "not implemented", "noperm "];

/// The commands that a server knows, of those that matter here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    unknown: BTreeSet<&'static str>,
}

impl Vocabulary {
    /// Everything.
    pub fn everything() -> Vocabulary {
        Vocabulary::default()
    }

    /// Everything but these.
    pub fn without(unknown: &[&'static str]) -> Vocabulary {
        Vocabulary { unknown: unknown.iter().copied().collect() }
    }

    /// Asks a server, on a connection that is not used for anything else.
    ///
    /// # Errors
    ///
    /// What the connection says.
    pub fn of(mut connection: Connection) -> Result<Vocabulary, ServerError> {
        let names: Vec<&'static str> = COMMANDS.iter().map(|spec| spec.name).chain(OTHERS.iter().copied()).collect();
        let mut questions: Vec<Args> = names.iter().map(|name| words(&[name])).collect();
        questions.extend([words(&[MULTI]), words(&["EXEC"])]);
        let mut replies = connection.pipeline(&questions)?;
        let transaction = replies.split_off(names.len());
        let mut unknown: BTreeSet<&'static str> =
            names.into_iter().zip(&replies).filter(|(_, reply)| is_refusal(reply)).map(|(name, _)| name).collect();
        if transaction.iter().any(is_refusal) {
            unknown.insert(MULTI);
        }
        Ok(Vocabulary { unknown })
    }

    /// Whether a command, its name in upper case, is known.
    pub fn knows(&self, name: &str) -> bool {
        !self.unknown.contains(name)
    }

    /// Whether transactions are known.
    pub fn knows_transactions(&self) -> bool {
        self.knows(MULTI)
    }

    /// What is not known of what workloads hold, in the order of [`COMMANDS`].
    pub fn unknown_of_workloads(&self) -> Vec<&'static str> {
        let names = COMMANDS.iter().map(|spec| spec.name).chain([MULTI]);
        names.filter(|name| !self.knows(name)).collect()
    }
}

/// Whether a reply says that there is no such command.
pub(super) fn is_refusal(reply: &Reply) -> bool {
    let Reply::Error(text) = reply else { return false };
    let text = text.to_ascii_lowercase();
    REFUSALS.iter().any(|refusal| text.contains(refusal))
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
        }
        assert!(!is_refusal(&Reply::error("ERR wrong number of arguments for 'lmpop' command")));
        assert!(!is_refusal(&Reply::error("ERR EXEC without MULTI")));
        assert!(!is_refusal(&Reply::Bulk(b"unknown command".to_vec())));
    }
}

//! What is known to be wrong with a server, each with the reason why it may stay for now.
//!
//! A file of lines `NAME: REASON` ([`crate::finding::reasons`]). A name is that of a class of
//! findings, as `verify` prints it, or of a form of a command, as `probe --store` prints it. A form stands for its replies.
//! The keys that a known command has touched are compared all the same, unless its name is followed by
//! `, state not compared`.

use crate::finding::{Finding, FindingKind, reasons};
use crate::server::Form;

/// Entries in the order of their lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    entries: Vec<KnownEntry>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownEntry {
    /// The class, by its fingerprint, or the form.
    pub name: String,
    /// Why it may stay.
    pub reason: String,
    /// Whether the state that the command leaves is compared.
    pub is_state_compared: bool,
}

/// A line that is no entry; its number from 1, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {0}: {1}")]
pub struct KnownError(pub usize, pub String);

const STATE_NOT_COMPARED: &str = ", state not compared";

impl Known {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// A line of another form, without a reason, of no possible name, or of one that has an entry already.
    pub fn parse(text: &str) -> Result<Known, KnownError> {
        let mut known = Known::default();
        let lines =
            reasons(text, "the name of a class or of a form").map_err(|(line, problem)| KnownError(line, problem))?;
        for (number, name, reason) in lines {
            let entry = entry(name, reason).map_err(|problem| KnownError(number, problem))?;
            if known.find(&entry.name).is_some() {
                return Err(KnownError(number, format!("{} is named on an earlier line too", entry.name)));
            }
            known.entries.push(entry);
        }
        Ok(known)
    }

    /// All of them.
    pub fn entries(&self) -> &[KnownEntry] {
        &self.entries
    }

    fn find(&self, name: &str) -> Option<&KnownEntry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The entry of a wrong reply, by its class and by the forms of its command.
    pub(super) fn of_reply<'a>(&self, class: &str, mut forms: impl Iterator<Item = &'a str>) -> Option<&KnownEntry> {
        self.find(class).or_else(|| forms.find_map(|form| self.find(form)))
    }

    /// The entry of what differs about a whole turn: a reply goes by its class and by the forms of the commands, and a state by
    /// its class alone, since no command has left it.
    pub(super) fn of_turn<'a>(&self, finding: &Finding, forms: impl Iterator<Item = &'a str>) -> Option<&KnownEntry> {
        match finding.kind {
            FindingKind::Reply => self.of_reply(&finding.fingerprint(), forms),
            _ => self.of_state(&finding.fingerprint(), std::iter::empty()),
        }
    }

    /// The entry of a wrong state, by its class, and by the forms of the command that has left it.
    pub(super) fn of_state<'a>(&self, class: &str, mut forms: impl Iterator<Item = &'a str>) -> Option<&KnownEntry> {
        let forgiving = |form| self.find(form).filter(|entry| !entry.is_state_compared);
        self.find(class).or_else(|| forms.find_map(forgiving))
    }
}

fn entry(name: &str, reason: &str) -> Result<KnownEntry, String> {
    let (name, is_state_compared) = match name.strip_suffix(STATE_NOT_COMPARED) {
        Some(name) => (name.trim_end(), false),
        None => (name, true),
    };
    if Form::find(name).is_none() && !is_class(name) {
        return Err(format!(
            "{name:?} is neither a class, as verify prints it, nor a form of a command, as probe --store prints it"
        ));
    }
    Ok(KnownEntry { name: name.to_owned(), reason: reason.to_owned(), is_state_compared })
}

/// Words in lower case, and a hash.
fn is_class(name: &str) -> bool {
    let Some((words, hash)) = name.rsplit_once('-') else { return false };
    let is_hex = hash.len() == 8 && hash.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
    is_hex && !words.is_empty() && words.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_class_or_a_form_and_a_reason() {
        let text = "\u{feff}# known\r\n\r\nreply-lrem-0123abcd : since 1.2: soon\r\n\
                    LTRIM key start stop, state not compared: as designed\n";
        let known = Known::parse(text).expect("entries");
        let entry = |name: &str, reason: &str, is_state_compared| KnownEntry {
            name: name.to_owned(),
            reason: reason.to_owned(),
            is_state_compared,
        };
        let expected = [
            entry("reply-lrem-0123abcd", "since 1.2: soon", true),
            entry("LTRIM key start stop", "as designed", false),
        ];
        assert_eq!(known.entries(), expected);
        for (text, line) in [
            ("LPOP key", 1),
            (", state not compared: why", 1),
            ("LPOP: why", 1),
            ("reply-lrem: why", 1),
            ("reply-lrem-0123abcg: why", 1),
            ("reply-lrem-0123abc: why", 1),
            ("LPOP key: why\n\nLPOP key, state not compared: why", 3),
        ] {
            assert!(matches!(Known::parse(text), Err(KnownError(number, _)) if number == line), "{text}");
        }
    }

    #[test]
    fn a_form_stands_for_its_replies_and_for_its_state_only_where_it_says_so() {
        let text = "LPOP key: a\nLTRIM key start stop, state not compared: b\nstore-state-lrem-0123abcd: c";
        let known = Known::parse(text).expect("entries");
        let reason = |entry: Option<&KnownEntry>| entry.map(|entry| entry.reason.clone());
        let (class, other) = ("store-state-lrem-0123abcd", "reply-lpop-0123abcd");
        assert_eq!(reason(known.of_reply(other, ["LPOP key"].into_iter())).as_deref(), Some("a"));
        assert_eq!(reason(known.of_state(other, ["LPOP key"].into_iter())), None);
        assert_eq!(reason(known.of_state(other, ["LTRIM key start stop"].into_iter())).as_deref(), Some("b"));
        assert_eq!(reason(known.of_state(class, ["LREM key count item"].into_iter())).as_deref(), Some("c"));
        assert_eq!(reason(known.of_reply(other, ["LPOP key count"].into_iter())), None);
        let of_turn = |kind, form| reason(known.of_turn(&Finding::new(kind, String::new()), [form].into_iter()));
        assert_eq!(of_turn(FindingKind::Reply, "LPOP key").as_deref(), Some("a"));
        assert_eq!(of_turn(FindingKind::StoreState, "LTRIM key start stop"), None);
    }
}

//! Which commands a server knows, and in which forms.
//!
//! Each command is sent as a bare name, unless it only reads. None of those that are can run without an argument, so every
//! server that knows one refuses it for that, or answers it harmlessly (`DBSIZE`, `TIME`). The exception is `MULTI`, which is
//! asked about together with `EXEC`, last: should only one of them be known, nothing is left of it on other connections.
//! Forms can only be tried with keys, so that is done where the database is known to be empty, and taken down here.

use std::collections::BTreeSet;

use super::forms::{FORMS, Form};
use super::refusal::is_refusal;
use super::{Args, Connection, ServerError, words};
use crate::command::COMMANDS;

/// What is asked about beside the commands of workloads.
const OTHERS: &[&str] = &["SCAN", "KEYS", "DBSIZE", "PTTL", "TTL", "EVAL", "TIME"];
/// What only reads, and is asked with operands: a server that looks at their number first says nothing of rights.
const READING: &[(&str, &[&str])] = &[
    ("TYPE", &["ekv-roundtrip:nobody"]),
    ("PEXPIRETIME", &["ekv-roundtrip:nobody"]),
    ("PTTL", &["ekv-roundtrip:nobody"]),
    ("TTL", &["ekv-roundtrip:nobody"]),
    ("LRANGE", &["ekv-roundtrip:nobody", "0", "0"]),
    ("SCAN", &["0"]),
];
const MULTI: &str = "MULTI";

/// The commands that a server knows, of those that matter here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    unknown: BTreeSet<&'static str>,
    /// By name; none of a command that is unknown.
    unknown_forms: BTreeSet<&'static str>,
}

impl Vocabulary {
    /// Everything.
    pub fn everything() -> Vocabulary {
        Vocabulary::default()
    }

    /// Everything but these.
    pub fn without(unknown: &[&'static str]) -> Vocabulary {
        Vocabulary { unknown: unknown.iter().copied().collect(), ..Vocabulary::default() }
    }

    /// Asks a server, on connections that are not used for anything else.
    ///
    /// # Errors
    ///
    /// What the connection says.
    pub fn of(connect: impl Fn() -> Result<Connection, ServerError>) -> Result<Vocabulary, ServerError> {
        let names: Vec<&'static str> = COMMANDS.iter().map(|spec| spec.name).chain(OTHERS.iter().copied()).collect();
        let mut questions: Vec<Vec<Args>> = names.iter().map(|name| vec![question(name)]).collect();
        questions.push(vec![words(&[MULTI]), words(&["EXEC"])]);
        let is_refused: Vec<bool> = match connect()?.pipeline(&questions.concat()) {
            Ok(mut replies) => {
                let transaction = replies.split_off(names.len());
                replies.iter().map(is_refusal).chain([transaction.iter().any(is_refusal)]).collect()
            }
            // Some proxies close the connection at what they do not know, so each gets one of its own.
            Err(lost @ ServerError::Lost { .. }) => {
                let mut has_answered = false;
                let mut ask = |questions: &Vec<Args>| match connect()?.pipeline(questions) {
                    Ok(replies) => {
                        has_answered = true;
                        Ok(replies.iter().any(is_refusal))
                    }
                    Err(ServerError::Lost { .. }) => Ok(true),
                    Err(error) => Err(error),
                };
                let is_refused = questions.iter().map(&mut ask).collect::<Result<_, _>>()?;
                if !has_answered {
                    return Err(lost);
                }
                is_refused
            }
            Err(error) => return Err(error),
        };
        let names = names.into_iter().chain([MULTI]).zip(is_refused);
        let unknown = names.filter(|(_, is_refused)| *is_refused).map(|(name, _)| name).collect();
        Ok(Vocabulary { unknown, ..Vocabulary::default() })
    }

    /// Whether a command, its name in upper case, is known.
    pub fn knows(&self, name: &str) -> bool {
        !self.unknown.contains(name)
    }

    /// Takes down that a form is not known.
    pub fn forget(&mut self, form: &'static Form) {
        if self.knows(form.command()) {
            self.unknown_forms.insert(form.name);
        }
    }

    /// The form of a command that is not known, if it has one of those. One that has no form, because Redis refuses it, may
    /// be refused in other words by a server that does not know all forms of its name.
    pub fn unknown_form_of(&self, args: &Args) -> Option<&'static str> {
        let mut forms = Form::of(args).peekable();
        let is_odd = forms.peek().is_none();
        let of_its_name = Form::of_command(args).filter(|_| is_odd);
        forms.chain(of_its_name).map(|form| form.name).find(|name| self.unknown_forms.contains(name))
    }

    /// What is not known of a command, if anything: its name, or the form that it has.
    pub fn unknown_of(&self, args: &Args) -> Option<&'static str> {
        let is_named = |name: &&&str| args.first().is_some_and(|first| first.eq_ignore_ascii_case(name.as_bytes()));
        self.unknown.iter().find(is_named).copied().or_else(|| self.unknown_form_of(args))
    }

    /// The forms that are not known of commands that are, in the order of [`FORMS`].
    pub fn unknown_forms(&self) -> Vec<&'static str> {
        FORMS.iter().map(|form| form.name).filter(|name| self.unknown_forms.contains(name)).collect()
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

/// What finds out whether a command is known.
fn question(name: &str) -> Args {
    let operands = READING.iter().find(|(reading, _)| *reading == name).map_or(&[][..], |(_, operands)| operands);
    words(&[&[name], operands].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_command_goes_with_the_unknown_forms_of_its_name() {
        let mut vocabulary = Vocabulary::without(&["LMPOP"]);
        for name in ["EXPIRE key seconds NX", "LMPOP 1 key LEFT|RIGHT"] {
            vocabulary.forget(Form::find(name).expect("a form"));
        }
        let unknown = |line: &str| {
            let args: Args = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
            vocabulary.unknown_form_of(&args)
        };
        assert_eq!(vocabulary.unknown_forms(), ["EXPIRE key seconds NX"], "of LMPOP nothing is known anyway");
        assert_eq!(unknown("EXPIRE k 1 nx"), Some("EXPIRE key seconds NX"));
        assert_eq!(unknown("EXPIRE k 1 EVER"), Some("EXPIRE key seconds NX"));
        assert_eq!(unknown("EXPIRE k 1"), None);
        assert_eq!(unknown("PEXPIRE k 1 EVER"), None);
        let unknown_of =
            |line: &str| vocabulary.unknown_of(&line.split(' ').map(|word| word.as_bytes().to_vec()).collect());
        assert_eq!(unknown_of("lmpop 1 k LEFT"), Some("LMPOP"), "by its name, as it has no forms then");
        assert_eq!((unknown_of("EXPIRE k 1 NX"), unknown_of("LPOP k")), (Some("EXPIRE key seconds NX"), None));
    }
}

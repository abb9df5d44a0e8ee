//! What is wrong with a window, in words.
//!
//! A few contradictions are so common that they have words of their own. They are looked for in a window, in which every reply
//! counts; where none fits, the reply is named that no order explains.

use super::operation::{History, Operation, Sent};
use super::seen::{only_reads, shown, written};
use super::shown_words::{call, reply_words};
use crate::command::{Command, CommandSpec, ListCommand, Reply, Request};
use crate::format::key_text;

/// What is wrong with a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// What kind of contradiction it is.
    kind: Kind,
    /// The command whose reply came last; `EXEC` for a transaction, empty where there is none.
    pub command: &'static str,
    /// The contradiction as one sentence.
    pub words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    TakenTwice,
    ShownTooEarly,
    Lost,
    SameLength,
    Other,
}

impl Contradiction {
    /// Whether it is of the same kind, and about the same command: the same bug, most likely.
    pub fn is_like(&self, other: &Contradiction) -> bool {
        (self.kind, self.command) == (other.kind, other.command)
    }
}

impl History {
    /// The contradiction in a window.
    pub fn contradiction(&self) -> Contradiction {
        let named = |kind, words: Option<String>| words.map(|words| (kind, words));
        let (kind, words) = named(Kind::TakenTwice, self.taken_twice())
            .or_else(|| named(Kind::ShownTooEarly, self.shown_but_not_written()))
            .or_else(|| named(Kind::Lost, self.lost_value()))
            .or_else(|| named(Kind::SameLength, self.same_length()))
            .unwrap_or_else(|| (Kind::Other, self.last_reply()));
        let command = match self.last().map(|last| &last.sent) {
            None => "",
            Some(Sent::Transaction(_)) => "EXEC",
            Some(Sent::Command(request)) => {
                CommandSpec::find(request.command_name().as_bytes()).map_or("", |spec| spec.name)
            }
        };
        Contradiction { kind, command, words }
    }

    /// The operation whose reply came last.
    fn last(&self) -> Option<&Operation> {
        self.operations.iter().max_by_key(|operation| operation.end_us())
    }

    /// The same value in the replies of two operations that take it out.
    fn taken_twice(&self) -> Option<String> {
        let takers = || self.operations.iter().filter(|operation| takes(&operation.sent));
        let (one, other, value) = takers().enumerate().find_map(|(index, one)| {
            let values = shown(one.reply()?);
            takers().skip(index + 1).find_map(|other| {
                let others = shown(other.reply()?);
                values.iter().find(|value| others.contains(value)).map(|value| (one, other, value.to_vec()))
            })
        })?;
        let (value, one, other) = (key_text::quoted(&value), call(one), call(other));
        let written = self.operations.iter().filter(|operation| writes(operation, &value)).count();
        (written < 2).then(|| format!("{value} was taken out twice: by {one}, and by {other}"))
    }

    /// A value in a reply, of an operation that ended before any wrote it began.
    fn shown_but_not_written(&self) -> Option<String> {
        self.operations.iter().find_map(|reader| {
            let end_us = reader.end_us()?;
            let value = shown(reader.reply()?).into_iter().find(|value| {
                let mut writers = self.operations.iter().filter(|one| writes(one, &key_text::quoted(value))).peekable();
                writers.peek().is_some() && writers.all(|writer| writer.call_us > end_us)
            })?;
            Some(format!("{} shows {}, which was written later", call(reader), key_text::quoted(value)))
        })
    }

    /// A value that was written, and a read of the whole list after that without it.
    fn lost_value(&self) -> Option<String> {
        self.operations.iter().find_map(|writer| {
            let end_us = writer.end_us()?;
            let value = writer.sent.requests().iter().flat_map(written).next()?;
            let key = writer.sent.keys().into_iter().next()?;
            let was_taken = self
                .operations
                .iter()
                .any(|one| !only_reads(&one.sent) && one.reply().is_some_and(|reply| shown(reply).contains(&value)));
            let reader = self.operations.iter().find(|reader| {
                let Sent::Command(Request::Valid(Command::List(ListCommand::Range { key: read, .. }))) = &reader.sent
                else {
                    return false;
                };
                read == key
                    && reader.call_us > end_us
                    && reader.reply().is_some_and(|reply| !shown(reply).contains(&value))
            })?;
            let is_deleted = self.operations.iter().any(|one| {
                one != writer
                    && !only_reads(&one.sent)
                    && one.sent.keys().contains(key)
                    && one.call_us < reader.call_us
                    && one.sent.requests().iter().all(|request| written(request).is_empty())
            });
            (!was_taken && !is_deleted && !matches!(writer.reply(), Some(Reply::Error(_)))).then(|| {
                let reply = writer.reply().map(reply_words).unwrap_or_default();
                let value = key_text::quoted(value);
                format!("{} was answered {reply}, yet {} does not show {value}", call(writer), call(reader))
            })
        })
    }

    /// Two pushes to one key that were told the same length, with nothing that takes anything out.
    fn same_length(&self) -> Option<String> {
        let pushes = || {
            self.operations.iter().filter(|operation| {
                matches!(&operation.sent, Sent::Command(Request::Valid(Command::List(ListCommand::Push { .. }))))
            })
        };
        let is_only_pushes = self
            .operations
            .iter()
            .all(|one| only_reads(&one.sent) || one.sent.requests().iter().all(|request| !written(request).is_empty()));
        let (one, other) = pushes().enumerate().filter(|_| is_only_pushes).find_map(|(index, one)| {
            let other = pushes().skip(index + 1).find(|other| {
                other.sent.keys() == one.sent.keys()
                    && other.reply() == one.reply()
                    && other.reply() != Some(&Reply::Integer(0))
            })?;
            Some((one, other))
        })?;
        let reply = one.reply().map(reply_words)?;
        Some(format!("{} and {} were both answered {reply}: one did not see the other", call(one), call(other)))
    }

    fn last_reply(&self) -> String {
        match self.last() {
            None => "there is nothing to explain".to_owned(),
            Some(last) => {
                let reply = last.reply().map(reply_words).unwrap_or_default();
                format!("no order of these operations gives every reply; the last is {}, answered {reply}", call(last))
            }
        }
    }
}

/// Whether an operation is one command that takes out what it replies with.
fn takes(sent: &Sent) -> bool {
    let Sent::Command(Request::Valid(Command::List(command))) = sent else { return false };
    matches!(command, ListCommand::Pop { .. } | ListCommand::MultiPop { .. })
}

fn writes(operation: &Operation, quoted: &str) -> bool {
    operation.sent.requests().iter().flat_map(written).any(|value| key_text::quoted(value) == quoted)
}

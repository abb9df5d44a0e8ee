//! A step as words, which can be cut and replaced without knowing what the command makes of them.

use crate::command::{Request, UserKey};
use crate::workload::{Action, Delivery, Step};

/// A step on its way to a smaller one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) at_ms: Option<u64>,
    pub(super) kind: LineKind,
    /// The words of each request; of an operation, its key alone.
    pub(super) requests: Vec<Vec<Vec<u8>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKind {
    Command,
    Transaction,
    Compact,
    CompactRead,
    CompactCommit,
    Seed { head: i64 },
    Upgrade,
    Begin { client: u32 },
    Commit { client: u32, delivery: Delivery },
}

impl Line {
    pub(super) fn of(step: &Step) -> Line {
        let key = |key: &UserKey| vec![vec![key.0.clone()]];
        let (kind, requests) = match &step.action {
            Action::Command(request) => (LineKind::Command, vec![request.args()]),
            Action::Transaction(requests) => (LineKind::Transaction, requests.iter().map(Request::args).collect()),
            Action::Compact(of) => (LineKind::Compact, key(of)),
            Action::CompactRead(of) => (LineKind::CompactRead, key(of)),
            Action::CompactCommit(of) => (LineKind::CompactCommit, key(of)),
            Action::Seed { key: of, head } => (LineKind::Seed { head: *head }, key(of)),
            Action::Upgrade => (LineKind::Upgrade, Vec::new()),
            Action::Begin { client, requests } => {
                (LineKind::Begin { client: *client }, requests.iter().map(Request::args).collect())
            }
            Action::Commit { client, delivery } => {
                (LineKind::Commit { client: *client, delivery: *delivery }, Vec::new())
            }
        };
        Line { at_ms: step.at_ms, kind, requests }
    }

    /// The step; `None` if the words are no command any more.
    pub(super) fn to_step(&self) -> Option<Step> {
        let request = |words: &Vec<Vec<u8>>| Request::parse(words.clone()).ok();
        let key = || Some(UserKey(self.requests.first()?.first()?.clone()));
        let action = match self.kind {
            LineKind::Command => Action::Command(request(self.requests.first()?)?),
            LineKind::Transaction => Action::Transaction(self.requests.iter().map(request).collect::<Option<_>>()?),
            LineKind::Compact => Action::Compact(key()?),
            LineKind::CompactRead => Action::CompactRead(key()?),
            LineKind::CompactCommit => Action::CompactCommit(key()?),
            LineKind::Seed { head } => Action::Seed { key: key()?, head },
            LineKind::Upgrade => Action::Upgrade,
            LineKind::Begin { client } => {
                Action::Begin { client, requests: self.requests.iter().map(request).collect::<Option<_>>()? }
            }
            LineKind::Commit { client, delivery } => Action::Commit { client, delivery },
        };
        Some(Step { at_ms: self.at_ms, action })
    }

    /// The first word of a request that is not the command's name.
    pub(super) fn first_operand(&self) -> usize {
        usize::from(matches!(self.kind, LineKind::Command | LineKind::Transaction | LineKind::Begin { .. }))
    }

    /// All words but the names of commands.
    pub(super) fn operands(&self) -> impl Iterator<Item = &Vec<u8>> {
        let first = self.first_operand();
        self.requests.iter().flat_map(move |words| words.iter().skip(first))
    }

    /// Where a list's head is put.
    pub(super) fn head(&self) -> Option<i64> {
        match self.kind {
            LineKind::Seed { head } => Some(head),
            _ => None,
        }
    }

    /// Moves words that look like times, in Unix milliseconds or seconds, to the past. The trace begins at `first_ms`.
    pub(super) fn move_times(&mut self, first_ms: u64, by_ms: u64) {
        let operands = self.first_operand();
        for word in self.requests.iter_mut().flat_map(|words| words.iter_mut().skip(operands)) {
            let time = number(word).and_then(|number| u64::try_from(number).ok());
            for (first, by) in [(first_ms, by_ms), (first_ms / 1000, by_ms / 1000)] {
                // Within twice the time from 1970, and so not what stands for forever.
                if let Some(time) = time.filter(|time| (first..2 * first).contains(time)) {
                    *word = (time - by).to_string().into_bytes();
                }
            }
        }
    }

    /// Puts `by` in the place of each such word.
    pub(super) fn replace(&mut self, word: &[u8], by: &[u8]) {
        let first = self.first_operand();
        for found in self.requests.iter_mut().flat_map(|words| words.iter_mut().skip(first)) {
            if found == word {
                *found = by.to_vec();
            }
        }
    }
}

/// How large a trace is: what comes first counts most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Size {
    requests: usize,
    transactions: usize,
    /// What one of several clients begins or commits is more than a line for itself.
    side_by_side: usize,
    /// Commits of which a client does not hear as it should.
    unheard: usize,
    lines: usize,
    words: usize,
    different_words: usize,
    bytes: usize,
    /// Of numbers, the sum of their absolute values, so that 1 is less than 7.
    magnitude: u128,
    duration_ms: u64,
    first_ms: u64,
}

impl Size {
    pub(super) fn of(lines: &[Line]) -> Size {
        let words = || lines.iter().flat_map(|line| line.requests.iter().flatten());
        let mut different: Vec<&Vec<u8>> = words().collect();
        different.sort();
        different.dedup();
        let count = |is_one: fn(LineKind) -> bool| lines.iter().filter(|line| is_one(line.kind)).count();
        let times = || lines.iter().filter_map(|line| line.at_ms);
        Size {
            requests: lines.iter().map(|line| line.requests.len()).sum(),
            transactions: count(|kind| kind == LineKind::Transaction),
            side_by_side: count(|kind| matches!(kind, LineKind::Begin { .. } | LineKind::Commit { .. })),
            unheard: count(|kind| matches!(kind, LineKind::Commit { delivery, .. } if delivery != Delivery::Heard)),
            lines: lines.len(),
            words: words().count(),
            different_words: different.len(),
            bytes: words().map(Vec::len).sum(),
            magnitude: words()
                .filter_map(|word| number(word))
                .chain(lines.iter().filter_map(Line::head))
                .map(|number| u128::from(number.unsigned_abs()))
                .sum(),
            duration_ms: times().max().unwrap_or(0) - times().min().unwrap_or(0),
            first_ms: times().min().unwrap_or(0),
        }
    }
}

/// The number that a word is, in the spelling that Redis takes.
pub(super) fn number(word: &[u8]) -> Option<i64> {
    let number: i64 = std::str::from_utf8(word).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == word).then_some(number)
}

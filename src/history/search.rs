//! The search for an order that explains the operations of one group of keys.
//!
//! This is the algorithm of Wing and Gong (1993) with Lowe's memory of states (2017): take an operation that none of the
//! others ended before, see what the model makes of it, go on with the rest, and go back where that leads nowhere. A state is
//! not tried twice with the same operations done. `docs/decisions.md` has what else there is.
//!
//! An operation without a reply need not be done at all. Those come last among what is tried next, so that an order that
//! does without them is found before any of the many that do not.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::expiries::{Expiries, Span};
use super::operation::{Operation, Outcome, Sent, ServerClock};
use super::seen::{only_reads, seen_by_us};
use super::step::{State, Task};

/// How far the server's clock may be from where it was measured, and what rounding to milliseconds adds.
pub(super) const SLACK_MS: i64 = 5;

/// What the search of a group came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Some order explains the operations.
    Order,
    /// None does. `stuck_us` is the latest reply that some order reached and could not explain: all before it are explained.
    NoOrder { stuck_us: u64 },
    /// The states that may be visited did not suffice.
    OutOfStates,
}

/// One operation, ready to be tried.
struct Candidate<'a> {
    task: Task<'a>,
    call_us: u64,
    /// It has taken effect by then; `u64::MAX` for one that need not take effect.
    end_us: u64,
    /// Marks it in the set of those that are done.
    mark: u128,
}

impl Candidate<'_> {
    fn is_optional(&self) -> bool {
        self.end_us == u64::MAX
    }
}

/// Looks for an order of `operations`, which are sorted by their calls, and takes the states that it visits from `states_left`.
pub(super) fn find_order(operations: &[&Operation], clock: Option<ServerClock>, states_left: &mut u64) -> Found {
    let candidates = candidates(operations, clock);
    let mut search = Search {
        waiting: Waiting::of(&candidates),
        candidates: &candidates,
        expiries: Expiries::default(),
        visited: HashSet::new(),
        stuck_us: 0,
    };
    search.run(states_left)
}

fn candidates<'a>(operations: &[&'a Operation], clock: Option<ServerClock>) -> Vec<Candidate<'a>> {
    let seen = seen_by_us(operations);
    let mut candidates = Vec::with_capacity(operations.len());
    for (index, (operation, seen_us)) in operations.iter().zip(seen).enumerate() {
        let end_us = match &operation.outcome {
            Outcome::Failed { .. } => continue,
            Outcome::Lost if only_reads(&operation.sent) => continue,
            Outcome::Lost => seen_us.unwrap_or(u64::MAX),
            Outcome::Replied { at_us, .. } => *at_us,
        };
        let half = |salt: u64| {
            let mut hasher = DefaultHasher::new();
            (salt, index).hash(&mut hasher);
            u128::from(hasher.finish())
        };
        candidates.push(Candidate {
            task: Task {
                requests: operation.sent.requests(),
                is_transaction: matches!(operation.sent, Sent::Transaction(_)),
                reply: operation.reply(),
                span: by_server_clock(operation.call_us, end_us, clock),
            },
            call_us: operation.call_us,
            end_us,
            mark: half(3) << 64 | half(4),
        });
    }
    candidates
}

/// What the server's clock may show between two times of the history.
fn by_server_clock(from_us: u64, until_us: u64, clock: Option<ServerClock>) -> Span {
    let clock = clock.unwrap_or(ServerClock { earliest_us: 0, latest_us: 0 });
    let ms = |us: u64| i64::try_from(us / 1000).unwrap_or(i64::MAX);
    let from_ms = ms(from_us.saturating_add(clock.earliest_us)).saturating_sub(SLACK_MS);
    let until_ms = match until_us {
        u64::MAX => i64::MAX,
        until_us => ms(until_us.saturating_add(clock.latest_us)).saturating_add(SLACK_MS),
    };
    Span { from_ms, until_ms }
}

/// The candidates that are not done, in the order of their calls: two lists through the same slots.
struct Waiting {
    must: Links,
    may: Links,
}

/// A doubly linked list of numbers from 1; 0 is before the first and after the last one.
struct Links {
    next: Vec<usize>,
    previous: Vec<usize>,
}

impl Links {
    fn of(members: impl Iterator<Item = usize>, slots: usize) -> Links {
        let mut links = Links { next: vec![0; slots + 1], previous: vec![0; slots + 1] };
        let mut last = 0;
        for member in members.chain([0]) {
            links.link(last, member);
            last = member;
        }
        links
    }

    fn link(&mut self, one: usize, other: usize) {
        if let Some(next) = self.next.get_mut(one) {
            *next = other;
        }
        if let Some(previous) = self.previous.get_mut(other) {
            *previous = one;
        }
    }

    fn after(&self, member: usize) -> usize {
        self.next.get(member).copied().unwrap_or(0)
    }

    fn take_out(&mut self, member: usize) {
        let before = self.previous.get(member).copied().unwrap_or(0);
        self.link(before, self.after(member));
    }

    /// Undoes [`Links::take_out`]; the last one that was taken out comes first.
    fn put_back(&mut self, member: usize) {
        let before = self.previous.get(member).copied().unwrap_or(0);
        let after = self.after(member);
        self.link(before, member);
        self.link(member, after);
    }
}

impl Waiting {
    fn of(candidates: &[Candidate<'_>]) -> Waiting {
        let slots = candidates.len();
        let which = |optional: bool| {
            candidates.iter().enumerate().filter(move |(_, one)| one.is_optional() == optional).map(|(at, _)| at + 1)
        };
        Waiting { must: Links::of(which(false), slots), may: Links::of(which(true), slots) }
    }

    fn list(&mut self, candidate: &Candidate<'_>) -> &mut Links {
        if candidate.is_optional() { &mut self.may } else { &mut self.must }
    }
}

/// A point of the search: what is done, and what is to be tried next.
struct Point {
    /// How it was come to: the candidate that was done last; `None` at the start.
    done: Option<usize>,
    state: State,
    marks: u128,
    /// The latest call of those that are done, by the server's clock.
    not_before_ms: i64,
    /// The least end of those that must be done, by the server's clock.
    not_after_ms: i64,
    untried: std::vec::IntoIter<usize>,
    /// States that the candidate before the untried ones leads to.
    states: Vec<(usize, State)>,
}

struct Search<'a, 'b> {
    candidates: &'b [Candidate<'a>],
    waiting: Waiting,
    expiries: Expiries,
    visited: HashSet<u128>,
    stuck_us: u64,
}

impl Search<'_, '_> {
    fn run(&mut self, states_left: &mut u64) -> Found {
        let Some(start) = self.point(None, State::default(), 0, i64::MIN) else { return Found::Order };
        let mut path = vec![start];
        while let Some(point) = path.last_mut() {
            if let Some((at, state)) = point.states.pop() {
                let Some(candidate) = self.candidates.get(at) else { continue };
                let marks = point.marks ^ candidate.mark;
                if !self.visited.insert(marks ^ state.digest()) {
                    continue;
                }
                let not_before_ms = point.not_before_ms.max(candidate.task.span.from_ms);
                let Some(left) = states_left.checked_sub(1) else { return Found::OutOfStates };
                *states_left = left;
                self.waiting.list(candidate).take_out(at + 1);
                let Some(next) = self.point(Some(at), state, marks, not_before_ms) else { return Found::Order };
                path.push(next);
            } else if let Some(at) = point.untried.next() {
                let Some(candidate) = self.candidates.get(at) else { continue };
                let from_ms = point.not_before_ms.max(point.state.not_before_ms).max(candidate.task.span.from_ms);
                let until_ms = point.not_after_ms.min(candidate.task.span.until_ms);
                let states = match Span::between(from_ms, until_ms) {
                    Some(within) => point.state.after(&candidate.task, within, &mut self.expiries),
                    None => Vec::new(),
                };
                point.states = states.into_iter().map(|state| (at, state)).collect();
            } else {
                if let Some((at, candidate)) = point.done.and_then(|at| Some((at, self.candidates.get(at)?))) {
                    self.waiting.list(candidate).put_back(at + 1);
                }
                path.pop();
            }
        }
        Found::NoOrder { stuck_us: self.stuck_us }
    }

    /// The point at which everything has been done that is not waiting; `None` if nothing else must be done.
    fn point(&mut self, done: Option<usize>, state: State, marks: u128, not_before_ms: i64) -> Option<Point> {
        let (mut untried, mut end_us, mut not_after_ms) = (Vec::new(), u64::MAX, i64::MAX);
        let mut slot = self.waiting.must.after(0);
        while let Some((at, candidate)) = self.candidate(slot).filter(|(_, one)| one.call_us <= end_us) {
            end_us = end_us.min(candidate.end_us);
            not_after_ms = not_after_ms.min(candidate.task.span.until_ms);
            untried.push(at);
            slot = self.waiting.must.after(slot);
        }
        if untried.is_empty() {
            return None;
        }
        self.stuck_us = self.stuck_us.max(end_us);
        // What ended first most likely took effect first.
        untried.sort_by_key(|at| self.candidates.get(*at).map(|one| (one.end_us, one.call_us)));
        slot = self.waiting.may.after(0);
        while let Some((at, _)) = self.candidate(slot).filter(|(_, one)| one.call_us <= end_us) {
            untried.push(at);
            slot = self.waiting.may.after(slot);
        }
        let (untried, states) = (untried.into_iter(), Vec::new());
        Some(Point { done, state, marks, not_before_ms, not_after_ms, untried, states })
    }

    fn candidate(&self, slot: usize) -> Option<(usize, &Candidate<'_>)> {
        let at = slot.checked_sub(1)?;
        Some((at, self.candidates.get(at)?))
    }
}

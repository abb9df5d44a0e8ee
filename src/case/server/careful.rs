//! A case again, after it has had a finding: turn by turn, with a look at the keys after each command.
//!
//! A wrong state shows in whatever command comes to it next, so that one bug would have as many classes as there are
//! commands. Here it has the class of the command that has left it.
//!
//! What is known to be wrong is counted, the server's keys are put right, and the case goes on.

use super::known::{Known, KnownEntry};
use super::peek::{Peeked, is_same};
use super::precision::precision;
use super::right::Right;
use super::side::{Side, TURNS_AT_A_TIME};
use crate::case::hearing::{Hearing, Names, Turn, difference, wrong_reply, wrong_state};
use crate::case::outcome::CaseReport;
use crate::case::stop::{Stop, unanswered};
use crate::command::{Reply, Request, UserKey};
use crate::finding::{Finding, FindingKind};
use crate::server::Form;

/// A case that is run carefully.
pub(super) struct Careful<'a, 's, 'r> {
    subject: &'a mut Side<'s>,
    right: &'a mut Right<'r>,
    subject_name: &'a str,
    known: &'a Known,
    first_known: Option<u64>,
}

impl<'a, 's, 'r> Careful<'a, 's, 'r> {
    pub(super) fn new(
        subject: &'a mut Side<'s>,
        right: &'a mut Right<'r>,
        subject_name: &'a str,
        known: &'a Known,
    ) -> Careful<'a, 's, 'r> {
        Careful { subject, right, subject_name, known, first_known: None }
    }

    /// The step of the first finding that was known.
    pub(super) fn first_known(&self) -> Option<u64> {
        self.first_known
    }

    /// How many turns can be run together: where nothing is known the first finding ends the case, and no key has to be put
    /// right before the next turn.
    pub(super) fn turns_at_a_time(&self) -> usize {
        if self.known.entries().is_empty() { TURNS_AT_A_TIME } else { 1 }
    }

    /// Runs turns, as many as [`Careful::turns_at_a_time`] says.
    pub(super) fn run(&mut self, turns: &[Turn], report: &mut CaseReport) -> Result<(), Stop> {
        let reading = precision(self.subject.server());
        let peeked: Vec<Peeked> = turns.iter().map(|turn| Peeked::of(turn, reading)).collect();
        let sent: Vec<Turn> = peeked.iter().map(|peeked| peeked.turn.clone()).collect();
        let right = self.right.lead(&sent).map_err(unanswered)?;
        let found = self.subject.follow(&sent, &right).map_err(unanswered)?;
        for ((turn, peeked), (right, found)) in turns.iter().zip(&peeked).zip(right.iter().zip(&found)) {
            report.commands += turn.requests.len() as u64;
            self.judge(turn, peeked, (right, found), report)?;
        }
        Ok(())
    }

    /// Looks at what both sides have let hear of a turn.
    fn judge(
        &mut self,
        turn: &Turn,
        peeked: &Peeked,
        (right, found): (&Hearing, &Hearing),
        report: &mut CaseReport,
    ) -> Result<(), Stop> {
        let reading = precision(self.subject.server());
        let (own_right, own_found) = (peeked.own(right), peeked.own(found));
        let mut wrong_keys = self.outside(turn, &own_right, &own_found, report)?;
        if !wrong_keys.is_empty() {
            return self.put_right(turn, &wrong_keys);
        }
        for (place, request) in turn.requests.iter().enumerate() {
            let keys = keys(request);
            if keys.iter().any(|key| wrong_keys.contains(key)) {
                // What it does follows from what is known already.
                wrong_keys.extend(keys);
                continue;
            }
            let said = (own_right.reply_of(turn, place), own_found.reply_of(turn, place));
            let mut forgives_state = false;
            if said.0 != said.1 {
                let finding = wrong_reply(turn, place, said.0, said.1, self.names());
                let entry = self.known.of_reply(&finding.fingerprint(), forms(request));
                forgives_state = !self.take(finding, entry.cloned(), turn, report)?.is_state_compared;
            }
            for answer in
                peeked.answers(place, right, found).filter(|answer| !is_same(answer.question, answer.said, reading))
            {
                if forgives_state || wrong_keys.contains(answer.key) {
                    wrong_keys.push(answer.key.clone());
                    continue;
                }
                let asked = (answer.key, answer.question);
                let finding = wrong_state(turn, place, asked, answer.said, self.names());
                let entry = self.known.of_state(&finding.fingerprint(), forms(request));
                self.take(finding, entry.cloned(), turn, report)?;
                wrong_keys.push(answer.key.clone());
            }
        }
        self.put_right(turn, &wrong_keys)
    }

    /// What differs otherwise than in the reply to a command that has been run: an expiry that has not passed, a command
    /// that is not queued, a transaction that is not run. Gives the keys to be put right.
    fn outside(
        &mut self,
        turn: &Turn,
        right: &Hearing,
        found: &Hearing,
        report: &mut CaseReport,
    ) -> Result<Vec<UserKey>, Stop> {
        if found.lingering.is_empty() && is_run_alike(turn, right, found) {
            return Ok(Vec::new());
        }
        let Some(finding) = difference(turn, right, found, self.names()) else { return Ok(Vec::new()) };
        let entry = self.known.of_turn(&finding, turn.requests.iter().flat_map(forms));
        let keys = turn.requests.iter().flat_map(keys).chain(finding.user_key.clone().map(UserKey)).collect();
        self.take(finding, entry.cloned(), turn, report)?;
        Ok(keys)
    }

    /// Counts a finding that is known; another one ends the case.
    fn take(
        &mut self,
        finding: Finding,
        entry: Option<KnownEntry>,
        turn: &Turn,
        report: &mut CaseReport,
    ) -> Result<KnownEntry, Stop> {
        let Some(entry) = entry else { return Err(Stop::Finding(finding)) };
        self.first_known.get_or_insert(turn.number);
        *report.known.entry(entry.name.clone()).or_default() += 1;
        Ok(entry)
    }

    /// Makes the server hold what is right under some keys.
    fn put_right(&mut self, turn: &Turn, keys: &[UserKey]) -> Result<(), Stop> {
        let mut keys = keys.to_vec();
        keys.sort();
        keys.dedup();
        if keys.is_empty() {
            return Ok(());
        }
        let reading = precision(self.subject.server());
        let questions = Peeked::at(&keys, reading);
        let right = self.right.lead(std::slice::from_ref(&questions)).map_err(unanswered)?;
        let replies = right.first().map(|hearing| hearing.replies.as_slice()).unwrap_or_default();
        let of_a_key = questions.requests.len() / keys.len().max(1);
        for (key, replies) in keys.iter().zip(replies.chunks(of_a_key.max(1))) {
            let items = if let Some(Reply::Array(items)) = replies.first() { items.as_slice() } else { &[] };
            let expire_at = if let Some(Reply::Integer(at_ms)) = replies.get(1) { Some(*at_ms) } else { None };
            self.subject.put(key, items, expire_at.filter(|at_ms| *at_ms >= 0)).map_err(unanswered)?;
        }
        let found = self.subject.follow(std::slice::from_ref(&questions), &right).map_err(unanswered)?;
        let [right, found] = [right, found].map(|hearings| hearings.into_iter().next().unwrap_or_default());
        for (place, question) in questions.requests.iter().enumerate() {
            let said = (right.reply_of(&questions, place), found.reply_of(&questions, place));
            if !is_same(question, said, reading) {
                let finding = wrong_reply(&questions, place, said.0, said.1, self.names());
                let detail = format!("{}\nafter its key was written anew, to go on from what is known", finding.detail);
                let step = Some(turn.number);
                return Err(Stop::Finding(Finding { kind: FindingKind::StoreState, step, detail, ..finding }));
            }
        }
        Ok(())
    }

    fn names(&self) -> Names<'_> {
        Names { reference: self.right.name(), subject: self.subject_name }
    }
}

/// Whether both sides have run every command of a turn, and have said the same until then: what differs is a command's own.
fn is_run_alike(turn: &Turn, right: &Hearing, found: &Hearing) -> bool {
    let count = turn.requests.len();
    let is_run =
        |hearing: &Hearing| matches!(hearing.replies.last(), Some(Reply::Array(replies)) if replies.len() == count);
    let [said, found_said] = [right, found].map(|hearing| hearing.replies.split_last().map(|(_, before)| before));
    !turn.is_transaction || is_run(right) && is_run(found) && said == found_said
}

fn keys(request: &Request) -> Vec<UserKey> {
    match request {
        Request::Valid(command) => command.keys().into_iter().cloned().collect(),
        Request::Rejected { .. } => Vec::new(),
    }
}

fn forms(request: &Request) -> impl Iterator<Item = &'static str> {
    Form::of(&request.args()).map(|form| form.name).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_run_alike_if_exec_has_as_many_replies_as_it_has_commands_and_nothing_differs_before() {
        let request = Request::parse(vec![b"LLEN".to_vec(), b"k".to_vec()]).expect("a known command");
        let turn = |is_transaction| Turn { number: 1, at_ms: None, requests: vec![request.clone(); 2], is_transaction };
        let hearing = |replies: [Reply; 4]| Hearing { replies: replies.into(), ..Hearing::default() };
        let (queued, other) = (Reply::status("QUEUED"), Reply::error("ERR not here"));
        let run = |lengths: &[i64]| Reply::Array(lengths.iter().copied().map(Reply::Integer).collect());
        let of = |last_queued: &Reply, exec: Reply| hearing([Reply::OK, queued.clone(), last_queued.clone(), exec]);
        let right = of(&queued, run(&[1, 2]));
        let is_alike = |found: &Hearing| is_run_alike(&turn(true), &right, found);
        assert!(is_alike(&right) && is_alike(&of(&queued, run(&[1, 3]))));
        assert!(!is_alike(&of(&other, run(&[1, 2]))));
        assert!(!is_alike(&of(&queued, run(&[1]))) && !is_alike(&of(&queued, other.clone())));
        let discarded = of(&other, Reply::error("EXECABORT"));
        assert!(!is_run_alike(&turn(true), &discarded, &right) && !is_run_alike(&turn(true), &discarded, &discarded));
        assert!(is_run_alike(&turn(false), &right, &discarded));
    }
}

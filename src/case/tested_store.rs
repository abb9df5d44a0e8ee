//! A case with somebody else's store in the place of ours, in this process.

use super::clients::of_one_client;
use super::hearing::{Hearing, Names, Turn, difference};
use super::outcome::CaseReport;
use super::plan::CasePlan;
use super::replay::model_state;
use super::stop::{CaseError, Stop, concluded, guarded};
use crate::command::{Reply, Request};
use crate::compare::{SideNames, compare};
use crate::finding::{Finding, FindingKind, LeftOutKind};
use crate::format::key_text;
use crate::model::Model;
use crate::state::{KeyState, State};

/// A store that is to do what Redis does, as one client sees it.
///
/// What is compared: every reply, and at the end of a case every key, item and expiry. The two nulls, [`Reply::Null`] and
/// [`Reply::NullArray`], count as the same, because clients show both alike. A transaction in which Redis refuses a command
/// on arrival is discarded, and never put to the store. A panic of the store is a finding.
///
/// Time is logical: the store is told it with each call, in Unix milliseconds, and it never goes back. A key whose expiry
/// is before that time is gone. `Err` says that the store has failed, in a sentence that becomes part of the finding; an
/// error *reply*, which a client sees, is a [`Reply::Error`].
pub trait TestedStore {
    /// Runs one request, such as `RPUSH key a b` in four words, and gives its reply.
    ///
    /// # Errors
    ///
    /// The store has failed.
    fn execute(&mut self, request: &[Vec<u8>], at_ms: u64) -> Result<Reply, String>;

    /// What a client sees of all keys: none that has no items left, and none whose expiry has passed.
    ///
    /// # Errors
    ///
    /// The store has failed.
    fn state(&mut self, at_ms: u64) -> Result<State, String>;

    /// Runs the requests between a `MULTI` and an `EXEC`, and gives their replies. By default, one after another.
    ///
    /// # Errors
    ///
    /// The store has failed.
    fn transact(&mut self, requests: &[Vec<Vec<u8>>], at_ms: u64) -> Result<Vec<Reply>, String> {
        requests.iter().map(|request| self.execute(request, at_ms)).collect()
    }

    /// Whether the store knows a command, by its name in capitals. Steps with others are left out.
    fn knows(&self, command: &str) -> bool {
        let _ = command;
        true
    }
}

const NAMES: Names<'_> = Names { reference: "Redis", subject: "store" };

/// Runs a case on somebody else's store, against the model.
///
/// # Errors
///
/// A malformed trace.
pub fn run_tested_case(plan: CasePlan<'_>, store: &mut dyn TestedStore) -> Result<CaseReport, CaseError> {
    let mut report = CaseReport::default();
    let ended = play(plan, store, &mut report);
    concluded(ended, report)
}

fn play(plan: CasePlan<'_>, store: &mut dyn TestedStore, report: &mut CaseReport) -> Result<(), Stop> {
    let mut model = Model::new();
    for (number, step) in (1..).zip(of_one_client(plan.steps, "a store of yours")) {
        let turn = Turn::of(number, step.map_err(Stop::Error)?);
        let names = turn.requests.iter().map(Request::command_name);
        if !names.clone().all(|name| store.knows(name)) {
            names.for_each(|name| report.left_out.add(LeftOutKind::Commands, name, 1));
            continue;
        }
        let right = Hearing::of_model(&mut model, &turn);
        let heard = hear(&turn, store, model.now_ms(), report)?;
        if let Some(finding) = difference(&turn, &right, &heard, NAMES) {
            return Err(Stop::Finding(finding));
        }
    }
    let expected = model_state(&model);
    let now_ms = model.now_ms();
    report.compares(&expected);
    let shown =
        guarded(None, || store.state(now_ms))?.map_err(|problem| failed(FindingKind::StoreState, None, &problem))?;
    let sides = SideNames { left: NAMES.reference, right: NAMES.subject };
    let comparison = compare(&expected, &shown, now_ms);
    match Finding::of_states(FindingKind::StoreState, &comparison, &expected, &shown, sides) {
        Some(finding) => Err(Stop::Finding(finding)),
        None => require_visible(&shown, now_ms),
    }
}

/// A comparison passes over keys that no client sees. A store that shows one shows what is not there.
fn require_visible(shown: &State, now_ms: u64) -> Result<(), Stop> {
    let is_past = |key: &KeyState| key.expire_at.is_some_and(|expire_at| expire_at.is_past(now_ms));
    let hidden = shown.keys.iter().find(|(_, key)| key.value.is_empty() || is_past(key));
    let Some((user_key, key)) = hidden else { return Ok(()) };
    let (aspect, what) = match key.value.is_empty() {
        true => ("kept-empty", "it has no items"),
        false => ("kept-expired", "its expiry has passed"),
    };
    let detail = format!("key {}: the store shows it, though {what}", key_text::quoted(user_key));
    let finding = Finding::new(FindingKind::StoreState, detail);
    Err(Stop::Finding(Finding { aspect, user_key: Some(user_key.clone()), ..finding }))
}

/// The store failed, whichever request it was at.
fn failed(kind: FindingKind, step: Option<u64>, problem: &str) -> Stop {
    let finding = Finding::new(kind, format!("the store failed: {problem}"));
    Stop::Finding(Finding { aspect: "failed", step, ..finding })
}

/// What a client of the store hears of a turn. A transaction that Redis discards on arrival is not put to it.
fn hear(turn: &Turn, store: &mut dyn TestedStore, at_ms: u64, report: &mut CaseReport) -> Result<Hearing, Stop> {
    if turn.discarded().is_some() {
        return Ok(Hearing::of(turn, Vec::new()));
    }
    report.commands += turn.requests.len() as u64;
    let requests: Vec<Vec<Vec<u8>>> = turn.requests.iter().map(Request::args).collect();
    let replies = guarded(Some(turn.number), || match &requests[..] {
        [request] if !turn.is_transaction => store.execute(request, at_ms).map(|reply| vec![reply]),
        [] => Ok(Vec::new()),
        requests => store.transact(requests, at_ms),
    })?;
    match replies {
        Ok(replies) => Ok(Hearing::of(turn, replies)),
        Err(problem) => Err(failed(FindingKind::Reply, Some(turn.number), &problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Demands;
    use crate::database::Engine;
    use crate::state::Value;
    use crate::store::MetaWidth;
    use crate::workload::{Action, Step};

    /// The model as a store that notes what is put to it.
    #[derive(Default)]
    struct Noting {
        model: Model,
        heard: Vec<String>,
        fails_at: &'static str,
        shows_empty: bool,
    }

    impl TestedStore for Noting {
        fn execute(&mut self, request: &[Vec<u8>], _at_ms: u64) -> Result<Reply, String> {
            let request = Request::parse(request.to_vec()).map_err(|_| "an unknown command".to_owned())?;
            self.heard.push(request.command_name().to_owned());
            if request.command_name() == self.fails_at {
                Err("out of disk".to_owned())
            } else {
                Ok(self.model.execute(&request))
            }
        }

        fn state(&mut self, _at_ms: u64) -> Result<State, String> {
            let mut state = model_state(&self.model);
            if self.shows_empty {
                state.keys.insert(b"gone".to_vec(), KeyState { value: Value::List(Vec::new()), expire_at: None });
            }
            Ok(state)
        }
    }

    /// A store that runs transactions by itself.
    struct Transacting(Noting);

    impl TestedStore for Transacting {
        fn execute(&mut self, request: &[Vec<u8>], at_ms: u64) -> Result<Reply, String> {
            self.0.execute(request, at_ms)
        }

        fn state(&mut self, at_ms: u64) -> Result<State, String> {
            self.0.state(at_ms)
        }

        fn transact(&mut self, requests: &[Vec<Vec<u8>>], at_ms: u64) -> Result<Vec<Reply>, String> {
            self.0.heard.push("MULTI".to_owned());
            requests.iter().map(|request| self.execute(request, at_ms)).collect()
        }
    }

    fn report(store: &mut dyn TestedStore) -> CaseReport {
        let request = |line: &str| {
            Request::parse(line.split(' ').map(|word| word.as_bytes().to_vec()).collect()).expect("a known command")
        };
        let steps = [
            Action::Command(request("RPUSH k a b")),
            Action::Transaction(vec![request("LPOP k")]),
            Action::Transaction(vec![request("RPOP k"), request("LLEN k")]),
        ];
        let folder = tempfile::tempdir().expect("a folder");
        let plan = CasePlan {
            steps: Box::new(steps.into_iter().map(|action| Ok(Step { at_ms: Some(1), action }))),
            width: MetaWidth::Short,
            folder: folder.path(),
            record: None,
            seed: 1,
            demands: &Demands::NONE,
            engine: Engine::Memory,
        };
        run_tested_case(plan, store).expect("a good trace")
    }

    #[test]
    fn commands_are_put_to_a_store_one_by_one_and_transactions_as_such() {
        let mut store = Transacting(Noting::default());
        let of_store = report(&mut store);
        assert_eq!((of_store.finding, of_store.commands), (None, 4));
        assert_eq!(store.0.heard, ["RPUSH", "MULTI", "LPOP", "MULTI", "RPOP", "LLEN"]);
        let mut store = Noting::default();
        assert_eq!(report(&mut store).finding, None);
        assert_eq!(store.heard, ["RPUSH", "LPOP", "RPOP", "LLEN"]);
    }

    #[test]
    fn a_finding_has_the_step_at_which_the_store_failed_or_the_key_that_it_should_not_show() {
        let finding = report(&mut Noting { fails_at: "LPOP", ..Noting::default() }).finding.expect("a finding");
        assert_eq!((finding.kind, finding.aspect, finding.step), (FindingKind::Reply, "failed", Some(2)));
        let finding = report(&mut Noting { shows_empty: true, ..Noting::default() }).finding.expect("a finding");
        assert_eq!((finding.aspect, finding.user_key), ("kept-empty", Some(b"gone".to_vec())));
    }
}

//! What comes of the cases' turns, and the order in which it is handed on.

use std::collections::BTreeMap;
use std::sync::mpsc;

use crate::case::CaseReport;
use crate::format::snapshot::Framing;
use crate::store::MetaWidth;
use crate::workload::Profile;

/// A case's number, what it was, and what came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The number.
    pub case: u64,
    /// The profile of a generated case.
    pub profile: Option<&'static Profile>,
    /// Which base metas were written; `None` where a server was in the store's place.
    pub width: Option<MetaWidth>,
    /// The framing of its snapshot, if one was wanted.
    pub framing: Option<Framing>,
    /// What came of it.
    pub report: CaseReport,
}

/// A case that the time was too short for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotDone {
    /// The number.
    pub case: u64,
    /// The profile.
    pub profile: Option<&'static Profile>,
    /// Whether it was begun, and stopped when the time had long been up.
    pub is_begun: bool,
}

/// What a case is doing, for whoever watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// The case with this number begins.
    Begins(u64, Option<&'static Profile>),
    /// It has ended, in whatever way.
    Ends(u64),
}

/// Why a campaign ended early.
#[derive(Debug)]
pub enum CampaignError {
    /// The environment or the trace is to blame.
    Input(String),
    /// Somebody wished it, before all was done.
    Interrupted,
    /// A case panicked: a defect of this tool.
    Defect {
        /// The case.
        case: u64,
        /// What the panic said.
        message: String,
    },
}

/// What came of a case's turn.
pub(super) enum Turn {
    /// It was run to its end.
    Done(Box<Outcome>),
    /// The time was too short.
    NotDone(NotDone),
}

pub(super) type CaseResult = Result<Turn, CampaignError>;

/// Hands results on in the order of their positions, and gives the first position without one, the cases that the time was
/// too short for, and why there are no more. Where a case failed, those before it are still handed on; where one was
/// interrupted, also those after it.
pub(super) fn in_order(
    first: u64,
    results: &mpsc::Receiver<(u64, CaseResult)>,
    observe: &mut dyn FnMut(Outcome),
) -> (u64, Vec<NotDone>, Result<(), CampaignError>) {
    let mut not_done = Vec::new();
    let mut waiting = BTreeMap::new();
    let mut next = first;
    let mut interrupted = None;
    for (position, result) in results {
        waiting.insert(position, result);
        while let Some(result) = waiting.remove(&next) {
            match result {
                Ok(Turn::Done(outcome)) => observe(*outcome),
                Ok(Turn::NotDone(case)) => not_done.push(case),
                Err(CampaignError::Interrupted) => {
                    interrupted.get_or_insert(next);
                }
                Err(error) => return (interrupted.unwrap_or(next), not_done, Err(error)),
            }
            next += 1;
        }
    }
    match interrupted {
        Some(position) => (position, not_done, Err(CampaignError::Interrupted)),
        None => (next, not_done, Ok(())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handed_on(results: Vec<(u64, CaseResult)>) -> (Vec<u64>, u64, Result<(), CampaignError>) {
        let (sender, receiver) = mpsc::channel();
        results.into_iter().for_each(|result| sender.send(result).expect("somebody listens"));
        drop(sender);
        let mut observed = Vec::new();
        let (next, _, result) = in_order(0, &receiver, &mut |outcome| observed.push(outcome.case));
        (observed, next, result)
    }

    fn done(case: u64) -> (u64, CaseResult) {
        let report = CaseReport::default();
        (case, Ok(Turn::Done(Box::new(Outcome { case, profile: None, width: None, framing: None, report }))))
    }

    #[test]
    fn an_interrupt_costs_no_result_and_an_error_those_after_it() {
        let interrupted = |case| (case, Err(CampaignError::Interrupted));
        let (observed, next, result) = handed_on(vec![done(3), interrupted(1), done(0), done(2), interrupted(4)]);
        assert_eq!((observed, next), (vec![0, 2, 3], 1));
        assert!(matches!(result, Err(CampaignError::Interrupted)));
        let failed = (1, Err(CampaignError::Input("disk full".to_owned())));
        let (observed, next, result) = handed_on(vec![done(2), failed, done(0)]);
        assert_eq!((observed, next), (vec![0], 1));
        assert!(matches!(result, Err(CampaignError::Input(_))));
        let (observed, next, result) = handed_on(vec![done(1), done(0)]);
        assert_eq!((observed, next), (vec![0, 1], 2));
        assert!(result.is_ok());
    }
}

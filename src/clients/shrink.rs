//! A plan made smaller that still leads to a wrong history.
//!
//! What comes of a plan is not up to the plan alone, so each smaller one is tried several times; it is taken as soon as one
//! history of it is wrong.

use super::draw::Plan;
use crate::history::{History, Sent};

/// How often a smaller plan is tried before it is given up.
pub const ATTEMPTS: u32 = 20;

/// A plan with a history that no order explains.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// What was sent.
    pub plan: Plan,
    /// What came of it.
    pub history: History,
}

/// Cuts clients, then stretches of commands, then single commands. `attempt` runs a plan once and gives its history if that is
/// wrong; what it fails with ends the shrinking. `goes_on` says whether there is time.
///
/// # Errors
///
/// That of `attempt`.
pub fn shrink<E>(
    wrong: Wrong,
    mut attempt: impl FnMut(&Plan) -> Result<Option<History>, E>,
    goes_on: impl Fn() -> bool,
) -> Result<Wrong, E> {
    let mut smallest = wrong;
    let mut try_plan = |smallest: &mut Wrong, plan: Plan| -> Result<bool, E> {
        for _ in 0..ATTEMPTS {
            if !goes_on() {
                return Ok(false);
            }
            if let Some(history) = attempt(&plan)? {
                *smallest = Wrong { plan, history };
                return Ok(true);
            }
        }
        Ok(false)
    };
    let mut client = smallest.plan.streams.len();
    while let Some(next) = client.checked_sub(1) {
        client = next;
        let mut plan = smallest.plan.clone();
        plan.streams.remove(client);
        try_plan(&mut smallest, plan)?;
    }
    let mut length = smallest.plan.streams.iter().map(Vec::len).max().unwrap_or(0);
    while length > 0 {
        let before: usize = smallest.plan.streams.iter().map(Vec::len).sum();
        for client in 0..smallest.plan.streams.len() {
            let mut end = smallest.plan.streams.get(client).map_or(0, Vec::len);
            while end > 0 {
                let start = end.saturating_sub(length);
                let mut plan = smallest.plan.clone();
                if let Some(stream) = plan.streams.get_mut(client) {
                    stream.drain(start..end);
                }
                try_plan(&mut smallest, plan)?;
                end = start;
            }
        }
        let after: usize = smallest.plan.streams.iter().map(Vec::len).sum();
        // As long as single commands can be cut, another round may find more of them.
        length = if length == 1 && after < before { 1 } else { length / 2 };
    }
    smallest.plan.streams.retain(|stream: &Vec<Sent>| !stream.is_empty());
    Ok(smallest)
}

//! How commands about lists change the bounds of their lengths.

use crate::command::ListCommand;
use crate::workload::lengths::Lengths;

pub(in crate::workload) fn observe(lengths: &mut Lengths, command: &ListCommand, certain: bool) {
    match command {
        ListCommand::Push { key, values, .. } => lengths.grow(key, values.len() as u64),
        ListCommand::Insert { key, .. } => lengths.grow(key, 1),
        ListCommand::Pop { key, count, .. } if certain => lengths.shrink(key, count.unwrap_or(1)),
        ListCommand::Trim { key, start, stop } if certain && *start >= 0 && *stop >= 0 => {
            let kept = stop.saturating_sub(*start).saturating_add(1);
            let kept = lengths.at_most(key).min(u64::try_from(kept).unwrap_or(0));
            lengths.set(key, kept);
        }
        ListCommand::Move { source, destination, .. } | ListCommand::RPopLPush { source, destination }
            if source != destination =>
        {
            lengths.grow(destination, 1);
            if certain {
                lengths.shrink(source, 1);
            }
        }
        _ => {}
    }
}

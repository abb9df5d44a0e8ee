//! The faults in what a second reading reads, put to it at their places.

use std::borrow::Cow;

use super::told::differs;
use crate::case::stop::Stop;
use crate::faults::{Place, Reread};
use crate::naive::records::Records;
use crate::naive::snapshot::{NaiveSnapshot, write};
use crate::state::State;

pub(super) fn words(change: Option<Reread>, at: Place, words: &mut Vec<Vec<u8>>) {
    if let Some(Reread::Words(place, change)) = change
        && place == at
    {
        change(words);
    }
}

pub(super) fn records(change: Option<Reread>, at: Place, records: Records) -> Records {
    match change {
        Some(Reread::Pairs(place, change)) if place == at => {
            let mut pairs = records.into_iter().collect();
            change(&mut pairs);
            pairs.into_iter().collect()
        }
        _ => records,
    }
}

pub(super) fn bytes<'b>(change: Option<Reread>, at: Place, bytes: &'b [u8]) -> Cow<'b, [u8]> {
    match change {
        Some(Reread::Bytes(place, change)) if place == at => {
            let mut bytes = bytes.to_vec();
            change(&mut bytes);
            Cow::Owned(bytes)
        }
        _ => Cow::Borrowed(bytes),
    }
}

pub(super) fn number(change: Option<Reread>, at: Place, mut number: u64) -> u64 {
    if let Some(Reread::Number(place, change)) = change
        && place == at
    {
        change(&mut number);
    }
    number
}

pub(super) fn text(change: Option<Reread>, at: Place, text: &mut String) {
    if let Some(Reread::Text(place, change)) = change
        && place == at
    {
        change(text);
    }
}

pub(super) fn state(change: Option<Reread>, at: Place, mut state: State) -> State {
    if let Some(Reread::State(place, change)) = change
        && place == at
    {
        change(&mut state);
    }
    state
}

/// A snapshot with other rows.
pub(super) fn snapshot(
    change: Option<Reread>,
    at: Place,
    naive: &NaiveSnapshot,
) -> Result<Cow<'_, NaiveSnapshot>, Stop> {
    match change {
        Some(Reread::Pairs(place, change)) if place == at => {
            let mut rows = naive.rows.clone();
            change(&mut rows);
            rows.sort();
            let changed = NaiveSnapshot::read(&write(naive.frame, naive.last, &rows));
            changed.map(Cow::Owned).map_err(|problem| differs("rows", format!("naive   {problem}")))
        }
        _ => Ok(Cow::Borrowed(naive)),
    }
}

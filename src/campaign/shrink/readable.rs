//! The last pass of shrinking: names for people. The shortest words make `RPUSH "" "" "a"`, where nobody can tell which item
//! is which; so keys become `k`, `l`, ..., values `a`, `b`, ..., all different, and times round.
//!
//! Each renaming is one run of the case, and is kept if the finding stays: all at once if that is possible, else one by one.
//! A word that stays as it was, such as an empty item or two that are equal, is what the finding takes.

use std::collections::{BTreeMap, BTreeSet};

use super::line::{Line, number};
use super::words::{Place, Role, places};
use crate::case::CaseError;
use crate::command::ExpireUnit;

/// Runs that it may take.
const MOST_RUNS: u64 = 48;
/// The others are kept for the times.
const RUNS_BEFORE_TIMES: u64 = 36;
/// Nobody reads a longer trace.
const MOST_WORDS: usize = 300;
/// Between two times that differ.
const ROUND_MS: u64 = 10_000;
const SECOND_MS: u64 = 1000;

/// The places of one word that stands for one thing.
type Group = Vec<Place>;

/// What runs lines, and says whether they fail in the same way.
pub(super) type Fails<'a> = dyn FnMut(&[Line]) -> Result<bool, CaseError> + 'a;

/// The lines with readable names for what may have any.
pub(super) fn readable(lines: Vec<Line>, fails: &mut Fails<'_>) -> Result<Vec<Line>, CaseError> {
    if lines.iter().flat_map(|line| &line.requests).map(Vec::len).sum::<usize>() > MOST_WORDS {
        return Ok(lines);
    }
    let places = places(&lines);
    let mut renaming = Renaming { lines, runs: 0, fails };
    renaming.rename_all(&places)?;
    Ok(renaming.lines)
}

struct Renaming<'a, 'b> {
    lines: Vec<Line>,
    runs: u64,
    fails: &'a mut Fails<'b>,
}

impl Renaming<'_, '_> {
    fn rename_all(&mut self, places: &[(Place, Role)]) -> Result<(), CaseError> {
        let keys = groups(&self.lines, places, Role::Key);
        let apart: Vec<Group> =
            places.iter().filter(|(_, role)| *role == Role::Value).map(|(at, _)| vec![*at]).collect();
        let named = with_names(&with_names(&self.lines, &keys, KEYS), &apart, VALUES);
        if self.rename(with_round_times(&named, places), MOST_RUNS)? {
            return Ok(());
        }
        if !self.rename(with_names(&self.lines, &keys, KEYS), MOST_RUNS)? {
            for key in keys {
                self.rename(with_names(&self.lines, &[key], KEYS), MOST_RUNS)?;
            }
        }
        if !self.rename(with_names(&self.lines, &apart, VALUES), MOST_RUNS)? {
            for value in groups(&self.lines, places, Role::Value) {
                self.rename_value(&value)?;
            }
            self.rename(in_order(&self.lines, places), MOST_RUNS)?;
        }
        if !self.rename(with_round_times(&self.lines, places), MOST_RUNS)? {
            for (place, _) in places.iter().filter(|(_, role)| matches!(role, Role::Time(_))) {
                self.rename(with_round_time(&self.lines, place), MOST_RUNS)?;
            }
        }
        Ok(())
    }

    /// Names the items that are one word: each by itself, and those that must be equal alike.
    fn rename_value(&mut self, places: &[Place]) -> Result<(), CaseError> {
        let apart: Vec<Group> = places.iter().map(|place| vec![*place]).collect();
        if self.rename(with_names(&self.lines, &apart, VALUES), RUNS_BEFORE_TIMES)? || places.len() < 2 {
            return Ok(());
        }
        let mut left = Group::new();
        for place in apart {
            if !self.rename(with_names(&self.lines, std::slice::from_ref(&place), VALUES), RUNS_BEFORE_TIMES)? {
                left.extend(place);
            }
        }
        if left.len() > 1 {
            self.rename(with_names(&self.lines, &[left], VALUES), RUNS_BEFORE_TIMES)?;
        }
        Ok(())
    }

    /// Takes the lines if they fail in the same way, unless there have been so many runs.
    fn rename(&mut self, lines: Vec<Line>, most_runs: u64) -> Result<bool, CaseError> {
        if lines == self.lines {
            return Ok(true);
        }
        if self.runs >= most_runs {
            return Ok(false);
        }
        self.runs += 1;
        let is_kept = (self.fails)(&lines)?;
        if is_kept {
            self.lines = lines;
        }
        Ok(is_kept)
    }
}

/// The items that have been named, in the order of the names.
fn in_order(lines: &[Line], places: &[(Place, Role)]) -> Vec<Line> {
    let known: BTreeSet<Vec<u8>> = names(VALUES).take(places.len()).collect();
    let mut named = groups(lines, places, Role::Value);
    named.retain(|group| group.iter().find_map(|place| place.of(lines)).is_some_and(|word| known.contains(word)));
    with_names(lines, &named, VALUES)
}

/// The words that a role has, each with its places, in the order in which they come.
fn groups(lines: &[Line], places: &[(Place, Role)], wanted: Role) -> Vec<Group> {
    let mut order: Vec<&Vec<u8>> = Vec::new();
    let mut groups: BTreeMap<&Vec<u8>, Group> = BTreeMap::new();
    for (place, _) in places.iter().filter(|(_, role)| *role == wanted) {
        let Some(word) = place.of(lines) else { continue };
        if !groups.contains_key(word) {
            order.push(word);
        }
        groups.entry(word).or_default().push(*place);
    }
    order.into_iter().filter_map(|word| groups.remove(word)).collect()
}

/// Ten letters; more names have a number.
type Names = [u8; 10];
const KEYS: Names = *b"klmnopqrst";
const VALUES: Names = *b"abcdefghij";

fn names(letters: Names) -> impl Iterator<Item = Vec<u8>> {
    let numbered = move |number: u64| [&letters[..1], number.to_string().as_bytes()].concat();
    letters.into_iter().map(|letter| vec![letter]).chain((letters.len() as u64 + 1..).map(numbered))
}

/// The lines with a name for each group that no other word has.
fn with_names(lines: &[Line], groups: &[Group], letters: Names) -> Vec<Line> {
    const GONE: &[u8] = b"";
    let mut named = lines.to_vec();
    groups.iter().flatten().for_each(|place| place.put(&mut named, GONE));
    let others: BTreeSet<Vec<u8>> = named.iter().flat_map(Line::operands).cloned().collect();
    for (group, name) in groups.iter().zip(names(letters).filter(|name| !others.contains(name))) {
        group.iter().for_each(|place| place.put(&mut named, &name));
    }
    named
}

/// The milliseconds of a unit, and whether it counts from now.
fn unit_ms(unit: ExpireUnit) -> (u64, bool) {
    match unit {
        ExpireUnit::Seconds => (SECOND_MS, true),
        ExpireUnit::Milliseconds => (1, true),
        ExpireUnit::UnixSeconds => (SECOND_MS, false),
        ExpireUnit::UnixMilliseconds => (1, false),
    }
}

/// Ten seconds between any two times that differ, those of steps and those of expiries, in their order. A trace without expiries
/// stays, and so do times that are past from the start, or stand for forever.
fn with_round_times(lines: &[Line], places: &[(Place, Role)]) -> Vec<Line> {
    let Some(first) = lines.iter().find_map(|line| line.at_ms) else { return lines.to_vec() };
    let at_ms = |place: &Place| lines.iter().take(place.line() + 1).rev().find_map(|line| line.at_ms).unwrap_or(first);
    let expiry = |(place, role): &(Place, Role)| {
        let Role::Time(unit) = role else { return None };
        let (unit_ms, is_from_now) = unit_ms(*unit);
        let time = u64::try_from(number(place.of(lines)?)?).ok()?.checked_mul(unit_ms)?;
        let at_ms = if is_from_now { (time > 0).then(|| at_ms(place).checked_add(time))?? } else { time };
        (first..first.saturating_mul(2)).contains(&at_ms).then_some((*place, *unit, at_ms))
    };
    let expiries: Vec<(Place, ExpireUnit, u64)> = places.iter().filter_map(expiry).collect();
    if expiries.is_empty() {
        return lines.to_vec();
    }
    let steps = lines.iter().filter_map(|line| line.at_ms);
    let times: BTreeSet<u64> = steps.chain(expiries.iter().map(|(.., at_ms)| *at_ms)).collect();
    let start = first - first % SECOND_MS;
    let before_start = times.range(..first).count() as u64;
    let round: BTreeMap<u64, u64> = times
        .iter()
        .zip(0_u64..)
        .map(|(time, at)| (*time, start + at.saturating_sub(before_start) * ROUND_MS))
        .collect();
    let rounded = |time: u64| round.get(&time).copied().unwrap_or(time);
    let mut moved = lines.to_vec();
    moved.iter_mut().for_each(|line| line.at_ms = line.at_ms.map(rounded));
    for (place, unit, time) in expiries {
        let (unit_ms, is_from_now) = unit_ms(unit);
        let from = if is_from_now { rounded(at_ms(&place)) } else { 0 };
        let word = rounded(time).saturating_sub(from) / unit_ms;
        place.put(&mut moved, word.to_string().as_bytes());
    }
    moved
}

/// The lines with one expiry at the next whole second.
fn with_round_time(lines: &[Line], place: &Place) -> Vec<Line> {
    let mut moved = lines.to_vec();
    let time = place.of(lines).and_then(|word| u64::try_from(number(word)?).ok());
    if let Some(time) = time.filter(|time| *time > 0).and_then(|time| time.checked_next_multiple_of(SECOND_MS)) {
        place.put(&mut moved, time.to_string().as_bytes());
    }
    moved
}

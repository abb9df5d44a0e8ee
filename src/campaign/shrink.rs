//! A finding's trace, made as small as it gets: fewer steps, then fewer words in them, then simpler words and numbers, then
//! less time and an earlier one. In the end, what may have any name gets a readable one.
//!
//! Each attempt is a whole run of the case; it is kept if the finding is of the same class as the first one, so that
//! shrinking never ends at another failure than it began with. Steps are cut by delta debugging: halves, quarters and so on,
//! down to single ones. Words are cut and replaced without regard to what the command makes of them; what is nonsense simply
//! does not fail in the same way. Whatever is kept is smaller than what was there before, so it ends, and earlier if its time
//! is up.

mod clients;
mod line;
mod readable;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use self::line::{Line, LineKind, Size, number};
use self::readable::readable;
use super::attempts::Attempts;
pub use super::cut_short::CutShort;
use super::needs::{Needs, needs};
use crate::case::CaseError;
use crate::finding::Finding;
use crate::jobs::Interrupt;
use crate::store::MetaWidth;
use crate::workload::{Generator, Step};

/// What runs a case: its finding, if there is one.
pub type Check<'a> = dyn FnMut(&[Step]) -> Result<Option<Finding>, CaseError> + 'a;

/// What shrinking came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The steps that are left.
    pub steps: Vec<Step>,
    /// Their finding.
    pub finding: Finding,
    /// How often a case was run.
    pub runs: u64,
    /// Why it ended before there was nothing left to try; `None` if it did not.
    pub cut_short: Option<CutShort>,
    /// What the finding needs beside the steps; `None` where nobody has asked.
    pub needs: Option<Needs>,
}

impl Shrunk {
    /// Steps that are not shrunk.
    pub fn not_shrunk(steps: &[Step], finding: &Finding, cut_short: Option<CutShort>) -> Shrunk {
        Shrunk { steps: steps.to_vec(), finding: finding.clone(), runs: 1, cut_short, needs: None }
    }

    /// Tries what its finding needs beside the steps, as [`needs()`] does.
    ///
    /// # Errors
    ///
    /// A case that could not be run.
    pub fn with_needs(
        self,
        attempts: &Attempts<'_>,
        width: Option<MetaWidth>,
        deadline: Option<Instant>,
        interrupt: &Interrupt,
    ) -> Result<Shrunk, CaseError> {
        let needs = needs(attempts, width, (&self.steps, &self.finding), deadline, interrupt)?;
        Ok(Shrunk { needs: Some(needs), ..self })
    }
}

/// Of the time, the part that is kept for readable names.
const NAMING_PART: u32 = 5;

/// Makes a trace smaller that has a finding; `None` if it has none. It ends early when its time is up or somebody wishes it.
/// `tick` is told the number of commands that are left. What the finding needs beside the steps, [`Shrunk::with_needs`]
/// tells.
///
/// # Errors
///
/// A case that could not be run.
pub fn shrink(
    steps: Vec<Step>,
    time: Duration,
    interrupt: &Interrupt,
    check: &mut Check<'_>,
    tick: &mut dyn FnMut(usize),
) -> Result<Option<Shrunk>, CaseError> {
    let Some(finding) = check(&steps)? else { return Ok(None) };
    let lines: Vec<Line> = steps.iter().map(Line::of).collect();
    let started = Instant::now();
    let deadline = started.checked_add(time - time / NAMING_PART);
    let size = Size::of(&lines);
    let mut shrinker = Shrinker { lines, size, finding, runs: 1, deadline, interrupt, cut_short: None, check, tick };
    shrinker.cut_off_the_rest()?;
    loop {
        let before = shrinker.size;
        shrinker.drop_lines()?;
        shrinker.send_alone()?;
        shrinker.drop_requests()?;
        shrinker.drop_words()?;
        shrinker.simplify_words()?;
        shrinker.simplify_heads()?;
        shrinker.close_gaps()?;
        shrinker.begin_early()?;
        if shrinker.size == before || shrinker.cut_short.is_some() {
            break;
        }
    }
    shrinker.deadline = started.checked_add(time);
    shrinker.make_readable()?;
    let Shrinker { lines, finding, runs, cut_short, .. } = shrinker;
    let steps = lines.iter().filter_map(Line::to_step).collect();
    Ok(Some(Shrunk { steps, finding, runs, cut_short, needs: None }))
}

struct Shrinker<'a, 'b> {
    lines: Vec<Line>,
    size: Size,
    finding: Finding,
    runs: u64,
    /// `None` is so late that no clock gets there.
    deadline: Option<Instant>,
    interrupt: &'a Interrupt,
    cut_short: Option<CutShort>,
    check: &'a mut Check<'b>,
    tick: &'a mut dyn FnMut(usize),
}

impl Shrinker<'_, '_> {
    /// Takes the lines if they are fewer or simpler and fail in the same way.
    fn attempt(&mut self, lines: Vec<Line>) -> Result<bool, CaseError> {
        let size = Size::of(&lines);
        if size >= self.size {
            return Ok(false);
        }
        if self.is_over() {
            return Ok(false);
        }
        match self.found_in(&lines)? {
            Some(finding) => {
                (self.lines, self.size, self.finding) = (lines, size, finding);
                (self.tick)(self.lines.iter().map(|line| line.requests.len()).sum());
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Gives readable names to what may have any.
    fn make_readable(&mut self) -> Result<(), CaseError> {
        let lines = self.lines.clone();
        let mut fails = |lines: &[Line]| {
            if self.is_over_for_names() {
                return Ok(false);
            }
            let found = self.found_in(lines)?;
            let is_kept = found.is_some();
            self.finding = found.unwrap_or_else(|| self.finding.clone());
            Ok(is_kept)
        };
        self.lines = readable(lines, &mut fails)?;
        Ok(())
    }

    /// Runs the lines, and gives their finding if they fail in the same way.
    fn found_in(&mut self, lines: &[Line]) -> Result<Option<Finding>, CaseError> {
        let Some(steps) = lines.iter().map(Line::to_step).collect::<Option<Vec<Step>>>() else { return Ok(None) };
        self.runs += 1;
        match (self.check)(&steps) {
            Err(CaseError::Interrupted) => {
                self.cut_short = Some(self.why_now().unwrap_or(CutShort::Interrupted));
                Ok(None)
            }
            found => Ok(found?.filter(|finding| finding.is_like(&self.finding))),
        }
    }

    /// Whether to end here. All that takes time in proportion to the trace asks first, since a trace can have a million words.
    fn is_over(&mut self) -> bool {
        self.cut_short = self.cut_short.or_else(|| self.why_now());
        self.cut_short.is_some()
    }

    /// The same while names are given, which have a time of their own. Without it the trace is no larger.
    fn is_over_for_names(&mut self) -> bool {
        let why = self.why_now();
        self.cut_short = self.cut_short.or(why.filter(|why| *why == CutShort::Interrupted));
        why.is_some()
    }

    /// Why to end now, if there is a reason.
    fn why_now(&self) -> Option<CutShort> {
        let is_late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let is_late = is_late.then_some(CutShort::TimeUp);
        if self.interrupt.is_wished() { Some(CutShort::Interrupted) } else { is_late }
    }

    /// What comes after the step of the finding can hardly matter.
    fn cut_off_the_rest(&mut self) -> Result<(), CaseError> {
        let Some(step) = self.finding.step.and_then(|step| usize::try_from(step).ok()) else { return Ok(()) };
        let kept = self.lines.iter().take(step).cloned().collect();
        self.attempt(kept).map(drop)
    }

    /// Cuts ranges out of `0 .. length(self)`, large ones first: `without` makes the lines without a range.
    fn drop_ranges(
        &mut self,
        length: impl Fn(&Self) -> usize,
        without: impl Fn(&Self, Range<usize>) -> Vec<Line>,
    ) -> Result<(), CaseError> {
        let mut size = length(self);
        while size > 0 && !self.is_over() {
            let mut end = length(self);
            let mut has_dropped = false;
            // From the end: what comes late depends on what came before, and not the other way round.
            while end > 0 && !self.is_over() {
                let start = end.saturating_sub(size);
                has_dropped |= self.attempt(without(self, start..end))?;
                end = start;
            }
            if size > 1 || !has_dropped {
                size /= 2;
            }
        }
        Ok(())
    }

    fn drop_lines(&mut self) -> Result<(), CaseError> {
        self.drop_ranges(|shrinker| shrinker.lines.len(), |shrinker, range| without(&shrinker.lines, range))
    }

    /// Plain commands in the place of what clients begin and commit.
    fn send_alone(&mut self) -> Result<(), CaseError> {
        for at in (0..self.lines.len()).rev() {
            if self.is_over() {
                break;
            }
            for lines in clients::simpler(&self.lines, at) {
                if self.attempt(lines)? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Fewer requests in each transaction, and where that is possible, single commands instead.
    fn drop_requests(&mut self) -> Result<(), CaseError> {
        for at in (0..self.lines.len()).rev() {
            self.drop_ranges(
                |shrinker| shrinker.transaction(at).map_or(0, |line| line.requests.len()),
                |shrinker, range| {
                    shrinker.edited(at, |line| {
                        let left = without(&line.requests, range.clone());
                        // A client that begins begins something.
                        if !left.is_empty() || line.kind == LineKind::Transaction {
                            line.requests = left;
                        }
                    })
                },
            )?;
            if self.is_over() {
                break;
            }
            if let Some(transaction) = self.transaction(at).filter(|line| line.kind == LineKind::Transaction) {
                let command = |words: &Vec<Vec<u8>>| Line {
                    kind: LineKind::Command,
                    requests: vec![words.clone()],
                    ..transaction.clone()
                };
                let commands: Vec<Line> = transaction.requests.iter().map(command).collect();
                let mut lines = self.lines.clone();
                lines.splice(at..=at, commands);
                self.attempt(lines)?;
            }
        }
        Ok(())
    }

    fn transaction(&self, at: usize) -> Option<&Line> {
        let is_one = |line: &&Line| matches!(line.kind, LineKind::Transaction | LineKind::Begin { .. });
        self.lines.get(at).filter(is_one)
    }

    /// Fewer words in each request, its first one and its name aside.
    fn drop_words(&mut self) -> Result<(), CaseError> {
        const KEPT: usize = 2;
        for at in (0..self.lines.len()).rev() {
            if self.is_over() {
                break;
            }
            let requests = self.lines.get(at).map_or(0, |line| line.requests.len());
            for request in 0..requests {
                let words = move |shrinker: &Self| {
                    let words = shrinker.lines.get(at).and_then(|line| line.requests.get(request));
                    words.map_or(0, |words| words.len().saturating_sub(KEPT))
                };
                self.drop_ranges(words, |shrinker, range| {
                    shrinker.edited(at, |line| {
                        if let Some(words) = line.requests.get_mut(request) {
                            *words = without(words, range.start + KEPT..range.end + KEPT);
                        }
                    })
                })?;
            }
        }
        Ok(())
    }

    /// Shorter words, and fewer different ones, each replaced wherever it stands.
    fn simplify_words(&mut self) -> Result<(), CaseError> {
        let words: BTreeSet<Vec<u8>> = self.lines.iter().flat_map(Line::operands).cloned().collect();
        let mut short: BTreeSet<Vec<u8>> = words.iter().filter(|word| word.len() <= 1).cloned().collect();
        for word in words {
            let mut simplest = word;
            while let Some(simpler) = self.simplify_word(&simplest, &short)? {
                if simpler.len() <= 1 {
                    short.insert(simpler.clone());
                }
                simplest = simpler;
            }
        }
        Ok(())
    }

    fn simplify_word(&mut self, word: &[u8], short: &BTreeSet<Vec<u8>>) -> Result<Option<Vec<u8>>, CaseError> {
        if self.is_over() {
            return Ok(None);
        }
        for simpler in simpler_words(word, short) {
            if self.is_over() {
                break;
            }
            let mut lines = self.lines.clone();
            lines.iter_mut().for_each(|line| line.replace(word, &simpler));
            if self.attempt(lines)? {
                return Ok(Some(simpler));
            }
        }
        Ok(None)
    }

    /// Smaller sequence numbers where a list's head is put.
    fn simplify_heads(&mut self) -> Result<(), CaseError> {
        for at in 0..self.lines.len() {
            if self.is_over() {
                break;
            }
            'smaller: while let Some(now) = self.lines.get(at).and_then(Line::head) {
                for head in smaller_numbers(now) {
                    if self.attempt(self.edited(at, |line| line.kind = LineKind::Seed { head }))? {
                        continue 'smaller;
                    }
                }
                break;
            }
        }
        Ok(())
    }

    /// As early as generated traces begin, so that times are easy to compare; the times that words name move along.
    fn begin_early(&mut self) -> Result<(), CaseError> {
        let first = self.lines.iter().find_map(|line| line.at_ms);
        let Some((first, by_ms)) = first.and_then(|first| Some((first, first.checked_sub(Generator::START_MS)?)))
        else {
            return Ok(());
        };
        let mut moved = self.lines.clone();
        for line in &mut moved {
            line.at_ms = line.at_ms.map(|at_ms| at_ms.saturating_sub(by_ms));
        }
        let mut with_words = moved.clone();
        with_words.iter_mut().for_each(|line| line.move_times(first, by_ms));
        if !self.attempt(with_words)? {
            self.attempt(moved)?;
        }
        Ok(())
    }

    /// Less time between the steps: none at all, or as few pauses as there can be.
    fn close_gaps(&mut self) -> Result<(), CaseError> {
        let first = self.lines.iter().find_map(|line| line.at_ms);
        let mut at_once = self.lines.clone();
        at_once.iter_mut().for_each(|line| line.at_ms = line.at_ms.and(first));
        if self.attempt(at_once)? {
            return Ok(());
        }
        for at in 1..self.lines.len() {
            let times = |shrinker: &Self, index: usize| shrinker.lines.get(index).and_then(|line| line.at_ms);
            while let (Some(before), Some(now)) = (times(self, at - 1), times(self, at)) {
                if !self.close_gap(at, now.saturating_sub(before))? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Closes a part of the gap before a line, the largest that can be closed.
    fn close_gap(&mut self, at: usize, gap_ms: u64) -> Result<bool, CaseError> {
        let halves = std::iter::successors(Some(gap_ms / 2), |closed_ms| Some(closed_ms / 2));
        let candidates = [gap_ms, gap_ms.saturating_sub(1)].into_iter().chain(halves.take_while(|ms| *ms > 0));
        for closed_ms in candidates.filter(|closed_ms| *closed_ms > 0) {
            if self.is_over() {
                break;
            }
            let mut lines = self.lines.clone();
            for line in lines.iter_mut().skip(at) {
                line.at_ms = line.at_ms.map(|at_ms| at_ms.saturating_sub(closed_ms));
            }
            if self.attempt(lines)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn edited(&self, at: usize, edit: impl FnOnce(&mut Line)) -> Vec<Line> {
        let mut lines = self.lines.clone();
        if let Some(line) = lines.get_mut(at) {
            edit(line);
        }
        lines
    }
}

fn without<T: Clone>(all: &[T], range: Range<usize>) -> Vec<T> {
    let kept = |index: &usize| !range.contains(index);
    all.iter().enumerate().filter(|(index, _)| kept(index)).map(|(_, item)| item.clone()).collect()
}

/// Candidates for a number's place: small ones, and steps down by halves of it, the largest first. By ones, a deadline would
/// take days.
fn smaller_numbers(number: i64) -> impl Iterator<Item = i64> {
    let steps = std::iter::successors(Some(number / 2), |step| Some(step / 2)).take_while(|step| *step != 0);
    [0, 1, -1, 2].into_iter().chain(steps.map(move |step| number - step))
}

/// Candidates for a word's place, the simplest first, such as the trace's `short` words. A part of a word keeps what a hostile
/// key is made of.
fn simpler_words(word: &[u8], short: &BTreeSet<Vec<u8>>) -> Vec<Vec<u8>> {
    const NAMES: std::ops::RangeInclusive<u8> = b'a'..=b'z';
    if let Some(number) = number(word) {
        return smaller_numbers(number).map(|number| number.to_string().into_bytes()).collect();
    }
    let mut candidates: Vec<Vec<u8>> = short.iter().cloned().collect();
    candidates.extend(NAMES.map(|letter| vec![letter]).find(|name| !short.contains(name)));
    // By halves too: byte by byte, a long item would take thousands of runs.
    let steps = std::iter::successors(Some(word.len().div_ceil(2)), |step| (*step > 1).then_some(step / 2));
    for step in steps {
        let (first, last) = (word.get(..word.len() - step), word.get(step..));
        candidates.extend([first, last].into_iter().flatten().map(<[u8]>::to_vec));
    }
    candidates.retain(|candidate| candidate != word);
    candidates
}

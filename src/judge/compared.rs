//! What must be written against what was.

use super::Judge;
use super::batch::Batch;
use super::compaction::{Folded, folded};
use super::draft::{Draft, RewriteForm};
use super::effect::{Effect, IsMove};
use super::limits::{ITEMS, KEY_BYTES, VALUE_BYTES};
use super::record::{FENCE_COUNT, Part, Row, Said, key, named, said, value};
use super::tracked::{Base, Tracked};
use super::violation::{
    CLAIM, CLOCK, DELTA, FENCE, ITEM, LIMIT, MALFORMED, META, NUMBER, TTL, UNNAMED, Violation, WrittenRow, plain,
};
use crate::model::{Model, ModelValue};

/// A row that is expected.
#[derive(Clone, Copy, Debug)]
struct Expected<'a> {
    part: Part,
    said: Option<Said<'a>>,
    /// Else the row may be missing.
    must: bool,
}

/// A list, head first.
type Items = std::collections::VecDeque<Vec<u8>>;

impl Judge {
    /// Ends the step: holds its batch against what its commands must write.
    ///
    /// # Errors
    ///
    /// What is wrong with the batch. Nothing that the judge says after that means anything.
    pub fn verdict(&mut self, batch: &Batch, model: &Model) -> Result<(), Box<Violation>> {
        let result = self.compared(batch, model);
        for place in std::mem::take(&mut self.named) {
            if let Some(tracked) = self.tracked.get_mut(place) {
                tracked.end_step();
            }
        }
        (self.orders, self.most_moved) = (0, 0);
        self.client_has_landed();
        result
    }

    fn compared(&mut self, batch: &Batch, model: &Model) -> Result<(), Box<Violation>> {
        if self.most_moved > ITEMS {
            let problem = format!("a command moved {} items, and was not refused", self.most_moved);
            return Err(plain(LIMIT, problem, Vec::new()));
        }
        let commit_ts = self.commit_ts(batch)?;
        let delta_ts = self.delta_ts(commit_ts);
        let mut rows = self.rows(batch, delta_ts)?;
        rows.sort_unstable_by_key(|(place, part, _)| (*place, *part));
        let mut numbers: Vec<(u32, u32)> = Vec::new();
        let now_ms = self.read_ms();
        for place in &self.named {
            let Some(tracked) = self.tracked.get_mut(*place) else { continue };
            let start = rows.partition_point(|(other, ..)| other < place);
            let count = rows.get(start..).unwrap_or_default().partition_point(|(other, ..)| other == place);
            let rows = rows.get(start..start + count).unwrap_or_default();
            let items = model.get(&tracked.user_key).map(|found| match &found.value {
                ModelValue::List(items) => items,
            });
            let step = Step { commit_ts, delta_ts, now_ms, wide: self.wide, items };
            step.take(tracked, rows, &mut numbers)?;
        }
        numbers.sort_unstable();
        let is_ascending = numbers.is_sorted_by(|(_, one), (_, other)| one < other);
        match numbers.iter().all(|(order, number)| number <= order) && is_ascending {
            true => Ok(()),
            false => {
                let numbers: Vec<u32> = numbers.iter().map(|(_, number)| *number).collect();
                Err(plain(NUMBER, format!("the deltas of the commands have the numbers {numbers:?}"), Vec::new()))
            }
        }
    }

    fn commit_ts(&mut self, batch: &Batch) -> Result<u64, Box<Violation>> {
        let Some(commit_ts) = batch.commit_ts() else { return Ok(self.last_commit) };
        let earliest = self.read_ms().min(u64::MAX >> 16) << 16;
        let last = self.start();
        if commit_ts <= last || commit_ts < earliest {
            let problem = format!("commit {commit_ts} after commit {last}, at a time whose first commit is {earliest}");
            return Err(plain(CLOCK, problem, Vec::new()));
        }
        self.last_commit = self.last_commit.max(commit_ts);
        Ok(commit_ts)
    }

    /// The rows of the batch. All are of keys that the step names.
    fn rows<'b>(&self, batch: &'b Batch, delta_ts: u64) -> Result<Vec<Row<'b>>, Box<Violation>> {
        let mut rows = Vec::new();
        for (row_key, row_value) in batch.rows() {
            let written = || vec![WrittenRow { key: row_key.to_vec(), value: row_value.map(<[u8]>::to_vec) }];
            if row_key.len() > KEY_BYTES || row_value.is_some_and(|row_value| row_value.len() > VALUE_BYTES) {
                let value_bytes = row_value.map_or(0, <[u8]>::len);
                let problem = format!("a key of {} bytes with a value of {value_bytes}", row_key.len());
                return Err(plain(LIMIT, problem, written()));
            }
            let mut is_delta = |user_key: &[u8], part: Part| match row_value {
                Some(row_value) => row_value.len() == 16,
                // One that the step itself has put and deleted again was never there.
                None => {
                    matches!(part, Part::Delta(at, _) if at == delta_ts)
                        || self.known(user_key).is_some_and(|(_, tracked)| tracked.has(part))
                }
            };
            let Some((user_key, part)) = named(row_key, &mut is_delta) else {
                return Err(plain(MALFORMED, "the key is none that the format describes".to_owned(), written()));
            };
            let row_said = match row_value {
                None => None,
                Some(row_value) => match said(part, row_value) {
                    Some(row_said) => Some(row_said),
                    None => {
                        let problem = format!("a value of {} bytes", row_value.len());
                        return Err(Violation::of(MALFORMED, user_key, problem, Vec::new(), written()));
                    }
                },
            };
            match self.known(user_key) {
                Some((place, tracked)) if tracked.is_named => rows.push((place, part, row_said)),
                _ => {
                    let problem = "no command of the step names this key".to_owned();
                    return Err(Violation::of(UNNAMED, user_key, problem, Vec::new(), written()));
                }
            }
        }
        Ok(rows)
    }
}

/// What a step is judged by, beside the key itself.
struct Step<'a> {
    commit_ts: u64,
    /// The commit that its deltas name.
    delta_ts: u64,
    now_ms: u64,
    wide: bool,
    /// The list that the model shows.
    items: Option<&'a Items>,
}

impl Step<'_> {
    /// Judges the rows of one key, and keeps what they have made of it. `numbers` gets the new deltas: order and number.
    fn take(
        &self,
        tracked: &mut Tracked,
        rows: &[Row<'_>],
        numbers: &mut Vec<(u32, u32)>,
    ) -> Result<(), Box<Violation>> {
        if let Some(reading) = tracked.committing.take() {
            let folded = folded(&reading, self.wide);
            let expected = folded.as_ref().map(|folded| of_compaction(tracked, folded)).unwrap_or_default();
            matched(tracked, &expected, rows).map_err(|part| violation(tracked, part, &expected, rows))?;
            if let Some(folded) = folded {
                keep_folded(tracked, &folded);
            }
            return tracked.apply(rows, self.commit_ts);
        }
        let is_expired = tracked.is_expired(self.now_ms);
        if rows.is_empty() && (tracked.may_be_nothing || tracked.effects.is_empty()) {
            return Ok(());
        }
        if tracked.effects.is_empty() && !is_expired {
            let nothing: &[Expected<'_>] = &[];
            return matched(tracked, nothing, rows).map_err(|part| violation(tracked, part, nothing, rows));
        }
        let has_rewrite = tracked.effects.iter().any(|(_, effect)| matches!(effect, Effect::Rewrite(1..)));
        let is_meta_put = rows.iter().any(|(_, part, said)| *part == Part::Meta && said.is_some());
        let likely = if is_meta_put { RewriteForm::BaseMeta } else { RewriteForm::Delta };
        let unlikely = if is_meta_put { RewriteForm::Delta } else { RewriteForm::BaseMeta };
        let mut found = None;
        for form in [likely, unlikely].into_iter().take(1 + usize::from(has_rewrite)) {
            let draft = Draft::of(tracked, &tracked.effects, (is_expired, self.wide, form));
            let shown = self.items.map_or(0, |items| i64::try_from(items.len()).unwrap_or(i64::MAX));
            assert!(draft.len == shown, "the judge comes to {} items, the model to {shown}", draft.len);
            let deltas = self.numbered(&draft, rows);
            let expected = self.of_draft(tracked, &draft, (&deltas, rows));
            match matched(tracked, &expected, rows) {
                Ok(()) => {
                    numbers.extend(draft.new_deltas.iter().zip(&deltas).map(|(delta, number)| (delta.order, *number)));
                    keep(tracked, &draft, &deltas, (self.delta_ts, rows));
                    return tracked.apply(rows, self.commit_ts);
                }
                // What the likelier form says is told.
                Err(part) => found = found.or_else(|| Some(violation(tracked, part, &expected, rows))),
            }
        }
        found.map_or(Ok(()), Err)
    }

    /// The numbers of a draft's new deltas: those that were written, and where their count differs, those that come next.
    fn numbered(&self, draft: &Draft, rows: &[Row<'_>]) -> Vec<u32> {
        let written = rows.iter().filter_map(|(_, part, said)| match part {
            Part::Delta(commit_ts, number) if *commit_ts == self.delta_ts && said.is_some() => Some(*number),
            _ => None,
        });
        let mut numbers: Vec<u32> = written.take(draft.new_deltas.len()).collect();
        let next = numbers.last().map_or(0, |last| last.saturating_add(1));
        numbers.extend((next..).take(draft.new_deltas.len() - numbers.len()));
        numbers
    }

    fn of_draft<'s>(
        &'s self,
        tracked: &Tracked,
        draft: &Draft,
        (numbers, rows): (&[u32], &[Row<'_>]),
    ) -> Vec<Expected<'s>> {
        let mut expected = Vec::new();
        let mut must = |part, said| expected.push(Expected { part, said, must: true });
        let (old, new) = (window(tracked.head, tracked.len), window(draft.head, draft.len));
        let before = old.start..old.end.min(new.start);
        let after = old.start.max(new.end)..old.end;
        let overlap_free = if new.is_empty() { [old.clone(), 0..0] } else { [before, after] };
        overlap_free.into_iter().flatten().for_each(|seq| must(Part::Item(seq), None));
        let mut fresh: Vec<i64> =
            draft.fresh.iter().flat_map(|seqs| seqs.start.max(new.start)..seqs.end.min(new.end)).collect();
        fresh.sort_unstable();
        fresh.dedup();
        for seq in fresh {
            let index = usize::try_from(seq.saturating_sub(draft.head)).unwrap_or(usize::MAX);
            let item = self.items.and_then(|items| items.get(index)).map_or(Said::Nothing, |item| Said::Bytes(item));
            must(Part::Item(seq), Some(item));
        }
        if !draft.keeps_claims {
            // A claim that a move may leave out goes unless the move has written it.
            let is_put = |seq: &i64| rows.iter().any(|(_, part, said)| *part == Part::Claim(*seq) && said.is_some());
            let is_new = |seq: &i64| {
                let mut claims = draft.new_claims.iter().filter(|claims| claims.seqs.contains(seq));
                claims.any(|claims| claims.is_move == IsMove::No || is_put(seq))
            };
            tracked.claims.iter().filter(|seq| !is_new(seq)).for_each(|seq| must(Part::Claim(*seq), None));
        }
        if !draft.keeps_deltas {
            let gone = tracked.deltas.keys().filter(|key| !draft.late.contains_key(key));
            gone.for_each(|(commit_ts, number)| must(Part::Delta(*commit_ts, *number), None));
        }
        for (delta, number) in draft.new_deltas.iter().zip(numbers) {
            must(Part::Delta(self.delta_ts, *number), Some(Said::Moved(delta.head, delta.len)));
        }
        for claims in &draft.new_claims {
            let may_be_left_out = claims.is_move == IsMove::Yes;
            let row = |seq| Expected { part: Part::Claim(seq), said: Some(Said::Nothing), must: !may_be_left_out };
            expected.extend(claims.seqs.clone().map(row));
        }
        expected.extend((0..FENCE_COUNT).map(|place| {
            let must = draft.is_fenced || (draft.has_moved && place == 0);
            Expected { part: Part::Fence(place), said: Some(Said::Nothing), must }
        }));
        let (old_meta, new_meta) = (meta(tracked.base, tracked.ttl), meta(draft.base, draft.ttl));
        expected.push(Expected { part: Part::Meta, said: new_meta, must: old_meta != new_meta });
        let (old_ttl, new_ttl) = (tracked.ttl.map(Said::Ms), draft.ttl.map(Said::Ms));
        expected.push(Expected { part: Part::Ttl, said: new_ttl, must: old_ttl != new_ttl });
        // Of two claims at one seq the one that must be there counts.
        expected.sort_by_key(|row| (row.part, !row.must));
        expected.dedup_by_key(|row| row.part);
        expected
    }
}

fn window(head: i64, len: i64) -> std::ops::Range<i64> {
    head..head.saturating_add(len)
}

fn meta(base: Option<Base>, ttl: Option<u64>) -> Option<Said<'static>> {
    let Base { head, len, wide } = base?;
    let expiry = wide.then(|| ttl.unwrap_or(0));
    Some(Said::Window(head, head.saturating_add(len), len.unsigned_abs(), expiry))
}

fn of_compaction(tracked: &Tracked, folded: &Folded) -> Vec<Expected<'static>> {
    let gone = |part| Expected { part, said: None, must: true };
    let claims = folded.claims.intersection(&tracked.claims).map(|seq| gone(Part::Claim(*seq)));
    let deltas = folded.deltas.keys().map(|(commit_ts, number)| gone(Part::Delta(*commit_ts, *number)));
    let mut expected: Vec<Expected<'static>> = claims.chain(deltas).collect();
    let (old, new) = (meta(tracked.base, tracked.ttl), meta(folded.base, tracked.ttl));
    expected.push(Expected { part: Part::Meta, said: new, must: old != new });
    expected
}

/// The first part in which rows and what is expected differ. Both are in order.
fn matched(tracked: &Tracked, expected: &[Expected<'_>], rows: &[Row<'_>]) -> Result<(), Part> {
    let mut rows = rows.iter().peekable();
    for row in expected {
        while let Some((_, part, said)) = rows.next_if(|(_, part, _)| *part < row.part) {
            needless(tracked, *part, *said)?;
        }
        match rows.next_if(|(_, part, _)| *part == row.part) {
            Some((.., said)) if *said == row.said => {}
            None if !row.must => {}
            Some((_, part, said)) if !row.must => needless(tracked, *part, *said)?,
            _ => return Err(row.part),
        }
    }
    rows.try_for_each(|(_, part, said)| needless(tracked, *part, *said))
}

/// What nobody expects may only delete what is not there.
fn needless(tracked: &Tracked, part: Part, said: Option<Said<'_>>) -> Result<(), Part> {
    if said.is_none() && !tracked.has(part) { Ok(()) } else { Err(part) }
}

fn keep(tracked: &mut Tracked, draft: &Draft, numbers: &[u32], (delta_ts, rows): (u64, &[Row<'_>])) {
    if !draft.keeps_deltas {
        tracked.deltas.clone_from(&draft.late);
    }
    let new = draft.new_deltas.iter().zip(numbers);
    tracked.deltas.extend(new.map(|(delta, number)| ((delta_ts, *number), (delta.head, delta.len))));
    if !draft.keeps_claims {
        tracked.claims.clear();
    }
    tracked.claims.extend(rows.iter().filter_map(|(_, part, said)| match part {
        Part::Claim(seq) if said.is_some() => Some(*seq),
        _ => None,
    }));
    (tracked.base, tracked.head, tracked.len, tracked.ttl) = (draft.base, draft.head, draft.len, draft.ttl);
}

fn keep_folded(tracked: &mut Tracked, folded: &Folded) {
    tracked.base = folded.base;
    tracked.deltas.retain(|key, _| !folded.deltas.contains_key(key));
    tracked.claims.retain(|seq| !folded.claims.contains(seq));
    if tracked.base.is_none() && tracked.deltas.is_empty() {
        tracked.head = 0;
    }
}

fn rule_of(part: Part) -> &'static str {
    match part {
        Part::Item(_) => ITEM,
        Part::Claim(_) => CLAIM,
        Part::Delta(..) => DELTA,
        Part::Fence(_) => FENCE,
        Part::Meta => META,
        Part::Ttl => TTL,
    }
}

fn violation(tracked: &Tracked, part: Part, expected: &[Expected<'_>], rows: &[Row<'_>]) -> Box<Violation> {
    let user_key = tracked.user_key.as_bytes();
    let row = |part, said: Option<Said<'_>>| WrittenRow { key: key(user_key, part), value: said.map(value) };
    // What may be missing and is, nobody misses.
    let is_told =
        |row: &&Expected<'_>| row.must || rows.iter().any(|(_, part, said)| (*part, *said) == (row.part, row.said));
    let mut expected: Vec<WrittenRow> = expected.iter().filter(is_told).map(|one| row(one.part, one.said)).collect();
    let mut written: Vec<WrittenRow> = rows.iter().map(|(_, part, said)| row(*part, *said)).collect();
    expected.sort();
    written.sort();
    let problem = match rows.iter().find(|(_, other, _)| *other == part) {
        None => format!("the {} that must be written is missing", rule_of(part)),
        Some((.., None)) => format!("the {} is deleted", rule_of(part)),
        Some(_) => format!("the {} is not the one that must be written", rule_of(part)),
    };
    Violation::of(rule_of(part), user_key, problem, expected, written)
}

impl Violation {
    fn of(
        rule: &'static str,
        user_key: &[u8],
        problem: String,
        expected: Vec<WrittenRow>,
        written: Vec<WrittenRow>,
    ) -> Box<Violation> {
        Box::new(Violation { rule, user_key: Some(user_key.to_vec()), problem, expected, written })
    }
}

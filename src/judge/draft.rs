//! What a step makes of one key: the effects of its commands, and the records that must come of them.

use std::ops::Range;

use super::effect::{Effect, IsMove};
use super::tracked::{Base, Deltas, Tracked};
use crate::command::End;

/// With this many deltas the next push or pop folds them first.
const MOST_DELTAS: usize = 1024;

/// How rewrites say the new length. The live store does both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RewriteForm {
    /// In a delta, without a base meta.
    Delta,
    /// In a base meta, without a delta.
    BaseMeta,
}

/// A delta that this step must write.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewDelta {
    /// The effects of the step that came before it, of those that may write deltas.
    pub(super) order: u32,
    pub(super) head: i64,
    pub(super) len: i64,
}

/// Claims that this step leaves.
#[derive(Clone, Debug)]
pub(super) struct NewClaims {
    pub(super) seqs: Range<i64>,
    pub(super) is_move: IsMove,
}

/// A key as it must be after the step.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) base: Option<Base>,
    /// The deltas from before the step stay: all or none.
    pub(super) keeps_deltas: bool,
    old_deltas: usize,
    /// The deltas that were applied since the transaction's snapshot. A fold leaves them.
    pub(super) late: Deltas,
    pub(super) new_deltas: Vec<NewDelta>,
    pub(super) head: i64,
    pub(super) len: i64,
    /// The seqs that the step has put items at, also those that it has popped again.
    pub(super) fresh: Vec<Range<i64>>,
    /// The claims from before the step stay.
    pub(super) keeps_claims: bool,
    pub(super) new_claims: Vec<NewClaims>,
    pub(super) ttl: Option<u64>,
    /// Whether a delta of a push or a pop is among the new ones.
    pub(super) has_moved: bool,
    /// Whether the fences of every type are put: the key was deleted, emptied or written anew.
    pub(super) is_fenced: bool,
    form: RewriteForm,
    wide: bool,
}

impl Draft {
    /// The key as its effects leave it, which come with their orders. `is_expired` says that its expiry has passed.
    pub(super) fn of(
        tracked: &Tracked,
        effects: &[(u32, Effect)],
        (is_expired, wide, form): (bool, bool, RewriteForm),
    ) -> Draft {
        let mut draft = Draft {
            base: tracked.base,
            keeps_deltas: true,
            old_deltas: tracked.deltas.len(),
            late: tracked.late_deltas(),
            new_deltas: Vec::new(),
            head: tracked.head,
            len: tracked.len,
            fresh: Vec::new(),
            keeps_claims: true,
            new_claims: Vec::new(),
            ttl: tracked.ttl,
            has_moved: false,
            is_fenced: false,
            form,
            wide,
        };
        // What an expiry has ended goes before anything else.
        if is_expired {
            draft.delete();
        }
        effects.iter().for_each(|(order, effect)| draft.take(*order, *effect));
        draft
    }

    fn take(&mut self, order: u32, effect: Effect) {
        match effect {
            Effect::Push(end, count) => self.push(end, count, order),
            Effect::Pop(end, count, is_move) => self.pop(end, count, (order, is_move)),
            Effect::Emptied => self.settle_emptied(),
            Effect::Rewrite(count) => self.rewrite(count, order),
            Effect::Replace(count, ttl) => {
                self.replace(count, ttl);
                self.base = Some(self.whole());
            }
            Effect::Delete => self.delete(),
            Effect::Expire(at_ms) => {
                self.ttl = Some(at_ms);
                if self.wide {
                    self.fold();
                }
            }
            Effect::Persist => self.ttl = None,
            Effect::Seed(head) => {
                self.drop_records();
                self.head = head;
                self.base = Some(self.whole());
            }
        }
    }

    fn push(&mut self, end: End, count: i64, order: u32) {
        self.fold_when_full();
        let (fresh, head_delta) = match end {
            End::Left => (self.head.saturating_sub(count)..self.head, -count),
            End::Right => (self.tail()..self.tail().saturating_add(count), 0),
        };
        self.fresh.push(fresh);
        self.moved(head_delta, count, order);
    }

    fn pop(&mut self, end: End, count: i64, (order, is_move): (u32, IsMove)) {
        self.fold_when_full();
        let (seqs, head_delta) = match end {
            End::Left => (self.head..self.head.saturating_add(count), count),
            End::Right => (self.tail().saturating_sub(count)..self.tail(), 0),
        };
        self.new_claims.push(NewClaims { seqs, is_move });
        self.moved(head_delta, -count, order);
    }

    fn settle_emptied(&mut self) {
        if self.len > 0 {
            return;
        }
        self.is_fenced = true;
        let has_inline_expiry = self.ttl.is_some() && self.base.is_some_and(|base| base.wide);
        self.ttl = None;
        if has_inline_expiry {
            (self.base, self.head) = (None, 0);
            self.drop_deltas();
        }
    }

    fn rewrite(&mut self, count: i64, order: u32) {
        let ttl = self.ttl;
        self.replace(count, ttl);
        if count == 0 {
            self.ttl = None;
            return;
        }
        match self.form {
            RewriteForm::Delta => self.new_deltas.push(NewDelta { order, head: 0, len: count }),
            RewriteForm::BaseMeta => self.base = Some(self.whole()),
        }
    }

    /// Nothing but items at 0 and an expiry; what says the length is still missing.
    fn replace(&mut self, count: i64, ttl: Option<u64>) {
        self.delete();
        (self.ttl, self.len) = (ttl, count);
        self.fresh.push(0..count);
    }

    fn delete(&mut self) {
        self.drop_records();
        self.is_fenced = true;
    }

    fn drop_records(&mut self) {
        (self.base, self.head, self.len, self.ttl) = (None, 0, 0, None);
        self.drop_deltas();
        self.late.clear();
        self.fresh.clear();
        self.new_claims.clear();
        self.keeps_claims = false;
    }

    fn fold_when_full(&mut self) {
        let old = if self.keeps_deltas { self.old_deltas } else { 0 };
        if old + self.new_deltas.len() >= MOST_DELTAS {
            self.fold();
        }
    }

    /// The resolved meta becomes the base, or nothing if there is no item, and the deltas go.
    fn fold(&mut self) {
        self.drop_deltas();
        let (head, len) = self.late.values().fold((0, 0), |(head, len), delta| (head + delta.0, len + delta.1));
        if self.len - len > 0 {
            let Base { wide, .. } = self.whole();
            self.base = Some(Base { head: self.head - head, len: self.len - len, wide });
        } else {
            (self.base, self.head) = (None, 0);
        }
    }

    fn whole(&self) -> Base {
        Base { head: self.head, len: self.len, wide: self.wide }
    }

    fn tail(&self) -> i64 {
        self.head.saturating_add(self.len)
    }

    fn drop_deltas(&mut self) {
        self.keeps_deltas = false;
        self.new_deltas.clear();
        self.has_moved = false;
    }

    fn moved(&mut self, head: i64, len: i64, order: u32) {
        self.new_deltas.push(NewDelta { order, head, len });
        self.head = self.head.saturating_add(head);
        self.len = self.len.saturating_add(len);
        self.has_moved = true;
    }
}

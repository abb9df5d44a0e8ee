//! Two transactions that overlap on a key, and the situations that they make.

use super::overlaps::{Change, Deed, Done, Effect};
use crate::command::End::{Left, Right};
use crate::situations::list::tracks::View;
use crate::situations::table::Mark;

/// A transaction, and what it has done to a key.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) effect: &'a Effect,
    pub(super) key: &'a [u8],
}

/// Two of which one began before the other took effect, and took effect after it.
pub(super) struct Pair<'a> {
    first: Side<'a>,
    then: Side<'a>,
}

impl Effect {
    fn change(&self, key: &[u8]) -> Option<&Change> {
        self.changes.iter().find(|change| change.key == key)
    }

    pub(super) fn pushes(&self) -> bool {
        self.done.iter().any(|done| matches!(done.deed, Deed::Push(_)) && done.works)
    }
}

impl<'a> Pair<'a> {
    /// The pair, if both have to do with the key.
    pub(super) fn of(key: &'a [u8], first: &'a Effect, then: &'a Effect) -> Option<Pair<'a>> {
        let is_shared = first.change(key).is_some() && then.change(key).is_some();
        is_shared.then_some(Pair { first: Side { effect: first, key }, then: Side { effect: then, key } })
    }

    /// Whether one of them is like this, and the other like that.
    fn either(&self, one: impl Fn(&Side<'a>) -> bool, other: impl Fn(&Side<'a>) -> bool) -> bool {
        (one(&self.first) && other(&self.then)) || (one(&self.then) && other(&self.first))
    }

    fn both(&self, is: impl Fn(&Side<'a>) -> bool) -> bool {
        is(&self.first) && is(&self.then)
    }

    /// Whether the first has done one thing to the key and another to a second key, and the other one just the other way round.
    fn crosses(&self, here: impl Fn(Deed) -> bool, there: impl Fn(Deed) -> bool) -> bool {
        let (first, then) = (self.first, self.then);
        let is_crossed = |other: &Done| {
            let other = other.key.as_slice();
            let [first_there, then_there] = [first, then].map(|side| Side { key: other, ..side });
            other != first.key && first_there.did(&there) && then_there.did(&here)
        };
        first.did(&here) && then.did(&there) && first.effect.done.iter().any(is_crossed)
    }

    /// The list as the first has found it.
    fn before(&self) -> View {
        self.first.before()
    }
}

impl<'a> Side<'a> {
    fn done(&self) -> impl Iterator<Item = &'a Done> {
        let key = self.key;
        self.effect.done.iter().filter(move |done| done.key == key)
    }

    fn did(&self, deed: impl Fn(Deed) -> bool) -> bool {
        self.done().any(|done| done.works && deed(done.deed))
    }

    fn tried(&self, deed: impl Fn(Deed) -> bool) -> bool {
        self.done().any(|done| deed(done.deed))
    }

    fn before(&self) -> View {
        self.effect.change(self.key).map(|change| change.old).unwrap_or_default()
    }

    fn after(&self) -> View {
        self.effect.change(self.key).map(|change| change.new).unwrap_or_default()
    }

    fn is_written(&self) -> bool {
        self.effect.change(self.key).is_some_and(|change| change.is_written)
    }

    fn was_expired(&self) -> bool {
        self.effect.change(self.key).is_some_and(|change| change.was_expired)
    }

    fn empties(&self) -> bool {
        self.is_written() && self.before().has_items() && !self.after().has_items()
    }

    pub(super) fn pushes(&self) -> bool {
        self.did(is_push)
    }

    fn pops(&self) -> bool {
        self.is_written() && self.did(is_pop)
    }

    fn deletes(&self) -> bool {
        self.did(is(Deed::Delete)) && self.empties()
    }

    fn empties_otherwise(&self) -> bool {
        self.tried(|deed| matches!(deed, Deed::Trim | Deed::Expire | Deed::Pop(_))) && self.empties()
    }

    fn expires(&self) -> bool {
        self.tried(is(Deed::Expire)) && !self.empties()
    }

    fn edits(&self) -> bool {
        self.is_written() && self.did(is(Deed::Edit))
    }

    fn compacts(&self) -> bool {
        self.tried(is(Deed::Compaction))
    }

    /// A compaction that has read an emptied list, whose records say where the next items go.
    fn compacts_empty(&self) -> bool {
        let seen = self.effect.seen.unwrap_or(self.before());
        self.compacts() && !seen.has_items() && seen.head != 0
    }
}

fn is(wanted: Deed) -> impl Fn(Deed) -> bool {
    move |deed| deed == wanted
}

fn is_push(deed: Deed) -> bool {
    matches!(deed, Deed::Push(_))
}

fn is_pop(deed: Deed) -> bool {
    matches!(deed, Deed::Pop(_))
}

/// Whether one transaction is in a situation.
type OfSide = fn(&Side<'_>) -> bool;
/// Whether two are.
type OfPair = fn(&Pair<'_>) -> bool;

/// What an unheard transaction is.
pub(super) const ALONE: &[(Mark, OfSide)] = &[
    (Mark::ClientsPushUnheard, |side| side.is_written() && side.pushes()),
    (Mark::ClientsPopUnheard, |side| side.pops()),
];

/// What pairs are.
pub(super) const PAIRS: &[(Mark, OfPair)] = &[
    (Mark::ClientsPushSameEnd, |pair| {
        let is_there = pair.before().has_items();
        let is_same = |end| pair.first.did(is(Deed::Push(end))) && pair.then.did(is(Deed::Push(end)));
        is_there && (is_same(Left) || is_same(Right))
    }),
    (Mark::ClientsPushBothEnds, |pair| {
        pair.before().has_items()
            && pair.either(|side| side.did(is(Deed::Push(Left))), |side| side.did(is(Deed::Push(Right))))
    }),
    (Mark::ClientsPopSameEnd, |pair| {
        let is_same = |end| pair.first.did(is(Deed::Pop(end))) && pair.then.did(is(Deed::Pop(end)));
        pair.both(Side::pops) && (is_same(Left) || is_same(Right))
    }),
    (Mark::ClientsPopLastItem, |pair| {
        let is_last = |end, other| {
            pair.first.did(is(Deed::Pop(end))) && pair.then.tried(is(Deed::Pop(other))) && !pair.then.did(is_pop)
        };
        pair.before().len == 1 && pair.first.empties() && (is_last(Left, Right) || is_last(Right, Left))
    }),
    (Mark::ClientsPushAndPopLast, |pair| pair.before().len == 1 && pair.either(Side::pushes, Side::pops)),
    (Mark::ClientsPushAfterDel, |pair| pair.first.deletes() && pair.then.pushes()),
    (Mark::ClientsDelAfterPush, |pair| pair.first.pushes() && pair.then.deletes()),
    (Mark::ClientsPushAndEmptying, |pair| pair.either(Side::pushes, Side::empties_otherwise)),
    (Mark::ClientsMoveAndDel, |pair| {
        pair.before().head != 0 && pair.either(|side| side.did(is(Deed::MoveTo)), Side::deletes)
    }),
    (Mark::ClientsDelTwice, |pair| {
        pair.first.deletes() && pair.then.tried(is(Deed::Delete)) && !pair.then.before().has_items()
    }),
    (Mark::ClientsTrimAndPush, |pair| {
        let trims = |side: &Side<'_>| side.did(is(Deed::Trim)) && side.is_written() && side.after().has_items();
        pair.either(trims, Side::pushes)
    }),
    (Mark::ClientsRewrite, |pair| pair.either(Side::edits, |side| side.pushes() || side.pops())),
    (Mark::ClientsRenameFromPushed, |pair| pair.either(|side| side.did(is(Deed::RenameFrom)), Side::pushes)),
    (Mark::ClientsRenameOverPushed, |pair| {
        pair.before().has_items() && pair.either(|side| side.did(is(Deed::RenameTo)), Side::pushes)
    }),
    (Mark::ClientsCrossingMoves, |pair| pair.crosses(is(Deed::MoveFrom), is(Deed::MoveTo))),
    (Mark::ClientsExpiryAndPush, |pair| pair.either(|side| side.expires() && side.did(is(Deed::Expire)), Side::pushes)),
    (Mark::ClientsExpiryAndEmptying, |pair| pair.either(Side::expires, |side| side.pops() && side.empties())),
    (Mark::ClientsExpiryAndDel, |pair| pair.either(Side::expires, Side::deletes)),
    (Mark::ClientsCompactionCommutes, |pair| {
        pair.before().has_items()
            && pair.either(|side| side.compacts() && side.is_written(), |side| side.pushes() || side.pops())
    }),
    (Mark::ClientsCompactionOfEmpty, |pair| pair.either(Side::compacts_empty, Side::pushes)),
    (Mark::ClientsCompactionCollides, |pair| {
        let changes = |side: &Side<'_>| {
            let is_one = |deed| matches!(deed, Deed::Expire | Deed::Delete | Deed::Set);
            side.did(is_one) || (side.compacts() && side.is_written())
        };
        pair.first.is_written() && pair.either(Side::compacts, changes)
    }),
    (Mark::ClientsCrossingReads, |pair| pair.crosses(is(Deed::Read), is_push)),
    (Mark::ClientsPushOnExpired, |pair| pair.first.was_expired() && pair.both(Side::pushes)),
    (Mark::ClientsPushOnMissing, |pair| {
        !pair.before().has_items() && pair.either(|side| side.did(is(Deed::RenameTo)), Side::pushes)
    }),
    (Mark::ClientsReadBesideWrite, |pair| {
        pair.first.tried(is(Deed::Read)) && pair.then.is_written() && !pair.then.compacts()
    }),
    (Mark::ClientsCompactionOfHead, |pair| {
        let is_folding = pair.then.effect.seen.is_some_and(|seen| seen.deltas > 0);
        is_folding && pair.first.pushes() && pair.then.compacts_empty() && !pair.then.is_written()
    }),
];

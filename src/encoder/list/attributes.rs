//! What a list's meta, deltas and claims say.

use crate::encoder::Warning;
use crate::format::{ExpireAtMs, Family, ListMeta, ListRecord};

/// What is known of a list beside its items.
#[derive(Debug, Default)]
pub(in crate::encoder) struct ListAttributes {
    base: Option<ListMeta>,
    delta_count: u64,
    /// Sums over the deltas.
    head_delta: i128,
    len_delta: i128,
}

/// The seqs `head .. tail` of a resolved meta.
pub(super) type Window = (i128, i128);

impl ListAttributes {
    /// Takes in a record that is not an item. `false`: a meta came before.
    pub(in crate::encoder) fn add(&mut self, record: &ListRecord<'_>) -> bool {
        match record {
            ListRecord::Meta { meta, .. } => self.base.replace(*meta).is_none(),
            ListRecord::Delta { delta, .. } => {
                self.delta_count += 1;
                self.head_delta += i128::from(delta.head_delta);
                self.len_delta += i128::from(delta.len_delta);
                true
            }
            // A claim says that its key exists, and nothing more.
            ListRecord::Claim { .. } | ListRecord::Item { .. } => true,
        }
    }

    /// A base meta makes a file, with or without items; deltas alone make none.
    pub(in crate::encoder) fn has_base(&self) -> bool {
        self.base.is_some()
    }

    pub(in crate::encoder) fn owned_expiry(&self) -> Option<Option<ExpireAtMs>> {
        self.base.and_then(|meta| meta.owned_expiry())
    }

    /// The resolved window, if a base meta or deltas say one. Sums of 64-bit numbers cannot leave 128 bits.
    pub(super) fn window(&self) -> Option<Window> {
        if self.base.is_none() && self.delta_count == 0 {
            return None;
        }
        let head = self.base.map_or(0, |meta| i128::from(meta.head)) + self.head_delta;
        let len = self.base.map_or(0, |meta| i128::from(meta.len)) + self.len_delta;
        Some((head, head + len.max(0)))
    }

    /// The warnings that a list of `observed` items, of which `outside` are outside the window, is due.
    pub(in crate::encoder) fn warnings(&self, user_key: &[u8], observed: u64, outside: u64) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let user_key = || user_key.to_vec();
        if let (Some(meta), Some((head, tail))) = (self.base, self.window()) {
            if !meta.invariant_holds() {
                warnings.push(Warning::MetaInvariant { user_key: user_key() });
            }
            let declared_len = u64::try_from(tail - head).unwrap_or(u64::MAX);
            if declared_len != observed {
                let (family, user_key) = (Family::List, user_key());
                warnings.push(Warning::LengthMismatch { family, user_key, declared_len, observed });
            }
        }
        if outside > 0 {
            warnings.push(Warning::ItemOutsideWindow { user_key: user_key(), count: outside });
        }
        warnings
    }
}

/// Whether `seq` is outside a window that is known.
#[inline]
pub(super) fn is_outside(window: Option<Window>, seq: i64) -> bool {
    window.is_some_and(|(head, tail)| !(head..tail).contains(&i128::from(seq)))
}

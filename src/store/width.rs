//! The size of base metas.

/// Which base metas the store writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetaWidth {
    /// 24 bytes: the expiry is only in the TTL record.
    Short,
    /// 32 bytes: the expiry is in the meta, and in the TTL record.
    Long,
}

impl MetaWidth {
    /// Both by turns, the short one first.
    pub fn of_turn(turn: u64) -> MetaWidth {
        if turn.is_multiple_of(2) { MetaWidth::Short } else { MetaWidth::Long }
    }

    /// The size of such a meta's value.
    pub fn bytes(self) -> usize {
        match self {
            MetaWidth::Short => crate::format::ListMeta::SHORT_BYTES,
            MetaWidth::Long => crate::format::ListMeta::LONG_BYTES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sizes_are_those_of_the_format() {
        assert_eq!([MetaWidth::Short, MetaWidth::Long].map(MetaWidth::bytes), [24, 32]);
    }
}

//! Expiries that are known only within bounds, in a model that keeps numbers.
//!
//! A client that sets an expiry knows when it asked and when it was answered, but not when the server began to count. So an
//! expiry is a span of time. The model, whose clock stands still at 0 here, keeps a *token* in the place of the time: it
//! moves with `RENAME`, and goes with `PERSIST` or with the key, as the model has it, without anything here knowing how.

use std::collections::HashMap;

/// A span of the server's time in Unix milliseconds, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Span {
    pub(super) from_ms: i64,
    pub(super) until_ms: i64,
}

impl Span {
    /// The one moment.
    pub(super) fn exactly(at_ms: i64) -> Span {
        Span { from_ms: at_ms, until_ms: at_ms }
    }

    /// The span between two moments, if they are in this order.
    pub(super) fn between(from_ms: i64, until_ms: i64) -> Option<Span> {
        (from_ms <= until_ms).then_some(Span { from_ms, until_ms })
    }

    /// The span that begins and ends so much later.
    pub(super) fn later_by(self, ms: i64) -> Span {
        Span { from_ms: self.from_ms.saturating_add(ms), until_ms: self.until_ms.saturating_add(ms) }
    }

    pub(super) fn contains(self, at_ms: i64) -> bool {
        (self.from_ms..=self.until_ms).contains(&at_ms)
    }

    /// What is in both, if there is any.
    pub(super) fn and(self, other: Span) -> Option<Span> {
        Span::between(self.from_ms.max(other.from_ms), self.until_ms.min(other.until_ms))
    }
}

/// The spans that occur, each under one token, so that equal states have equal tokens.
#[derive(Debug, Default)]
pub(super) struct Expiries {
    spans: Vec<Span>,
    tokens: HashMap<Span, i64>,
}

impl Expiries {
    /// The token of a span, which is above 0: the model takes it for a time that is to come.
    pub(super) fn token(&mut self, span: Span) -> i64 {
        *self.tokens.entry(span).or_insert_with(|| {
            self.spans.push(span);
            i64::try_from(self.spans.len()).unwrap_or(i64::MAX)
        })
    }

    /// The span behind a token.
    pub(super) fn span(&self, token: i64) -> Option<Span> {
        let index = usize::try_from(token.checked_sub(1)?).ok()?;
        self.spans.get(index).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_spans_have_one_token_above_0() {
        let mut expiries = Expiries::default();
        let (one, other) = (Span { from_ms: 3, until_ms: 5 }, Span::exactly(4));
        let tokens = [expiries.token(one), expiries.token(other), expiries.token(one)];
        assert_eq!(tokens, [1, 2, 1]);
        assert_eq!((expiries.span(1), expiries.span(2)), (Some(one), Some(other)));
        assert_eq!((expiries.span(0), expiries.span(3), expiries.span(i64::MIN)), (None, None, None));
    }

    #[test]
    fn spans_meet_where_both_are() {
        let span = Span { from_ms: 3, until_ms: 5 };
        assert_eq!(span.and(Span { from_ms: 5, until_ms: 9 }), Some(Span::exactly(5)));
        assert_eq!(span.and(Span { from_ms: 6, until_ms: 9 }), None);
        assert_eq!(span.later_by(2), Span { from_ms: 5, until_ms: 7 });
        assert_eq!(Span::exactly(1).later_by(i64::MAX), Span::exactly(i64::MAX));
        assert!(span.contains(3) && span.contains(5) && !span.contains(6));
    }
}

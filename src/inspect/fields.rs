//! Keys and values cut at their fields.

use crate::format::{CommitTs, ListDelta, ListMeta, ListRecord, Record, Seq, key_text, list};

/// A run of bytes and what it says.
pub(super) struct Field<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) caption: Caption,
}

pub(super) enum Caption {
    /// The bytes mean these words.
    Words(String),
    /// The bytes are text under this name, which is empty when there is nothing to add to the text.
    Text(&'static str),
}

/// The fields of a well-formed record's key.
pub(super) fn of_key<'a>(record: &Record<'a>, key: &'a [u8]) -> Vec<Field<'a>> {
    let cut = Cut { rest: key, fields: Vec::new() };
    let cut = match record {
        Record::List(ListRecord::Meta { user_key, .. }) => cut.prefix(list::META_PREFIX.len()).user_key(user_key),
        Record::List(ListRecord::Item { user_key, seq, .. }) => {
            cut.prefix(list::ITEM_PREFIX.len()).user_key(user_key).words(Seq::BYTES, format!("seq {}", seq.0))
        }
        Record::List(ListRecord::Delta { user_key, commit_ts: CommitTs(commit_ts), seq_in_txn, .. }) => cut
            .prefix(list::DELTA_PREFIX.len())
            .user_key_length(user_key)
            .user_key(user_key)
            .words(8, format!("commitTS {commit_ts}"))
            .words(4, format!("seqInTxn {seq_in_txn}")),
        Record::List(ListRecord::Claim { user_key, seq }) => cut
            .prefix(list::CLAIM_PREFIX.len())
            .user_key_length(user_key)
            .user_key(user_key)
            .words(Seq::BYTES, format!("seq {}", seq.0)),
        Record::Fence { user_key, .. } | Record::Ttl { user_key, .. } => {
            cut.prefix(key.len().saturating_sub(user_key.len())).user_key(user_key)
        }
        Record::OtherType { .. } | Record::Unknown => cut,
    };
    cut.finish()
}

/// The fields of a well-formed record's value.
pub(super) fn of_value<'a>(record: &Record<'a>, value: &'a [u8]) -> Vec<Field<'a>> {
    let cut = Cut { rest: value, fields: Vec::new() };
    let cut = match record {
        Record::List(ListRecord::Meta { meta: ListMeta { head, tail, len, expiry_field }, .. }) => {
            let cut =
                cut.words(8, format!("head {head}")).words(8, format!("tail {tail}")).words(8, format!("len {len}"));
            match expiry_field {
                Some(expiry) => cut.words(8, format!("expireAtMs {expiry}")),
                None => cut,
            }
        }
        Record::List(ListRecord::Delta { delta: ListDelta { head_delta, len_delta }, .. }) => {
            cut.words(8, format!("headDelta {head_delta:+}")).words(8, format!("lenDelta {len_delta:+}"))
        }
        Record::Ttl { expire_at, .. } => cut.words(8, format!("expireAtMs {}", expire_at.0)),
        Record::List(ListRecord::Item { .. })
        | Record::List(ListRecord::Claim { .. })
        | Record::Fence { .. }
        | Record::OtherType { .. }
        | Record::Unknown => cut,
    };
    cut.finish()
}

/// Bytes that nothing is known of.
pub(super) fn uncut(bytes: &[u8]) -> Vec<Field<'_>> {
    Cut { rest: bytes, fields: Vec::new() }.finish()
}

/// Bytes being cut from the left.
struct Cut<'a> {
    rest: &'a [u8],
    fields: Vec<Field<'a>>,
}

impl<'a> Cut<'a> {
    fn field(mut self, size_bytes: usize, caption: Caption) -> Cut<'a> {
        let (bytes, rest) = self.rest.split_at_checked(size_bytes).unwrap_or((self.rest, &[]));
        self.fields.push(Field { bytes, caption });
        self.rest = rest;
        self
    }

    fn words(self, size_bytes: usize, words: String) -> Cut<'a> {
        self.field(size_bytes, Caption::Words(words))
    }

    fn prefix(self, size_bytes: usize) -> Cut<'a> {
        let prefix = key_text::quoted(self.rest.get(..size_bytes).unwrap_or(self.rest));
        self.words(size_bytes, format!("prefix {prefix}"))
    }

    fn user_key_length(self, user_key: &[u8]) -> Cut<'a> {
        self.words(4, format!("user key length {}", user_key.len()))
    }

    fn user_key(self, user_key: &[u8]) -> Cut<'a> {
        self.field(user_key.len(), Caption::Text("user key"))
    }

    /// The fields, the last of which is what nothing has named.
    fn finish(self) -> Vec<Field<'a>> {
        let rest_bytes = self.rest.len();
        if rest_bytes == 0 { self.fields } else { self.field(rest_bytes, Caption::Text("")).fields }
    }
}

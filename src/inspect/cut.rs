//! Bytes cut at their fields.

use crate::format::key_text;

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

/// Bytes being cut from the left.
pub(super) struct Cut<'a> {
    rest: &'a [u8],
    fields: Vec<Field<'a>>,
}

impl<'a> Cut<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Cut<'a> {
        Cut { rest: bytes, fields: Vec::new() }
    }

    fn field(mut self, size_bytes: usize, caption: Caption) -> Cut<'a> {
        let (bytes, rest) = self.rest.split_at_checked(size_bytes).unwrap_or((self.rest, &[]));
        self.fields.push(Field { bytes, caption });
        self.rest = rest;
        self
    }

    pub(super) fn words(self, size_bytes: usize, words: String) -> Cut<'a> {
        self.field(size_bytes, Caption::Words(words))
    }

    pub(super) fn prefix(self, size_bytes: usize) -> Cut<'a> {
        let prefix = key_text::quoted(self.rest.get(..size_bytes).unwrap_or(self.rest));
        self.words(size_bytes, format!("prefix {prefix}"))
    }

    pub(super) fn user_key_length(self, user_key: &[u8]) -> Cut<'a> {
        self.words(4, format!("user key length {}", user_key.len()))
    }

    pub(super) fn user_key(self, user_key: &[u8]) -> Cut<'a> {
        self.field(user_key.len(), Caption::Text("user key"))
    }

    /// The fields, the last of which is what nothing has named.
    pub(super) fn finish(self) -> Vec<Field<'a>> {
        let rest_bytes = self.rest.len();
        if rest_bytes == 0 { self.fields } else { self.field(rest_bytes, Caption::Text("")).fields }
    }
}

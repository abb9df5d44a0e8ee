//! Large things on their way into JSON, piece by piece.

use std::fmt;

use base64::display::Base64Display;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// A byte string as [`crate::format::byte_string::ByteStr`] has it, but its base64 goes out as it is made: a value can
/// have 256 MiB.
pub(super) struct StreamedBytes<'a>(pub(super) &'a [u8]);

impl Serialize for StreamedBytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", &Shown(Base64Display::new(self.0, &URL_SAFE_NO_PAD)))?;
                map.end()
            }
        }
    }
}

/// What it displays, as a string that is written piece by piece.
pub(super) struct Shown<T>(pub(super) T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

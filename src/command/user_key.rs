//! Keys as clients name them.

/// A Redis key as the client named it: any bytes, the empty string included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserKey(pub Vec<u8>);

impl UserKey {
    /// The bytes of the key.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for UserKey {
    fn from(text: &str) -> Self {
        UserKey(text.as_bytes().to_vec())
    }
}

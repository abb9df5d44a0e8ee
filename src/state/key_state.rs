//! What is under one key.

use crate::format::{ExpireAtMs, Family};

/// A value, and when it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyState {
    /// The value.
    pub value: Value,
    /// When the key goes away, if it does.
    pub expire_at: Option<ExpireAtMs>,
}

/// A value of one of the families. More will come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// The items of a list, head first.
    List(Vec<Vec<u8>>),
}

impl Value {
    /// The family that it is of.
    pub fn family(&self) -> Family {
        match self {
            Value::List(_) => Family::List,
        }
    }

    /// The number of its elements.
    pub fn len(&self) -> u64 {
        match self {
            Value::List(items) => items.len() as u64,
        }
    }

    /// Whether it has no elements, which no client sees of a key that exists.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

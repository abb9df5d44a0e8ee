//! What the model keeps under a key.

use std::collections::VecDeque;

/// A value, and when it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelKey {
    /// The value. Inside a model it has at least one element.
    pub value: ModelValue,
    /// The last Unix millisecond in which the key exists; `None` when it stays.
    pub expire_at_ms: Option<i64>,
}

/// A value of one of the types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelValue {
    /// The items of a list, head first.
    List(VecDeque<Vec<u8>>),
}

impl ModelValue {
    /// The type's name, as `TYPE` says it.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            ModelValue::List(_) => "list",
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            ModelValue::List(items) => items.is_empty(),
        }
    }
}

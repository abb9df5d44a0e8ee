//! What a panic said.

use std::any::Any;

/// The text of a panic that was caught; it has none where it was raised with something else than a text.
pub fn panic_text(panic: &(dyn Any + Send)) -> Option<&str> {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
}

//! The body of a list.

use crate::format::BodyError;
use crate::format::list::{ListBody, parse_body};
use crate::state::KeyState;

pub(super) fn read(body: &[u8]) -> Result<KeyState, BodyError> {
    parse_body(body).map(|ListBody { items, expire_at }| KeyState::list(items, expire_at))
}

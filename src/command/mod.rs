//! The Redis list commands and replies as types.
//!
//! This is the one module that everything else may use: the store and the model both execute [`Command`]s, so that a
//! disagreement between them can only come from how a command is *executed*, never from how it was spelt. It depends on
//! nothing, and it decides nothing that depends on data: an index that is not an integer stays in the command as it
//! came ([`IndexArgument`]), because Redis looks the key up first and says `no such key` before it looks at the index.
//!
//! The texts and their order are those of Redis 7.0, the `redis-server` of Debian 12.

mod arguments;
mod key;
mod list;
mod reply;
mod request;
mod resp;
mod spec;
mod table;
mod user_key;
mod valid;

pub use key::{ExpireCondition, ExpireUnit, KeyCommand};
pub use list::{End, IndexArgument, ListCommand, Side};
pub use reply::{Reply, error};
pub use request::{Request, Stage, UnsupportedCommand};
pub use resp::write_resp;
pub use spec::{About, CommandSpec};
pub use table::COMMANDS;
pub use user_key::UserKey;
pub use valid::Command;

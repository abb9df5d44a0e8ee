//! What Redis's command table says of one command.

use super::reply::error;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct CommandSpec {
    /// The name in upper case.
    pub name: &'static str,
    /// Number of arguments, the name included; negative means "at least".
    pub arity: i32,
    /// Whether it can change data.
    pub writes: bool,
    /// What it is about.
    pub about: About,
}

/// What a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Keys of any type.
    Keys,
    /// Lists.
    Lists,
}

impl CommandSpec {
    /// Whether `argument_count` arguments, the name included, are a number that Redis lets pass.
    pub fn accepts(&self, argument_count: usize) -> bool {
        let wanted = self.arity.unsigned_abs() as usize;
        if self.arity < 0 { argument_count >= wanted } else { argument_count == wanted }
    }

    /// What Redis says where they are not.
    pub(super) fn wrong_arity(&self) -> String {
        error::wrong_arity(self.name)
    }
}

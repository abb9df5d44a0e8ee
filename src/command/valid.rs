//! A well-formed command, whatever it is about.

use super::key::KeyCommand;
use super::list::ListCommand;
use super::user_key::UserKey;

/// A well-formed command. Field values are as the client gave them: indexes may be out of range, counts larger than the
/// list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// About lists.
    List(ListCommand),
    /// About keys of any type.
    Key(KeyCommand),
}

impl From<ListCommand> for Command {
    fn from(command: ListCommand) -> Command {
        Command::List(command)
    }
}

impl From<KeyCommand> for Command {
    fn from(command: KeyCommand) -> Command {
        Command::Key(command)
    }
}

impl Command {
    /// The name in upper case.
    pub fn name(&self) -> &'static str {
        match self {
            Command::List(command) => command.name(),
            Command::Key(command) => command.name(),
        }
    }

    /// The first key that the command names.
    pub fn first_key(&self) -> Option<&UserKey> {
        self.keys().into_iter().next()
    }

    /// All keys that it names.
    pub fn keys(&self) -> Vec<&UserKey> {
        match self {
            Command::List(command) => command.keys(),
            Command::Key(command) => command.keys(),
        }
    }

    /// The items that it names, to put them into a list or to look for them.
    pub fn values(&self) -> Vec<&[u8]> {
        match self {
            Command::List(command) => command.values(),
            Command::Key(_) => Vec::new(),
        }
    }

    /// The arguments, the name first.
    pub fn args(&self) -> Vec<Vec<u8>> {
        match self {
            Command::List(command) => command.args(),
            Command::Key(command) => command.args(),
        }
    }
}

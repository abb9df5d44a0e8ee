//! Upper bounds of the lengths of a case's lists, from the commands alone.
//!
//! The generator sees no replies, yet it must not ask for more than a store does in one command (100 000 items), and
//! indexes should fall into the lists or just beside them. Bounds are enough for both: what may shrink a list is only
//! counted when it surely was executed, and an expiry never is.

use std::collections::HashMap;

use crate::command::{Command, KeyCommand, UserKey};

#[derive(Clone, Debug, Default)]
pub(super) struct Lengths(HashMap<UserKey, u64>);

impl Lengths {
    /// The key's list has at most this many items.
    pub(super) fn at_most(&self, key: &UserKey) -> u64 {
        self.0.get(key).copied().unwrap_or(0)
    }

    /// Takes in a command. It is `certain` when nothing can keep it from being executed, which is not so in a transaction.
    pub(super) fn observe(&mut self, command: &Command, certain: bool) {
        match command {
            Command::List(command) => self.observe_list(command, certain),
            Command::Key(command) => self.observe_keys(command, certain),
        }
    }

    fn observe_keys(&mut self, command: &KeyCommand, certain: bool) {
        match command {
            KeyCommand::Delete { keys } if certain => keys.iter().for_each(|key| self.set(key, 0)),
            KeyCommand::Rename { source, destination } if source != destination => {
                // The destination stays as it is when there is no source.
                let either = self.at_most(source).max(self.at_most(destination));
                self.set(destination, either);
                if certain {
                    self.set(source, 0);
                }
            }
            _ => {}
        }
    }

    pub(super) fn grow(&mut self, key: &UserKey, by: u64) {
        let grown = self.at_most(key).saturating_add(by);
        self.set(key, grown);
    }

    pub(super) fn shrink(&mut self, key: &UserKey, by: u64) {
        let shrunk = self.at_most(key).saturating_sub(by);
        self.set(key, shrunk);
    }

    pub(super) fn set(&mut self, key: &UserKey, length: u64) {
        if length == 0 {
            self.0.remove(key);
        } else if let Some(known) = self.0.get_mut(key) {
            *known = length;
        } else {
            self.0.insert(key.clone(), length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Request;

    #[test]
    fn bounds_follow_the_commands_that_surely_run() {
        let mut lengths = Lengths::default();
        let mut run = |words: &[&str], certain: bool| {
            let args = words.iter().map(|word| word.as_bytes().to_vec()).collect();
            let Ok(Request::Valid(command)) = Request::parse(args) else { panic!("{words:?}") };
            lengths.observe(&command, certain);
            (lengths.at_most(&UserKey::from("a")), lengths.at_most(&UserKey::from("b")))
        };
        assert_eq!(run(&["RPUSH", "a", "1", "2", "3"], false), (3, 0));
        assert_eq!(run(&["LPOP", "a"], true), (2, 0));
        assert_eq!(run(&["DEL", "a"], false), (2, 0), "in a transaction that may be discarded");
        assert_eq!(run(&["LMOVE", "a", "b", "LEFT", "LEFT"], true), (1, 1));
        assert_eq!(run(&["LINSERT", "b", "BEFORE", "x", "y"], true), (1, 2));
        assert_eq!(run(&["RENAME", "a", "b"], true), (0, 2), "there may have been no a");
        assert_eq!(run(&["LTRIM", "b", "0", "0"], true), (0, 1));
        assert_eq!(run(&["LTRIM", "b", "5", "2"], true), (0, 0));
        assert_eq!(run(&["LPOP", "b", "9"], true), (0, 0));
    }
}

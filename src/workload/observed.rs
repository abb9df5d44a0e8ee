//! How commands change the bounds of lengths.

use super::lengths::Lengths;
use super::list::lengths::observe as observe_lists;
use crate::command::{Command, KeyCommand};

/// Takes in a command. It is `certain` when nothing can keep it from being executed, which is not so in a transaction.
pub(super) fn observe(lengths: &mut Lengths, command: &Command, certain: bool) {
    match command {
        Command::List(command) => observe_lists(lengths, command, certain),
        Command::Key(command) => observe_keys(lengths, command, certain),
    }
}

fn observe_keys(lengths: &mut Lengths, command: &KeyCommand, certain: bool) {
    match command {
        KeyCommand::Delete { keys } if certain => keys.iter().for_each(|key| lengths.set(key, 0)),
        KeyCommand::Rename { source, destination } if source != destination => {
            // The destination stays as it is when there is no source.
            let either = lengths.at_most(source).max(lengths.at_most(destination));
            lengths.set(destination, either);
            if certain {
                lengths.set(source, 0);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Request, UserKey};

    #[test]
    fn bounds_follow_the_commands_that_surely_run() {
        let mut lengths = Lengths::default();
        let mut run = |words: &[&str], certain: bool| {
            let args = words.iter().map(|word| word.as_bytes().to_vec()).collect();
            let Ok(Request::Valid(command)) = Request::parse(args) else { panic!("{words:?}") };
            observe(&mut lengths, &command, certain);
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

    #[test]
    fn what_may_not_run_and_what_keeps_all_items_shrink_nothing() {
        let mut lengths = Lengths::default();
        for (line, certain, expected) in [
            ("RPUSH a 1 2 3 4", false, (4, 0)),
            ("LPOP a", false, (4, 0)),
            ("LTRIM a 0 0", false, (4, 0)),
            ("LTRIM a 0 -1", true, (4, 0)),
            ("LTRIM a -3 1", true, (4, 0)),
            ("LTRIM a 1 2", true, (2, 0)),
            ("LMOVE a b LEFT LEFT", false, (2, 1)),
            ("RPOPLPUSH a b", true, (1, 2)),
            ("LMOVE b b LEFT LEFT", true, (1, 2)),
            ("RENAME b a", false, (2, 2)),
            ("RENAME b b", true, (2, 2)),
            ("LPOP b 0", true, (2, 2)),
            ("DEL a b", true, (0, 0)),
        ] {
            let request = Request::parse(line.split(' ').map(|word| word.as_bytes().to_vec()).collect());
            let Ok(Request::Valid(command)) = request else { panic!("{line}") };
            observe(&mut lengths, &command, certain);
            let of = |key: &str| lengths.at_most(&UserKey::from(key));
            assert_eq!((of("a"), of("b")), expected, "{line}");
        }
    }
}

//! `--key`: the keys that a command is about.

use clap::Args;

use crate::format::KeyPattern;
use crate::state::State;

/// The paragraph that explains `--key` in the long help of the commands that have it.
pub(super) const ABOUT_KEYS: &str = "\
--key takes one key, or a pattern as Redis's KEYS does: * stands for any bytes, ? for one byte, [a-z] for one of these, [^a] \
for none of these. \\* is the asterisk itself. %HH is any byte itself, so %2A is an asterisk too, and %25 a percent sign.";

/// The flag.
#[derive(Clone, Debug, Args)]
pub(super) struct KeyFlag {
    /// Only this key, or the keys of a pattern such as 'jobs:*'; %HH stands for any byte
    #[arg(long = "key", value_name = "KEY|GLOB", value_parser = KeyPattern::parse)]
    pattern: Option<KeyPattern>,
}

impl KeyFlag {
    /// The pattern, if one is given.
    pub(super) fn pattern(&self) -> Option<&KeyPattern> {
        self.pattern.as_ref()
    }

    /// Leaves only the keys that are meant.
    pub(super) fn retain(&self, state: &mut State) {
        if let Some(pattern) = &self.pattern {
            state.keys.retain(|key, _| pattern.matches(key));
        }
    }

    /// Words for what is left, to put behind a noun.
    pub(super) fn words(&self) -> String {
        match &self.pattern {
            Some(pattern) if pattern.is_exact() => format!(" under the key \"{pattern}\""),
            Some(pattern) => format!(" under a key like \"{pattern}\""),
            None => String::new(),
        }
    }
}

//! The profiles, one row each.
//!
//! This table is the only list of them: generation, help texts and tests go over it, so that a new profile is one new row.

/// What kinds of keys a profile uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStyle {
    /// `jobs:7`.
    Plain,
    /// `item:000123`.
    Numbered,
    /// Keys that imitate records, extend one another or do not fit file names (format sections 4 and 6).
    Hostile,
}

/// What kinds of values a profile pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueStyle {
    /// Short words and numbers, now and then something hostile.
    Words,
    /// Only short words and numbers, where there are very many.
    Short,
    /// Empty, not UTF-8, with NUL, JSON and HTML specials, surrogates, long.
    Binary,
}

/// How time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeStyle {
    /// Milliseconds, now and then seconds or minutes.
    Steady,
    /// Often to just before, at, or after an expiry that was set.
    AroundExpiries,
}

/// What a profile does before its commands. None of it counts as a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preamble {
    /// Nothing.
    None,
    /// The first two keys get lists of more than 100 000 items, grown at both ends.
    LongLists,
    /// Every key gets a list of a few items.
    ListPerKey,
    /// Every key gets a head near one of the borders of the sequence numbers, or around 0.
    SeedHeads,
}

/// A shape of workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The name, as options and reports spell it.
    pub name: &'static str,
    /// One line of help.
    pub description: &'static str,
    /// Number of keys when the user gives none.
    pub default_keys: u64,
    /// What comes before the commands.
    pub preamble: Preamble,
    /// Command names and how often each is drawn; every case leaves out some of them.
    pub weights: &'static [(&'static str, u64)],
    /// A case keeps all commands of one of these groups, and leaves out what only the others name.
    pub groups: &'static [&'static [&'static str]],
    /// What its keys look like.
    pub keys: KeyStyle,
    /// What its values look like.
    pub values: ValueStyle,
    /// How its time passes.
    pub time: TimeStyle,
    /// Percentage of steps that are transactions.
    pub transaction_percent: u64,
    /// Percentage of steps that start a compaction.
    pub compaction_percent: u64,
    /// Percentage of cases in which one key gets nearly all commands, so that its deltas pile up.
    pub hot_key_percent: u64,
    /// A list that may be this long is drained before it is pushed to again.
    pub list_cap_items: u64,
    /// How many of 100 cases it gets when the user selects no profiles.
    pub share_of_100: u64,
    /// Whether every step that changes data is a command that a client could send. `seed` steps are none.
    pub expressible_in_resp: bool,
}

const EVERYTHING: &[(&str, u64)] = &[
    ("LPUSH", 14),
    ("RPUSH", 14),
    ("LPUSHX", 3),
    ("RPUSHX", 3),
    ("LPOP", 8),
    ("RPOP", 8),
    ("LSET", 4),
    ("LINSERT", 4),
    ("LREM", 4),
    ("LTRIM", 3),
    ("RPOPLPUSH", 4),
    ("LMOVE", 5),
    ("LMPOP", 4),
    ("DEL", 2),
    ("RENAME", 3),
    ("EXPIRE", 2),
    ("PEXPIRE", 2),
    ("EXPIREAT", 1),
    ("PEXPIREAT", 2),
    ("PERSIST", 2),
    ("LLEN", 2),
    ("LRANGE", 3),
    ("LINDEX", 2),
    ("LPOS", 2),
    ("TYPE", 1),
    ("EXISTS", 1),
    ("PEXPIRETIME", 1),
];

const QUEUE: &[(&str, u64)] = &[
    ("RPUSH", 45),
    ("LPOP", 42),
    ("LLEN", 3),
    ("LRANGE", 3),
    ("LINDEX", 2),
    ("PEXPIRE", 1),
    ("DEL", 1),
    ("EXISTS", 1),
];

const STACK: &[(&str, u64)] = &[
    ("LPUSH", 45),
    ("LPOP", 42),
    ("RPUSH", 45),
    ("RPOP", 42),
    ("LLEN", 3),
    ("LRANGE", 3),
    ("LINDEX", 2),
    ("EXPIRE", 1),
    ("DEL", 1),
];

const CHURN: &[(&str, u64)] = &[
    ("LPUSH", 12),
    ("RPUSH", 12),
    ("RPUSHX", 2),
    ("LPOP", 18),
    ("RPOP", 18),
    ("LMPOP", 8),
    ("RPOPLPUSH", 5),
    ("LMOVE", 5),
    ("LREM", 4),
    ("LTRIM", 4),
    ("DEL", 6),
    ("RENAME", 3),
    ("PEXPIRE", 4),
    ("PERSIST", 1),
    ("LRANGE", 3),
    ("EXISTS", 1),
    ("PEXPIRETIME", 1),
];

const TTL: &[(&str, u64)] = &[
    ("LPUSH", 10),
    ("RPUSH", 10),
    ("LPUSHX", 3),
    ("RPUSHX", 3),
    ("LPOP", 5),
    ("RPOP", 5),
    ("LSET", 3),
    ("LINSERT", 3),
    ("LREM", 3),
    ("LTRIM", 3),
    ("RPOPLPUSH", 4),
    ("LMOVE", 4),
    ("LMPOP", 2),
    ("DEL", 2),
    ("RENAME", 7),
    ("EXPIRE", 8),
    ("PEXPIRE", 10),
    ("EXPIREAT", 6),
    ("PEXPIREAT", 10),
    ("PERSIST", 6),
    ("LRANGE", 3),
    ("LLEN", 1),
    ("TYPE", 2),
    ("EXISTS", 2),
    ("PEXPIRETIME", 5),
];

const LONG: &[(&str, u64)] = &[
    ("LPUSH", 16),
    ("RPUSH", 16),
    ("LPOP", 12),
    ("RPOP", 12),
    ("LPUSHX", 2),
    ("RPUSHX", 2),
    ("LMOVE", 6),
    ("RPOPLPUSH", 4),
    ("LMPOP", 3),
    ("LRANGE", 6),
    ("LINDEX", 5),
    ("LLEN", 3),
    ("LPOS", 4),
    ("DEL", 1),
    ("EXPIRE", 1),
    ("PEXPIREAT", 2),
    ("PERSIST", 2),
    ("PEXPIRETIME", 1),
    ("LSET", 2),
    ("LINSERT", 1),
    ("LREM", 1),
    ("LTRIM", 1),
    ("RENAME", 1),
];

const EDGE_SEQ: &[(&str, u64)] = &[
    ("LPUSH", 24),
    ("RPUSH", 24),
    ("LPUSHX", 3),
    ("RPUSHX", 3),
    ("LPOP", 18),
    ("RPOP", 18),
    ("LMPOP", 3),
    ("LMOVE", 5),
    ("RPOPLPUSH", 3),
    ("LSET", 1),
    ("LTRIM", 1),
    ("RENAME", 1),
    ("PEXPIRE", 2),
    ("PERSIST", 2),
    ("LRANGE", 5),
    ("LINDEX", 3),
    ("LLEN", 2),
];

const A_PUSH: &[&[&str]] = &[&["LPUSH"], &["RPUSH"], &["LPUSH", "RPUSH"]];
const BOTH_PUSHES: &[&[&str]] = &[&["LPUSH", "RPUSH"]];
const ENDS: &[&[&str]] = &[&["LPUSH", "LPOP"], &["RPUSH", "RPOP"], &["LPUSH", "LPOP", "RPUSH", "RPOP"]];
const CHURNERS: &[&[&str]] = &[
    &["LPUSH", "RPOP", "DEL"],
    &["RPUSH", "LPOP", "DEL"],
    &["RPUSH", "RPOP"],
    &["LPUSH", "RPUSH", "LPOP", "RPOP", "DEL"],
];

const DEFAULT: Profile = Profile {
    name: "default",
    description: "every command over twenty keys",
    default_keys: 20,
    preamble: Preamble::None,
    weights: EVERYTHING,
    groups: A_PUSH,
    keys: KeyStyle::Plain,
    values: ValueStyle::Words,
    time: TimeStyle::Steady,
    transaction_percent: 8,
    compaction_percent: 3,
    hot_key_percent: 5,
    list_cap_items: 1_000,
    share_of_100: 12,
    expressible_in_resp: true,
};

/// Every profile. The first row is the one that a user gets who asks for none.
pub static PROFILES: [Profile; 10] = [
    Profile { share_of_100: 13, ..DEFAULT },
    Profile {
        name: "queue",
        description: "RPUSH and LPOP; some cases pile one key's deltas up",
        default_keys: 8,
        weights: QUEUE,
        groups: &[&["RPUSH", "LPOP"]],
        hot_key_percent: 25,
        ..DEFAULT
    },
    Profile {
        name: "stack",
        description: "pushes and pops at the same end, LPUSH/LPOP or RPUSH/RPOP",
        default_keys: 8,
        weights: STACK,
        groups: ENDS,
        hot_key_percent: 25,
        ..DEFAULT
    },
    Profile {
        name: "churn",
        description: "lists emptied, deleted and reborn all the time",
        default_keys: 6,
        weights: CHURN,
        groups: CHURNERS,
        transaction_percent: 15,
        compaction_percent: 5,
        list_cap_items: 200,
        ..DEFAULT
    },
    Profile {
        name: "ttl",
        description: "expiries set, moved, removed and run into, and writes to expired keys",
        default_keys: 10,
        weights: TTL,
        time: TimeStyle::AroundExpiries,
        compaction_percent: 5,
        share_of_100: 13,
        ..DEFAULT
    },
    Profile {
        name: "binary",
        description: "values that are empty, not UTF-8, full of JSON and HTML specials, or long",
        values: ValueStyle::Binary,
        list_cap_items: 200,
        ..DEFAULT
    },
    Profile {
        name: "hostile-keys",
        description: "keys that imitate records, extend one another, or do not fit file names",
        default_keys: 24,
        keys: KeyStyle::Hostile,
        compaction_percent: 6,
        ..DEFAULT
    },
    Profile {
        name: "edge-seq",
        description: "heads near the lowest and highest sequence numbers, and around 0",
        default_keys: 9,
        preamble: Preamble::SeedHeads,
        weights: EDGE_SEQ,
        groups: ENDS,
        compaction_percent: 5,
        list_cap_items: 200,
        expressible_in_resp: false,
        ..DEFAULT
    },
    Profile {
        name: "long",
        description: "two lists of more than 100 000 items",
        default_keys: 6,
        preamble: Preamble::LongLists,
        weights: LONG,
        groups: BOTH_PUSHES,
        values: ValueStyle::Short,
        transaction_percent: 4,
        hot_key_percent: 0,
        list_cap_items: 150_000,
        share_of_100: 1,
        ..DEFAULT
    },
    Profile {
        name: "many",
        description: "100 000 small lists",
        default_keys: 100_000,
        preamble: Preamble::ListPerKey,
        keys: KeyStyle::Numbered,
        values: ValueStyle::Short,
        transaction_percent: 4,
        hot_key_percent: 0,
        share_of_100: 1,
        ..DEFAULT
    },
];

impl Profile {
    /// Every profile but those whose cases are a hundred times as large.
    pub fn light() -> Vec<&'static Profile> {
        PROFILES.iter().filter(|profile| !profile.is_heavy()).collect()
    }

    /// Whether its cases are a hundred times as large as others.
    pub fn is_heavy(&self) -> bool {
        self.share_of_100 == 1
    }

    /// How large a case is, about in commands.
    pub fn size(&self, commands: u64, keys: Option<u64>) -> u64 {
        let keys = keys.unwrap_or(self.default_keys);
        // As measured: an item that a long command pushes costs less than a command, and a list of its own, which is a file of
        // each dump, costs more.
        let opening = match self.preamble {
            Preamble::None | Preamble::SeedHeads => 0,
            Preamble::LongLists => keys.min(2).saturating_mul(100_000) / 4,
            Preamble::ListPerKey => keys.saturating_mul(3),
        };
        commands.saturating_add(opening)
    }

    /// The profile of that name.
    pub fn find(name: &str) -> Option<&'static Profile> {
        PROFILES.iter().find(|profile| profile.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::COMMANDS;

    #[test]
    fn rows_are_well_formed() {
        let total: u64 = PROFILES.iter().map(|profile| profile.share_of_100).sum();
        assert_eq!(total, 100);
        for profile in &PROFILES {
            assert_eq!(Profile::find(profile.name), Some(profile), "names are unique");
            for (name, weight) in profile.weights {
                assert!(COMMANDS.iter().any(|spec| spec.name == *name), "{name}");
                assert!(*weight > 0);
            }
            for name in profile.groups.iter().copied().flatten() {
                assert!(profile.weights.iter().any(|(known, _)| known == name), "{} {name}", profile.name);
            }
            let pushes = |group: &[&str]| group.iter().any(|name| ["LPUSH", "RPUSH"].contains(name));
            assert!(profile.groups.iter().all(|group| pushes(group)), "{}: every case can push", profile.name);
        }
        assert_eq!(Profile::find("no such profile"), None);
    }
}

//! Generated steps: repeatable, of the asked size, of every command, and reaching every hostile key.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::*;
use crate::command::{COMMANDS, ExpireUnit, KeyCommand, ListCommand};
use crate::workload::keys::hostile_keys;
use crate::workload::list::requests::PUSH_LIMIT_VALUES;
use crate::workload::scene::LONG_ITEMS;
use crate::workload::{PROFILES, Trace, lengths::Lengths};

/// The heavy profile `many` with fewer keys, so that the tests stay quick.
fn spec(profile: &'static Profile, seed: u64, commands: u64) -> CaseSpec {
    let keys = (profile.name == "many").then_some(500);
    CaseSpec { seed: case_seed(seed, 0), profile, commands, keys, clients: 1 }
}

fn bytes(spec: &CaseSpec) -> Vec<u8> {
    let mut out = Vec::new();
    Generator::new(spec).for_each(|step| step.write(&mut out).expect("a vector takes everything"));
    out
}

fn profile(name: &str) -> &'static Profile {
    Profile::find(name).expect("a profile")
}

#[test]
fn traces_survive_writing_and_reading() {
    for profile in &PROFILES {
        for seed in 0..4 {
            let spec = spec(profile, seed, 300);
            let steps: Vec<Step> = Generator::new(&spec).collect();
            let read = Trace::read(bytes(&spec).as_slice()).expect("what was written");
            assert!(read.steps == steps, "{} {seed}", profile.name);
            assert!(steps.is_sorted_by_key(|step| step.at_ms), "time does not go back");
            assert!(steps.first().is_some_and(|step| step.at_ms >= Some(Generator::START_MS)));
        }
    }
}

#[test]
fn a_specification_always_gives_the_same_bytes() {
    let first_lines = |spec: &CaseSpec| {
        let text = String::from_utf8(bytes(spec)).expect("JSON is UTF-8");
        text.lines().take(3).map(str::to_owned).collect::<Vec<_>>()
    };
    let pinned = spec(profile("churn"), 42, 1000);
    assert_eq!(bytes(&pinned), bytes(&pinned));
    assert_ne!(bytes(&pinned), bytes(&spec(profile("churn"), 43, 1000)));
    // Seeds in bug reports only help as long as these stay as they are: change them knowingly, with the release notes.
    let expected = [
        r#"{"at_ms":4102444800019,"cmd":["RPUSH","jobs:2","66","22","a","\u0000","omega"]}"#,
        r#"{"at_ms":4102444800038,"cmd":["RPUSH","jobs:0","75"]}"#,
        r#"{"at_ms":4102444800040,"cmd":["RPUSH","jobs:0","a-992","5"]}"#,
    ];
    assert_eq!(first_lines(&pinned), expected);
    assert_eq!(case_seed(42, 0), 0x57e1_faba_6510_7204);
    let digest: String = Sha256::digest(bytes(&pinned)).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, "95dd2fecd7e3e061c1866753366fb845583d0aea78061e8866bf69e88788db87");
}

/// The start of the digest of what each profile draws, scripts left out. As above: changed knowingly, or not at all.
const DRAWN: &[(&str, &str)] = &[
    ("default", "1a785e4cc73206ef"),
    ("queue", "e2067c5b245ef362"),
    ("stack", "318a531c609cd945"),
    ("churn", "04fc6cbace63879b"),
    ("ttl", "effd9af7b658fada"),
    ("binary", "340f214210fca2f2"),
    ("hostile-keys", "5a36305cae1350b2"),
    ("edge-seq", "dd512b2f5d0007f8"),
    ("long", "4c964aacf15ae314"),
    ("many", "4f951f9f89ca40da"),
];

#[test]
fn every_profile_draws_what_it_always_drew() {
    let drawn = PROFILES.iter().map(|profile| {
        let mut bytes = Vec::new();
        for seed in 0..4 {
            let steps = Generator::without_scripts(&spec(profile, seed, 1000));
            steps.for_each(|step| step.write(&mut bytes).expect("a vector takes everything"));
        }
        let digest = Sha256::digest(bytes);
        (profile.name, digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>())
    });
    let drawn: Vec<(&str, String)> = drawn.collect();
    let expected: Vec<(&str, String)> = DRAWN.iter().map(|(name, digest)| (*name, (*digest).to_owned())).collect();
    assert_eq!(drawn, expected, "seeds now mean other cases");
}

#[test]
fn neighbouring_cases_have_different_seeds() {
    let seeds: BTreeSet<u64> = (0..100).flat_map(|seed| (0..100).map(move |case| case_seed(seed, case))).collect();
    assert_eq!(seeds.len(), 10_000);
}

#[test]
fn the_number_of_commands_is_exact() {
    for profile in &PROFILES {
        for commands in [0, 1, 2, 7, 250] {
            let spec = spec(profile, 7, commands);
            let opening = match profile.preamble {
                Preamble::ListPerKey | Preamble::LongLists => Generator::new(&CaseSpec { commands: 0, ..spec }).count(),
                Preamble::None | Preamble::SeedHeads => 0,
            };
            let generated: usize = Generator::new(&spec).map(|step| step.action.requests().len()).sum();
            assert_eq!((generated - opening) as u64, commands, "{}", profile.name);
        }
    }
}

#[test]
fn every_command_and_every_kind_of_step_occurs() {
    let (mut names, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    let (mut rejected, mut total, mut repeated_key) = (0, 0, false);
    for profile in Profile::light() {
        for seed in 0..4 {
            for step in Generator::new(&spec(profile, seed, 1000)) {
                kinds.insert(match &step.action {
                    Action::Command(_) => "command",
                    Action::Transaction(_) => "transaction",
                    Action::Compact(_) => "compact",
                    Action::CompactRead(_) => "compact-read",
                    Action::CompactCommit(_) => "compact-commit",
                    Action::Seed { .. } => "seed",
                    Action::Upgrade => "upgrade",
                    Action::Begin { .. } | Action::Commit { .. } => "client",
                });
                for request in step.action.requests() {
                    total += 1;
                    match request {
                        Request::Valid(command) => drop(names.insert(command.name())),
                        Request::Rejected { .. } => rejected += 1,
                    }
                    if let Request::Valid(Command::List(ListCommand::Move { source, destination, .. })) = request {
                        repeated_key |= source == destination;
                    }
                }
            }
        }
    }
    assert_eq!(names, COMMANDS.iter().map(|spec| spec.name).collect());
    assert_eq!(kinds.len(), 7, "{kinds:?}");
    assert!(repeated_key);
    assert!(rejected * 100 > total && rejected * 20 < total, "{rejected} of {total}");
}

#[test]
fn compactions_that_read_also_commit() {
    for seed in 0..20 {
        let mut open = None;
        for step in Generator::new(&spec(profile("default"), seed, 200)) {
            match step.action {
                Action::CompactRead(key) => assert_eq!(open.replace(key), None),
                Action::CompactCommit(key) => assert_eq!(open.take(), Some(key)),
                _ => {}
            }
        }
        assert_eq!(open, None);
    }
}

#[test]
fn no_command_but_a_scripts_moves_more_items_than_a_store_takes() {
    const ITEMS_PER_COMMAND: u64 = 100_000;
    for profile in &PROFILES {
        let mut lengths = Lengths::default();
        for step in Generator::new(&spec(profile, 3, 3000)) {
            let certain = matches!(step.action, Action::Command(_));
            for request in step.action.requests() {
                let Request::Valid(command) = request else { continue };
                let rewritten = match command {
                    Command::List(ListCommand::Set { key, .. })
                    | Command::List(ListCommand::Insert { key, .. })
                    | Command::List(ListCommand::Remove { key, .. })
                    | Command::List(ListCommand::Trim { key, .. }) => lengths.at_most(key),
                    Command::Key(KeyCommand::Rename { source, destination }) => {
                        lengths.at_most(source).max(lengths.at_most(destination))
                    }
                    Command::List(ListCommand::Pop { key, count, .. }) => lengths.at_most(key).min(count.unwrap_or(1)),
                    Command::List(ListCommand::Range { key, start, stop }) if lengths.at_most(key) > LONG_ITEMS => {
                        assert!((*start < 0) == (*stop < 0), "{command:?}");
                        u64::try_from(stop - start).expect("a window")
                    }
                    Command::List(ListCommand::Push { values, .. }) => {
                        let values = values.len() as u64;
                        assert!(values <= PUSH_LIMIT_VALUES || values >= ITEMS_PER_COMMAND);
                        if values > PUSH_LIMIT_VALUES { values } else { 0 }
                    }
                    _ => 0,
                };
                // A script goes to the limit, and beyond, where the store refuses.
                if rewritten >= ITEMS_PER_COMMAND {
                    continue;
                }
                assert!(rewritten <= LONG_ITEMS, "{command:?}");
                observe(&mut lengths, command, certain);
            }
        }
    }
}

#[test]
fn the_preambles_build_what_they_promise() {
    let long: Vec<Step> = Generator::new(&spec(profile("long"), 1, 0)).collect();
    let mut lengths = Lengths::default();
    let (mut left, mut right) = (0, 0);
    for request in long.iter().flat_map(|step| step.action.requests()) {
        let Request::Valid(command @ Command::List(ListCommand::Push { end, .. })) = request else { continue };
        *(if *end == End::Left { &mut left } else { &mut right }) += 1;
        observe(&mut lengths, command, true);
    }
    for key in ["jobs:0", "jobs:1"] {
        assert!(lengths.at_most(&UserKey::from(key)) > 100_000);
    }
    assert!(left > 10 && right > 10);

    let many = CaseSpec { keys: None, ..spec(profile("many"), 1, 0) };
    let is_listed = |step: &Step| {
        let keys = step.action.requests().iter().filter_map(|request| match request {
            Request::Valid(command) => command.first_key(),
            Request::Rejected { .. } => None,
        });
        keys.into_iter().all(|key| *key < UserKey::from("item:100000"))
    };
    let (lists, pile): (Vec<Step>, Vec<Step>) = Generator::new(&many).partition(is_listed);
    assert_eq!(lists.len(), 100_000);
    assert!(pile.len() > 1025, "deltas until they are folded");

    let heads = Generator::new(&spec(profile("edge-seq"), 1, 0)).filter_map(|step| match step.action {
        Action::Seed { head, .. } => Some(head),
        _ => None,
    });
    let heads: Vec<i64> = heads.collect();
    assert!(heads.iter().any(|head| *head < i64::MIN + 20));
    assert!(heads.iter().any(|head| *head > i64::MAX - 20));
    assert!(heads.iter().any(|head| (-20..20).contains(head)));
}

#[test]
fn every_hostile_key_is_pushed_to_within_a_few_cases() {
    let mut pushed = BTreeSet::new();
    for case in 0..24 {
        let spec = CaseSpec { seed: case_seed(5, case), ..spec(profile("hostile-keys"), 5, 1000) };
        for step in Generator::new(&spec) {
            for request in step.action.requests() {
                if let Request::Valid(Command::List(ListCommand::Push { key, only_existing: false, .. })) = request {
                    pushed.insert(key.clone());
                }
            }
        }
    }
    let missed: Vec<UserKey> = hostile_keys().into_iter().filter(|key| !pushed.contains(key)).collect();
    assert_eq!(missed, []);
}

#[test]
fn one_key_in_some_queue_cases_gathers_more_deltas_than_are_compacted_inline() {
    let hottest = (0..8).map(|case| {
        let spec = CaseSpec { seed: case_seed(9, case), ..spec(profile("queue"), 9, 2000) };
        let mut counts = BTreeMap::new();
        for step in Generator::new(&spec) {
            for request in step.action.requests() {
                if let Request::Valid(
                    Command::List(ListCommand::Push { key, .. }) | Command::List(ListCommand::Pop { key, .. }),
                ) = request
                {
                    *counts.entry(key.clone()).or_insert(0_u64) += 1;
                }
            }
        }
        counts.into_values().max().unwrap_or(0)
    });
    assert!(hottest.max() > Some(1024));
}

#[test]
fn expiries_are_met_exactly_and_just_missed() {
    let (mut met, mut missed) = (false, false);
    for seed in 0..4 {
        let mut expiries = BTreeSet::new();
        for step in Generator::new(&spec(profile("ttl"), seed, 1000)) {
            let now_ms = step.at_ms.expect("the generator gives every time") as i64;
            met |= expiries.contains(&now_ms);
            missed |= expiries.contains(&(now_ms - 1));
            for request in step.action.requests() {
                if let Request::Valid(Command::Key(KeyCommand::Expire { unit, time, .. })) = request {
                    expiries.insert(match unit {
                        ExpireUnit::Milliseconds => now_ms.saturating_add(*time),
                        ExpireUnit::UnixMilliseconds => *time,
                        _ => continue,
                    });
                }
            }
        }
    }
    assert!(met && missed);
}

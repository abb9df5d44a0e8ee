//! One command about lists at a time, a row each.

use crate::command::{Command, End, KeyCommand, ListCommand, Side, UserKey};
use crate::workload::scene::{Builder, Scene};

/// How each command is drawn. A full list is drained by the pushes.
pub(in crate::workload) const BUILDERS: &[(&str, Builder)] = &[
    ("LPUSH", |scene| push(scene, End::Left, false)),
    ("RPUSH", |scene| push(scene, End::Right, false)),
    ("LPUSHX", |scene| push(scene, End::Left, true)),
    ("RPUSHX", |scene| push(scene, End::Right, true)),
    ("LPOP", |scene| pop(scene, End::Left)),
    ("RPOP", |scene| pop(scene, End::Right)),
    ("LSET", |scene| {
        let key = scene.short_key();
        let index = scene.index(&key);
        Command::List(ListCommand::Set { key, index, value: scene.value() })
    }),
    ("LINSERT", |scene| {
        Command::List(ListCommand::Insert {
            key: scene.short_key(),
            side: if scene.dice.percent(50) { Side::Before } else { Side::After },
            pivot: scene.wanted_value(),
            value: scene.value(),
        })
    }),
    ("LREM", |scene| {
        Command::List(ListCommand::Remove {
            key: scene.short_key(),
            count: scene.dice.pick(&[0, 1, 1, -1, -1, 2, -2, 5, -5]),
            value: scene.wanted_value(),
        })
    }),
    ("LTRIM", |scene| {
        let key = scene.short_key();
        let (start, stop) = scene.range(&key);
        Command::List(ListCommand::Trim { key, start, stop })
    }),
    ("RPOPLPUSH", |scene| {
        let (source, destination) = source_and_destination(scene);
        Command::List(ListCommand::RPopLPush { source, destination })
    }),
    ("LMOVE", |scene| {
        let (source, destination) = source_and_destination(scene);
        Command::List(ListCommand::Move { source, destination, from: scene.end(), to: scene.end() })
    }),
    ("LMPOP", |scene| {
        let keys = scene.several(Scene::key);
        let count = if scene.dice.percent(50) { None } else { Some(scene.dice.between(1, 5)) };
        Command::List(ListCommand::MultiPop { keys, end: scene.end(), count })
    }),
    ("LLEN", |scene| Command::List(ListCommand::Length { key: scene.key() })),
    ("LRANGE", |scene| {
        let key = scene.key();
        let (start, stop) = scene.window(&key);
        Command::List(ListCommand::Range { key, start, stop })
    }),
    ("LINDEX", |scene| {
        let key = scene.key();
        let index = scene.index(&key);
        Command::List(ListCommand::Index { key, index })
    }),
    ("LPOS", |scene| {
        let key = scene.key();
        let max_len = scene.search_limit(&key);
        let count = scene.dice.pick(&[None, None, Some(0), Some(1), Some(3)]);
        let rank = scene.dice.pick(&[1, 1, 1, 2, -1, -1, -2]);
        Command::List(ListCommand::Position { key, value: scene.wanted_value(), rank, count, max_len })
    }),
];

/// Values of one push. The limit is well below what a store takes, because several may come in one transaction.
pub(in crate::workload) const PUSH_LIMIT_VALUES: u64 = 5_000;
const POP_LIMIT_ITEMS: u64 = 5_000;

/// Mostly one to five; now and then so many that a list spans many blocks of a database.
fn push_size(scene: &mut Scene) -> u64 {
    match scene.dice.below(1500) {
        0 => scene.dice.between(100, PUSH_LIMIT_VALUES),
        1..=60 => scene.dice.between(6, 40),
        61..=500 => scene.dice.between(2, 5),
        _ => scene.dice.between(1, 2),
    }
}

fn push(scene: &mut Scene, end: End, only_existing: bool) -> Command {
    let key = scene.key();
    let length = scene.lengths.at_most(&key);
    if length >= scene.list_cap_items {
        return Command::List(ListCommand::Pop { key, end: scene.drain_end, count: Some(length.min(POP_LIMIT_ITEMS)) });
    }
    let size = push_size(scene);
    push_values(scene, key, end, size, only_existing)
}

/// A push of `size` values.
pub(in crate::workload) fn push_values(
    scene: &mut Scene,
    key: UserKey,
    end: End,
    size: u64,
    only_existing: bool,
) -> Command {
    let values = (0..size.clamp(1, PUSH_LIMIT_VALUES)).map(|_| scene.value()).collect();
    Command::List(ListCommand::Push { key, end, values, only_existing })
}

/// One item in most cases, sometimes all and more, and of a long list sometimes thousands.
fn pop(scene: &mut Scene, end: End) -> Command {
    let key = scene.key();
    let length = scene.lengths.at_most(&key);
    let count = match scene.dice.below(100) {
        0..=64 => None,
        65..=84 => Some(scene.dice.between(1, 4)),
        85..=87 => Some(0),
        88..=93 => Some(scene.dice.between(1, length.min(POP_LIMIT_ITEMS))),
        _ => Some(length.min(POP_LIMIT_ITEMS / 4).saturating_add(scene.dice.below(3))),
    };
    Command::List(ListCommand::Pop { key, end, count })
}

fn source_and_destination(scene: &mut Scene) -> (UserKey, UserKey) {
    let source = scene.key();
    let destination = if scene.dice.percent(20) { source.clone() } else { scene.key() };
    (source, destination)
}

/// A list pushed, popped, deleted and pushed again.
pub(in crate::workload) fn rebirth(scene: &mut Scene, key: &UserKey) -> Vec<Command> {
    let push = |scene: &mut Scene| {
        let (end, size) = (scene.end(), scene.dice.between(1, 3));
        push_values(scene, key.clone(), end, size, false)
    };
    let mut commands = vec![push(scene)];
    for _ in 0..scene.dice.between(1, 2) {
        commands.push(Command::List(ListCommand::Pop { key: key.clone(), end: scene.end(), count: None }));
    }
    commands.push(Command::Key(KeyCommand::Delete { keys: vec![key.clone()] }));
    commands.push(push(scene));
    commands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::PROFILES;

    #[test]
    fn a_full_list_is_drained_rather_than_pushed_to() {
        let mut scene = Scene::new(&PROFILES[0], 1, 1);
        scene.list_cap_items = 10;
        let key = scene.keys.key(0);
        let full = push_values(&mut scene, key.clone(), End::Right, 10, false);
        crate::workload::observed::observe(&mut scene.lengths, &full, true);
        let drain = push(&mut scene, End::Right, false);
        assert_eq!(drain, Command::List(ListCommand::Pop { key, end: End::Left, count: Some(10) }));
    }
}

//! One command about keys at a time, whatever is under them, a row each.

use super::scene::{Builder, Scene};
use crate::command::{Command, ExpireCondition, ExpireUnit, KeyCommand};

/// How each command is drawn.
pub(super) const BUILDERS: &[(&str, Builder)] = &[
    ("DEL", |scene| Command::Key(KeyCommand::Delete { keys: scene.several(Scene::doomed_key) })),
    ("RENAME", |scene| {
        let source = scene.short_key();
        let destination = if scene.dice.one_in(12) { source.clone() } else { scene.short_key() };
        Command::Key(KeyCommand::Rename { source, destination })
    }),
    ("EXPIRE", |scene| expire(scene, ExpireUnit::Seconds)),
    ("PEXPIRE", |scene| expire(scene, ExpireUnit::Milliseconds)),
    ("EXPIREAT", |scene| expire(scene, ExpireUnit::UnixSeconds)),
    ("PEXPIREAT", |scene| expire(scene, ExpireUnit::UnixMilliseconds)),
    ("PERSIST", |scene| Command::Key(KeyCommand::Persist { key: scene.key() })),
    ("TYPE", |scene| Command::Key(KeyCommand::Type { key: scene.key() })),
    ("EXISTS", |scene| Command::Key(KeyCommand::Exists { keys: scene.several(Scene::key) })),
    ("PEXPIRETIME", |scene| Command::Key(KeyCommand::ExpireTime { key: scene.key() })),
];

fn expire(scene: &mut Scene, unit: ExpireUnit) -> Command {
    const NONE: ExpireCondition = ExpireCondition { nx: false, xx: false, gt: false, lt: false };
    const CONDITIONS: &[ExpireCondition] = &[
        ExpireCondition { nx: true, ..NONE },
        ExpireCondition { xx: true, ..NONE },
        ExpireCondition { gt: true, ..NONE },
        ExpireCondition { lt: true, ..NONE },
        ExpireCondition { xx: true, gt: true, ..NONE },
        ExpireCondition { xx: true, lt: true, ..NONE },
    ];
    let key = scene.key();
    let far = scene.is_long(&key);
    let time = scene.clock.draw_expiry(&mut scene.dice, &key, unit, far);
    let condition = if scene.dice.percent(25) { scene.dice.pick(CONDITIONS) } else { NONE };
    Command::Key(KeyCommand::Expire { key, unit, time, condition })
}

//! Rows of the commands that set an expiry: the same options and borders four times.

use super::exchange::Exchange;
use super::row::{CommandRow, CommandRows, arity, of, row};
use crate::command::{ExpireCondition, KeyCommand, Reply};

pub(super) const ROWS: &[CommandRows] =
    &[of("EXPIRE", EXPIRE), of("PEXPIRE", PEXPIRE), of("EXPIREAT", EXPIREAT), of("PEXPIREAT", PEXPIREAT)];

/// An expiry that was asked for, for a key that is there.
struct Asked {
    condition: ExpireCondition,
    old: Option<i64>,
    new: i64,
    now: i64,
    is_set: bool,
}

impl Asked {
    /// Whether these options are given, and no others.
    fn has(&self, nx: bool, xx: bool, gt: bool, lt: bool) -> bool {
        self.condition == ExpireCondition { nx, xx, gt, lt }
    }

    fn has_none(&self) -> bool {
        self.has(false, false, false, false)
    }

    fn is_later(&self) -> bool {
        self.old.is_some_and(|old| self.new > old)
    }

    fn is_earlier(&self) -> bool {
        self.old.is_some_and(|old| self.new < old)
    }

    fn is_equal(&self) -> bool {
        self.old == Some(self.new)
    }
}

fn asks(it: &Exchange<'_>, is_meant: fn(&Asked) -> bool) -> bool {
    let Some((KeyCommand::Expire { unit, time, condition, .. }, Reply::Integer(set))) = it.keys() else { return false };
    let (Some(new), Ok(now)) = (it.wanted_expiry(*unit, *time), i64::try_from(it.now_ms)) else { return false };
    let (condition, old, is_set) = (*condition, it.expiry(), *set == 1);
    it.len() > 0 && is_meant(&Asked { condition, old, new, now, is_set })
}

/// With NX alone.
fn nx(it: &Asked) -> bool {
    it.has(true, false, false, false)
}

/// With GT alone.
fn gt(it: &Asked) -> bool {
    it.has(false, false, true, false)
}

/// With LT alone.
fn lt(it: &Asked) -> bool {
    it.has(false, false, false, true)
}

/// With XX alone.
fn xx(it: &Asked) -> bool {
    it.has(false, true, false, false)
}

macro_rules! expiry {
    ($name:literal, $command:literal $(, $overflow:expr)?) => {
        &[
            row($name, concat!($command, " of a key without an expiry"), |it| {
                asks(it, |it| it.has_none() && it.old.is_none() && it.new > it.now)
            }),
            row(concat!($name, "-again"), concat!($command, " of a key with an expiry"), |it| {
                asks(it, |it| it.has_none() && it.old.is_some() && it.new > it.now)
            }),
            row(concat!($name, "-missing"), concat!($command, " of a missing key"), |it| {
                it.is_integer(0) && it.len() == 0
            }),
            row(concat!($name, "-past"), concat!($command, " to a time in the past"), |it| {
                asks(it, |it| it.is_set && it.new < it.now)
            }),
            row(concat!($name, "-now"), concat!($command, " to this very millisecond"), |it| {
                asks(it, |it| it.is_set && it.new == it.now)
            }),
            row(concat!($name, "-past-refused"), concat!($command, " to a time in the past that an option forbids"), |it| {
                asks(it, |it| !it.is_set && it.new < it.now)
            }),
            row(concat!($name, "-nx"), concat!($command, " NX without an expiry"), |it| asks(it, |it| nx(it) && it.is_set)),
            row(concat!($name, "-nx-refused"), concat!($command, " NX with an expiry"), |it| asks(it, |it| nx(it) && !it.is_set)),
            row(concat!($name, "-xx"), concat!($command, " XX with an expiry"), |it| asks(it, |it| xx(it) && it.is_set)),
            row(concat!($name, "-xx-refused"), concat!($command, " XX without an expiry"), |it| {
                asks(it, |it| xx(it) && !it.is_set)
            }),
            row(concat!($name, "-gt"), concat!($command, " GT to a later time"), |it| asks(it, |it| gt(it) && it.is_later())),
            row(concat!($name, "-gt-equal"), concat!($command, " GT to the time that is set"), |it| {
                asks(it, |it| gt(it) && it.is_equal())
            }),
            row(concat!($name, "-gt-earlier"), concat!($command, " GT to an earlier time"), |it| {
                asks(it, |it| gt(it) && it.is_earlier())
            }),
            row(concat!($name, "-gt-without"), concat!($command, " GT without an expiry"), |it| {
                asks(it, |it| gt(it) && it.old.is_none())
            }),
            row(concat!($name, "-lt"), concat!($command, " LT to an earlier time"), |it| {
                asks(it, |it| lt(it) && it.is_earlier())
            }),
            row(concat!($name, "-lt-equal"), concat!($command, " LT to the time that is set"), |it| {
                asks(it, |it| lt(it) && it.is_equal())
            }),
            row(concat!($name, "-lt-later"), concat!($command, " LT to a later time"), |it| {
                asks(it, |it| lt(it) && it.is_later())
            }),
            row(concat!($name, "-lt-without"), concat!($command, " LT without an expiry"), |it| {
                asks(it, |it| lt(it) && it.old.is_none())
            }),
            row(concat!($name, "-xx-gt"), concat!($command, " XX GT to a later time"), |it| {
                asks(it, |it| it.has(false, true, true, false) && it.is_later())
            }),
            row(concat!($name, "-xx-lt"), concat!($command, " XX LT to an earlier time"), |it| {
                asks(it, |it| it.has(false, true, false, true) && it.is_earlier())
            }),
            row(concat!($name, "-xx-lt-without"), concat!($command, " XX LT without an expiry"), |it| {
                asks(it, |it| it.has(false, true, false, true) && it.old.is_none())
            }),
            row(concat!($name, "-no-integer"), concat!($command, " to a time that is no integer"), |it| {
                it.fails("value is not an integer")
            }),
            row(concat!($name, "-option"), concat!($command, " with an unknown option"), |it| it.fails("Unsupported option")),
            row(concat!($name, "-nx-xx"), concat!($command, " with NX and another option"), |it| it.fails("NX and XX")),
            row(concat!($name, "-gt-lt"), concat!($command, " with GT and LT"), |it| it.fails("GT and LT")),
            arity(concat!($name, "-wrong-arity"), concat!($command, " without a time")),
            $($overflow,)?
        ]
    };
}

const EXPIRE: &[CommandRow] = expiry!("expire", "EXPIRE", overflow("expire-overflow", "EXPIRE beyond 64 bits"));
const PEXPIRE: &[CommandRow] = expiry!("pexpire", "PEXPIRE", overflow("pexpire-overflow", "PEXPIRE beyond 64 bits"));
const EXPIREAT: &[CommandRow] =
    expiry!("expireat", "EXPIREAT", overflow("expireat-overflow", "EXPIREAT beyond 64 bits"));
const PEXPIREAT: &[CommandRow] = expiry!("pexpireat", "PEXPIREAT");

/// Milliseconds of their own cannot overflow.
const fn overflow(name: &'static str, what: &'static str) -> CommandRow {
    row(name, what, |it| it.fails("invalid expire time"))
}

//! Faults in expiries, wherever they cross a boundary.

use super::changed::Pair;
use super::edits::{cut, puts, rename, ttls, values, values_of};
use super::fault::kinds::{ENCODER, EXPIRY, ITEM, LISTS, META, REPLY, TTL, WARNING};
use super::fault::{Act, Fault};
use super::list;
use crate::format::{ExpireAtMs, FAMILIES, Family, Record, expiry};

/// In commands.
pub(super) const ASKED: &[Fault] = &[Fault {
    name: "deadline-in-seconds",
    breaks: "PEXPIREAT takes its milliseconds for seconds",
    rule: "expiry-unit",
    act: Act::Command(|words| {
        rename(words, b"PEXPIREAT", b"EXPIREAT");
        rename(words, b"PEXPIRE", b"EXPIRE");
    }),
    reported: &[REPLY, TTL, META, ITEM],
}];

/// In batches.
pub(super) const WRITTEN: &[Fault] = &[
    Fault {
        name: "expiry-survives-the-list",
        breaks: "a list that is emptied leaves its TTL record behind, to the next list of its name",
        rule: "emptied-list",
        act: Act::Batch(|batch| batch.retain(|key, value| value.is_some() || !is_ttl(key))),
        reported: &[TTL],
    },
    Fault {
        name: "expiry-not-written",
        breaks: "EXPIRE writes no TTL record",
        rule: "ttl-record",
        act: Act::Batch(|batch| batch.retain(|key, value| value.is_none() || !is_ttl(key))),
        reported: &[TTL],
    },
    Fault {
        name: "expiry-one-off",
        breaks: "the TTL record says a millisecond more",
        rule: "ttl-record",
        act: Act::Batch(|batch| ttls(puts(batch), |ms| ms.wrapping_add(1))),
        reported: &[TTL],
    },
    Fault {
        name: "rename-loses-expiry",
        breaks: "RENAME leaves the expiry of the source behind",
        rule: "rewrite-keeps-expiry",
        act: Act::Batch(|batch| {
            let has_ttl = |is_put: bool| batch.iter().any(|(key, value)| is_ttl(key) && value.is_some() == is_put);
            if has_ttl(true) && has_ttl(false) {
                batch.retain(|key, value| value.is_none() || !is_ttl(key));
            }
        }),
        reported: &[TTL],
    },
    Fault {
        name: "inline-expiry-not-written",
        breaks: "a 32-byte meta says no expiry",
        rule: "inline-expiry",
        act: Act::Batch(|batch| {
            FAMILIES.iter().for_each(|row| own_expiries(row.family, puts(batch), |_| 0));
        }),
        reported: &[META],
    },
];

/// In records.
pub(super) const RECORDED: &[Fault] = &[
    Fault {
        name: "expiry-lost",
        breaks: "TTL records are not read",
        rule: "ttl-record",
        act: Act::Records(|records| records.retain(|(key, _)| !key.starts_with(expiry::TTL_PREFIX))),
        reported: &[EXPIRY],
    },
    Fault {
        name: "expiry-in-seconds",
        breaks: "expiries are written in seconds",
        rule: "expiry-unit",
        act: Act::Records(|records| expiries(records, |ms| ms / 1000)),
        reported: &[EXPIRY, LISTS],
    },
    Fault {
        name: "expiry-little-endian",
        breaks: "TTL records are read in little-endian order",
        rule: "ttl-record",
        act: Act::Records(|records| expiries(records, u64::swap_bytes)),
        reported: &[EXPIRY, LISTS],
    },
    Fault {
        name: "expiry-in-32-bits",
        breaks: "expiries are cut to 32 bits",
        rule: "expiry-range",
        act: Act::Records(|records| expiries(records, |ms| ms & u64::from(u32::MAX))),
        reported: &[EXPIRY, LISTS],
    },
    Fault {
        name: "inline-expiry-ignored",
        breaks: "the expiry field of a 32-byte meta is taken for none",
        rule: "inline-expiry",
        act: Act::Records(|records| {
            FAMILIES.iter().for_each(|row| own_expiries(row.family, values(records), |_| 0));
        }),
        reported: &[EXPIRY],
    },
    Fault {
        name: "ttl-left-behind",
        breaks: "the TTL record of a list that is gone stays",
        rule: "orphan-ttl",
        act: Act::Records(|records| {
            let value = ExpireAtMs(ExpireAtMs::RECORD_MAX.0).to_record_value().to_vec();
            records.push((expiry::ttl_key(b"a list that is gone"), value));
        }),
        reported: &[WARNING],
    },
];

/// In malformed records.
pub(super) const CUT: &[Fault] = &[Fault {
    name: "ttl-cut",
    breaks: "a TTL record has lost its last byte",
    rule: "malformed-record",
    act: Act::Records(|records| {
        values_of(records, |record| matches!(record, Record::Ttl { .. }), cut);
    }),
    reported: &[ENCODER],
}];

/// In the reader's state.
pub(super) const SHOWN: &[Fault] = &[
    Fault {
        name: "expiry-not-read",
        breaks: "expire_at_ms is not read",
        rule: "body-expiry",
        act: Act::State(|state| state.keys.values_mut().for_each(|key| key.expire_at = None)),
        reported: &[EXPIRY, LISTS],
    },
    Fault {
        name: "expiry-through-a-float",
        breaks: "expire_at_ms goes through a double, and loses what is above 2^53",
        rule: "expiry-range",
        act: Act::State(|state| {
            for key in state.keys.values_mut() {
                key.expire_at = key.expire_at.map(|ExpireAtMs(ms)| ExpireAtMs(ms.min(1 << 53)));
            }
        }),
        reported: &[EXPIRY],
    },
];

fn is_ttl(key: &[u8]) -> bool {
    key.starts_with(expiry::TTL_PREFIX)
}

/// Changes what every expiry says, in TTL records and where a family has one of its own besides.
fn expiries(records: &mut [Pair], change: impl Fn(u64) -> u64) {
    ttls(values(records), &change);
    for row in FAMILIES {
        own_expiries(row.family, values(records), |ms| if ms == 0 { 0 } else { change(ms) });
    }
}

/// Changes the expiries that a family's own records say; 0 is none.
fn own_expiries<'a>(
    family: Family,
    records: impl Iterator<Item = (&'a [u8], &'a mut Vec<u8>)>,
    change: impl Fn(u64) -> u64,
) {
    match family {
        Family::List => list::inline_expiries(records, change),
    }
}

//! What the types and codes of RDB are made of: a table, by which all that is no list is passed over.

use super::list::Encoding;
use super::source::{Source, Stop};

/// Who wrote a file. Redis and Valkey have given some numbers different meanings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// Redis, and Valkey below 9, which writes what Redis 7.2 does.
    Redis,
    Valkey,
}

/// A type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    List(Encoding),
    /// What keys of this type are, in the plural, and what their values are made of.
    Other(&'static str, &'static [Part]),
}

/// A part of something that is passed over.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Text,
    Length,
    Bytes(u64),
    /// A score in decimal, with its length in one byte; three lengths stand for what is no number.
    Decimal,
    /// A count, and so many times these.
    Each(&'static [Part]),
    /// What a module has written: a code before each value, and 0 at the end.
    ModuleValues,
}

use Part::{Bytes, Decimal, Each, Length, ModuleValues, Text};

/// What is no key, by its code.
const CODES: &[(u8, &[Part])] = &[
    // About the key after it: metadata of modules, when it was used, how often.
    (0xf3, &[Each(&[Bytes(4), ModuleValues])]),
    (0xf8, &[Length]),
    (0xf9, &[Bytes(1)]),
    // The sizes of a slot of a cluster; of a database.
    (0xf4, &[Length, Length, Length]),
    (0xfb, &[Length, Length]),
    // A library of functions; a module's data; a name and value.
    (0xf5, &[Text]),
    (0xf7, &[Length, Length, Length, ModuleValues]),
    (0xfa, &[Text, Text]),
];

/// Those that Valkey writes otherwise: slots on their way into a cluster's node.
const VALKEY_CODES: &[(u8, &[Part])] = &[(0xf3, &[Text, Each(&[Length, Length])])];

/// Entries, by the first ID of each node.
const ENTRIES: Part = Each(&[Text, Text]);
/// Those that a group has not acknowledged: ID, time, deliveries.
const PENDING: Part = Each(&[Bytes(16), Bytes(8), Length]);
const PENDING_IDS: Part = Each(&[Bytes(16)]);
/// Name, times, the IDs of what is pending; with one time, and with two.
const CONSUMERS: Part = Each(&[Text, Bytes(8), PENDING_IDS]);
const CONSUMERS_2: Part = Each(&[Text, Bytes(16), PENDING_IDS]);
/// Name, last ID, and since the second form how many entries it has read.
const GROUPS: Part = Each(&[Text, Length, Length, PENDING, CONSUMERS]);
const GROUPS_2: Part = Each(&[Text, Length, Length, Length, PENDING, CONSUMERS]);
const GROUPS_3: Part = Each(&[Text, Length, Length, Length, PENDING, CONSUMERS_2]);
/// By producer, the names under which it has added entries, and their IDs.
const PRODUCERS: Part = Each(&[Text, Each(&[Text, Length, Length])]);

const TYPES: &[(u8, Value)] = &[
    (0, Value::Other("strings", &[Text])),
    (1, Value::List(Encoding::Linked)),
    (2, Value::Other("sets", &[Each(&[Text])])),
    (3, Value::Other("sorted sets", &[Each(&[Text, Decimal])])),
    (4, Value::Other("hashes", &[Each(&[Text, Text])])),
    (5, Value::Other("sorted sets", &[Each(&[Text, Bytes(8)])])),
    (7, Value::Other("module values", &[Length, ModuleValues])),
    (9, Value::Other("hashes", &[Text])),
    (10, Value::List(Encoding::Ziplist)),
    (11, Value::Other("sets", &[Text])),
    (12, Value::Other("sorted sets", &[Text])),
    (13, Value::Other("hashes", &[Text])),
    (14, Value::List(Encoding::Ziplists)),
    (15, Value::Other("streams", &[ENTRIES, Length, Length, Length, GROUPS])),
    (16, Value::Other("hashes", &[Text])),
    (17, Value::Other("sorted sets", &[Text])),
    (18, Value::List(Encoding::Nodes)),
    (19, Value::Other("streams", &[ENTRIES, Length, Length, Length, Length, Length, Length, Length, Length, GROUPS_2])),
    (20, Value::Other("sets", &[Text])),
    (21, Value::Other("streams", &[ENTRIES, Length, Length, Length, Length, Length, Length, Length, Length, GROUPS_3])),
    // Hashes whose fields have expiries: as release candidates had it, then with the first of the expiries ahead.
    (22, Value::Other("hashes", &[Each(&[Length, Text, Text])])),
    (23, Value::Other("hashes", &[Text])),
    (24, Value::Other("hashes", &[Bytes(8), Each(&[Length, Text, Text])])),
    (25, Value::Other("hashes", &[Bytes(8), Text])),
    (
        26,
        Value::Other(
            "streams",
            &[
                ENTRIES, Length, Length, Length, Length, Length, Length, Length, Length, GROUPS_3, Length, Length,
                PRODUCERS, Length, Length,
            ],
        ),
    ),
];

/// Hashes whose fields have expiries.
const VALKEY_TYPES: &[(u8, Value)] = &[(22, Value::Other("hashes", &[Each(&[Text, Text, Bytes(8)])]))];

fn find<T: Copy>(maker: Maker, valkeys: &[(u8, T)], all: &[(u8, T)], number: u8) -> Option<T> {
    let valkeys = if maker == Maker::Valkey { valkeys } else { &[] };
    valkeys.iter().chain(all).find(|(known, _)| *known == number).map(|(_, found)| *found)
}

/// What a code that is no type stands before.
pub(super) fn of_code(maker: Maker, code: u8) -> Option<&'static [Part]> {
    find(maker, VALKEY_CODES, CODES, code)
}

/// The type of a key.
pub(super) fn of_type(maker: Maker, number: u8) -> Option<Value> {
    find(maker, VALKEY_TYPES, TYPES, number)
}

/// Passes over these parts.
pub(super) fn skip(source: &mut Source, parts: &[Part]) -> Result<(), Stop> {
    for part in parts {
        match part {
            Text => source.skip_string("a string")?,
            Length => drop(source.length("a number")?),
            Bytes(count) => source.skip(*count, "a number")?,
            Decimal => match source.byte("the score of a sorted set")? {
                253..=255 => {}
                bytes => source.skip(u64::from(bytes), "the score of a sorted set")?,
            },
            Each(parts) => {
                for _ in 0..source.length("a number of parts")? {
                    skip(source, parts)?;
                }
            }
            ModuleValues => module_values(source)?,
        }
    }
    Ok(())
}

fn module_values(source: &mut Source) -> Result<(), Stop> {
    loop {
        let offset = source.offset();
        let parts: &[Part] = match source.length("the code of a module's value")? {
            0 => return Ok(()),
            1 | 2 => &[Length],
            3 => &[Bytes(4)],
            4 => &[Bytes(8)],
            5 => &[Text],
            _ => return Err(Stop::at(offset, "expected the code of a module's value, 0 to 5")),
        };
        skip(source, parts)?;
    }
}

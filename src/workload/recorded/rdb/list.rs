//! The encodings of lists, from Redis 1 on.

use super::packed::{Items, listpack, ziplist};
use super::source::{Source, Stop};

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// A count, and a string for each item.
    Linked,
    /// One ziplist.
    Ziplist,
    /// A count, and ziplists.
    Ziplists,
    /// A count, and nodes: 1 and an item, or 2 and a listpack.
    Nodes,
}

/// The items of a list.
pub(super) fn read(source: &mut Source, encoding: Encoding) -> Items {
    let mut items = Vec::new();
    match encoding {
        Encoding::Linked => {
            for _ in 0..source.length("a list's number of items")? {
                items.push(source.string("an item of a list")?);
            }
        }
        Encoding::Ziplist => items = packed(source, ziplist)?,
        Encoding::Ziplists => {
            for _ in 0..source.length("a list's number of ziplists")? {
                items.append(&mut packed(source, ziplist)?);
            }
        }
        Encoding::Nodes => {
            for _ in 0..source.length("a list's number of nodes")? {
                let offset = source.offset();
                match source.length("the kind of a list's node")? {
                    1 => items.push(source.string("an item of a list")?),
                    2 => items.append(&mut packed(source, listpack)?),
                    _ => return Err(Stop::at(offset, "expected a list's node: 1 for an item or 2 for a listpack")),
                }
            }
        }
    }
    Ok(items)
}

fn packed(source: &mut Source, read: fn(&[u8], u64) -> Items) -> Items {
    let offset = source.offset();
    let bytes = source.string("the packed items of a list")?;
    read(&bytes, offset)
}

//! The rule of the format that a difference breaks, as far as its kind tells.

use crate::compare::{DifferenceKind, ItemsClass};
use crate::finding::FindingKind;

const WINDOW: &str = "The window of a list is its resolved meta: base meta plus all deltas (head += headDelta, len += \
lenDelta, tail = head + len). Its items are those with head <= seq < tail, and a claim hides none of them.";
const ORDER: &str = "Items stand in ascending order of their seq, a signed number. In keys it is (seq XOR i64::MIN) as u64 \
big-endian, so that the order of the bytes is the order of the numbers, negative ones first.";
const BYTES: &str = "An item is the raw bytes of its record. In a dump valid UTF-8 is a JSON string, and anything else is an \
object with unpadded base64url.";
const KEYS: &str = "An item's key is split from the right: the last 8 bytes are the seq, and all before them is the user key. \
Whether a key among the deltas is a delta or a meta, the length of its value tells: 16, or 24 and 32.";
const VERSIONS: &str =
    "Of the versions of a record the newest at or before the commit counts, and none if that is a tombstone.";
const EXPIRY: &str = "A 32-byte meta owns the expiry, and 0 there is none; otherwise the TTL record has it, in Unix \
milliseconds, at most i64::MAX. A rewrite keeps it, RENAME takes it along, a pop that empties the list drops it.";
const REPLY: &str = "A store replies to each command as Redis 7.0 does.";
const REPEATABLE: &str = "The same records make the same dump, whichever way they come to the encoder.";
const CANONICAL: &str = "A dump tree has one form for its lists, to the byte, and nothing else is in it.";
const RECORDS: &str = "Each transaction writes one batch, and the format says which records of each command are in it.";
const DESCRIBED: &str = "What the bytes say is in the description of the format, and two readings of it agree.";
const ACCEPTS: &str = "Well-formed records and snapshots are read; only malformed ones are refused.";

/// The rules concerned, the likeliest first.
pub(super) fn rules(kind: FindingKind, difference: Option<&DifferenceKind>) -> Vec<&'static str> {
    let by_difference = match difference {
        None => Vec::new(),
        Some(DifferenceKind::Expiry { .. }) => vec![EXPIRY],
        Some(DifferenceKind::Missing { .. }) => vec![KEYS, WINDOW],
        Some(DifferenceKind::Items(items)) => match items.class {
            ItemsClass::Order(_) => vec![ORDER],
            ItemsClass::Encoding { .. } | ItemsClass::WrongBytes { .. } => vec![BYTES],
            ItemsClass::Foreign { .. } => vec![KEYS],
            ItemsClass::ShiftedHead { .. }
            | ItemsClass::Dropped { .. }
            | ItemsClass::Duplicated { .. }
            | ItemsClass::Extra { .. } => vec![WINDOW],
            ItemsClass::Different => vec![WINDOW, ORDER],
        },
    };
    let by_kind = match kind {
        FindingKind::Reply | FindingKind::Refusal => vec![REPLY],
        FindingKind::Record => vec![RECORDS],
        FindingKind::Reading => vec![DESCRIBED],
        FindingKind::Order | FindingKind::Restored | FindingKind::Snapshot => vec![REPEATABLE],
        FindingKind::Tree | FindingKind::DecoderTree | FindingKind::DecoderLists => vec![CANONICAL],
        FindingKind::Encoder | FindingKind::Warning | FindingKind::DecoderShape | FindingKind::DecoderFailed => {
            vec![ACCEPTS]
        }
        FindingKind::DecoderState | FindingKind::History => vec![VERSIONS],
        _ => Vec::new(),
    };
    by_difference.into_iter().chain(by_kind).collect()
}

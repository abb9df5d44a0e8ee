//! Items in one string: ziplists, and the listpacks that have taken their place.
//!
//! ```text
//! ziplist:   bytes, 4 LE || offset of the last item, 4 LE || items, 2 LE || item* || ff
//!            item: the bytes of the one before it (1, or fe and 4 LE) || encoding || string, if it is none of an integer
//! listpack:  bytes, 4 LE || items, 2 LE || item* || ff
//!            item: encoding || string || the bytes of these two, 7 bits each, the high ones first
//! ```
//!
//! A count of 65535 means that many or more. Integers are strings that Redis has found to be some; they are decimal.

use super::source::Stop;

const END: u8 = 0xff;
const UNCOUNTED: u16 = u16::MAX;

/// What is read of such a string.
pub(super) type Items = Result<Vec<Vec<u8>>, Stop>;

/// The items of a ziplist that begins at `offset` of the file, or in what is unpacked there.
pub(super) fn ziplist(bytes: &[u8], offset: u64) -> Items {
    items(bytes, offset, "ziplist", ziplist_item)
}

/// The items of a listpack.
pub(super) fn listpack(bytes: &[u8], offset: u64) -> Items {
    items(bytes, offset, "listpack", listpack_item)
}

/// What is left of the string.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn bytes(&mut self, count: u32) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(bytes)
    }

    fn string(&mut self, length: u32) -> Option<Vec<u8>> {
        self.bytes(length).map(<[u8]>::to_vec)
    }
}

fn decimal(integer: impl Into<i64>) -> Vec<u8> {
    integer.into().to_string().into_bytes()
}

/// Three bytes, the low one first, with a sign.
fn int_24([low, middle, high]: [u8; 3]) -> i32 {
    i32::from_le_bytes([0, low, middle, high]) >> 8
}

/// An item, and how many bytes it takes; `None` where there is none. It is told how many the one before it takes.
type Item = fn(&mut Rest<'_>, usize) -> Option<(Vec<u8>, usize)>;

fn items(bytes: &[u8], offset: u64, what: &str, item: Item) -> Items {
    let malformed = |rest: &Rest<'_>, expected: &str| {
        let at = bytes.len() - rest.0.len();
        Stop::at(
            offset,
            format!("in the {what} that begins here, at byte {at} of {}: expected {expected}", bytes.len()),
        )
    };
    let mut rest = Rest(bytes);
    let size = rest.array().map(u32::from_le_bytes).filter(|size| u64::from(*size) == bytes.len() as u64);
    let last = if what == "ziplist" { rest.array::<4>().map(|_| ()) } else { Some(()) };
    let count = rest.array().map(u16::from_le_bytes);
    let (Some(_), Some(()), Some(count)) = (size, last, count) else {
        return Err(malformed(&rest, "its header, with its size"));
    };
    let (mut items, mut before) = (Vec::new(), 0);
    while rest.0.first().is_some_and(|first| *first != END) {
        let (found, bytes) = item(&mut rest, before).ok_or_else(|| malformed(&rest, "an item"))?;
        items.push(found);
        before = bytes;
    }
    if rest.0 != [END] {
        return Err(malformed(&rest, "the end, a byte ff and no more"));
    }
    if count != UNCOUNTED && usize::from(count) != items.len() {
        return Err(malformed(&rest, &format!("{count} items, as its header has it, not {}", items.len())));
    }
    Ok(items)
}

fn ziplist_item(rest: &mut Rest<'_>, before: usize) -> Option<(Vec<u8>, usize)> {
    let start = rest.0.len();
    let [byte] = rest.array()?;
    let said = if byte == 0xfe { u32::from_le_bytes(rest.array()?) } else { u32::from(byte) };
    if usize::try_from(said) != Ok(before) {
        return None;
    }
    let [first] = rest.array()?;
    let item = match first {
        0x00..=0x3f => rest.string(u32::from(first))?,
        0x40..=0x7f => {
            let [low] = rest.array()?;
            rest.string(u32::from(first & 0x3f) << 8 | u32::from(low))?
        }
        0x80..=0xbf => {
            let length = u32::from_be_bytes(rest.array()?);
            rest.string(length)?
        }
        0xc0 => decimal(i16::from_le_bytes(rest.array()?)),
        0xd0 => decimal(i32::from_le_bytes(rest.array()?)),
        0xe0 => decimal(i64::from_le_bytes(rest.array()?)),
        0xf0 => decimal(int_24(rest.array()?)),
        0xfe => decimal(i8::from_le_bytes(rest.array()?)),
        0xf1..=0xfd => decimal(first - 0xf1),
        _ => return None,
    };
    Some((item, start - rest.0.len()))
}

fn listpack_item(rest: &mut Rest<'_>, _before: usize) -> Option<(Vec<u8>, usize)> {
    let start = rest.0.len();
    let [first] = rest.array()?;
    let item = match first {
        0x00..=0x7f => decimal(first),
        0x80..=0xbf => rest.string(u32::from(first & 0x3f))?,
        0xc0..=0xdf => {
            let [low] = rest.array()?;
            // Thirteen bits with a sign.
            decimal(i16::from_be_bytes([first << 3 | low >> 5, low << 3]) >> 3)
        }
        0xe0..=0xef => {
            let [low] = rest.array()?;
            rest.string(u32::from(first & 0x0f) << 8 | u32::from(low))?
        }
        0xf0 => {
            let length = u32::from_le_bytes(rest.array()?);
            rest.string(length)?
        }
        0xf1 => decimal(i16::from_le_bytes(rest.array()?)),
        0xf2 => decimal(int_24(rest.array()?)),
        0xf3 => decimal(i32::from_le_bytes(rest.array()?)),
        0xf4 => decimal(i64::from_le_bytes(rest.array()?)),
        _ => return None,
    };
    let bytes = start - rest.0.len();
    // Written for those who come from the other end: all bytes but the first have their high bit set.
    let more = match bytes {
        ..128 => 0,
        128..16_383 => 1,
        16_383..2_097_151 => 2,
        2_097_151..268_435_455 => 3,
        _ => 4,
    };
    let [high] = rest.array()?;
    let lows = rest.bytes(more)?;
    let low_bits = |low: &u8| (low & 0x80 != 0).then_some(usize::from(low & 0x7f));
    let said = lows.iter().try_fold(usize::from(high), |said, low| Some(said << 7 | low_bits(low)?));
    (said == Some(bytes)).then_some((item, bytes))
}

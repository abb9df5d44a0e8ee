//! The values of a case. Most come from a small pool, so that `LREM`, `LPOS` and `LINSERT` find something.

use super::dice::Dice;
use super::profile::ValueStyle;

/// Values that have to survive JSON, file systems and C strings (hazard 7).
pub(super) const HAZARDS: &[&[u8]] = &[
    b"",
    b" ",
    b"\0",
    b"a\0b",
    b"\xff",
    b"\xfe\xff\0\x80",
    b"\"",
    b"\\",
    b"\\u0041",
    b"<>&",
    b"\"\\<>& \x08\t\n\x0c\r",
    b"\x01\x02\x0b\x0e\x1f",
    b"\x7f",
    b"/",
    "\u{2028}\u{2029}".as_bytes(),
    "\u{80}\u{feff}\u{fffd}".as_bytes(),
    "\u{1f600}\u{10ffff}".as_bytes(),
    // Surrogates, alone and paired, as WTF-8 and CESU-8 have them.
    b"\xed\xa0\x80",
    b"\xed\xb0\x80x",
    b"\xed\xa0\xbd\xed\xb8\x80",
    // Truncated, overlong, beyond the last code point.
    b"ok\xe2\x80",
    b"\xf0\x9f\x98",
    b"\xc0\x80",
    b"\xe0\x80\xaf",
    b"\xf4\x90\x80\x80",
    b"\xe2\x80\xa8\xff",
    // Taken for something else.
    b"null",
    b"true",
    b"123",
    b"[]",
    b"{\"base64\":\"_w\"}",
    b"]\n  \"expire_at_ms\": 1",
    b"\r\n$3\r\nfoo\r\n",
];

const WORDS: &[&str] = &["a", "b", "c", "x", "job", "done", "red", "blue", "alpha", "omega", "caf\u{e9}", "zz"];
const POOL: u64 = 6;
const LONG_BYTES: u64 = 64 << 10;

#[derive(Clone, Debug)]
pub(super) struct Values {
    style: ValueStyle,
    pool: Vec<Vec<u8>>,
}

impl Values {
    pub(super) fn new(style: ValueStyle, dice: &mut Dice) -> Values {
        let mut draw = || match style {
            ValueStyle::Binary => dice.pick(HAZARDS).to_vec(),
            ValueStyle::Words | ValueStyle::Short => short(dice),
        };
        let pool = (0..POOL).map(|_| draw()).collect();
        Values { style, pool }
    }

    /// A value to be pushed.
    pub(super) fn draw(&self, dice: &mut Dice) -> Vec<u8> {
        if dice.percent(55) { self.draw_known(dice) } else { self.fresh(dice) }
    }

    /// A value to be looked for: in most cases one of those that are pushed again and again.
    pub(super) fn draw_wanted(&self, dice: &mut Dice) -> Vec<u8> {
        if dice.percent(90) { self.draw_known(dice) } else { self.fresh(dice) }
    }

    fn draw_known(&self, dice: &mut Dice) -> Vec<u8> {
        dice.pick_ref(&self.pool).cloned().unwrap_or_default()
    }

    fn fresh(&self, dice: &mut Dice) -> Vec<u8> {
        match self.style {
            ValueStyle::Short => short(dice),
            ValueStyle::Words if dice.percent(6) => dice.pick(HAZARDS).to_vec(),
            ValueStyle::Words => short(dice),
            ValueStyle::Binary => binary(dice),
        }
    }
}

fn short(dice: &mut Dice) -> Vec<u8> {
    let text = match dice.below(4) {
        0 => dice.pick(WORDS).to_owned(),
        1 => format!("{}-{}", dice.pick(WORDS), dice.below(1000)),
        2 => dice.between_signed(-9, 99).to_string(),
        _ => dice.below(1_000_000).to_string(),
    };
    text.into_bytes()
}

fn binary(dice: &mut Dice) -> Vec<u8> {
    match dice.below(200) {
        0 => {
            let length = dice.between(LONG_BYTES / 16, LONG_BYTES);
            repeated(dice, length)
        }
        1..=9 => {
            let length = dice.between(100, 2000);
            repeated(dice, length)
        }
        10..=59 => {
            let length = dice.below(40);
            dice.bytes(length)
        }
        60..=89 => [dice.pick(HAZARDS), dice.pick(HAZARDS)].concat(),
        _ => dice.pick(HAZARDS).to_vec(),
    }
}

/// Long values repeat two short ones: as hostile as random bytes, and easier on the eye.
fn repeated(dice: &mut Dice, length: u64) -> Vec<u8> {
    let unit = [dice.pick(HAZARDS), b"-", dice.pick(HAZARDS)].concat();
    unit.into_iter().cycle().take(length as usize).collect()
}

//! Bytes read as choices, such that a change of a few bytes changes a few choices, and any bytes are some choices.

use ekv_roundtrip::format::list::{CLAIM_PREFIX, DELTA_PREFIX, ITEM_PREFIX, META_PREFIX, claim_key};
use ekv_roundtrip::format::list::{delta_key, fence_key, item_key, meta_key};
use ekv_roundtrip::format::{CommitTs, ListDelta, ListMeta, Seq, expiry};

/// What is left of the input. At its end every choice is 0.
pub struct Input<'a>(&'a [u8]);

/// User keys that many records share.
const NAMES: [&[u8]; 8] =
    [b"", b"a", b"b", b"d|", b"a\x80\0\0\0\0\0\0\0", b"d|\0\0\0\x01a000000000000", b"b64.x", b"\xff"];

/// Numbers at which something ends.
const LIMITS: [i64; 8] = [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX, -1, 0, 1, 1 << 32];

impl<'a> Input<'a> {
    /// The choices of `data`.
    pub fn new(data: &'a [u8]) -> Input<'a> {
        Input(data)
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    /// The next bytes, as many of them as there are.
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// As many bytes as the next one says.
    pub fn counted(&mut self) -> &'a [u8] {
        let count = self.byte();
        self.take(usize::from(count))
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    /// A number: mostly a small one, sometimes a limit or any.
    pub fn number(&mut self) -> i64 {
        match self.byte() {
            byte @ 0..0xe0 => i64::from(byte) - 96,
            byte @ 0xe0..0xf8 => LIMITS[usize::from(byte) % LIMITS.len()],
            _ => {
                let mut bytes = [0; 8];
                let taken = self.take(8);
                bytes[..taken.len()].copy_from_slice(taken);
                i64::from_be_bytes(bytes)
            }
        }
    }

    /// A user key: mostly one that other records have too.
    fn user_key(&mut self) -> Vec<u8> {
        match self.byte() {
            byte @ 0..0x80 => NAMES[usize::from(byte) % NAMES.len()].to_vec(),
            byte => self.take(usize::from(byte & 0x7f)).to_vec(),
        }
    }

    /// A record's logical key and value, of any kind, in order or not.
    pub fn record(&mut self) -> (Vec<u8>, Vec<u8>) {
        let kind = self.byte();
        if kind == 0xff {
            return self.transaction_record();
        }
        let key = match kind % 17 {
            0 => self.counted().to_vec(),
            1 => meta_key(&self.user_key()),
            2 | 3 => item_key(&self.user_key(), Seq(self.number())),
            4 => delta_key(&self.user_key(), CommitTs(u64::from(self.byte())), u32::from(self.byte() & 1)),
            5 => claim_key(&self.user_key(), Seq(self.number())),
            6 => expiry::ttl_key(&self.user_key()),
            7 => fence_key(&self.user_key()),
            8 => [b"!redis|str|", self.user_key().as_slice()].concat(),
            9 => [b"!redis|hll|", self.user_key().as_slice()].concat(),
            10 => with_length(b"!hs|meta|", &self.user_key()),
            11 => with_length(b"!st|meta|", &self.user_key()),
            12 => with_length(b"!zs|meta|", &self.user_key()),
            13 => with_length(b"!stream|meta|", &self.user_key()),
            14 => [DELTA_PREFIX, self.counted()].concat(),
            15 => [CLAIM_PREFIX, self.counted()].concat(),
            _ => [[ITEM_PREFIX, META_PREFIX][usize::from(self.byte() & 1)], self.counted()].concat(),
        };
        (key, self.value(kind % 17))
    }

    /// A record of a transaction over several groups of keys, mostly in order, about keys that other records have too.
    fn transaction_record(&mut self) -> (Vec<u8>, Vec<u8>) {
        let kind = self.byte();
        let key = item_key(self.pick(&[&b"a"[..], b"a\x80\0\0\0\0\0\0\0"]), Seq(i64::from(self.byte() % 2)));
        let primary = if self.byte() < 0xc0 { item_key(b"a", Seq(0)) } else { key.clone() };
        let start = u64::from(self.byte() % 2).to_be_bytes();
        let counted = |bytes: &[u8]| [(bytes.len() as u64).to_be_bytes().as_slice(), bytes].concat();
        let (key, mut value) = match kind % 4 {
            0 => {
                let fields = [&start[..], &[0; 8], &[u8::from(key == primary)], &counted(&primary)].concat();
                ([b"!txn|lock|", key.as_slice()].concat(), fields)
            }
            1 => {
                let (operation, value) = if kind >= 0x80 { (1, &b""[..]) } else { (0, &b"v"[..]) };
                ([b"!txn|int|", key.as_slice()].concat(), [&start[..], &[operation], &counted(value)].concat())
            }
            2 => {
                let commit = u64::from(self.byte() % 8).to_be_bytes();
                ([b"!txn|cmt|", primary.as_slice(), &start].concat(), commit.to_vec())
            }
            _ => ([b"!txn|rb|", primary.as_slice(), &start].concat(), Vec::new()),
        };
        value.insert(0, 1);
        if self.byte() >= 0xfa {
            value.truncate(usize::from(self.byte()));
        }
        (key, value)
    }

    /// A value: mostly one that the kind of key can have.
    fn value(&mut self, kind: u8) -> Vec<u8> {
        let form = match (self.byte(), kind) {
            (byte @ 0..0x20, _) => byte % 6,
            (byte, 1) => 1 + byte % 2,
            (_, 4) => 3,
            (_, 6) => 4,
            (_, 0 | 2 | 3) => 5,
            (byte, _) => byte % 6,
        };
        let mut meta = |expiry_field| {
            let (head, len) = (self.number(), self.number().saturating_abs());
            let tail = head.wrapping_add(len).wrapping_add(i64::from(self.byte() == 0xff));
            ListMeta { head, tail, len, expiry_field }
        };
        match form {
            0 => Vec::new(),
            1 => meta(None).to_bytes(),
            2 => {
                let meta = meta(Some(0));
                ListMeta { expiry_field: Some(self.number() as u64), ..meta }.to_bytes()
            }
            3 => ListDelta { head_delta: self.number(), len_delta: self.number() }.to_bytes().to_vec(),
            4 => self.number().to_be_bytes().to_vec(),
            _ => self.counted().to_vec(),
        }
    }
}

fn with_length(prefix: &[u8], user_key: &[u8]) -> Vec<u8> {
    [prefix, &(user_key.len() as u32).to_be_bytes(), user_key].concat()
}

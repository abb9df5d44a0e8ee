//! Choices that become the steps of a case: any bytes are a workload, most commands are well-formed, keys are hostile to one
//! another, and some transactions are those of clients side by side.

use ekv_roundtrip::command::{Request, UserKey};
use ekv_roundtrip::format::CommitTs;
use ekv_roundtrip::format::snapshot::mvcc_key;
use ekv_roundtrip::workload::{Action, Delivery, Step};

use super::input::Input;

/// Each command, and a letter for each thing that follows it.
///
/// ```text
/// k key    K keys after their number    + one key or more    v value    V values    n number    c count or nothing
/// e LEFT or RIGHT    C nothing, or COUNT and a number    w BEFORE or AFTER    t time    o conditions    p options of LPOS
/// ```
const SHAPES: &[(&str, &str)] = &[
    ("RPUSH", "kV"),
    ("LPUSH", "kV"),
    ("RPUSHX", "kV"),
    ("LPUSHX", "kV"),
    ("RPOP", "kc"),
    ("LPOP", "kc"),
    ("LSET", "knv"),
    ("LINSERT", "kwvv"),
    ("LREM", "knv"),
    ("LTRIM", "knn"),
    ("RPOPLPUSH", "kk"),
    ("LMOVE", "kkee"),
    ("LMPOP", "KeC"),
    ("DEL", "+"),
    ("RENAME", "kk"),
    ("EXPIRE", "kto"),
    ("PEXPIRE", "kto"),
    ("EXPIREAT", "kto"),
    ("PEXPIREAT", "kto"),
    ("PERSIST", "k"),
    ("LLEN", "k"),
    ("LRANGE", "knn"),
    ("LINDEX", "kn"),
    ("LPOS", "kvp"),
    ("TYPE", "k"),
    ("EXISTS", "+"),
    ("PEXPIRETIME", "k"),
];

const MOST_STEPS: usize = 100;
const MOST_CLIENTS: u32 = 3;
const START_MS: u64 = 4_102_444_800_000;
/// More than a double can tell from its neighbours.
const FAR_MS: i64 = 1 << 53;
/// More than a page.
const LONG_BYTES: usize = 5000;
const VALUES: [&[u8]; 10] =
    [b"a", b"b", b"", b"\0", b"\xff", b"<\xe2\x80\xa8\">", b"1", b"LEFT", b"\xed\xa0\x80", b"a\x80\0\0\0\0\0\0\0"];

struct Script<'a> {
    input: Input<'a>,
    keys: Vec<Vec<u8>>,
    at_ms: u64,
}

/// The steps of a workload.
pub fn steps(input: Input<'_>) -> Vec<Step> {
    let mut script = Script { input, keys: Vec::new(), at_ms: START_MS };
    let count = 1 + script.input.byte() % 4;
    for number in 0..count {
        let key = script.new_key(number);
        script.keys.push(key);
    }
    let mut steps = Vec::new();
    while !script.input.is_empty() && steps.len() < MOST_STEPS {
        script.step(&mut steps);
    }
    steps
}

impl Script<'_> {
    /// A key that is likely to be in the way of the others.
    fn new_key(&mut self, number: u8) -> Vec<u8> {
        let (form, length) = (self.input.byte(), self.input.byte());
        let other = self.keys.last().cloned().unwrap_or_default();
        let bytes = |input: &mut Input<'_>, count: usize| {
            let mut bytes = input.take(count).to_vec();
            bytes.resize(count, b'0');
            bytes
        };
        match form % 8 {
            0 => vec![b'a' + number],
            1 => self.input.take(usize::from(length % 40)).to_vec(),
            2 => Vec::new(),
            3 => [other.as_slice(), &[0x80, 0, 0, 0, 0, 0, 0, length % 4]].concat(),
            4 => {
                let after = bytes(&mut self.input, 12);
                [&b"d|"[..], &(other.len() as u32).to_be_bytes(), other.as_slice(), &after].concat()
            }
            5 => [&b"d|"[..], self.input.take(usize::from(length % 20))].concat(),
            6 => vec![b"a%\xff"[usize::from(length) % 3]; 78 + usize::from(length)],
            _ if length < 0x80 => {
                // What follows looks like the timestamp of a version of the other key's records.
                mvcc_key(&other, CommitTs::at_ms(START_MS + u64::from(length % 8)))
            }
            _ => [other.as_slice(), &bytes(&mut self.input, 8)].concat(),
        }
    }

    fn key(&mut self) -> Vec<u8> {
        self.input.pick(&self.keys.iter().collect::<Vec<_>>()).clone()
    }

    fn step(&mut self, steps: &mut Vec<Step>) {
        let choice = self.input.byte();
        let action = match choice % 40 {
            shape @ 0..27 => self.request(shape).map(Action::Command),
            27 | 28 => Some(Action::Compact(UserKey(self.key()))),
            29 => Some(Action::CompactRead(UserKey(self.key()))),
            30 => Some(Action::CompactCommit(UserKey(self.key()))),
            31 => Some(Action::Seed { key: UserKey(self.key()), head: self.input.number() }),
            32 if choice >= 160 => Some(Action::Upgrade),
            32 => {
                let (client, count) = (self.client(), 1 + self.input.byte() % 4 / 3);
                let requests = self.requests(count);
                (!requests.is_empty()).then_some(Action::Begin { client, requests })
            }
            33..36 => {
                let count = 1 + self.input.byte() % 4;
                Some(Action::Transaction(self.requests(count)))
            }
            36 => {
                // The last step some times more.
                let times = usize::from(self.input.byte() % 40).min(MOST_STEPS.saturating_sub(steps.len()));
                let last = steps.last().cloned();
                steps.extend(last.into_iter().cycle().take(times));
                None
            }
            37 => {
                self.at_ms += u64::from(self.input.byte()) << (self.input.byte() % 20);
                None
            }
            38 | 39 if choice >= 160 => {
                let client = self.client();
                let deliveries = [Delivery::Heard, Delivery::Heard, Delivery::Lost, Delivery::Resent];
                Some(Action::Commit { client, delivery: self.input.pick(&deliveries) })
            }
            _ => {
                self.at_ms += u64::from(choice % 2);
                None
            }
        };
        steps.extend(action.map(|action| Step { at_ms: Some(self.at_ms), action }));
    }

    /// The number of one of a few clients.
    fn client(&mut self) -> u32 {
        1 + u32::from(self.input.byte()) % MOST_CLIENTS
    }

    fn requests(&mut self, count: u8) -> Vec<Request> {
        let requests = (0..count).filter_map(|_| {
            let shape = self.input.byte() % 27;
            self.request(shape)
        });
        requests.collect()
    }

    fn request(&mut self, shape: u8) -> Option<Request> {
        let (name, letters) = SHAPES[usize::from(shape)];
        let mut words = vec![name.as_bytes().to_vec()];
        for letter in letters.chars() {
            self.words(letter, name, &mut words);
        }
        Request::parse(words).ok()
    }

    fn words(&mut self, letter: char, name: &str, words: &mut Vec<Vec<u8>>) {
        match letter {
            'k' => words.push(self.key()),
            '+' => (0..1 + self.input.byte() % 3).for_each(|_| words.push(self.key())),
            'K' => {
                let count = self.input.byte() % 4;
                words.push(count.to_string().into_bytes());
                (0..count.max(1)).for_each(|_| words.push(self.key()));
            }
            'v' => words.push(self.value()),
            'V' => (0..1 + self.input.byte() % 5).for_each(|_| words.push(self.value())),
            'n' => words.push(self.number()),
            'c' => {
                let count = self.input.byte();
                words.extend((count % 2 == 1).then(|| (count / 2 % 8).to_string().into_bytes()));
            }
            'e' => words.push(self.input.pick(&["LEFT", "RIGHT"]).into()),
            'w' => words.push(self.input.pick(&["BEFORE", "AFTER"]).into()),
            'C' => {
                let count = self.input.byte();
                if count % 2 == 1 {
                    words.extend([b"COUNT".to_vec(), (count / 2 % 8).to_string().into_bytes()]);
                }
            }
            't' => words.push(self.time(name)),
            'o' => {
                let options = self.input.byte();
                for (bit, option) in ["NX", "XX", "GT", "LT"].into_iter().enumerate() {
                    words.extend((options >> bit & 1 == 1 && options < 0x80).then(|| option.into()));
                }
            }
            _ => {
                let options = self.input.byte();
                for (bit, option) in ["RANK", "COUNT", "MAXLEN"].into_iter().enumerate() {
                    if options >> bit & 1 == 1 && options < 0x80 {
                        words.extend([option.into(), self.number()]);
                    }
                }
            }
        }
    }

    fn value(&mut self) -> Vec<u8> {
        match self.input.byte() {
            byte @ 0..0xc0 => VALUES[usize::from(byte) % VALUES.len()].to_vec(),
            0xff => vec![self.input.byte(); LONG_BYTES],
            byte => self.input.take(usize::from(byte & 0x3f)).to_vec(),
        }
    }

    /// A number, small as a rule, and no number now and then.
    fn number(&mut self) -> Vec<u8> {
        match self.input.byte() {
            byte @ 0..0xe0 => (i64::from(byte % 16) - 8).to_string().into_bytes(),
            0xe0..0xf8 => self.input.number().to_string().into_bytes(),
            _ => self.value(),
        }
    }

    /// A time about now, as the command wants it.
    fn time(&mut self, name: &str) -> Vec<u8> {
        let byte = self.input.byte();
        match byte {
            0xf0.. => return self.number(),
            0xe0.. => return (FAR_MS + i64::from(byte)).to_string().into_bytes(),
            _ => {}
        }
        let distance_ms = (i64::from(byte) - 40) << (self.input.byte() % 20);
        let now_ms = i64::try_from(self.at_ms).unwrap_or(i64::MAX);
        let time = match name {
            "EXPIRE" => distance_ms / 1000,
            "PEXPIRE" => distance_ms,
            "EXPIREAT" => (now_ms + distance_ms) / 1000,
            _ => now_ms + distance_ms,
        };
        time.to_string().into_bytes()
    }
}

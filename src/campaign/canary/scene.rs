//! The small cases that canaries are put into: a few steps, and what is checked of them.

use std::path::Path;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::case::CaseError;
use crate::command::{Request, UserKey};
use crate::database::History;
use crate::decoder::Decoder;
use crate::snapshot::SnapshotShape;
use crate::store::MetaWidth;
use crate::workload::{Action, Step};

/// A decoder in this process.
pub(super) type Decode = fn(&Path, &Path) -> Result<(), String>;

/// A small case.
#[derive(Clone, Copy)]
pub(super) struct Scene {
    /// The steps, a line each: a command, whose words have one space between them and `""` is an empty one and
    /// `x*9` nine times `x`; `MULTI` and
    /// commands with `;` between them; `COMPACT key`; `SEED key head`; `WAIT ms`. `#` stands for a number
    /// that the seed says, `~` for the byte ff, and U+2400 and those after it, the pictures of control characters, for these.
    pub(super) steps: &'static [&'static str],
    /// Which base metas the store writes.
    pub(super) width: MetaWidth,
    /// Whether earlier commits are looked at.
    pub(super) history: History,
    /// The shape of the snapshot, if one is written.
    pub(super) snapshot: Option<SnapshotShape>,
    /// Who reads it.
    pub(super) decoder: Option<Decode>,
}

impl Scene {
    /// A list of one item.
    pub(super) const ONE: Scene = Scene::of(&["RPUSH a# one"]);

    /// Steps on a store of 24-byte metas, and nothing but the round trip.
    pub(super) const fn of(steps: &'static [&'static str]) -> Scene {
        Scene { steps, width: MetaWidth::Short, history: History::Dropped, snapshot: None, decoder: None }
    }

    /// The steps of a seed.
    pub(super) fn steps(&self, seed: u64) -> Result<Vec<Step>, CaseError> {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let number: u32 = dice.random_range(0..1_000_000);
        let mut at_ms = FIRST_MS + u64::from(dice.random_range(0..1_000_000_u32));
        let mut steps = Vec::new();
        for line in self.steps {
            at_ms += 1;
            let line = line.replace('#', &number.to_string());
            let action = match line.split_once(' ') {
                Some(("WAIT", ms)) => {
                    at_ms += ms.parse::<u64>().map_err(|_| malformed(&line))?;
                    continue;
                }
                Some(("COMPACT", key)) => Action::Compact(UserKey(bytes(key))),
                Some(("SEED", rest)) => {
                    let (key, head) = rest.split_once(' ').ok_or_else(|| malformed(&line))?;
                    Action::Seed { key: UserKey(bytes(key)), head: head.parse().map_err(|_| malformed(&line))? }
                }
                Some(("MULTI", rest)) => Action::Transaction(rest.split(';').map(request).collect::<Result<_, _>>()?),
                _ => Action::Command(request(&line)?),
            };
            steps.push(Step { at_ms: Some(at_ms), action });
        }
        Ok(steps)
    }

    /// The decoder, if there is one.
    pub(super) fn decoder(&self) -> Option<Decoder> {
        self.decoder.map(Decoder::function)
    }
}

/// About when the steps begin, in Unix milliseconds: the first of January 2100.
pub(super) const FIRST_MS: u64 = 4_102_444_800_000;

fn request(line: &str) -> Result<Request, CaseError> {
    let words =
        line.split(' ').flat_map(|word| match word.split_once('*').map(|(word, count)| (word, count.parse())) {
            Some((word, Ok(count))) => vec![bytes(word); count],
            _ => vec![bytes(word)],
        });
    Request::parse(words.collect()).map_err(|_| malformed(line))
}

fn bytes(word: &str) -> Vec<u8> {
    if word == "\"\"" {
        return Vec::new();
    }
    let mut bytes = Vec::new();
    for character in word.chars() {
        match character {
            '~' => bytes.push(0xff),
            // The last byte of U+24xx.
            '\u{2400}'..='\u{241f}' => bytes.push(character as u8),
            _ => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

fn malformed(line: &str) -> CaseError {
    CaseError::Input(format!("a canary's step is none: {line}"))
}

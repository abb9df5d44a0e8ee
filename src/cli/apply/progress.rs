//! How far a trace has been applied durably: what goes into the database with each step.
//!
//! ```text
//! steps u64 LE           that are done
//! replies u64 LE         that clients got for them
//! width u8               of base metas, as --meta has it: 24 or 32
//! digest 32 bytes        SHA-256 of the digest before the last step, zeros at first, and of that step's line in a trace
//! replies digest 32 bytes  the same of the replies, each its line in JSON without a newline
//! has reply u8           1 if the last step has a reply, else 0
//! reply                  that reply
//! checksum u32 LE        CRC32C of what comes before
//! ```

use crc32c::crc32c;
use sha2::{Digest as _, Sha256};

use crate::workload::Step;

/// A SHA-256 of a row of byte strings.
type Digest = [u8; 32];
/// Of none.
pub(super) const START: Digest = [0; 32];
const CHECKSUM_BYTES: usize = 4;

/// How far a trace has been applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) steps: u64,
    pub(super) replies: u64,
    pub(super) width: u8,
    pub(super) digest: Digest,
    pub(super) replies_digest: Digest,
    /// That of the last step. Those before it are on the disk, where they are told.
    pub(super) reply: Option<Vec<u8>>,
}

/// The digest of a row with one more string.
pub(super) fn chained(digest: &Digest, next: &[u8]) -> Digest {
    Sha256::new().chain_update(digest).chain_update(next).finalize().into()
}

impl Progress {
    /// Before the first step.
    pub(super) fn start(width: u8) -> Progress {
        Progress { steps: 0, replies: 0, width, digest: START, replies_digest: START, reply: None }
    }

    /// After one more step, and the reply to it if a client got one.
    pub(super) fn after(&self, step: &Step, reply: Option<Vec<u8>>) -> std::io::Result<Progress> {
        let mut line = Vec::new();
        step.write(&mut line)?;
        let replies_digest = reply.as_ref().map_or(self.replies_digest, |reply| chained(&self.replies_digest, reply));
        Ok(Progress {
            steps: self.steps + 1,
            replies: self.replies + u64::from(reply.is_some()),
            width: self.width,
            digest: chained(&self.digest, &line),
            replies_digest,
            reply,
        })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = [self.steps, self.replies].map(u64::to_le_bytes).concat();
        bytes.push(self.width);
        bytes.extend(self.digest);
        bytes.extend(self.replies_digest);
        bytes.push(u8::from(self.reply.is_some()));
        bytes.extend(self.reply.iter().flatten());
        bytes.extend(crc32c(&bytes).to_le_bytes());
        bytes
    }

    /// `None` if the bytes are not as [`Progress::to_bytes`] writes them.
    pub(super) fn parse(bytes: &[u8]) -> Option<Progress> {
        let (counted, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_BYTES)?)?;
        if crc32c(counted).to_le_bytes() != checksum {
            return None;
        }
        let (steps, rest) = counted.split_first_chunk()?;
        let (replies, rest) = rest.split_first_chunk()?;
        let (&width, rest) = rest.split_first()?;
        let (&digest, rest) = rest.split_first_chunk()?;
        let (&replies_digest, rest) = rest.split_first_chunk()?;
        let reply = match rest.split_first()? {
            (0, []) => None,
            (1, reply) => Some(reply.to_vec()),
            _ => return None,
        };
        let [steps, replies] = [steps, replies].map(|number| u64::from_le_bytes(*number));
        Some(Progress { steps, replies, width, digest, replies_digest, reply })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Action;

    #[test]
    fn progress_is_read_as_it_was_written_and_tells_one_trace_from_another() {
        let step = |at_ms| Step { at_ms: Some(at_ms), action: Action::Upgrade };
        let start = Progress::start(24);
        let one = start.after(&step(1), Some(b"\"OK\"".to_vec())).expect("a vector takes everything");
        let two = one.after(&step(2), None).expect("a vector takes everything");
        let counts = |progress: &Progress| (progress.steps, progress.replies, progress.reply.clone());
        let reply = Some(b"\"OK\"".to_vec());
        assert_eq!([&start, &one, &two].map(counts), [(0, 0, None), (1, 1, reply), (2, 1, None)]);
        assert_eq!(two.replies_digest, chained(&START, b"\"OK\""));
        let other = start.after(&step(3), None).and_then(|other| other.after(&step(2), None));
        assert_ne!(other.expect("a vector takes everything").digest, two.digest);
        for progress in [&start, &one, &two] {
            let bytes = progress.to_bytes();
            assert_eq!(Progress::parse(&bytes).as_ref(), Some(progress));
            for bit in 0..bytes.len() * 8 {
                let mut wrong = bytes.clone();
                *wrong.get_mut(bit / 8).expect("in the record") ^= 1 << (bit % 8);
                assert_eq!(Progress::parse(&wrong), None, "{bit}");
            }
            assert!((0..bytes.len()).all(|length| Progress::parse(&bytes[..length]).is_none()));
        }
    }
}

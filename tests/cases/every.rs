//! Bytes with a wrong bit, or without their end.

/// One of so many cuts and bits; a step that has no factor 2 comes to each bit of a byte.
#[derive(Clone, Copy)]
pub struct Every(pub usize);

impl Every {
    pub fn cut(self, bytes: &[u8]) -> Vec<Vec<u8>> {
        (0..bytes.len()).step_by(self.0).map(|length| bytes[..length].to_vec()).collect()
    }

    pub fn bit(self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let flipped = |bit: usize| {
            let mut bytes = bytes.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        };
        (0..bytes.len() * 8).step_by(self.0).map(flipped).collect()
    }
}

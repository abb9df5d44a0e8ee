//! Whose dump is read.

/// Who made a dump, which decides how strictly it is read. Whoever reads says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeBy {
    /// Our encoder: nothing but lists, and each byte of the tree as the encoder writes it.
    OurEncoder,
    /// Any decoder of the format, ours among them: with all that a dump may hold. Lists, their lines in the key map and all
    /// checksums are read as strictly; the rest is counted.
    AnyDecoder,
}

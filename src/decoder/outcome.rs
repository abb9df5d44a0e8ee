//! What came of a decoder.

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// By itself, with exit code 0.
    Succeeded,
    /// By itself, with this exit code.
    Failed(i32),
    /// By this signal, which was not ours.
    Killed(i32),
    /// Its time was up.
    TimedOut,
    /// By itself, with this exit code, but the snapshot is not what it was.
    Altered(i32),
    /// By itself, with exit code 0, but what it left is a link, and the dump is elsewhere.
    LeftLink,
}

/// A run of a decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderRun {
    /// How it ended.
    pub outcome: Outcome,
    /// What it wrote to standard output and standard error, in the order in which it did; the middle of very much is left
    /// out.
    pub output: String,
}

/// Why a decoder could not be run. Says nothing about its work.
#[derive(Debug, thiserror::Error)]
pub enum DecoderError {
    /// The program could not be started.
    #[error("the decoder's program {program:?} could not be started: {source}; name one on PATH, or its path")]
    Start {
        /// The program.
        program: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system lacked something that running a program takes.
    #[error("the decoder could not be run: {0}")]
    Run(std::io::Error),
    /// Somebody wished to end; the command's process group has been killed.
    #[error("the decoder was ended, as was wished")]
    Interrupted,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outcome::Succeeded => write!(f, "exit 0"),
            Outcome::Failed(code) => write!(f, "exit {code}"),
            Outcome::Killed(signal) => write!(f, "killed by signal {signal}"),
            Outcome::TimedOut => write!(f, "timed out"),
            Outcome::Altered(code) => write!(f, "exit {code}, and {{fsm}} altered"),
            Outcome::LeftLink => write!(f, "exit 0, and a link as {{out}}"),
        }
    }
}

//! What a run must have been asked for to reach a row of the ledger.

/// What a run must have been asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: every run of a hundred default cases reaches it.
    Nothing,
    /// `--history`.
    History,
    /// `--framing` with this value.
    Framing(&'static str),
    /// `--raw-rows`.
    RawRows,
    /// `--noise`.
    Noise,
    /// A trace by hand: no generated case reaches it, for this reason.
    Trace(&'static str),
}

impl Needs {
    /// The flags of `verify`, and why a trace is needed; empty when nothing is.
    pub fn words(self) -> String {
        match self {
            Needs::Nothing => String::new(),
            Needs::History => "--history".to_owned(),
            Needs::Framing(name) => format!("--framing {name}"),
            Needs::RawRows => "--raw-rows".to_owned(),
            Needs::Noise => "--noise".to_owned(),
            Needs::Trace(reason) => format!("--trace: {reason}"),
        }
    }
}

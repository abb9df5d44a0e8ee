//! What a run has measured, as JSON: `docs/bench.schema.json` has the schema.

use serde::{Deserialize, Serialize};

use super::fit::Fit;
use super::kind::Kind;
use super::machine::Machine;
use super::shape::Shape;

/// The version of the form below. It is raised with every change after which ratios mean something else, too.
pub const FORMAT_VERSION: u32 = 1;

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// [`FORMAT_VERSION`]; those of other versions are refused.
    pub format_version: u32,
    /// The version of the tool that measured.
    pub tool_version: String,
    /// What the workloads are drawn from.
    pub seed: u64,
    /// The largest n.
    pub max_items: u64,
    /// Where it was measured.
    pub machine: Machine,
    /// In the order of n, shapes and kinds.
    pub measurements: Vec<Measurement>,
    /// How times grow with n, where there are enough of them to tell.
    pub fits: Vec<FittedGrowth>,
}

/// How the time of a kind grows with n.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedGrowth {
    /// What was measured.
    pub kind: Kind,
    /// On which lists.
    pub shape: Shape,
    /// The best fit.
    pub fit: Fit,
}

/// One thing that was measured on lists of one shape and size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// What was measured.
    pub kind: Kind,
    /// On which lists.
    pub shape: Shape,
    /// Items that the workload pushes.
    pub n: u64,
    /// Items that were written: pushed by apply and verify, dumped by dumps.
    pub items: u64,
    /// Commands, where there are any.
    pub commands: Option<u64>,
    /// Bytes that were written: keys and values of records by apply and verify, files by dumps.
    pub bytes: u64,
    /// How often both were measured, by turns.
    pub rounds: u64,
    /// What it took, at least.
    pub usage: Usage,
    /// What the floor took, at least.
    pub floor: Usage,
    /// The most memory that a process needs for it, beyond what it has before; `None` where that cannot be had.
    pub peak_bytes: Option<u64>,
    /// The CPU time in relation to that of the floor.
    pub ratio: f64,
}

/// What something took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// By the clock.
    pub seconds: f64,
    /// CPU time of all threads, in the kernel too.
    pub cpu_seconds: f64,
}

impl Measurement {
    /// How people call it.
    pub fn name(&self) -> String {
        format!("{} of {}, n = {}", self.kind.name(), self.shape.words(), self.n)
    }

    /// Whether two are of the same.
    pub fn is_same(&self, other: &Measurement) -> bool {
        (self.kind, self.shape, self.n) == (other.kind, other.shape, other.n)
    }
}

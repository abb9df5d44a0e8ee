//! What users ask for, measured beside its floor: the least that the same machine needs to move the same bytes.
//!
//! ```text
//! workload (shape, n) --> apply --> database --> snapshot file
//!        \                             |             |
//!         \-> verify                   \--> dumps <--/
//! ```
//!
//! A time says little without the machine that it was measured on. The ratio of a time to that of a floor, which is
//! measured in the same run and in turns with it, says how much is left to gain, and changes little between machines. So
//! it is the ratios that are compared with those of an earlier run.
//!
//! The ratio is one of CPU time, of all threads and in the kernel too: what else runs on the machine disturbs it less than the
//! clock. Of several rounds the least counts, as disturbances only ever add.
//!
//! Each result is checked, outside of what is timed.

mod apply;
mod chart;
mod dump;
mod figures;
mod fit;
mod floor;
mod instructions;
mod kind;
mod machine;
#[cfg(test)]
mod made_up;
mod meter;
mod peak;
mod regressions;
mod rows;
mod run;
mod shape;
mod stop;
mod table;
mod turns;
mod verify;

pub use chart::chart;
pub use figures::{FORMAT_VERSION, Measurement, Run, Usage};
pub use fit::{Fit, Growth, best_fit};
pub use instructions::{Counts, Growths, instructions_of};
pub use kind::Kind;
pub use machine::Machine;
pub use peak::{Need, peak};
pub use regressions::{Comparison, WORSE_BY, compare, measure_doubtful_again, read_run};
pub use run::{MAX_ITEMS, Settings, planned, run};
pub use shape::Shape;
pub use stop::BenchError;
pub use table::{HEADER, duration, fit_line, grouped, row};

//! The flags about the shapes of the snapshots that `verify` and `shrink` write.
//!
//! Where no decoder reads them, a flag asks for something. A decoder is given everything that a live engine writes, and there a
//! flag takes away.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::snapshot::framing_parser;
use crate::case::{Demands, Shapes};
use crate::database::History;
use crate::format::snapshot::Framing;

/// The shapes of snapshots.
#[derive(Clone, Debug, Args)]
pub(super) struct ShapesFlags {
    /// Framing of the snapshot files; several take turns [default: bare; with --decoder all: v2,v1,legacy,bare]
    #[arg(long = "framing", value_name = "bare|v1|v2|legacy", value_parser = framing_parser(), value_delimiter = ',',
          hide_possible_values = true)]
    framings: Vec<Framing>,
    /// Keep every version: also dump earlier commits of each case, and put all versions into snapshots [default: no; with
    /// --decoder yes]
    #[arg(long, value_name = "yes|no", value_parser = switch_parser(), num_args = 0..=1, require_equals = true,
          default_missing_value = "yes", hide_possible_values = true)]
    history: Option<bool>,
    /// Put the engine's own rows into snapshots, which have no versions [default: no; with --decoder yes]
    #[arg(long, value_name = "yes|no", value_parser = switch_parser(), num_args = 0..=1, require_equals = true,
          default_missing_value = "yes", hide_possible_values = true)]
    raw_rows: Option<bool>,
    /// Put rows of other types into snapshots [default: no; with --decoder yes]
    #[arg(long, value_name = "yes|no", value_parser = switch_parser(), num_args = 0..=1, require_equals = true,
          default_missing_value = "yes", hide_possible_values = true)]
    noise: Option<bool>,
}

impl ShapesFlags {
    /// The shapes that are asked for; `None` where nobody asks for a snapshot.
    pub(super) fn shapes(&self, has_decoder: bool) -> Option<Shapes> {
        let ShapesFlags { framings, history, raw_rows, noise } = self;
        let is_on = |flag: &Option<bool>| flag.unwrap_or(has_decoder);
        let is_wanted =
            has_decoder || !framings.is_empty() || [history, raw_rows, noise].iter().any(|flag| **flag == Some(true));
        let of_all = if has_decoder { Shapes::live() } else { Shapes::exported() };
        let framings = if framings.is_empty() { of_all.framings } else { framings.clone() };
        is_wanted.then(|| Shapes { framings, history: is_on(history), raw_rows: is_on(raw_rows), noise: is_on(noise) })
    }

    /// These flags, and where one is not given, the other ones.
    pub(super) fn or(&self, found: ShapesFlags) -> ShapesFlags {
        ShapesFlags {
            framings: if self.framings.is_empty() { found.framings } else { self.framings.clone() },
            history: self.history.or(found.history),
            raw_rows: self.raw_rows.or(found.raw_rows),
            noise: self.noise.or(found.noise),
        }
    }

    /// The flags that take away what a decoder does not take; the framings are those of single cases.
    pub(super) fn within(&self, taken: &Shapes) -> ShapesFlags {
        let within = |flag: Option<bool>, is_taken: bool| if is_taken { flag } else { Some(false) };
        ShapesFlags {
            framings: self.framings.clone(),
            history: within(self.history, taken.history),
            raw_rows: within(self.raw_rows, taken.raw_rows),
            noise: within(self.noise, taken.noise),
        }
    }

    /// The flags that make just what is demanded.
    pub(super) fn exactly(demands: &Demands) -> ShapesFlags {
        let default = demands.decoder.is_some();
        let is_on = |is_on: bool| (is_on != default).then_some(is_on);
        let shape = demands.snapshot;
        ShapesFlags {
            framings: shape.iter().map(|shape| shape.framing).collect(),
            history: is_on(demands.history == History::Kept),
            raw_rows: is_on(shape.is_some_and(|shape| shape.raw_rows)),
            noise: is_on(shape.is_some_and(|shape| shape.noise)),
        }
    }

    /// The flags again, with the framing of a case if there is one.
    pub(super) fn to_flags(&self, framing: Option<Framing>) -> Vec<String> {
        let framings = framing.map_or_else(|| self.framings.clone(), |framing| vec![framing]);
        let names: Vec<&str> = framings.iter().map(|framing| framing.name()).collect();
        let mut flags = Vec::new();
        if !names.is_empty() {
            flags.extend(["--framing".to_owned(), names.join(",")]);
        }
        let switches = [("--history", self.history), ("--raw-rows", self.raw_rows), ("--noise", self.noise)];
        flags.extend(
            switches
                .into_iter()
                .filter_map(|(flag, is_on)| Some(if is_on? { flag.to_owned() } else { format!("{flag}=no") })),
        );
        flags
    }
}

/// Takes yes or no.
fn switch_parser() -> impl TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["yes", "no"]).map(|text| text == "yes")
}

//! The shapes of snapshots that a decoder is given, and which of them a case takes.
//!
//! A live engine's file has a frame, every version of the last minutes, rows of its own and of other types. A decoder that has
//! only seen one version of each key in a bare stream has not been tried. So a decoder is given all of that, and each case in
//! another framing.

use super::demands::Demands;
use crate::database::History;
use crate::format::snapshot::Framing;
use crate::snapshot::SnapshotShape;

/// Shapes beside the framings, by the names of the flags.
const HISTORY: &str = "history";
const RAW_ROWS: &str = "raw-rows";
const NOISE: &str = "noise";

/// The framings in the order in which they take turns, by the names of their shapes: first what live engines write today.
const FRAMINGS: [(Framing, &str); 4] = [
    (Framing::V2, "framing-v2"),
    (Framing::V1, "framing-v1"),
    (Framing::Legacy, "framing-legacy"),
    (Framing::Bare, "framing-bare"),
];

/// The name of a framing as a shape.
pub fn framing_shape(framing: Framing) -> &'static str {
    FRAMINGS.iter().find(|(other, _)| *other == framing).map_or("framing", |(_, name)| name)
}

/// The names of all shapes.
pub fn shape_names() -> impl Iterator<Item = &'static str> {
    framing_shapes().chain([HISTORY, RAW_ROWS, NOISE])
}

/// The names of the shapes that are framings: a snapshot has one of them.
pub fn framing_shapes() -> impl Iterator<Item = &'static str> {
    FRAMINGS.iter().map(|(_, name)| *name)
}

/// What snapshots may look like; the framings take turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shapes {
    /// At least one.
    pub framings: Vec<Framing>,
    /// Whether a snapshot holds every version.
    pub history: bool,
    /// Whether it holds rows of the engine's own.
    pub raw_rows: bool,
    /// Whether it holds rows of other types.
    pub noise: bool,
}

impl Shapes {
    /// Everything that live engines write.
    pub fn live() -> Shapes {
        let framings = FRAMINGS.iter().map(|(framing, _)| *framing).collect();
        Shapes { framings, history: true, raw_rows: true, noise: true }
    }

    /// One version of each key in a bare stream, which offline tools exchange.
    pub fn exported() -> Shapes {
        Shapes { framings: vec![Framing::Bare], history: false, raw_rows: false, noise: false }
    }

    /// The shape of a case, of which so many before had the same profile. Profiles and sizes of base metas take turns
    /// too, and each of them meets every framing.
    pub fn of_case(&self, case: u64, turn: u64) -> SnapshotShape {
        let turn = case.wrapping_add(turn / 2) % (self.framings.len() as u64).max(1);
        let framing = self.framings.get(turn as usize).copied().unwrap_or(Framing::Bare);
        SnapshotShape { framing, raw_rows: self.raw_rows, noise: self.noise }
    }

    /// The same with one framing.
    pub fn of_framing(&self, framing: Framing) -> Shapes {
        Shapes { framings: vec![framing], ..self.clone() }
    }

    /// Demands with the snapshot of a case.
    pub fn demands(&self, demands: &Demands, case: u64, turn: u64) -> Demands {
        let history = if self.history { History::Kept } else { History::Dropped };
        Demands { history, snapshot: Some(self.of_case(case, turn)), ..demands.clone() }
    }

    /// The names of what these shapes are.
    pub fn names(&self) -> Vec<&'static str> {
        let framings = FRAMINGS.iter().filter(|(framing, _)| self.framings.contains(framing)).map(|(_, name)| *name);
        let others = [(self.history, HISTORY), (self.raw_rows, RAW_ROWS), (self.noise, NOISE)];
        framings.chain(others.into_iter().filter(|(is_on, _)| *is_on).map(|(_, name)| name)).collect()
    }
}

/// The names of what one snapshot is.
pub(super) fn names_of(shape: SnapshotShape, history: History) -> Vec<&'static str> {
    let SnapshotShape { framing, raw_rows, noise } = shape;
    Shapes { framings: vec![framing], history: history == History::Kept, raw_rows, noise }.names()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::workload::{Profile, schedule};

    /// Whatever takes turns, every pair of a profile and a size of base metas meets every framing.
    #[test]
    fn framings_take_turns_within_profiles_and_sizes() {
        let shapes = Shapes::live();
        let light = Profile::light();
        for profiles in (0..=light.len()).map(|count| light.iter().take(count).copied().collect::<Vec<_>>()) {
            let mut met = BTreeSet::new();
            for case in 0..100 {
                let (profile, turn) = schedule(case, &profiles);
                met.insert((profile.name, turn % 2, shapes.of_case(case, turn).framing.name()));
            }
            let names: BTreeSet<&str> = met
                .iter()
                .map(|(name, ..)| *name)
                .filter(|name| Profile::light().iter().any(|light| light.name == *name))
                .collect();
            for name in names {
                let of_profile = met.iter().filter(|(other, ..)| *other == name).count();
                assert_eq!(of_profile, 8, "{name} of {}", profiles.len());
            }
            let first: BTreeSet<&str> = (0..20)
                .map(|case| {
                    let (_, turn) = schedule(case, &profiles);
                    shapes.of_case(case, turn).framing.name()
                })
                .collect();
            assert_eq!(first.len(), 4, "within twenty cases, of {}", profiles.len());
        }
    }

    #[test]
    fn every_shape_has_a_name() {
        assert_eq!(Shapes::live().names(), shape_names().collect::<Vec<_>>());
        assert_eq!(Shapes::exported().names(), ["framing-bare"]);
        let shape = SnapshotShape { framing: Framing::V1, raw_rows: false, noise: true };
        assert_eq!(names_of(shape, History::Kept), ["framing-v1", "history", "noise"]);
    }
}

//! How a time grows with n.
//!
//! Each candidate is `fixed + factor * growth(n)`, with neither part below zero. Without a fixed part, whatever has to be done
//! once, such as opening a database, would make the times of few items look like those of a slower growth. What is made small
//! is the relative error, so that a time of a millisecond counts as much as one of a second.

use serde::{Deserialize, Serialize};

/// Fewer times than this say nothing.
const FEWEST: usize = 3;

/// How something grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Growth {
    #[serde(rename = "n")]
    Linear,
    #[serde(rename = "n log n")]
    Linearithmic,
    #[serde(rename = "n^2")]
    Quadratic,
}

impl Growth {
    /// Every candidate, the slowest first.
    pub const ALL: [Growth; 3] = [Growth::Linear, Growth::Linearithmic, Growth::Quadratic];

    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Growth::Linear => "n",
            Growth::Linearithmic => "n log n",
            Growth::Quadratic => "n^2",
        }
    }

    fn of(self, n: f64) -> f64 {
        match self {
            Growth::Linear => n,
            Growth::Linearithmic => n * n.log2(),
            Growth::Quadratic => n * n,
        }
    }
}

/// A growth with what it is multiplied by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// The growth.
    pub growth: Growth,
    /// What is there without any n, in seconds.
    pub fixed: f64,
    /// What the growth is multiplied by, in seconds.
    pub factor: f64,
    /// The root of the mean of the squares of the relative errors.
    pub error: f64,
}

impl Fit {
    /// The time that it says for an n, in seconds.
    pub fn at(&self, n: f64) -> f64 {
        self.fixed + self.factor * self.growth.of(n)
    }
}

/// The candidate that is nearest to times of some n, in seconds; `None` if there are too few of them.
pub fn best_fit(times: &[(u64, f64)]) -> Option<Fit> {
    if times.len() < FEWEST || times.iter().any(|(n, seconds)| *n < 2 || *seconds <= 0.0) {
        return None;
    }
    let fits = Growth::ALL.into_iter().map(|growth| fit(growth, times));
    fits.min_by(|one, other| one.error.total_cmp(&other.error))
}

/// Least squares of the relative errors.
fn fit(growth: Growth, times: &[(u64, f64)]) -> Fit {
    // Divided by the times, the parts should add up to 1.
    let parts = || times.iter().map(|(n, seconds)| (1.0 / seconds, growth.of(*n as f64) / seconds));
    let sum = |of: fn((f64, f64)) -> f64| parts().map(of).sum::<f64>();
    let (ff, fg, gg) = (sum(|(f, _)| f * f), sum(|(f, g)| f * g), sum(|(_, g)| g * g));
    let (f, g) = (sum(|(f, _)| f), sum(|(_, g)| g));
    let determinant = ff * gg - fg * fg;
    let (fixed, factor) = ((f * gg - g * fg) / determinant, (g * ff - f * fg) / determinant);
    let (fixed, factor) = match (fixed > 0.0, factor > 0.0) {
        (true, true) => (fixed, factor),
        // The nearest is then on one of the two borders.
        (true, false) => (f / ff, 0.0),
        _ => (0.0, g / gg),
    };
    let squares = parts().map(|(f, g)| (fixed * f + factor * g - 1.0).powi(2)).sum::<f64>();
    Fit { growth, fixed, factor, error: (squares / times.len() as f64).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];

    fn times(time: impl Fn(f64) -> f64) -> Vec<(u64, f64)> {
        COUNTS.iter().map(|n| (*n, time(*n as f64))).collect()
    }

    fn growth(times: &[(u64, f64)]) -> Option<&'static str> {
        best_fit(times).map(|fit| fit.growth.name())
    }

    #[test]
    fn each_growth_is_told_with_a_fixed_part_and_without() {
        for fixed in [0.0, 1e-6, 1e-3, 0.1] {
            assert_eq!(growth(&times(|n| fixed + 2e-7 * n)), Some("n"), "{fixed}");
            assert_eq!(growth(&times(|n| fixed + 2e-8 * n * n.log2())), Some("n log n"), "{fixed}");
            assert_eq!(growth(&times(|n| fixed + 2e-9 * n * n)), Some("n^2"), "{fixed}");
        }
    }

    #[test]
    fn a_few_percent_of_noise_change_nothing() {
        let noise = |n: f64| 1.0 + 0.03 * (n.log10() * 7.0).sin();
        assert_eq!(growth(&times(|n| noise(n) * 2e-7 * n)), Some("n"));
        assert_eq!(growth(&times(|n| noise(n) * 2e-8 * n * n.log2())), Some("n log n"));
        assert_eq!(growth(&times(|n| noise(n) * (1e-3 + 2e-9 * n * n))), Some("n^2"));
    }

    #[test]
    fn the_parts_are_found_and_neither_is_below_zero() {
        let fit = best_fit(&times(|n| 0.25 + 3e-6 * n)).expect("a fit");
        assert!((fit.fixed - 0.25).abs() < 1e-6 && (fit.factor - 3e-6).abs() < 1e-12 && fit.error < 1e-6, "{fit:?}");
        assert!((fit.at(1e5) - 0.55).abs() < 1e-6);
        let falling = best_fit(&times(|n| 1.0 / n)).expect("a fit");
        assert!(falling.fixed >= 0.0 && falling.factor >= 0.0, "{falling:?}");
        let steeper = best_fit(&times(|n| 1e-12 * n.powi(3))).expect("a fit");
        assert!(steeper.growth == Growth::Quadratic && steeper.fixed == 0.0 && steeper.factor > 0.0, "{steeper:?}");
    }

    #[test]
    fn too_few_times_and_wrong_ones_have_no_fit() {
        assert_eq!(best_fit(&[(1_000, 1.0), (10_000, 10.0)]), None);
        assert_eq!(best_fit(&[(1_000, 1.0), (10_000, 10.0), (100_000, 0.0)]), None);
        assert_eq!(best_fit(&[(0, 1.0), (10_000, 10.0), (100_000, 10.0)]), None);
    }
}

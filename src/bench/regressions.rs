//! The ratios of two runs, compared.

use super::figures::{FORMAT_VERSION, Measurement, Run};
use super::kind::Kind;
use super::run::{MAX_ITEMS, Settings, fits, measure, planned};
use super::shape::Shape;
use super::stop::BenchError;

/// A ratio is worse than an earlier one from this factor on. Without a change of the code, runs differ by less: see
/// `docs/benchmarks.md`.
pub const WORSE_BY: f64 = 1.25;

/// Two measurements of the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison<'a> {
    /// The earlier one.
    pub old: &'a Measurement,
    /// The later one.
    pub new: &'a Measurement,
    /// Whether both are of the same machine, so that their times say something too.
    pub same_machine: bool,
}

impl Comparison<'_> {
    /// The new ratio in relation to the old one.
    pub fn change(&self) -> f64 {
        self.new.ratio / self.old.ratio
    }

    /// Whether it got worse by more than can be chance. A ratio that grew because its floor takes less, on the same machine, has
    /// not got worse.
    pub fn is_worse(&self) -> bool {
        let takes_more = self.new.usage.cpu_seconds > self.old.usage.cpu_seconds;
        self.change() > WORSE_BY && (takes_more || !self.same_machine)
    }
}

/// Reads what an earlier run has written.
///
/// # Errors
///
/// No JSON of this version, or not everything that such a run measures; a sentence.
pub fn read_run(json: &str) -> Result<Run, String> {
    const AGAIN: &str = "measure it again, with `bench --out`";
    let value: serde_json::Value =
        serde_json::from_str(json).map_err(|error| format!("it is damaged: {error}; {AGAIN}"))?;
    match value.get("format_version").and_then(serde_json::Value::as_u64) {
        Some(version) if version == u64::from(FORMAT_VERSION) => {}
        Some(version) => {
            return Err(format!("its format_version is {version}, and this version reads {FORMAT_VERSION}; {AGAIN}"));
        }
        None => return Err(format!("it has no format_version, so it is no result of bench; {AGAIN}")),
    }
    let run: Run = serde_json::from_value(value).map_err(|error| format!("it is damaged: {error}; {AGAIN}"))?;
    if !MAX_ITEMS.contains(&run.max_items) {
        let (least, most) = MAX_ITEMS.into_inner();
        return Err(format!("its max_items is {}, and must be {least} to {most}; {AGAIN}", run.max_items));
    }
    for (n, shape, kind) in planned(run.max_items) {
        let is_it = |found: &&Measurement| (found.n, found.shape, found.kind) == (n, shape, kind);
        let (kind, shape) = (kind.name(), shape.words());
        match run.measurements.iter().find(is_it) {
            None => return Err(format!("it lacks {kind} of {shape}, n = {n}; {AGAIN}")),
            Some(found) if !(found.ratio > 0.0 && found.ratio.is_finite()) => {
                return Err(format!(
                    "it is damaged: {kind} of {shape}, n = {n}: its ratio is {}; {AGAIN}",
                    found.ratio
                ));
            }
            Some(_) => {}
        }
    }
    let planned = planned(run.max_items);
    let unknown = run.measurements.iter().find(|found| !planned.contains(&(found.n, found.shape, found.kind)));
    match unknown {
        Some(found) => Err(format!("it has {}, which this build does not measure; {AGAIN}", found.name())),
        None => Ok(run),
    }
}

/// Pairs the measurements of two runs of the same.
pub fn compare<'a>(old: &'a Run, new: &'a Run) -> Vec<Comparison<'a>> {
    let same_machine = old.machine == new.machine;
    let pair = |new: &'a Measurement| {
        let found = old.measurements.iter().find(|old| old.is_same(new));
        found.map(|old| Comparison { old, new, same_machine })
    };
    new.measurements.iter().filter_map(pair).collect()
}

/// What seems to have got worse is measured again, so many times at most: that something else disturbed it at each of them is
/// unlikely.
const REPEATS: usize = 2;

/// Measures again what seems to have got worse, and keeps the better ratio of each.
///
/// # Errors
///
/// As [`run`](super::run()).
pub fn measure_doubtful_again(settings: &Settings<'_>, old: &Run, new: &mut Run) -> Result<(), BenchError> {
    for _ in 0..REPEATS {
        let worse = compare(old, new).into_iter().filter(Comparison::is_worse);
        let doubtful: Vec<(u64, Shape)> = worse.map(|found| (found.new.n, found.new.shape)).collect();
        let plan: Vec<(u64, Shape, Kind)> =
            planned(new.max_items).into_iter().filter(|(n, shape, _)| doubtful.contains(&(*n, *shape))).collect();
        for found in measure(settings, &plan, |_| {})? {
            keep_better(new, found);
        }
    }
    new.fits = fits(&new.measurements);
    Ok(())
}

fn keep_better(run: &mut Run, found: Measurement) {
    let known = run.measurements.iter_mut().find(|known| known.is_same(&found));
    if let Some(known) = known.filter(|known| found.ratio < known.ratio) {
        *known = found;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Usage, made_up};

    fn made_up(ratio: impl Fn(u64) -> f64) -> Run {
        let floor = Usage { seconds: 1.0, cpu_seconds: 1.0 };
        let measurements = (0..).zip(planned(1_000)).map(|(number, (n, shape, kind))| {
            made_up::measurement((kind, shape, n), Usage { cpu_seconds: ratio(number), ..floor }, floor)
        });
        made_up::run(1_000, measurements.collect(), Vec::new())
    }

    fn json(run: &Run) -> String {
        serde_json::to_string(run).expect("JSON")
    }

    #[test]
    fn only_a_ratio_that_grew_by_more_than_chance_is_worse() {
        let old = made_up(|_| 2.0);
        let factors = [1.0, WORSE_BY - 0.01, WORSE_BY + 0.01, 0.1];
        let new = made_up(|number| 2.0 * factors.get(number as usize).copied().unwrap_or(1.0));
        let found = compare(&old, &new);
        assert_eq!(found.len(), old.measurements.len());
        let worse: Vec<usize> = (0..).zip(&found).filter(|(_, found)| found.is_worse()).map(|(at, _)| at).collect();
        assert_eq!(worse, [2]);
    }

    #[test]
    fn a_floor_that_takes_less_makes_nothing_worse_on_the_same_machine() {
        let old = made_up(|_| 1.0);
        let mut new = made_up(|_| 1.0);
        new.measurements.iter_mut().for_each(|found| found.ratio = 2.0);
        assert!(!compare(&old, &new).iter().any(Comparison::is_worse));
        // The times of another machine say nothing.
        new.machine.cores += 1;
        assert!(compare(&old, &new).iter().all(Comparison::is_worse));
    }

    #[test]
    fn of_two_measurements_the_better_one_is_kept() {
        let mut run = made_up(|_| 2.0);
        let (better, worse) = (made_up(|number| 1.5 + number as f64), made_up(|_| 3.0));
        for found in better.measurements.into_iter().chain(worse.measurements) {
            keep_better(&mut run, found);
        }
        let ratios: Vec<f64> = run.measurements.iter().map(|found| found.ratio).collect();
        let expected: Vec<f64> = std::iter::once(1.5).chain(std::iter::repeat_n(2.0, ratios.len() - 1)).collect();
        assert_eq!(ratios, expected);
    }

    #[test]
    fn what_was_written_is_read() {
        let run = made_up(|number| 1.0 + number as f64 / 7.0);
        assert_eq!(read_run(&json(&run)), Ok(run));
    }

    #[test]
    fn what_cannot_be_compared_is_refused_with_what_to_do() {
        let run = made_up(|_| 1.0);
        let (good, mut lacking, mut extra) = (json(&run), run.clone(), run.clone());
        lacking.measurements.remove(1);
        extra.measurements.extend(run.measurements.first().map(|found| Measurement { n: 7, ..found.clone() }));
        let zero = json(&made_up(|number| if number == 1 { 0.0 } else { 1.0 }));
        for (json, problem) in [
            (good.replace("\"format_version\":1", "\"format_version\":2"), "its format_version is 2"),
            (
                good.replace("\"max_items\":1000", "\"max_items\":999"),
                "its max_items is 999, and must be 1000 to 10000000",
            ),
            ("{}".to_owned(), "it has no format_version"),
            (good.get(..good.len() / 2).unwrap_or_default().to_owned(), "it is damaged: EOF"),
            (good.replace("\"rounds\":3", "\"rounds\":\"three\""), "it is damaged: invalid type"),
            (good.replace("\"long\"", "\"wide\""), "it is damaged: unknown variant"),
            (good.replace("\"seed\"", "\"feed\""), "it is damaged: unknown field"),
            (json(&lacking), "it lacks "),
            (json(&extra), "n = 7, which this build does not measure"),
            (zero, "its ratio is 0"),
        ] {
            let error = read_run(&json).expect_err(problem);
            assert!(error.contains(problem) && error.ends_with("measure it again, with `bench --out`"), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}

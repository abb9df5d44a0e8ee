//! A whole case of `verify`: store, model, encoder and reader, 1000 commands.

use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, Throughput};
use ekv_roundtrip::case::Demands;
use ekv_roundtrip::case::{CasePlan, run_case};
use ekv_roundtrip::database::Engine;
use ekv_roundtrip::store::MetaWidth;
use ekv_roundtrip::workload::{CaseSpec, Generator, Profile, case_seed};

use crate::scratch::Folder;

const COMMANDS: u64 = 1_000;

pub fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("verify");
    group.sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(COMMANDS));
    // A case of the heavy profiles takes a hundred times as long.
    for profile in Profile::light() {
        let spec = CaseSpec { seed: case_seed(42, 0), profile, commands: COMMANDS, keys: None, clients: 1 };
        group.bench_function(profile.name, |bencher| {
            bencher.iter_custom(|iterations| {
                let mut total = Duration::ZERO;
                for _ in 0..iterations {
                    let folder = Folder::new();
                    let started = Instant::now();
                    let steps = Box::new(Generator::new(&spec).map(Ok));
                    let (width, folder, demands) = (MetaWidth::Long, folder.path(), &Demands::NONE);
                    let plan = CasePlan { steps, width, folder, record: None, seed: 0, demands, engine: Engine::REAL };
                    let report = run_case(plan);
                    total += started.elapsed();
                    let report = report.unwrap_or_else(|error| panic!("verify/{}: {error:?}", profile.name));
                    assert_eq!(report.finding, None, "verify/{}", profile.name);
                    assert_eq!(report.commands, COMMANDS, "verify/{}", profile.name);
                }
                total
            });
        });
    }
    group.finish();
}

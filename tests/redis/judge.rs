//! The judgement: every profile, many seeds, both widths of base metas, and every fixture that begins with a trace; see
//! [`crate::judged_case`] for what is compared.
//!
//! `edge-seq` is among the profiles: no command puts a head somewhere, but where it is makes no difference to a server.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ekv_roundtrip::command::COMMANDS;
use ekv_roundtrip::fixtures::{Given, SCENARIOS};
use ekv_roundtrip::store::MetaWidth;
use ekv_roundtrip::workload::{PROFILES, Profile};

use crate::judged_case::{JudgedCase, Origin, Tally};
use crate::server::{RedisClient, RedisServer};
use crate::{cases, report};

const CASES_PER_PROFILE: u64 = 32;
const SHOWN_DIFFERENCES: usize = 3;

/// The cases of a profile, the two widths by turns.
fn generated(profile: &'static Profile) -> impl Iterator<Item = (Origin, MetaWidth)> {
    let cases = cases(profile, CASES_PER_PROFILE).map(Origin::Generated);
    cases.zip([MetaWidth::Short, MetaWidth::Long].into_iter().cycle())
}

fn fixtures() -> impl Iterator<Item = (Origin, MetaWidth)> {
    SCENARIOS.iter().filter_map(|scenario| match scenario.given {
        Given::Steps(width, _) => Some((Origin::Fixture(scenario.name), width)),
        Given::Records(_) => None,
    })
}

/// What all cases come to.
#[derive(Default)]
struct Judgement {
    tally: Tally,
    /// With the number of the step.
    differences: Vec<(usize, String)>,
}

fn judge_case(origin: Origin, width: MetaWidth, client: &mut RedisClient, judgement: &Mutex<Judgement>) {
    let mut case = JudgedCase::new(origin, width, client);
    // What panics is ours as well, and the message of a panic does not say in which case.
    let ended = catch_unwind(AssertUnwindSafe(|| case.run())).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(format!("a panic: {}", text.unwrap_or("it says nothing")))
    });
    let mut judgement = judgement.lock().unwrap();
    judgement.differences.extend(ended.err().map(|problem| (case.step(), format!("{}\n{problem}", case.place()))));
    judgement.tally.add(case.tally);
}

#[test]
fn a_real_server_agrees_with_store_model_and_dump() {
    // The heaviest first, so that no thread ends long after the others.
    let mut profiles: Vec<&Profile> = PROFILES.iter().collect();
    profiles.sort_by_key(|profile| profile.share_of_100);
    let cases: Vec<(Origin, MetaWidth)> = profiles.into_iter().flat_map(generated).chain(fixtures()).collect();
    let (next, judgement) = (AtomicUsize::new(0), Mutex::new(Judgement::default()));
    let version = RedisServer::start().connect().server_version();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let server = RedisServer::start();
                while let Some((origin, width)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    judge_case(*origin, *width, &mut server.connect(), &judgement);
                }
            });
        }
    });
    let Judgement { tally, mut differences } = judgement.into_inner().unwrap();
    report(&format!(
        "redis-server {version} judged {} commands: {} errors, {} differences ({} profiles and {} fixtures, {} cases; \
         {} transactions, {} expiries respelt, {} commands left out that the store refuses; {} questions about keys, {} dumps)",
        tally.commands,
        tally.errors,
        differences.len(),
        PROFILES.len(),
        fixtures().count(),
        cases.len(),
        tally.transactions,
        tally.respelt,
        tally.refused,
        tally.questions,
        tally.dumps,
    ));
    // The shortest traces first: they are the quickest to understand.
    differences.sort();
    let shown: Vec<&str> = differences.iter().take(SHOWN_DIFFERENCES).map(|(_, text)| text.as_str()).collect();
    assert!(shown.is_empty(), "{} cases differ from Redis\n\n{}", differences.len(), shown.join("\n\n"));
    assert_everything_was_judged(&tally);
}

/// Agreement about what was never asked would prove nothing.
fn assert_everything_was_judged(tally: &Tally) {
    for (what, count, at_least) in [
        ("commands", tally.commands, 200_000),
        ("errors", tally.errors, 2_000),
        ("transactions", tally.transactions, 2_000),
        ("respelt expiries", tally.respelt, 1_000),
        ("dumps", tally.dumps, 100),
    ] {
        assert!(count >= at_least, "{what}: {count}, expected at least {at_least}");
    }
    for spec in COMMANDS {
        let count = tally.runs.get(spec.name).copied().unwrap_or_default();
        assert!(count >= 500, "{}: run {count} times, which is too few to prove much", spec.name);
    }
    assert!(tally.refused > 100, "{}: too few refusals to prove that they change nothing", tally.refused);
    assert!(tally.refused * 100 < tally.commands, "{} commands were left out", tally.refused);
}

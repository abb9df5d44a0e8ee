//! Every sequence of up to four commands holds, and short ones suffice to see what is done wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;

use ekv_roundtrip::campaign::Shard;
use ekv_roundtrip::campaign::{Budget, Campaign, MetaChoice, Workload};
use ekv_roundtrip::case::Demands;
use ekv_roundtrip::database::{Engine, History};
use ekv_roundtrip::faults;
use ekv_roundtrip::jobs::Interrupt;

#[test]
fn all_sequences_of_up_to_four_commands_hold() {
    let ended =
        Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip")).args(["verify", "--exhaustive", "4"]).output().unwrap();
    let printed = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{printed}");
    // 8 + 8 * 16 + 8 * 16 * 16 + 8 * 16 * 16 * 16 sequences, with both sizes of base metas.
    assert!(printed.starts_with("verified 69904 cases, "), "{printed}");
}

/// The sequences of up to three commands that a fault shows in.
fn showing(name: &str) -> u64 {
    let fault = faults::find(name).unwrap_or_else(|| panic!("no fault {name}"));
    let memory = Path::new("/dev/shm");
    let work_dir = tempfile::tempdir_in(if memory.is_dir() { memory } else { Path::new(".") }).unwrap();
    let workload = Workload::Exhaustive { longest: 3 };
    let cases = workload.all_cases(MetaChoice::Both).unwrap();
    let campaign = Campaign {
        engine: Engine::Memory,
        workload,
        meta: MetaChoice::Both,
        budget: Budget::Cases(cases),
        shard: Shard::WHOLE,
        interrupt: Interrupt::default(),
        jobs: NonZeroUsize::new(2).unwrap(),
        work_dir: work_dir.path().to_owned(),
        keep: false,
        demands: Demands { history: History::Dropped, fault: Some(fault.act), ..Demands::NONE },
        shapes: None,
        servers: None,
    };
    let mut found = 0;
    let ended = campaign.run(&|_| (), &mut |outcome| found += u64::from(outcome.report.finding.is_some()));
    assert!(ended.result.is_ok(), "{ended:?}");
    assert_eq!(ended.next_case, cases);
    found
}

#[test]
fn what_is_done_wrong_shows_in_three_commands() {
    for name in ["sign-flip-left-out", "claim-hides-live-item", "delta-with-wrong-sign", "expiry-survives-the-list"] {
        assert!(showing(name) > 0, "{name}");
    }
}

#[test]
fn a_part_of_the_interleavings_of_several_clients_holds() {
    let arguments = ["verify", "--exhaustive-clients", "--shard", "7/101"];
    let ended = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip")).args(arguments).output().unwrap();
    let printed = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{printed}");
    // A hundred-and-first of 860 160 and 833 490, with both sizes of base metas.
    assert!(
        printed.starts_with("verified 33538 cases, ") || printed.starts_with("verified 33537 cases, "),
        "{printed}"
    );
}

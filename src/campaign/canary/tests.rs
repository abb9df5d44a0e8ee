//! Every canary is reported as it must be, and one that is not is told of.

use std::collections::BTreeSet;

use super::*;
use crate::case::shape_names;
use crate::command::COMMANDS;
use crate::finding::{FINDING_KINDS, LEFT_OUT_KINDS};
use crate::judge::RULES;

/// The aspects of a comparison of two states.
const ASPECTS: [&str; 4] = ["items", "missing-list", "extra-list", "expiry"];

const JOBS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

#[test]
fn every_canary_is_reported_as_it_must_be_whatever_the_seed() {
    let work = tempfile::tempdir().expect("a folder");
    for seed in [0, 1, 7, u64::MAX] {
        let unseen: Vec<String> = canaries()
            .iter()
            .filter_map(|canary| {
                let seen = seen(canary, seed, Engine::Memory, work.path()).expect("a healthy disk");
                seen.err().map(|instead| format!("{} {instead}", canary.text()))
            })
            .collect();
        assert_eq!(unseen, [""; 0], "seed {seed}");
    }
    assert_eq!(put_out(7, Engine::Memory, JOBS, work.path()).expect("a healthy disk"), Sight::Clear);
}

#[test]
fn every_small_case_holds_with_nothing_wrong() {
    let work = tempfile::tempdir().expect("a folder");
    for canary in canaries() {
        let found = canary.run_rightly(3, Engine::Memory, work.path()).expect("a healthy disk");
        assert_eq!(found.map(|finding| finding.detail), None, "{}", canary.text());
    }
}

#[test]
fn every_kind_and_aspect_has_a_canary() {
    let all: BTreeSet<(&str, &str)> = canaries().iter().map(|canary| (canary.kind.name(), canary.aspect)).collect();
    for (kind, name, _) in FINDING_KINDS {
        match kind {
            FindingKind::Reply => {
                for command in COMMANDS {
                    assert!(all.contains(&(name, command.name)), "reply {}", command.name);
                }
            }
            FindingKind::StoreState
            | FindingKind::Reopened
            | FindingKind::DumpState
            | FindingKind::History
            | FindingKind::DecoderState => {
                for aspect in ASPECTS {
                    assert!(all.contains(&(name, aspect)), "{name} {aspect}");
                }
            }
            FindingKind::Record => {
                for (rule, _) in RULES {
                    assert!(all.contains(&(name, rule)), "record {rule}");
                }
            }
            FindingKind::DecoderShape => {
                for shape in shape_names() {
                    assert!(all.contains(&(name, shape)), "shape {shape}");
                }
            }
            FindingKind::LeftOut => {
                for (_, left_out, _) in LEFT_OUT_KINDS {
                    assert!(all.contains(&(name, left_out)), "left out {left_out}");
                }
            }
            // Nothing reports it yet.
            FindingKind::Reading => {}
            _ => assert!(all.iter().any(|(kind, _)| kind == name), "{name}"),
        }
    }
}

#[test]
fn every_canary_has_a_name_of_its_own() {
    let all = canaries();
    let boundary = |canary: &Canary| match canary.how {
        How::Act(act) | How::OnEngine(act) => act.boundary(),
        _ => "",
    };
    let texts: BTreeSet<(String, &str, &[&str])> =
        all.iter().map(|canary| (canary.text(), boundary(canary), canary.scene.steps)).collect();
    assert_eq!(texts.len() + 2, all.len(), "two are there again on the engine of the run");
}

#[test]
fn a_canary_that_only_another_comparison_reports_is_told_of() {
    let work = tempfile::tempdir().expect("a folder");
    let look_at = |canary: Canary| look(&[canary], 1, Engine::Memory, JOBS, work.path()).expect("a healthy disk");
    let newline = canaries().into_iter().find(|canary| canary.name == "a line feed at the end").expect("a canary");
    assert_eq!(look_at(newline), Sight::Clear);
    for (canary, instead) in [
        (Canary { kind: FindingKind::DumpState, ..newline }, "was reported as tree"),
        (Canary { aspect: "items", ..newline }, "was reported as tree"),
        (Canary { says: "no such words", ..newline }, "was reported as tree"),
        (Canary { how: How::Act(Act::State(|_| {})), ..newline }, "was not reported at all"),
    ] {
        let Sight::Blind(blind) = look_at(canary) else { panic!("{}", canary.text()) };
        assert_eq!((blind.canary, blind.instead.as_str()), (canary.text(), instead));
    }
    // The environment would be to blame if the same case said so with nothing wrong.
    let gone = Canary { how: How::Act(Act::Folder(|root| std::fs::remove_dir_all(root))), ..newline };
    let Sight::Blind(blind) = look_at(gone) else { panic!("{}", gone.text()) };
    assert!(blind.instead.starts_with("ended with the error: "), "{}", blind.instead);
}

#[test]
fn two_classes_have_two_labels_and_one_has_one() {
    let mut labels = Labels::default();
    let finding = |aspect, detail: &str| Finding { aspect, ..Finding::new(FindingKind::Panic, detail.to_owned()) };
    for (aspect, detail) in [
        ("items", "panicked at src/a.rs:1:1:\none"),
        ("items", "panicked at src/a.rs:1:1:\nanother"),
        ("items", "panicked at src/b.rs:1:1:\none"),
        ("expiry", "panicked at src/b.rs:1:1:\none"),
    ] {
        assert_eq!(labels.note(&finding(aspect, detail)), Ok(()), "{aspect} {detail}");
    }
}

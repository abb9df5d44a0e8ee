//! The default run of `verify` holds. `.ci/mutants --verify` runs this test alone, to see what verify finds by itself.

use std::process::Command;

#[test]
fn the_default_run_holds_in_memory() {
    let mut verify = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    verify.args(["verify", "--cases", "100", "--seed", "42", "--engine", "memory"]);
    let run = verify.env_remove("GITHUB_ACTIONS").output().expect("the program runs");
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(0), "{said}");
    assert!(said.contains(" 0 mismatches in "), "{said}");
}

//! Bases of append-only files in RDB form.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ekv_roundtrip::format::key_text;
use ekv_roundtrip::state::State;
use sha2::{Digest as _, Sha256};

fn case() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/aof-rdb-base")
}

fn state(trace: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    command.env_remove("GITHUB_ACTIONS").arg("state").arg(format!("trace:{}", trace.display())).output().unwrap()
}

/// A line for each list, which stands for every byte of it.
fn digest(state: &State) -> String {
    let line = |(key, list): (&Vec<u8>, &ekv_roundtrip::state::KeyState)| {
        let mut hash = Sha256::new();
        for item in list.items() {
            hash.update((item.len() as u64).to_le_bytes());
            hash.update(item);
        }
        let bytes: usize = list.items().iter().map(Vec::len).sum();
        let expiry = list.expire_at.map_or("None".to_owned(), |at| at.0.to_string());
        let (key, count, hash) = (key_text::escaped(key), list.items().len(), hex::encode(hash.finalize()));
        format!("{key} {count} items, {bytes} bytes, expiry {expiry}, sha256 {hash}\n")
    };
    state.keys.iter().map(line).collect()
}

#[test]
fn aof_rdb_base() {
    let output = state(&case().join("appendonlydir"));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let state = State::read_json_lines(&output.stdout[..]).unwrap();
    assert_eq!(digest(&state), std::fs::read_to_string(case().join("state.digest")).unwrap());
    assert!(said.contains("passed over: ") && said.contains("in database "), "{said}");
}

/// A server before 7.0 has both parts in one file. Damage in the first is found at its end, by the checksum, if not before.
#[test]
fn a_single_file_that_begins_in_rdb_form() {
    let folder = case().join("appendonlydir");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let base = read("appendonly.aof.2.base.rdb");
    let commands = read("appendonly.aof.2.incr.aof");
    let scratch = tempfile::tempdir().unwrap();
    let single = scratch.path().join("appendonly.aof");
    let run = |bytes: &[u8]| {
        std::fs::write(&single, bytes).unwrap();
        state(&single)
    };
    assert_eq!(run(&[&base[..], &commands].concat()).stdout, state(&folder).stdout);
    for at in (0..base.len()).step_by(97) {
        let mut damaged = base.clone();
        damaged[at] ^= 0x10;
        let output = run(&damaged);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{at}: {said}");
        assert!(said.contains("byte ") || at < 5, "{at}: {said}");
    }
    let output = run(&base[..base.len() - 1]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("the RDB part is cut short"), "{said}");
}

//! The invariants of ARCHITECTURE.md that can be read off the source.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Which modules of ours each module may use. `main` stands for `src/main.rs`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("command", &[]),
    ("format", &[]),
    ("staging", &[]),
    ("rules", &[]),
    ("state", &["format"]),
    ("server", &["command", "format", "state"]),
    ("database", &["format"]),
    ("records", &["database", "format"]),
    ("snapshot", &["database", "format", "records"]),
    ("restore", &["format", "state"]),
    ("interrupt", &[]),
    ("decoder", &["interrupt"]),
    ("store", &["command", "database", "format", "records", "state"]),
    ("model", &["command"]),
    ("workload", &["command", "format", "model"]),
    ("encoder", &["format", "records"]),
    ("reader", &["format", "state"]),
    ("inspect", &["format"]),
    (
        "fixtures",
        &["command", "database", "encoder", "format", "reader", "records", "snapshot", "store", "verify", "workload"],
    ),
    (
        "verify",
        &[
            "command",
            "database",
            "decoder",
            "encoder",
            "format",
            "inspect",
            "interrupt",
            "model",
            "reader",
            "records",
            "restore",
            "server",
            "snapshot",
            "staging",
            "state",
            "store",
            "workload",
        ],
    ),
    ("probe", &["decoder", "fixtures", "format", "reader", "state", "verify"]),
    (
        "cli",
        &[
            "command",
            "database",
            "decoder",
            "encoder",
            "fixtures",
            "format",
            "inspect",
            "interrupt",
            "model",
            "probe",
            "reader",
            "records",
            "restore",
            "rules",
            "server",
            "snapshot",
            "staging",
            "state",
            "store",
            "verify",
            "workload",
        ],
    ),
    ("main", &["cli"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn module_of(path: &Path) -> String {
    let below = path.strip_prefix(root().join("src")).unwrap();
    let first = below.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The source without comments and without its tests, which may use anything.
fn code_of(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
    before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_test_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "tests.rs")
}

/// Every module that is named after `crate::` or `ekv_roundtrip::`, also within a braced list.
fn used_modules(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for prefix in ["crate::", "ekv_roundtrip::"] {
        for (at, _) in code.match_indices(prefix) {
            let rest = &code[at + prefix.len()..];
            let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
            match rest.strip_prefix('{') {
                Some(list) => used.extend(list.split('}').next().unwrap().split(',').map(|part| name(part.trim()))),
                None => {
                    used.insert(name(rest));
                }
            }
        }
    }
    used.remove("");
    used
}

#[test]
fn modules_use_only_what_the_architecture_lets_them() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ALLOWED.iter().map(|(module, uses)| (*module, uses.iter().copied().collect())).collect();
    let mut seen = BTreeSet::new();
    for path in rust_files("src").iter().filter(|path| !is_test_file(path)) {
        let module = module_of(path);
        if module == "lib" {
            continue;
        }
        let allowed = allowed.get(module.as_str()).unwrap_or_else(|| panic!("{module} is not in ALLOWED"));
        for used in used_modules(&code_of(path)).iter().filter(|used| **used != module) {
            assert!(allowed.contains(used.as_str()), "{} uses {used}, which {module} must not", path.display());
        }
        seen.insert(module);
    }
    assert_eq!(seen.len(), allowed.len(), "every module of ALLOWED is there");
}

#[test]
fn the_architecture_names_every_module() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (module, uses) in ALLOWED.iter().filter(|(module, _)| *module != "main") {
        let row = text.lines().find(|line| line.starts_with(&format!("| `{module}/` |")));
        let row = row.unwrap_or_else(|| panic!("ARCHITECTURE.md has no row for {module}"));
        let last = row.trim_end_matches('|').rsplit('|').next().unwrap();
        if *module != "cli" && *module != "verify" {
            let named: BTreeSet<&str> = last.split('`').skip(1).step_by(2).collect();
            assert_eq!(named, uses.iter().copied().collect(), "the row of {module}");
        }
    }
}

#[test]
fn files_are_one_idea_long_and_named_after_it() {
    const LINES: usize = 500;
    let vague = ["utils", "util", "common", "helpers", "helper", "types", "misc"];
    for path in
        ["src", "tests", "benches", "fuzz/src", "fuzz/fuzz_targets"].iter().flat_map(|folder| rust_files(folder))
    {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.lines().count() <= LINES, "{} has more than {LINES} lines", path.display());
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(!vague.contains(&stem.as_str()), "{} says nothing of what is in it", path.display());
        if !path.starts_with(root().join("tests")) || stem != "main" {
            assert!(text.starts_with("//!"), "{} does not begin by saying what it is for", path.display());
        }
        for (number, line) in text.lines().enumerate() {
            let width = line.chars().count();
            assert!(width <= 130, "{}:{}: {width} columns", path.display(), number + 1);
        }
    }
}

/// A testing switch inside what is tested would be one more thing to trust.
#[test]
fn what_is_tested_holds_no_testing_machinery() {
    for module in ["format", "store", "encoder", "reader", "model"] {
        for path in rust_files(&format!("src/{module}")).iter().filter(|path| !is_test_file(path)) {
            let code = code_of(path);
            for word in ["cfg!(", "feature =", "mutant", "env::var", "fail_point"] {
                assert!(!code.contains(word), "{} holds {word:?}", path.display());
            }
        }
    }
}

#[test]
fn the_names_in_the_documents_exist() {
    let docs = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let docs = docs.map(|name| format!("docs/{}", name.to_string_lossy())).filter(|name| name.ends_with(".md"));
    for document in ["README.md", "ARCHITECTURE.md"].map(str::to_owned).into_iter().chain(docs) {
        let text = std::fs::read_to_string(root().join(&document)).unwrap();
        for quoted in text.split('`').skip(1).step_by(2) {
            let looks_like_path = ["src/", "tests/", ".ci/", "benches/", "fixtures/", "docs/", "fuzz/"]
                .iter()
                .any(|prefix| quoted.starts_with(prefix));
            if looks_like_path && !quoted.contains(' ') {
                assert!(root().join(quoted).exists(), "{document} names {quoted}, which is not there");
            }
        }
    }
}

//! The invariants of ARCHITECTURE.md that can be read off the source.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

#[path = "tidy/forms.rs"]
mod forms;
#[path = "tidy/imports.rs"]
mod imports;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use imports::{Imports, room};

/// A row of ARCHITECTURE.md's table of rooms.
struct Row {
    room: String,
    /// `None` is all rooms above it in the table.
    uses: Option<BTreeSet<String>>,
}

/// The table: the one list of who may use whom.
fn table() -> Vec<Row> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("/` |"));
    rows.map(|(room, rest)| {
        let last = rest.trim_end_matches('|').rsplit('|').next().unwrap();
        let uses = last.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        Row { room: room.to_owned(), uses: (last.trim() != "all").then_some(uses) }
    })
    .collect()
}

fn imports() -> Imports {
    Imports::of(&root().join("src"), &rust_files("src"))
}

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

/// The source without comments and without its tests, which may use anything.
fn code_of(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
    before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    if let Some(circle) = imports().circle() {
        panic!("a circle: {}", circle.join(" -> "));
    }
}

#[test]
fn no_file_hides_what_it_uses() {
    let refused = imports().refused;
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn rooms_use_what_the_architecture_lets_them() {
    let imports = imports();
    let between = imports.between_rooms();
    let table = table();
    let named: BTreeSet<&str> = table.iter().map(|row| row.room.as_str()).collect();
    let there: BTreeSet<&str> = between.keys().copied().filter(|room| !["lib", "main"].contains(room)).collect();
    assert_eq!(named, there, "the rooms of ARCHITECTURE.md's table and the folders of src/");
    assert!(table.len() == named.len(), "each room has one row");
    for (at, Row { room, uses }) in table.iter().enumerate() {
        let above: BTreeSet<&str> = table.iter().take(at).map(|row| row.room.as_str()).collect();
        let used = &between[room.as_str()];
        for other in used {
            let named = uses.as_ref().is_none_or(|uses| uses.contains(*other));
            assert!(
                named,
                "{room}/ uses {other}/, which its row does not name: {}",
                first_arrow(&imports, room, other)
            );
            assert!(above.contains(other), "{room}/ uses {other}/, which stands below it in the table");
        }
        for other in uses.iter().flatten() {
            assert!(used.contains(other.as_str()), "the row of {room}/ names {other}/, which it does not use");
        }
    }
}

/// The first file of a room that uses a file of another one.
fn first_arrow(imports: &Imports, from: &str, to: &str) -> String {
    let mut arrows = imports.arrows.iter().filter(|(file, _)| room(file) == from);
    let found = arrows.find_map(|(file, uses)| Some((file, uses.iter().find(|used| room(used) == to)?)));
    found.map_or_else(String::new, |(file, used)| format!("{file} -> {used}"))
}

/// Prints what there is, for whoever wants to see it: `cargo test --test tidy -- --nocapture figures`.
#[test]
fn figures() {
    let imports = imports();
    let lines = |file: &String| std::fs::read_to_string(root().join("src").join(file)).unwrap().lines().count();
    let largest = imports.arrows.keys().map(|file| (lines(file), file)).max().unwrap();
    let between = imports.between_rooms();
    let arrows: usize = between.values().map(BTreeSet::len).sum();
    let files = imports.arrows.len();
    println!("{files} files in {} rooms, the largest {} with {} lines", between.len(), largest.1, largest.0);
    println!(
        "{arrows} arrows between rooms, {} between files",
        imports.arrows.values().map(BTreeSet::len).sum::<usize>()
    );
    for (room, uses) in between {
        println!("{room:<12} -> {}", uses.into_iter().collect::<Vec<_>>().join(" "));
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
    let imports = imports();
    for module in ["format", "store", "encoder", "reader", "model"] {
        for file in imports.arrows.keys().filter(|file| room(file) == module) {
            let path = root().join("src").join(file);
            let code = code_of(&path);
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
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(str::to_owned).into_iter().chain(docs) {
        let text = std::fs::read_to_string(root().join(&document)).unwrap();
        for quoted in text.split('`').skip(1).step_by(2) {
            let folders =
                ["src/", "tests/", ".ci/", "benches/", "examples/", "fixtures/", "docs/", "fuzz/", "regressions/"];
            let looks_like_path = folders.iter().any(|prefix| quoted.starts_with(prefix));
            // `src/cli/NAME.rs` is still to be written.
            if looks_like_path && !quoted.contains(' ') && !quoted.contains("NAME") {
                assert!(root().join(quoted).exists(), "{document} names {quoted}, which is not there");
            }
        }
    }
}

/// A guide that promises a test which is gone would have somebody forget a part.
#[test]
fn the_tests_and_targets_in_the_guide_exist() {
    let guide = std::fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let code: String = [rust_files("src"), rust_files("tests")]
        .iter()
        .flatten()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let mut tests = 0;
    for quoted in guide.split('`').skip(1).step_by(2) {
        let is_name = quoted.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if is_name && quoted.matches('_').count() >= 2 {
            assert!(
                code.contains(&format!("fn {quoted}() {{")),
                "CONTRIBUTING.md names the test {quoted}, which is not there"
            );
            tests += 1;
        }
        if let Some(target) = quoted.strip_prefix("make ") {
            assert!(
                makefile.contains(&format!("\n{target}:")),
                "CONTRIBUTING.md names `make {target}`, which is not there"
            );
        }
    }
    assert!(tests > 20, "the guide names {tests} tests");
}

/// Each test with the features that it needs, as Cargo.toml has it.
#[test]
fn the_table_of_tests_is_that_of_the_manifest() {
    let guide = std::fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let rows: BTreeSet<(String, String)> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("| `tests/")?.split_once("` | "))
        .map(|(path, rest)| (path.to_owned(), rest.split(" |").next().unwrap().replace('`', "")))
        .collect();
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let needs = |name: &str| {
        let entry = manifest.split("[[test]]\n").find_map(|entry| entry.strip_prefix(&format!("name = {name:?}\n")));
        let features = entry.map(|entry| entry.lines().next().unwrap().split('"').skip(1).step_by(2));
        features.map_or_else(|| "nothing".to_owned(), |features| features.collect::<Vec<_>>().join(" "))
    };
    let there = std::fs::read_dir(root().join("tests")).unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let is_folder = root().join("tests").join(&name).join("main.rs").is_file();
        let stem = if is_folder { &name } else { name.strip_suffix(".rs")? };
        Some((if is_folder { format!("{name}/main.rs") } else { name.clone() }, needs(stem)))
    });
    assert_eq!(rows, there.collect(), "CONTRIBUTING.md's table of tests, and the tests with their features");
}

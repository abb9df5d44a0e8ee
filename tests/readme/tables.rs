//! Tables, figures and examples are those of the code.

use std::collections::BTreeSet;
use std::process::Command;

use crate::pages::{page, pages, root};

#[path = "../../examples/test_suite.rs"]
#[expect(dead_code, reason = "its main prints")]
mod test_suite;

/// Flags of cargo that the pages name.
const OTHER_FLAGS: [&str; 2] = ["--build-arg", "--no-default-features"];

fn help(words: &[&str]) -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip")).args(words).arg("--help").output().unwrap();
    assert!(ran.status.success(), "{words:?} --help");
    String::from_utf8(ran.stdout).unwrap()
}

fn commands() -> Vec<String> {
    let help = help(&[]);
    let lines = help.split("Commands:\n").nth(1).unwrap().lines().take_while(|line| !line.is_empty());
    let names = lines.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

#[test]
fn the_tables_name_every_command_profile_and_list_command() {
    let readme = page("README.md").text;
    for command in commands() {
        assert!(readme.contains(&format!("\n| `{command}` |")), "README.md has no row for {command}");
    }
    let traces = page("docs/traces.md");
    for profile in &ekv_roundtrip::workload::PROFILES {
        let row = format!("\n| {} | {} |", profile.name, profile.description);
        assert!(traces.text.contains(&row), "docs/traces.md has no row {row:?}");
    }
    for spec in ekv_roundtrip::command::COMMANDS {
        assert!(traces.text.contains(spec.name), "docs/traces.md does not name {}", spec.name);
    }
    let [example] = &traces.blocks_of("json")[..] else { panic!("docs/traces.md has one trace") };
    for line in &example.lines {
        let read = ekv_roundtrip::workload::Trace::read(line.as_bytes());
        assert!(read.is_ok(), "{line}: {read:?}");
    }
}

/// In running text a flag or a command may outlive what it names.
#[test]
fn the_flags_in_the_text_exist() {
    let commands = commands();
    let helps: String = commands.iter().map(|command| help(&[command])).collect();
    let is_flag_char = |c: char| c.is_ascii_lowercase() || c == '-';
    let flags_of = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !is_flag_char(c)).filter(|word| word.starts_with("--") && word.len() > 2);
        words.map(str::to_owned).collect()
    };
    let known = flags_of(&helps);
    let mut count = 0;
    for page in pages() {
        let prose = page.prose().join("\n");
        for quoted in prose.split('`').skip(1).step_by(2) {
            let (ours, rest) = quoted.strip_prefix("ekv-roundtrip ").map_or((false, quoted), |rest| (true, rest));
            let first = rest.split_whitespace().next().unwrap_or_default();
            let is_command = commands.iter().any(|command| command == first);
            assert!(!ours || is_command || first == "COMMAND", "{}: {quoted:?} is no command", page.name);
            if is_command || quoted.starts_with("--") {
                for flag in flags_of(quoted) {
                    assert!(
                        known.contains(&flag) || OTHER_FLAGS.contains(&&*flag) || flag == "--help",
                        "{}: there is no {flag}",
                        page.name
                    );
                    count += 1;
                }
            }
        }
    }
    assert!(count > 40, "{count} flags");
}

/// The figures are those of a run that is checked in.
#[test]
fn the_figures_are_those_of_the_recorded_run() {
    let page = page("docs/benchmarks.md");
    let recorded = std::fs::read_to_string(root().join("benches/recorded.md")).unwrap();
    let section = page.text.split("\n## ").find(|section| section.starts_with("Sort and dump one list\n"));
    let figures: Vec<&str> = section.unwrap_or_default().lines().filter(|line| line.starts_with('|')).collect();
    assert!(figures.len() > 5, "the page has lost its table");
    let run = recorded.lines().next().unwrap();
    assert!(run.starts_with("`make bench` "), "not recorded from a whole run: {run}");
    for line in figures.into_iter().chain([run]) {
        assert!(recorded.lines().any(|found| found == line), "benches/recorded.md does not have {line:?}");
        assert!(page.text.lines().any(|found| found == line), "docs/benchmarks.md does not have {line:?}");
    }
}

/// The loader for the fixtures, and what someone would do with it.
#[test]
fn the_python_loader_loads_the_fixtures() {
    let page = page("docs/fixtures.md");
    let [loader] = &page.blocks_of("python")[..] else { panic!("the page has one Python block") };
    let use_of_it = r#"
count = 0
for entry, records, state, dump in load("fixtures"):
    assert len(records) == entry["records"] and records == sorted(records), entry
    bodies = [json.loads(path.read_bytes()) for path in dump.glob("redis/db_0/lists/*")]
    assert len(bodies) == entry["lists"] and sum(len(body["items"]) for body in bodies) == entry["items"], entry
    if entry["dump_shows_state"]:
        lists = [(line["items"], line["expire_at_ms"]) for line in state]
        dumped = [(body["items"], body["expire_at_ms"]) for body in bodies]
        assert all(shown in dumped for shown in lists), entry
    count += 1
print(count)
"#;
    let ran = Command::new("python3")
        .args(["-c", &[&loader.text(), use_of_it].concat()])
        .current_dir(root())
        .output()
        .expect("python3 is not installed, and this test needs it: apt-get install python3");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let count = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(count.trim(), ekv_roundtrip::fixtures::SCENARIOS.len().to_string());
}

/// The page has the example as it is, what it prints, and lines of a doc test.
#[test]
fn the_rust_blocks_are_compiled_elsewhere() {
    let page = page("docs/rust-tests.md");
    let [example, decoder] = &page.blocks_of("rust")[..] else { panic!("the page has two Rust blocks") };
    assert_eq!(example.text(), std::fs::read_to_string(root().join("examples/test_suite.rs")).unwrap());
    let crate_docs = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    for line in &decoder.lines {
        assert!(crate_docs.contains(&format!("\n//! {line}\n")), "the doc test of src/lib.rs lacks {line:?}");
    }
    let found = ekv_roundtrip::suite::Suite::new(42).cases(20).check_store(test_suite::Lists::default).unwrap();
    let printed: String = found.iter().map(|found| format!("{found}\n")).collect();
    let [shown] = &page.blocks_of("text")[..] else { panic!("the page has one text block") };
    assert_eq!(shown.text().trim_end(), printed.trim_end());
}

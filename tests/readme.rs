//! The commands of README.md, run in the order in which a reader would.
//!
//! In a `console` block each `$ ` line is run by a shell in one folder for the whole document, and what follows must be
//! what it prints: standard error, then standard output. A line `...` stands for the rest, `[exit N]` is the exit code
//! where it is not 0, and times and rates may be any. A file that is shown with `cat` before anything has made it is
//! made first. `sh` blocks may hold only make targets that exist; blocks of other kinds are not run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

use std::path::Path;
use std::process::Command;

struct Step {
    command: String,
    output: Vec<String>,
}

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    text.split(opening.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn steps(block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push(Step { command: command.to_owned(), output: Vec::new() }),
            None => steps.last_mut().expect("output follows a command").output.push(line.to_owned()),
        }
    }
    steps
}

/// Times and rates may be any.
fn masked(line: &str) -> String {
    match (line.find(" mismatches in "), line.rfind(" commands/s)")) {
        (Some(from), Some(to)) => format!("{} mismatches in ... s (...{}", &line[..from], &line[to..]),
        _ => line.to_owned(),
    }
}

#[test]
fn the_session_is_true() {
    let folder = tempfile::tempdir().unwrap();
    let tool = Path::new(env!("CARGO_BIN_EXE_ekv-roundtrip")).parent().unwrap();
    let path = format!("{}:{}", tool.display(), std::env::var("PATH").unwrap());
    let text = readme();
    let mut count = 0;
    for step in blocks(&text, "console").into_iter().flat_map(steps) {
        if let Some(file) = step.command.strip_prefix("cat ").filter(|file| !folder.path().join(file).exists()) {
            std::fs::write(folder.path().join(file), step.output.join("\n") + "\n").unwrap();
        }
        let ran = Command::new("sh")
            .args(["-c", &step.command])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env_remove("GITHUB_ACTIONS")
            .output()
            .expect("a shell");
        let printed = [ran.stderr, ran.stdout].concat();
        let mut lines: Vec<String> = String::from_utf8(printed).unwrap().lines().map(masked).collect();
        match ran.status.code() {
            Some(0) => {}
            code => lines.push(format!("[exit {}]", code.expect("an exit code"))),
        }
        let mut expected: Vec<String> = step.output.iter().map(|line| masked(line)).collect();
        if expected.last().is_some_and(|line| line == "...") {
            expected.pop();
            lines.truncate(expected.len());
        }
        assert_eq!(lines, expected, "{}", step.command);
        count += 1;
    }
    assert!(count > 10, "the README has lost its session");
}

/// The loader that the README gives for the fixtures, and what someone would do with it.
#[test]
fn the_python_loader_loads_the_fixtures() {
    let text = readme();
    let [loader] = blocks(&text, "python")[..] else { panic!("the README has one Python block") };
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
        .args(["-c", &[loader, use_of_it].concat()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("python3 is not installed, and this test needs it: apt-get install python3");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let count = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(count.trim(), ekv_roundtrip::fixtures::SCENARIOS.len().to_string());
}

/// What a CI job finds in its folder: this repository, the tool on the path, and somebody's decoder and server.
struct Runner {
    folder: tempfile::TempDir,
    path: String,
    port: u16,
    in_background: Vec<std::process::Child>,
}

impl Drop for Runner {
    fn drop(&mut self) {
        for child in &mut self.in_background {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Runner {
    fn new() -> Runner {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(env!("CARGO_MANIFEST_DIR"), folder.path().join("ekv-roundtrip")).unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        for (name, script) in [
            ("my-decoder", "exec ekv-roundtrip dump fsm:$2 --out $4"),
            ("my-server", "exec redis-server --bind 127.0.0.1 --port $2 --save '' --appendonly no"),
        ] {
            let path = folder.path().join("bin").join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(path, executable).unwrap();
        }
        std::fs::write(folder.path().join("known-bugs.txt"), "# none\n").unwrap();
        let tool = Path::new(env!("CARGO_BIN_EXE_ekv-roundtrip")).parent().unwrap();
        let path = format!("{}:{}", tool.display(), std::env::var("PATH").unwrap());
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Runner { folder, path, port, in_background: Vec::new() }
    }

    /// Runs a step as GitHub's runner would, with few cases. What builds something is not run: the tool has been
    /// built, and the others are there.
    fn run(&mut self, step: &str) {
        if let Some(target) = step.strip_prefix("make -C ekv-roundtrip ") {
            let makefile = std::fs::read_to_string(self.folder.path().join("ekv-roundtrip/Makefile")).unwrap();
            assert!(makefile.contains(&format!("\n{target}:")), "{step}");
            return;
        }
        if step.starts_with("go build -o bin/my-") || step == "sudo apt-get install -y redis-tools" {
            return;
        }
        let line = step
            .replace("${{ github.run_id }}", "1234")
            .replace("--time 5m", "--cases 5")
            .replace("7001", &self.port.to_string());
        let (line, is_background) = match line.strip_suffix(" &") {
            Some(line) => (format!("exec {line}"), true),
            None => (line, false),
        };
        let mut command = Command::new("bash");
        command
            .args(["-eo", "pipefail", "-c", &line])
            .current_dir(self.folder.path())
            .envs([("GITHUB_ACTIONS", "true"), ("PATH", &self.path)])
            .env("GITHUB_PATH", self.folder.path().join("github-path"));
        if is_background {
            let nothing = std::process::Stdio::null;
            self.in_background
                .push(command.stdin(nothing()).stdout(nothing()).stderr(nothing()).spawn().expect("bash"));
            return;
        }
        let ran = command.output().expect("bash");
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(0), "{step}: {said}");
        assert!(!said.contains("::error"), "{step}: {said}");
    }
}

#[test]
fn the_ci_jobs_run() {
    let text = readme();
    let jobs = blocks(&text, "yaml");
    for (job, steps, results) in
        [("decoder", 5, "decoder.xml"), ("server", 8, "server.xml"), ("round trip", 4, "round-trip.xml")]
    {
        let name = format!("name: {job}\n");
        let job = jobs.iter().find(|block| block.starts_with(&name)).unwrap_or_else(|| panic!("no job {name}"));
        let mut runner = Runner::new();
        let found: Vec<&str> = job.lines().filter_map(|line| line.trim_start().strip_prefix("- run: ")).collect();
        assert_eq!(found.len(), steps, "{job}");
        found.iter().for_each(|step| runner.run(step));
        let junit = std::fs::read_to_string(runner.folder.path().join(results)).unwrap();
        assert!(
            junit.contains("failures=\"0\" errors=\"0\"") && junit.contains("name=\"seed\" value=\"1234\""),
            "{junit}"
        );
        if results == "round-trip.xml" {
            let report = std::fs::read(runner.folder.path().join("round-trip.json")).unwrap();
            assert_eq!(serde_json::from_slice::<serde_json::Value>(&report).unwrap()["mismatches"], 0);
        }
    }
    assert_eq!(jobs.len(), 3);
}

#[test]
fn the_make_targets_exist() {
    let text = readme();
    let makefile = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Makefile")).unwrap();
    for line in blocks(&text, "sh").into_iter().flat_map(str::lines) {
        let mut words = line.split(' ');
        assert_eq!(words.next(), Some("make"), "{line:?} is no call of make");
        let target = words.next().unwrap_or_else(|| panic!("{line:?} names no target"));
        assert!(makefile.contains(&format!("\n{target}:")), "the Makefile has no target {target}");
        for word in words {
            let (variable, _) = word.split_once('=').unwrap_or_else(|| panic!("{word:?} in {line:?} sets nothing"));
            assert!(makefile.contains(&format!("\n{variable} ?=")), "the Makefile has no variable {variable}");
        }
    }
}

/// The figures are those of a run that is checked in.
#[test]
fn the_figures_are_those_of_the_recorded_run() {
    let text = readme();
    let chapter = text.split("\n## Benchmarks\n").nth(1).expect("a chapter").split("\n## ").next().unwrap();
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/recorded.md");
    let recorded = std::fs::read_to_string(recorded).unwrap();
    let figures: Vec<&str> = chapter.lines().filter(|line| line.starts_with('|')).collect();
    assert!(figures.len() > 5, "the chapter has lost its table");
    let run = recorded.lines().next().unwrap();
    assert!(run.starts_with("`make bench` "), "not recorded from a whole run: {run}");
    for line in figures.into_iter().chain([run]) {
        assert!(recorded.lines().any(|found| found == line), "benches/recorded.md does not have {line:?}");
        assert!(chapter.lines().any(|found| found == line), "the README does not say {line:?}");
    }
}

#[test]
fn the_tables_name_every_command_profile_and_list_command() {
    let text = readme();
    let help = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip")).arg("--help").output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    let commands = help.split("Commands:\n").nth(1).unwrap().lines().take_while(|line| !line.is_empty());
    for command in commands.map(|line| line.split_whitespace().next().unwrap()).filter(|name| *name != "help") {
        assert!(text.contains(&format!("\n| `{command}` |")), "README has no row for {command}");
    }
    for profile in &ekv_roundtrip::workload::PROFILES {
        let row = format!("\n| {} | {} |", profile.name, profile.description);
        assert!(text.contains(&row), "README has no row {row:?}");
    }
    for spec in ekv_roundtrip::command::COMMANDS {
        assert!(text.contains(spec.name), "README does not name {}", spec.name);
    }
    for line in blocks(&text, "json").into_iter().flat_map(str::lines) {
        let read = ekv_roundtrip::workload::Trace::read(line.as_bytes());
        assert!(read.is_ok(), "{line}: {read:?}");
    }
}

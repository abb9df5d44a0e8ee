//! The ways in: the GitHub Action, the archives of releases, and the package for cargo.
//!
//! A script stands for the program, so nothing is built. `tests/readme.rs` runs the action with the program itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

#[path = "readme/action.rs"]
mod action;

use std::path::{Path, PathBuf};
use std::process::Command;

use action::{Action, Use};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// A field of the package in Cargo.toml.
fn manifest(field: &str) -> String {
    let text = text("Cargo.toml");
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{field} = \""))).expect("the field");
    line.trim_end_matches('"').to_owned()
}

/// What stands for the program: it prints how it was called, and exits with the codes in a file.
const PROGRAM: &str = r#"#!/bin/sh
case $1 in
    --version) echo "ekv-roundtrip VERSION" ;;
    --help) printf 'Commands:\n  verify  Runs\n          more\n  probe   Puts\n  help    Prints\n\nOptions:\n' ;;
    man | completions) echo "$*" ;;
    *) echo "called: $*"; exit "$(grep "^$1 " runner/codes | cut -d ' ' -f 2)" ;;
esac
"#;

/// A workspace, and a server that has one release beside it.
struct Job {
    folder: tempfile::TempDir,
    archive: PathBuf,
}

impl Job {
    fn new() -> Job {
        let folder = tempfile::tempdir().unwrap();
        let version = manifest("version");
        let release = folder.path().join(format!("server/somebody/ekv-roundtrip/releases/download/v{version}"));
        std::fs::create_dir_all(&release).unwrap();
        let program = folder.path().join("program");
        std::fs::write(&program, PROGRAM.replace("VERSION", &version)).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let mut command = Command::new(root().join(".github/archive"));
        let ran = command.args([&program, &release]).env("SOURCE_DATE_EPOCH", "0").output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let archive = release.join(String::from_utf8(ran.stdout).unwrap().trim());
        let line = "sha256sum -- *.tar.gz > SHA256SUMS";
        assert!(text(".github/workflows/release.yml").contains(line), "the release is made otherwise");
        let summed = Command::new("sh").args(["-c", line]).current_dir(&release).status().unwrap();
        assert!(summed.success());
        Job { folder, archive }
    }

    /// Uses the action, of which `reference` is named after the `@`, while the program exits with these codes.
    fn run(&self, reference: &str, codes: [u8; 2], inputs: &[(&str, &str)]) -> Use {
        let action = Action::read();
        let mut used = Use::new(&action, self.folder.path(), &std::env::var("PATH").unwrap(), inputs);
        let [probe, verify] = codes;
        let file = self.folder.path().join("runner/codes");
        std::fs::write(file, format!("probe {probe}\nverify {verify}\n")).unwrap();
        used.set("github.action_ref", reference);
        used.set("github.action_repository", "somebody/ekv-roundtrip");
        used.set("github.server_url", &format!("file://{}", self.folder.path().join("server").display()));
        // What would be built is not.
        let steps = action.steps.iter().filter(|step| step.id != "build");
        steps.for_each(|step| used.step(step));
        used
    }
}

fn release() -> String {
    format!("v{}", manifest("version"))
}

#[test]
fn the_documentation_has_each_input_and_output() {
    let page = text("docs/ci.md");
    let action = Action::read();
    let code = |text: &str| if text.is_empty() { String::new() } else { format!("`{text}`") };
    let inputs = action
        .inputs
        .iter()
        .map(|input| format!("| `{}` | {} | {} |", input.name, code(&input.default), input.description));
    let outputs = action.outputs.iter().map(|output| format!("| `{}` | {} |", output.name, output.description));
    let expected: Vec<String> = inputs.chain(outputs).collect();
    let part = page.split("## A job without the action").next().unwrap();
    let rows: Vec<&str> = part.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(rows, expected, "the tables of docs/ci.md, and action.yml");
    assert!(expected.len() > 8, "{expected:?}");
}

/// The owner is not known yet. Whoever puts it in must do so everywhere.
#[test]
fn all_pages_name_the_repository_and_the_version_of_the_manifest() {
    let repository = manifest("repository");
    let owner_and_name = repository.strip_prefix("https://github.com/").unwrap();
    assert!(manifest("homepage").starts_with(&repository));
    let expected = format!("- uses: {owner_and_name}@{}", release());
    let mut uses = 0;
    for page in ["README.md", "docs/ci.md"].map(text) {
        for line in page.lines().map(str::trim).filter(|line| line.contains("/ekv-roundtrip@")) {
            assert_eq!(line, expected);
            uses += 1;
        }
    }
    assert!(uses >= 2, "{uses} uses");
    let changes = text("CHANGELOG.md");
    assert!(changes.contains(&manifest("version")), "CHANGELOG.md has nothing of {}", release());
}

#[test]
fn the_action_installs_a_release_and_runs_both_commands() {
    let job = Job::new();
    let used =
        job.run(&release(), [0, 0], &[("decoder", "exec:my decoder"), ("verify-flags", "--noise=no\n --jobs  2")]);
    assert_eq!(used.verdict(), ("pass", "0"), "{}", used.printed);
    assert!(used.printed.contains("called: probe --decoder exec:my decoder\n"), "{}", used.printed);
    let verify =
        "called: verify --seed 1234 --findings found --time 5m --decoder exec:my decoder --noise=no --jobs 2\n";
    assert!(used.printed.contains(verify), "{}", used.printed);
    assert!(job.folder.path().join("found/probe.txt").is_file() && used.get("steps.install.outputs.build").is_empty());

    let used = job.run("v0", [0, 0], &[("store", "redis://h:1"), ("time", ""), ("seed", "7"), ("findings", "f")]);
    assert_eq!(used.verdict(), ("pass", "0"), "{}", used.printed);
    assert!(used.printed.contains("called: verify --seed 7 --findings f --store redis://h:1\n"), "{}", used.printed);
    assert!(!used.printed.contains("called: probe"), "{}", used.printed);
}

#[test]
fn the_action_fails_with_the_greater_exit_code_and_verifies_behind_a_red_probe() {
    let job = Job::new();
    let rows = [([1, 0], "mismatch", "1"), ([0, 1], "mismatch", "1"), ([1, 3], "error", "3"), ([2, 1], "error", "2")];
    for (codes, verdict, exit_code) in rows {
        let used = job.run(&release(), codes, &[("decoder", "exec:d")]);
        assert_eq!(used.verdict(), (verdict, exit_code), "{codes:?}: {}", used.printed);
        assert!(used.printed.contains("called: verify"), "{}", used.printed);
    }
    let summary = std::fs::read_to_string(job.folder.path().join("runner/summary")).unwrap();
    assert!(summary.starts_with("### probe exits with code 1\n"), "{summary}");
}

#[test]
fn what_is_no_release_is_built() {
    let job = Job::new();
    let build = |reference: &str, inputs: &[(&str, &str)]| {
        job.run(reference, [0, 0], inputs).get("steps.install.outputs.build").to_owned()
    };
    let key = build("main", &[]);
    assert_eq!(key.len(), 32);
    assert_eq!(build("0123456789abcdef0123456789abcdef01234567", &[]), key);
    assert_eq!(build(&release(), &[("version", "source")]), key);
    assert_eq!(build("main", &[("version", &manifest("version"))]), "");
    // A release that has no archive for this machine.
    std::fs::remove_file(&job.archive).unwrap();
    assert_eq!(build(&release(), &[]), key);
}

#[test]
fn what_cannot_be_installed_is_an_error() {
    let job = Job::new();
    let rows: [(&[(&str, &str)], &str); 3] = [
        (&[("version", "v9.9.9")], "there is no file://"),
        (&[("version", "latest")], "version latest is neither a release such as v0.1.0 nor source"),
        (&[("decoder", "exec:d"), ("store", "redis://h:1")], "the inputs decoder and store exclude each other"),
    ];
    for (inputs, message) in rows {
        let used = job.run("main", [0, 0], inputs);
        assert_eq!(used.verdict(), ("error", "2"), "{}", used.printed);
        assert!(used.printed.contains(&format!("::error title=ekv-roundtrip::{message}")), "{}", used.printed);
        assert!(!used.printed.contains("called:"), "{}", used.printed);
    }
    // An archive that is not what was released, and one that SHA256SUMS does not name.
    let sums = job.archive.with_file_name("SHA256SUMS");
    for text in [std::fs::read_to_string(&sums).unwrap().replace(['0', '1'], "2"), "\n".to_owned()] {
        std::fs::write(&sums, text).unwrap();
        let used = job.run(&release(), [0, 0], &[]);
        assert_eq!(used.verdict(), ("error", "2"), "{}", used.printed);
        assert!(used.printed.contains(".tar.gz is not what SHA256SUMS says"), "{}", used.printed);
    }
}

#[test]
fn an_archive_holds_the_program_its_pages_and_completions() {
    let job = Job::new();
    let listed = Command::new("tar").arg("-tzf").arg(&job.archive).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let folder = job.archive.file_name().unwrap().to_str().unwrap().trim_end_matches(".tar.gz");
    let files: Vec<&str> = listed
        .lines()
        .filter(|line| !line.ends_with('/'))
        .map(|line| line.strip_prefix(folder).expect("one folder").trim_start_matches('/'))
        .collect();
    let expected = [
        "CHANGELOG.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "completions/_ekv-roundtrip",
        "completions/ekv-roundtrip.bash",
        "completions/ekv-roundtrip.fish",
        "ekv-roundtrip",
        "man/man1/ekv-roundtrip-probe.1",
        "man/man1/ekv-roundtrip-verify.1",
        "man/man1/ekv-roundtrip.1",
    ];
    assert_eq!(files, expected);

    // Where cargo binstall looks for it.
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let filled_in = |field: &str| {
        [("name", "ekv-roundtrip"), ("bin", "ekv-roundtrip"), ("version", &*manifest("version")), ("target", &*target)]
            .iter()
            .fold(manifest(field), |text, (name, value)| text.replace(&format!("{{ {name} }}"), value))
    };
    assert_eq!(filled_in("bin-dir"), format!("{folder}/ekv-roundtrip"));
    assert_eq!(filled_in("pkg-url"), format!("{{ repo }}/releases/download/{}/{folder}.tar.gz", release()));
}

/// The paths that the code includes, below the repository.
fn included(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            included(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for part in ["include_str!(\"", "include_bytes!(\""].iter().flat_map(|start| text.split(start).skip(1)) {
                let file = folder.join(part.split('"').next().unwrap()).canonicalize().unwrap();
                found.push(file.strip_prefix(root().canonicalize().unwrap()).unwrap().to_owned());
            }
        }
    }
}

#[test]
fn the_package_has_what_is_built_and_no_fixtures_of_tests() {
    let mut command = Command::new(env!("CARGO"));
    command.args(["package", "--list", "--allow-dirty", "--offline"]).current_dir(root());
    let ran = command.output().unwrap();
    let warnings = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{warnings}");
    assert!(!warnings.contains("manifest has no"), "{warnings}");
    let listed = String::from_utf8(ran.stdout).unwrap();
    let listed: Vec<&str> = listed.lines().collect();
    let top = [".cargo_vcs_info.json", "CHANGELOG.md", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig"];
    let top = [&top[..], &["LICENSE-APACHE", "LICENSE-MIT", "README.md"]].concat();
    for file in &listed {
        let is_wanted = ["src/", "examples/", "fixtures/engine/"].iter().any(|folder| file.starts_with(folder));
        assert!(is_wanted || top.contains(file), "{file} is in the package");
    }
    let mut included_files = Vec::new();
    included(&root().join("src"), &mut included_files);
    assert!(included_files.len() >= 6, "{included_files:?}");
    for file in &included_files {
        assert!(listed.contains(&file.to_str().unwrap()), "{} is not in the package", file.display());
    }
}

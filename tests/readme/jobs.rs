//! The CI jobs, run as GitHub's runner would, with few cases.

use std::process::{Child, Command, Stdio};

use crate::action::{Action, Use};
use crate::pages::{Block, page, pages, root};
use crate::sessions::{free_ports, scratch, search_path};

/// Pages whose jobs belong together; `tests/docs.rs` runs them.
const CAMPAIGNS: [&str; 2] = ["docs/ci-matrix.md", "docs/kubernetes.md"];

/// A `run` of a job or a use of our action, and when it is run.
struct Step {
    line: String,
    condition: Option<String>,
    /// Of a use.
    inputs: Vec<(String, String)>,
}

impl Step {
    fn is_use(&self) -> bool {
        self.line.starts_with("OWNER/ekv-roundtrip@v")
    }
}

fn steps(job: &Block<'_>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut is_ours = false;
    for line in job.lines.iter().map(|line| line.trim_start()) {
        let ours =
            line.strip_prefix("- run: ").or_else(|| line.strip_prefix("- uses: ").filter(|uses| uses.contains("ekv-")));
        if let Some(line) = ours {
            steps.push(Step { line: line.to_owned(), condition: None, inputs: Vec::new() });
            is_ours = true;
        } else if line.starts_with("- ") {
            is_ours = false;
        } else if is_ours {
            let step = steps.last_mut().unwrap();
            match line.split_once(": ") {
                Some(("if", condition)) => step.condition = Some(condition.to_owned()),
                Some((name, value)) => step.inputs.push((name.to_owned(), value.to_owned())),
                None => assert_eq!(line, "with:"),
            }
        }
    }
    steps
}

/// What `upload-artifact` takes.
fn uploaded<'a>(job: &Block<'a>) -> Vec<&'a str> {
    if steps(job).iter().any(Step::is_use) {
        return vec!["found"];
    }
    let lines = job.lines.iter().skip_while(|line| !line.contains("actions/upload-artifact@"));
    let mut lines = lines.skip_while(|line| !line.trim_start().starts_with("path:"));
    let first = lines.next().expect("an artifact").trim_start().trim_start_matches("path:").trim();
    if first == "|" { lines.map(|line| line.trim()).collect() } else { vec![first] }
}

/// What a job finds in its folder: this repository, the tool on the path, and somebody's decoder and server.
struct Runner {
    folder: tempfile::TempDir,
    path: String,
    port: u16,
    in_background: Vec<Child>,
    has_failed: bool,
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
    fn new(decoder: &str) -> Runner {
        let folder = tempfile::tempdir_in(scratch()).unwrap();
        std::os::unix::fs::symlink(root(), folder.path().join("ekv-roundtrip")).unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        let server = "exec redis-server --bind 127.0.0.1 --port $2 --save '' --appendonly no";
        for (name, script) in [("my-decoder", decoder), ("my-server", server)] {
            let path = folder.path().join("bin").join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(path, executable).unwrap();
        }
        let [port, _] = free_ports();
        Runner { folder, path: search_path(), port, in_background: Vec::new(), has_failed: false }
    }

    fn is_due(&self, step: &Step) -> bool {
        match step.condition.as_deref() {
            None => !self.has_failed,
            Some("${{ !cancelled() }}") => true,
            Some(other) => panic!("{other:?} is no condition that this test knows"),
        }
    }

    /// Runs a step. What builds something is not run: the tool has been built, and the others are there.
    fn run(&mut self, step: &Step) {
        let line = step.line.as_str();
        if !self.is_due(step) {
            return;
        }
        if step.is_use() {
            return self.use_action(step);
        }
        if let Some(target) = line.strip_prefix("make -C ekv-roundtrip ") {
            let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
            assert!(makefile.contains(&format!("\n{target}:")), "{line}");
            return;
        }
        if line.starts_with("go build -o bin/my-") || line == "sudo apt-get install -y redis-tools" {
            return;
        }
        let run = line
            .replace("ekv-roundtrip/target/release/ekv-roundtrip", "ekv-roundtrip")
            .replace("${{ github.run_id }}", "1234")
            .replace("--time 5m", "--cases 5")
            .replace("7001", &self.port.to_string());
        let (run, is_background) = match run.strip_suffix(" &") {
            Some(run) => (format!("exec {run}"), true),
            None => (run, false),
        };
        let mut command = Command::new("bash");
        command
            .args(["-eo", "pipefail", "-c", &run])
            .current_dir(self.folder.path())
            .envs([("GITHUB_ACTIONS", "true"), ("PATH", &self.path)])
            .env("TMPDIR", scratch())
            .env("GITHUB_PATH", self.folder.path().join("github-path"));
        if is_background {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            self.in_background.push(command.spawn().expect("bash"));
            return;
        }
        let ran = command.output().expect("bash");
        let errors = String::from_utf8_lossy(&ran.stderr);
        match ran.status.code() {
            Some(0) => assert!(!errors.contains("::error"), "{line}: {errors}"),
            Some(1) => self.has_failed = true,
            code => panic!("{line}: {code:?} {errors}"),
        }
    }

    /// Runs the steps of our action, but those that install the tool. An input that it does not have is a mistake.
    fn use_action(&mut self, step: &Step) {
        let action = Action::read();
        let inputs: Vec<(&str, String)> = step
            .inputs
            .iter()
            .filter(|(name, _)| name != "time")
            .map(|(name, value)| (&**name, value.replace("7001", &self.port.to_string())))
            .collect();
        let mut given: Vec<(&str, &str)> = inputs.iter().map(|(name, value)| (*name, &**value)).collect();
        given.extend([("time", ""), ("verify-flags", "--cases 5")]);
        let mut used = Use::new(&action, self.folder.path(), &self.path, &given);
        for step in action.steps.iter().filter(|step| !["install", "build"].contains(&&*step.id)) {
            used.step(step);
        }
        match used.verdict() {
            ("pass", "0") => assert!(!used.printed.contains("::error"), "{}", used.printed),
            ("mismatch", "1") => self.has_failed = true,
            _ => panic!("{}", used.printed),
        }
    }

    /// Whether a path of an artifact is there; one may end with `.*`.
    fn has(&self, path: &str) -> bool {
        let Some(stem) = path.strip_suffix('*') else { return self.folder.path().join(path).exists() };
        std::fs::read_dir(self.folder.path())
            .unwrap()
            .any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with(stem))
    }
}

#[test]
fn the_ci_jobs_run() {
    let mut names = Vec::new();
    for page in pages().iter().filter(|page| !CAMPAIGNS.contains(&&*page.name)) {
        for job in page.blocks_of("yaml") {
            let name = job.lines[0].strip_prefix("name: ").expect("a job has a name").to_owned();
            let mut runner = Runner::new("exec ekv-roundtrip dump fsm:$2 --out $4");
            steps(&job).iter().for_each(|step| runner.run(step));
            assert!(!runner.has_failed, "{}: {name} has failed", page.name);
            let uploaded = uploaded(&job);
            assert!(uploaded.contains(&"found"), "{name} loses its findings: {uploaded:?}");
            for path in uploaded {
                assert!(runner.has(path), "{name} uploads {path}, which is not there");
            }
            for entry in std::fs::read_dir(runner.folder.path()).unwrap() {
                let path = entry.unwrap().path();
                let read = || std::fs::read_to_string(&path).unwrap();
                match path.extension().and_then(|extension| extension.to_str()) {
                    Some("xml") => {
                        let junit = read();
                        assert!(junit.contains("failures=\"0\" errors=\"0\""), "{junit}");
                        assert!(junit.contains("name=\"seed\" value=\"1234\""), "{junit}");
                    }
                    Some("json") => {
                        let report: serde_json::Value = serde_json::from_str(&read()).unwrap();
                        assert_eq!(report["mismatches"], 0);
                    }
                    _ => {}
                }
            }
            names.push(name);
        }
    }
    let expected = ["decoder by action", "server by action", "round trip with reports", "decoder", "server"];
    assert_eq!(names, expected);
}

/// In any CI system: what README.md shows below the job with the action.
#[test]
fn the_plain_form_runs() {
    let readme = page("README.md");
    let blocks = readme.blocks_of("sh");
    let [make, verify] = &blocks.last().expect("a block of commands").lines[..] else { panic!("two commands") };
    assert!(make.starts_with("make -C ekv-roundtrip ") && verify.contains(" --findings found"));
    let mut runner = Runner::new("exec ekv-roundtrip dump fsm:$2 --out $4");
    let lines = [make, verify].map(|line| Step { line: (*line).to_owned(), condition: None, inputs: Vec::new() });
    lines.iter().for_each(|step| runner.run(step));
    assert!(!runner.has_failed && runner.has("found"));
}

/// What `probe` finds does not keep the action from verifying.
#[test]
fn the_action_goes_on_behind_a_finding() {
    let page = page("README.md");
    let [job] = &page.blocks_of("yaml")[..] else { panic!("one job") };
    let mut runner = Runner::new("exit 1");
    steps(job).iter().for_each(|step| runner.run(step));
    assert!(runner.has_failed && runner.has("found/probe.txt"));
    let found = std::fs::read_dir(runner.folder.path().join("found")).unwrap();
    let classes = found.filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    assert!(classes > 0, "verify has found something");
}

/// What `probe` finds does not keep `verify` from running, nor the findings from being uploaded.
#[test]
fn the_decoders_job_goes_on_behind_a_finding() {
    let page = page("docs/decoder.md");
    let [job] = &page.blocks_of("yaml")[..] else { panic!("one job") };
    let mut runner = Runner::new("exit 1");
    steps(job).iter().for_each(|step| runner.run(step));
    assert!(runner.has_failed && runner.has("decoder.xml"));
    let classes = std::fs::read_dir(runner.folder.path().join("found")).unwrap().count();
    assert!(classes > 0, "verify has found something");
    let upload = job.text().split("- uses: actions/upload-artifact@").nth(1).unwrap().to_owned();
    assert!(upload.contains("\n        if: always()\n"), "{upload}");
}

#[test]
fn the_make_targets_exist() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    for page in pages() {
        let lines = page.blocks_of("sh").into_iter().flat_map(|block| block.lines);
        // `the_plain_form_runs` runs the other one.
        for line in lines.filter(|line| !line.starts_with("ekv-roundtrip/")) {
            let words = shell_words::split(&line.replace("make -C ekv-roundtrip ", "make ")).unwrap();
            // What takes minutes is what `make verify` does with the same features.
            if words.starts_with(&["cargo".to_owned(), "install".to_owned()]) {
                assert_eq!(words[2..], ["--path", ".", "--no-default-features", "--features", "cli"]);
                assert!(makefile.contains(" --no-default-features --features cli "));
                continue;
            }
            let [make, target, variables @ ..] = &words[..] else { panic!("{}: {line:?}", page.name) };
            assert_eq!(make, "make", "{}: {line:?} is no call of make", page.name);
            assert!(makefile.contains(&format!("\n{target}:")), "the Makefile has no target {target}");
            for word in variables {
                let (name, _) = word.split_once('=').unwrap_or_else(|| panic!("{word:?} in {line:?} sets nothing"));
                assert!(makefile.contains(&format!("\n{name} ?=")), "the Makefile has no variable {name}");
            }
        }
    }
}

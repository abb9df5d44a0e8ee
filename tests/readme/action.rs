//! The GitHub Action in `action.yml`: what it takes, and its steps, run as GitHub's runner would.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An input, or an output, which has no default.
pub struct Named {
    pub name: String,
    pub description: String,
    pub default: String,
}

/// A step with a script. The others use actions of GitHub's.
pub struct Step {
    pub id: String,
    condition: Option<String>,
    variables: Vec<(String, String)>,
    script: String,
}

pub struct Action {
    pub inputs: Vec<Named>,
    pub outputs: Vec<Named>,
    pub steps: Vec<Step>,
}

/// The lines below a key at the left margin.
fn section<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let lines = text.lines().skip_while(|line| line.strip_suffix(':') != Some(key)).skip(1);
    lines.take_while(|line| line.is_empty() || line.starts_with([' ', '#'])).collect()
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

fn named(lines: &[&str]) -> Vec<Named> {
    let mut named: Vec<Named> = Vec::new();
    for line in lines {
        if let Some(field) = line.strip_prefix("    ") {
            let last = named.last_mut().expect("a name stands before its fields");
            match field.split_once(": ") {
                Some(("description", value)) => unquoted(value).clone_into(&mut last.description),
                Some(("default", value)) => unquoted(value).clone_into(&mut last.default),
                _ => assert!(field.starts_with("value: "), "{line:?}"),
            }
        } else if let Some(name) = line.strip_prefix("  ") {
            let name = name.strip_suffix(':').expect("a name").to_owned();
            named.push(Named { name, description: String::new(), default: String::new() });
        }
    }
    named
}

fn steps(lines: &[&str]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut is_script = false;
    for line in lines {
        if let Some(key) = line.strip_prefix("    - ") {
            is_script = false;
            let id = key.strip_prefix("id: ").unwrap_or_default().to_owned();
            steps.push(Step { id, condition: None, variables: Vec::new(), script: String::new() });
            continue;
        }
        let Some(step) = steps.last_mut() else { continue };
        if is_script && (line.is_empty() || line.starts_with("        ")) {
            step.script.push_str(line.get(8..).unwrap_or_default());
            step.script.push('\n');
        } else if let Some(variable) = line.strip_prefix("        ") {
            let (name, value) = variable.split_once(": ").expect("a variable");
            step.variables.push((name.to_owned(), value.to_owned()));
        } else if let Some(condition) = line.strip_prefix("      if: ") {
            step.condition = Some(condition.to_owned());
        } else {
            is_script = *line == "      run: |";
        }
    }
    steps.retain(|step| !step.script.is_empty());
    steps
}

impl Action {
    pub fn read() -> Action {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml");
        let text = std::fs::read_to_string(path).unwrap();
        let inputs = named(&section(&text, "inputs"));
        Action { inputs, outputs: named(&section(&text, "outputs")), steps: steps(&section(&text, "runs")) }
    }
}

/// A use of the action in a job.
pub struct Use {
    /// The workspace, with `runner` below it for what the runner keeps.
    folder: PathBuf,
    path: String,
    /// Inputs, outputs and the like by the names that expressions give them.
    contexts: BTreeMap<String, String>,
    has_failed: bool,
    outputs: Vec<String>,
    /// What the scripts printed.
    pub printed: String,
}

impl Use {
    /// Inputs that are not given have their defaults. One that the action does not have is a mistake.
    pub fn new(action: &Action, folder: &Path, path: &str, given: &[(&str, &str)]) -> Use {
        for (name, _) in given {
            assert!(action.inputs.iter().any(|input| input.name == *name), "action.yml has no input {name}");
        }
        let mut contexts = BTreeMap::new();
        contexts.insert("github.run_id".to_owned(), "1234".to_owned());
        std::fs::create_dir_all(folder.join("runner")).unwrap();
        let mut used = Use {
            folder: folder.to_owned(),
            path: path.to_owned(),
            contexts,
            has_failed: false,
            outputs: action.outputs.iter().map(|output| output.name.clone()).collect(),
            printed: String::new(),
        };
        for input in &action.inputs {
            let value = given.iter().find(|(name, _)| *name == input.name).map_or(&*input.default, |(_, value)| value);
            used.set(&format!("inputs.{}", input.name), &used.filled_in(value));
        }
        used
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.contexts.insert(name.to_owned(), value.to_owned());
    }

    pub fn get(&self, name: &str) -> &str {
        self.contexts.get(name).map_or("", String::as_str)
    }

    /// The text with each `${{ ... }}` replaced.
    fn filled_in(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("${{ ") else { return text.to_owned() };
        let (name, after) = rest.split_once(" }}").expect("an expression ends");
        format!("{before}{}{}", self.get(name), self.filled_in(after))
    }

    fn is_due(&self, step: &Step) -> bool {
        let condition = step.condition.as_deref().unwrap_or_default();
        let holds = |part: &str| {
            let (name, value) = part.split_once(" != ").unwrap_or_else(|| panic!("{part:?} is no condition"));
            self.get(name) != value.trim_matches('\'')
        };
        condition == "always()" || !self.has_failed && (condition.is_empty() || condition.split(" && ").all(holds))
    }

    /// Runs a step that is due, and takes its outputs.
    pub fn step(&mut self, step: &Step) {
        if !self.is_due(step) {
            return;
        }
        let runner = self.folder.join("runner");
        let [outputs, paths] = ["outputs", "paths"].map(|name| runner.join(name));
        for file in [&outputs, &paths] {
            std::fs::write(file, "").unwrap();
        }
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &step.script]).current_dir(&self.folder);
        command.envs([("GITHUB_OUTPUT", &outputs), ("GITHUB_PATH", &paths), ("RUNNER_TEMP", &runner)]);
        command.env("GITHUB_STEP_SUMMARY", runner.join("summary"));
        command.envs([("GITHUB_ACTIONS", "true"), ("GITHUB_ACTION_PATH", env!("CARGO_MANIFEST_DIR"))]);
        command.envs([("PATH", &*self.path), ("GITHUB_SERVER_URL", self.get("github.server_url"))]);
        command.envs(step.variables.iter().map(|(name, value)| (name, self.filled_in(value))));
        let Output { status, stdout, stderr } = command.output().expect("bash");
        self.printed += &String::from_utf8_lossy(&[stdout, stderr].concat());
        self.has_failed |= !status.success();
        for line in std::fs::read_to_string(outputs).unwrap().lines() {
            let (name, value) = line.split_once('=').expect("an output");
            self.set(&format!("steps.{}.outputs.{name}", step.id), value);
        }
        for line in std::fs::read_to_string(paths).unwrap().lines() {
            self.path = format!("{line}:{}", self.path);
        }
    }

    /// The verdict and the exit code, once the last step has run. These are all outputs that the action has.
    pub fn verdict(&self) -> (&str, &str) {
        assert_eq!(self.outputs, ["verdict", "exit-code"]);
        (self.get("steps.verdict.outputs.verdict"), self.get("steps.verdict.outputs.exit-code"))
    }
}

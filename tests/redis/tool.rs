//! The program, run in a folder.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What a command ended with.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A folder of its own, and the program in it.
pub struct Tool {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Tool {
    pub fn new() -> Tool {
        Tool { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// With a variable in its environment.
    pub fn with(name: &'static str, value: &str) -> Tool {
        Tool { variables: vec![(name, value.to_owned())], ..Tool::new() }
    }

    /// Words are parted by blanks, and none of them holds one.
    pub fn run(&self, words: &str) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
        command.args(words.split_whitespace()).current_dir(self.folder.path());
        ["GITHUB_ACTIONS", "EKV_ROUNDTRIP_PASSWORD", "SSL_CERT_FILE", "SSL_CERT_DIR"].iter().for_each(|name| {
            command.env_remove(name);
        });
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = command.output().expect("the tool runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Runs a command that ends with this code.
    pub fn ends(&self, code: i32, words: &str) -> Ended {
        let ended = self.run(words);
        assert_eq!(ended.code, Some(code), "{words}\n{}\n{}", ended.stdout, ended.stderr);
        ended
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Every file below the folder, as text.
    pub fn files(&self) -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        collect(self.folder.path(), &mut files);
        files
    }
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push((path.clone(), String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned()));
        }
    }
}

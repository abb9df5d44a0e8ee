//! The jobs of campaigns in `docs/`, run as their schedulers would: three shards and the merge, with few cases.
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

use serde_json::Value;

/// A folder that all jobs of a campaign share, with the tool in it.
struct Jobs(tempfile::TempDir);

impl Jobs {
    fn new() -> Jobs {
        let folder = tempfile::tempdir().unwrap();
        let tool = Path::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
        std::os::unix::fs::symlink(tool, folder.path().join("ekv-roundtrip")).unwrap();
        Jobs(folder)
    }

    /// Runs one line of a job, with few cases in place of many.
    fn run(&self, line: &str, variables: &[(&str, String)]) {
        let folder = self.0.path().display().to_string();
        let line = line.replace("--time 1h", "--cases 6 --commands 20 --profile queue");
        let line = line.replace("/reports/", &format!("{folder}/")).replace("/scratch", &folder);
        let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.args(["-eo", "pipefail", "-c", &line]).current_dir(&folder).env("PATH", path);
        for name in ["CI_NODE_INDEX", "CI_NODE_TOTAL", "JOB_COMPLETION_INDEX", "GITHUB_ACTIONS"] {
            command.env_remove(name);
        }
        let ran = command.envs(variables.iter().cloned()).output().expect("bash");
        assert_eq!(ran.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
    }

    /// What the merge left: the whole of a campaign in three shards.
    fn require_merged(&self, seed: u64) {
        let report = std::fs::read(self.0.path().join("campaign.json")).unwrap();
        let report: Value = serde_json::from_slice(&report).unwrap();
        let shards = report["shards"].as_array().unwrap();
        let indexes: Vec<u64> = shards.iter().map(|part| part["shard"]["index"].as_u64().unwrap()).collect();
        assert_eq!((indexes, &report["cases"], &report["seed"]), (vec![1, 2, 3], &Value::from(6), &Value::from(seed)));
        let page = std::fs::read_to_string(self.0.path().join("campaign.html")).unwrap();
        assert!(page.contains("<h1>No mismatches</h1>"));
        for junit in ["shard-1.xml", "shard-2.xml"] {
            assert!(self.0.path().join(junit).is_file(), "{junit}");
        }
    }
}

/// The YAML blocks of a document.
fn blocks(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap();
    text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The lines of a block that begin with `start`, without it.
fn lines<'a>(block: &'a str, start: &str) -> Vec<&'a str> {
    block.lines().filter_map(|line| line.trim_start().strip_prefix(start)).collect()
}

#[test]
fn a_matrix_on_github() {
    let jobs = Jobs::new();
    let block = &blocks("ci-matrix.md")[0];
    assert!(block.contains("shard: [1, 2, 3]\n"));
    let (shard, merge) = block.split_once("\n  merge:\n").unwrap();
    let steps = lines(shard, "- run: ");
    assert!(steps.len() == 3 && steps[0] == "make -C ekv-roundtrip build" && steps[1].contains("GITHUB_PATH"));
    for index in 1..=3 {
        let index = index.to_string();
        jobs.run(&steps[2].replace("${{ github.run_id }}", "1234").replace("${{ matrix.shard }}", &index), &[]);
    }
    lines(merge, "- run: ").iter().for_each(|line| jobs.run(line, &[]));
    jobs.require_merged(1234);
}

#[test]
fn parallel_jobs_on_gitlab() {
    let jobs = Jobs::new();
    let block = &blocks("ci-matrix.md")[1];
    assert!(block.contains("parallel: 3\n"));
    let script = lines(block, "- ekv-roundtrip ");
    assert_eq!(script.len(), 2);
    for index in 1..=3 {
        let variables = [("CI_NODE_INDEX", index.to_string()), ("CI_NODE_TOTAL", "3".to_owned())];
        let seed = [("CI_PIPELINE_ID", "77".to_owned())];
        jobs.run(&format!("ekv-roundtrip {}", script[0]), &[&variables[..], &seed[..]].concat());
    }
    jobs.run(&format!("ekv-roundtrip {}", script[1]), &[]);
    jobs.require_merged(77);
}

#[test]
fn an_indexed_job_on_kubernetes() {
    let jobs = Jobs::new();
    let [job, merge] = &blocks("kubernetes.md")[..] else { panic!("two Jobs") };
    assert!(job.contains("completions: 3\n") && job.contains("--shard /3 "));
    let seed = lines(job, "value: ")[0].trim_matches('"').to_owned();
    for index in 0..3 {
        let variables = [("JOB_COMPLETION_INDEX", index.to_string()), ("SEED", seed.clone())];
        jobs.run(&format!("exec {}", lines(job, "- exec ")[0]), &variables);
    }
    jobs.run(&format!("ekv-roundtrip {}", lines(merge, "- ekv-roundtrip ")[0]), &[]);
    jobs.require_merged(seed.parse().unwrap());
}

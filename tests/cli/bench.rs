//! Benchmarks on the command line: results, pictures, comparisons.

use serde_json::Value;

use super::schema::require_valid_as;
use super::session::Session;

/// The smallest run there is.
const SMALLEST: &str = "bench --max-items 1000";

#[test]
fn results_are_as_the_schema_says_and_compared_with_themselves_not_worse() {
    let session = Session::new();
    let printed = session.holds(&format!("{SMALLEST} --work-dir work --seed 7 --out out.json"));
    let results: Value = serde_json::from_str(&session.read("out.json")).unwrap();
    require_valid_as("bench.schema.json", &results);
    assert_eq!((&results["seed"], &results["max_items"]), (&Value::from(7), &Value::from(1000)));
    let measurements = results["measurements"].as_array().unwrap();
    assert_eq!(printed.lines().count(), 1 + measurements.len(), "{printed}");
    for (line, found) in printed.lines().skip(1).zip(measurements) {
        assert!(line.starts_with(found["kind"].as_str().unwrap()), "{line}");
    }
    // Where one is known, all are, and a database that is made needs some.
    let peaks: Vec<Option<u64>> = measurements.iter().map(|found| found["peak_bytes"].as_u64()).collect();
    if peaks.iter().any(Option::is_some) {
        assert!(peaks.iter().all(Option::is_some) && peaks[0] > Some(100_000), "{peaks:?}");
    }
    assert!(session.read("out.svg").starts_with("<svg "));
    assert_eq!(session.names("work"), Vec::<String>::new());

    // Ratios that nobody reaches again, and one that everybody does.
    let mut old = results.clone();
    for found in old["measurements"].as_array_mut().unwrap() {
        found["ratio"] = Value::from(1e6);
    }
    session.write("worse.json", old.to_string());
    let ended = session.run("bench --compare worse.json --work-dir work");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.starts_with("seed: 7\n"), "{ended:?}");
    assert!(ended.stdout.ends_with("\n0 of 24 got worse by more than 25 %\n"), "{ended:?}");
    old["measurements"][19]["ratio"] = Value::from(0.01);
    old["measurements"][19]["usage"]["cpu_seconds"] = Value::from(1e-9);
    session.write("better.json", old.to_string());
    let ended = session.run("bench --compare better.json --work-dir work");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.ends_with("\n1 of 24 got worse by more than 25 %\n"), "{ended:?}");
    let line = "error: dump-snapshot of mixed lists, n = 1000: the ratio to the floor was 0.01, and is ";
    assert!(ended.stderr.contains(line), "{ended:?}");

    // Files in memory are another half of a ratio than files on a disk.
    old["machine"]["file_system"] = Value::from("paper");
    session.write("elsewhere.json", old.to_string());
    let ended = session.run("bench --compare elsewhere.json --work-dir work");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("elsewhere.json: it was measured with files on paper, and this run has"),
        "{ended:?}"
    );
}

#[test]
fn a_picture_replaces_no_file_that_is_read_and_goes_beside_no_device() {
    let session = Session::new();
    session.holds(&format!("{SMALLEST} --out first.json"));
    session.write("old.svg", session.read("first.json"));
    let ended = session.run("bench --compare old.svg --out old.json");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("--out, its picture old.svg: that is being read"), "{ended:?}");
    assert_eq!(session.read("old.svg"), session.read("first.json"));
    session.holds(&format!("{SMALLEST} --out /dev/null"));
    assert!(!std::path::Path::new("/dev/null.svg").exists());
}

#[test]
fn standard_output_takes_the_results_alone() {
    let session = Session::new();
    let ended = session.run(&format!("{SMALLEST} --out -"));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    require_valid_as("bench.schema.json", &serde_json::from_str(&ended.stdout).unwrap());
    assert!(ended.stderr.contains("verify-memory"), "{ended:?}");
    assert_eq!(session.names("."), Vec::<String>::new());
}

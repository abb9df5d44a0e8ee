//! Folders of findings: one for a class, whole, and enough to understand and repeat it. The decoder is our own, with one
//! fault that a shell can make.

use super::session::{Ended, Session};

/// Drops the empty items of every list, and makes the tree's checksums right again.
const EMPTY_DROPPER: &str = r#"#!/bin/sh
"$TOOL" dump "fsm:$1" --out "$2" 2>/dev/null || exit 1
cd "$2" || exit 1
test -d redis || exit 0
for list in redis/db_0/lists/*.json; do
    sed -i -e '/^    "",$/d' "$list"
done
find redis MANIFEST.json -type f | LC_ALL=C sort | xargs sha256sum > CHECKSUMS
"#;

fn session() -> Session {
    let session = Session::new();
    session.write("dropper", EMPTY_DROPPER);
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(session.path("dropper"), executable).unwrap();
    session
}

fn run(session: &Session, words: &[&str]) -> Ended {
    let mut command = session.command("");
    command.args(words).env("TOOL", env!("CARGO_BIN_EXE_ekv-roundtrip"));
    Ended::of(command.output().unwrap())
}

fn verify(session: &Session, seed: &str) -> Ended {
    let cases = ["verify", "--seed", seed, "--profile", "binary", "--commands", "100", "--cases", "6"];
    run(session, &[&cases[..], &["--findings", "found", "--decoder", "exec:./dropper {fsm} {out}"]].concat())
}

#[test]
fn a_class_of_findings_has_one_folder_that_tells_and_repeats_it() {
    let session = session();
    let ended = verify(&session, "21");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let of_class = ended.stdout.lines().find(|line| line.starts_with("  decoder-state-items-")).unwrap();
    let mismatches: usize = of_class.rsplit_once("; ").unwrap().1.split(' ').next().unwrap().parse().unwrap();
    let [folder] = &session.names("found")[..] else { panic!("{:?}", session.names("found")) };
    assert!(folder.starts_with("decoder-state-items-") && mismatches > 1, "{}", ended.stdout);
    assert_eq!(ended.stdout.matches("MISMATCH ").count(), 1, "a class is told once: {}", ended.stdout);
    assert!(ended.stdout.contains(&format!("  folder   found/{folder}\n")), "{}", ended.stdout);
    let counted = format!("\n{mismatches} mismatches of 1 class:\n  {folder}  the head of a list is missing ");
    assert!(ended.stdout.contains(&counted), "{}", ended.stdout);
    assert!(of_class.ends_with(&format!("; {mismatches} cases, the first is case 1")), "{of_class}");
    let names = session.names(&format!("found/{folder}"));
    let data = ["actual.jsonl", "expected.jsonl", "finding.json", "records.txt"];
    let others = ["repeat.sh", "report.md", "shrunk.jsonl", "snapshot.fsm", "trace.jsonl"];
    assert_eq!(names, [&data[..], &others].concat());

    let read = |name: &str| session.read(&format!("found/{folder}/{name}"));
    let notes: serde_json::Value = serde_json::from_str(&read("finding.json")).unwrap();
    assert_eq!((&notes["seen_count"], &notes["verdict"]), (&mismatches.into(), &"bug".into()));
    // The last item of a list has no comma, and this decoder keeps it: so it takes two items, and one command.
    assert_eq!((&notes["shrunk_commands"], read("shrunk.jsonl").lines().count()), (&1.into(), 2));
    let report = read("report.md");
    for part in [
        "# bug: the head of a list is missing from the decoder's dump\n",
        "1 command, cut down from 100 commands, with ",
        "  LPUSH k a \"\"\n",
        "--- Redis, 2 items\n+++ the decoder's dump, 1 item\n-      0         \"\"\n       1      0  \"a\"\n",
        "shifted head: the decoder's dump begins 1 item later than Redis and ends where Redis does",
        "\nThe finding happens also without --history, --raw-rows, --noise",
        "\n- **item-bytes**: an item is any bytes, ",
        "In the dump, see line 4 of `redis/db_0/lists/k.json`",
        "- The item \"\" that should be at index 0: step 1 wrote it, with seq ",
        "\n## The list, drawn\n\n```text\nList ",
        "written by step 1  <-- not shown, but in the list\n",
        "  step   written by step 1\n",
    ] {
        assert!(report.contains(part), "{part:?} is not in {report}");
    }
    let records = read("records.txt");
    assert!(records.starts_with("list   ") && records.contains("  len 2  tail "), "{records}");
    assert!(notes["needs"].as_str().unwrap().starts_with("happens also without --history, "), "{notes}");
    let flags = notes["flags"].as_array().unwrap();
    assert!(["bare", "--history=no", "--raw-rows=no", "--noise=no"].iter().all(|flag| flags.contains(&(*flag).into())));
    let places = ["## The commands", "```diff\n", "\nThe finding ", "## The rule", "## Where it ", "## How to "];
    let places = places.map(|part| report.find(part).unwrap_or_else(|| panic!("{part:?} is not in {report}")));
    assert!(places.is_sorted(), "the diagnosis comes first: {report}");
    let compared = session.run(&format!("compare state:found/{folder}/expected.jsonl fsm:found/{folder}/snapshot.fsm"));
    assert_eq!(compared.code, Some(0), "{compared:?}");

    let trace = format!("found/{folder}");
    let again = run(&session, &["verify", "--trace", &trace]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stdout.contains(&format!("MISMATCH {folder}: ")), "{}", again.stdout);
    assert!(again.stdout.contains("  shrunk   to 1 command of 1, in 1 run\n    LPUSH k a \"\"\n"), "{}", again.stdout);
    assert!(again.stderr.contains(&format!("\n{folder} is as small as it gets; trying what it needs, ")), "{again:?}");
    assert!(!again.stderr.contains("shrinking"), "{again:?}");
    let mut script = std::process::Command::new(session.path(&format!("{trace}/repeat.sh")));
    script.current_dir(session.path(".")).env("EKV_ROUNDTRIP", env!("CARGO_BIN_EXE_ekv-roundtrip"));
    let script = script.env("TOOL", env!("CARGO_BIN_EXE_ekv-roundtrip")).output().unwrap();
    assert_eq!(script.status.code(), Some(1), "{script:?}");
    let sound = format!("exec:{} dump fsm:{{fsm}} --out {{out}}", env!("CARGO_BIN_EXE_ekv-roundtrip"));
    assert_eq!(run(&session, &["verify", "--trace", &trace, "--decoder", &sound]).code, Some(0), "a flag comes first");
    for command in [&["verify", "--trace"][..], &["shrink"]] {
        let other = run(&session, &[command, &[trace.as_str(), "--decoder", "exec:sh gone {fsm} {out}"]].concat());
        let problem = format!("found/{folder}: expected the finding {folder}, but this run has decoder-failed-");
        assert_eq!(other.code, Some(2), "{other:?}");
        assert!(
            other.stderr.contains(&problem) && other.stderr.contains("check that the decoder still runs"),
            "{other:?}"
        );
    }
    let shrunk = run(&session, &["shrink", &trace]);
    assert_eq!((shrunk.code, shrunk.stdout), (Some(1), read("shrunk.jsonl")), "it is as small as it gets");
}

#[test]
fn a_class_that_is_there_is_counted_and_its_folder_stays() {
    let session = session();
    verify(&session, "21");
    let before = session.tree("found");
    let ended = verify(&session, "21");
    assert_eq!(session.tree("found"), before, "the same cases add nothing");
    assert!(!ended.stderr.contains("shrinking"), "{}", ended.stderr);

    verify(&session, "8");
    let after = session.tree("found").into_iter();
    let changed: Vec<_> = after.filter(|file| !before.contains(file)).map(|(path, _)| path).collect();
    let [path] = &changed[..] else { panic!("{changed:?}") };
    assert!(path.ends_with("finding.json"));
}

#[test]
fn a_run_without_findings_makes_no_folder_of_one() {
    let session = Session::new();
    session.holds("verify --seed 7 --cases 1 --commands 20 --findings found");
    assert_eq!(session.names("found"), Vec::<String>::new());
}

//! Campaigns that are shared out, merged, interrupted and ended by what is in the way.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::schema;
use super::session::{Ended, Session};

fn report(session: &Session, name: &str) -> Value {
    let report: Value = serde_json::from_str(&session.read(name)).unwrap();
    schema::require_valid(&report);
    report
}

/// A report without what may differ between one machine and several.
fn sums(session: &Session, name: &str) -> Value {
    let mut report = report(session, name);
    for member in ["timings", "checksum", "shards"] {
        assert!(report.as_object_mut().unwrap().remove(member).is_some());
    }
    report
}

/// Polls, with a bound that only a broken tool reaches.
fn wait_for<T>(what: &str, poll: impl Fn() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = poll() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(120), "{what}");
        std::thread::yield_now();
    }
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

fn script(session: &Session, name: &str, text: &str) {
    session.write(name, format!("#!/bin/sh\n{text}\n"));
    std::fs::set_permissions(session.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn with_decoder(session: &Session, words: &str) -> Command {
    let mut command = session.command(words);
    command.args(["--decoder", "exec:./decoder {fsm} {out}"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn shards_merged_are_the_whole_campaign() {
    let session = Session::new();
    script(&session, "decoder", "case $(cksum < $1 | cut -c1) in [12]) exit 3 ;; *) exit 4 ;; esac");
    let shape = "verify --seed 5 --cases 7 --commands 30 --profile churn --profile ttl --no-shrink --report";
    let fails = |words: &str| Ended::of(with_decoder(&session, words).output().unwrap());
    assert_eq!(fails(&format!("{shape} whole.json")).code, Some(1));
    for shard in 1..=3 {
        let ended = fails(&format!("{shape} {shard}.json --shard {shard}/3"));
        let note = "note: the decoder decoded none of the test snapshots; check the --decoder command";
        assert_eq!((ended.code, ended.stderr), (Some(1), format!("seed: 5\nshard: {shard}/3\n{note}\n")));
    }
    let ended = session.run("merge 3.json 1.json 2.json --out merged.json --html merged.html");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    assert!(ended.stdout.contains("\ncases 0 to 6\nall of 3 shards\nverified 7 cases, "), "{}", ended.stdout);
    assert_eq!(ended.stdout.matches("MISMATCH decoder-failed-").count(), 1, "{}", ended.stdout);
    assert_eq!(sums(&session, "merged.json"), sums(&session, "whole.json"));
    assert!(session.read("merged.html").contains("<h1>7 mismatches</h1>"));

    let part = session.run("merge 3.json 1.json --out part.json");
    assert!(part.stdout.contains("\n2 shards of 3; missing: 2\n"), "{}", part.stdout);
    session.run("merge 2.json part.json --out again.json");
    session.run("merge 1.json 2.json 3.json --out sorted.json");
    for other in ["again.json", "sorted.json"] {
        assert_eq!(session.read(other), session.read("merged.json"));
    }
}

#[test]
fn a_campaign_without_all_its_shards_is_incomplete() {
    let session = Session::new();
    let shape = "verify --seed 5 --cases 4 --commands 10 --profile queue --report";
    for shard in [1, 2] {
        session.holds(&format!("{shape} {shard}.json --shard {shard}/2"));
    }
    assert!(session.holds("merge 2.json 1.json").contains("all of 2 shards\n"));
    let ended = session.run("merge 2.json --html part.html");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.starts_with("error: the campaign is incomplete; run the shards that are missing"));
    assert!(session.read("part.html").contains("1 shard of 2; missing: 1"));
    for (words, said) in [
        ("merge 1.json 1.json", "1.json and 1.json both have shard 1/2"),
        ("merge 1.json .", "report .: it is a folder"),
        ("merge 1.json absent", "report absent: No such file"),
        ("merge 1.json part.html", "report part.html: it is not JSON"),
        ("merge 1.json 2.json --out 2.json", "--out 2.json: that is being read"),
        ("merge 1.json 2.json --out new --html new", "--out and --html both name new"),
    ] {
        let ended = session.run(words);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{words}");
        assert!(ended.stderr.starts_with(&format!("error: {said}")) && ended.stderr.lines().count() == 1, "{ended:?}");
    }
    assert_eq!(session.names("."), ["1.json", "2.json", "part.html"]);

    // The page of a CI job must not pass a part of the campaign for all of it.
    let on_github = |words: &str| {
        let mut command = session.command(words);
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", session.path("page.md")).output().unwrap();
        let page = session.read("page.md");
        std::fs::remove_file(session.path("page.md")).unwrap();
        page
    };
    let part = on_github("merge 2.json");
    assert!(part.contains("\n- 1 shard of 2; missing: 1\n\nverified 2 cases"), "{part}");
    let whole = on_github("merge 1.json 2.json");
    assert!(!whole.contains("shard of") && whole.contains("\n\nverified 4 cases"), "{whole}");
}

#[test]
fn a_shard_comes_from_the_environment_and_is_told() {
    let session = Session::new();
    let run = |words: &str, variables: &[(&str, &str)]| {
        Ended::of(session.command(words).envs(variables.iter().copied()).output().unwrap())
    };
    let shape = "verify --seed 5 --cases 4 --commands 10 --profile queue";
    let gitlab = [("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "2")];
    let ended = run(shape, &gitlab);
    assert_eq!(ended.stderr, "seed: 5\nshard: 2/2 (from CI_NODE_INDEX and CI_NODE_TOTAL)\n");
    assert!(
        ended.stdout.starts_with("verified 2 cases, ")
            && ended.stdout.ends_with(", seed 5, shard 2/2, engine rocksdb; nothing left out\n")
    );
    assert_eq!(run(&format!("{shape} --case 3"), &gitlab).stderr, "seed: 5\n", "one case is no campaign");
    assert_eq!(run(&format!("{shape} --shard 1/1"), &gitlab).stderr, "seed: 5\nshard: 1/1\n");
    let ended = run("verify --cases 4", &gitlab);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(
        ended.stderr.starts_with("error: shard 2/2 (from CI_NODE_INDEX and CI_NODE_TOTAL): ")
            && ended.stderr.contains("--seed")
    );
    let ended = run(&format!("{shape} --shard /2"), &[("JOB_COMPLETION_INDEX", "0")]);
    assert_eq!(ended.stderr, "seed: 5\nshard: 1/2 (from JOB_COMPLETION_INDEX)\n");
}

#[test]
fn an_interrupted_run_tells_what_it_has_done() {
    let session = Session::new();
    std::fs::create_dir(session.path("work")).unwrap();
    let words = "verify --seed 5 --time 600s --commands 20 --profile queue --work-dir work \
                 --report out.json --junit out.xml --html out.html";
    let child = session.start(words);
    // A case's folder is in the scratch folder, which is in the work folder.
    wait_for("a case begins", || {
        let scratch = std::fs::read_dir(session.path("work")).unwrap().next()?.ok()?;
        let mut entries = std::fs::read_dir(scratch.path()).ok()?.flatten();
        entries.find(|entry| entry.file_name().as_encoded_bytes().starts_with(b"case-")).map(drop)
    });
    signal(&child, Signal::SIGTERM);
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.stderr, "seed: 5\nerror: interrupted: not every case was run\n");
    assert!(
        ended.stdout.contains(", seed 5, engine rocksdb; ")
            && ended.stdout.ends_with("; interrupted before all was done\n"),
        "{}",
        ended.stdout
    );
    let report = report(&session, "out.json");
    let part = &report["shards"][0];
    assert_eq!((&part["ended"], &part["cases"]), (&Value::from("interrupted"), &report["cases"]));
    assert!(session.read("out.xml").contains("<error message=\"interrupted after "));
    assert!(session.read("out.html").contains("<h1>Incomplete</h1>"));
    assert!(session.names("work").is_empty(), "{:?}", session.names("work"));
}

#[test]
fn an_interrupted_run_ends_its_decoder_and_keeps_its_finding() {
    let session = Session::new();
    // The first case fails. The first attempt at a smaller one never ends.
    script(
        &session,
        "decoder",
        "[ -e met ] || { touch met; exit 3; }; echo $$ > pid.new; mv pid.new pid; exec sleep 600",
    );
    let words = "verify --seed 5 --cases 9 --commands 20 --profile queue --jobs 1 --report out.json \
                 --framing bare --history=no --raw-rows=no --noise=no";
    let child = with_decoder(&session, words).spawn().unwrap();
    let decoder = wait_for("the decoder runs", || std::fs::read_to_string(session.path("pid")).ok());
    signal(&child, Signal::SIGINT);
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.stdout.matches("MISMATCH decoder-failed-").count(), 1, "{}", ended.stdout);
    assert!(ended.stdout.contains("\n  case     0 (profile queue, "), "{}", ended.stdout);
    let report = report(&session, "out.json");
    assert_eq!((&report["cases"], &report["mismatches"]), (&Value::from(1), &Value::from(1)));
    assert_eq!((&report["shards"][0]["next_case"], &report["budget"]["cases"]), (&Value::from(1), &Value::from(9)));
    let decoder = Pid::from_raw(decoder.trim().parse().unwrap());
    assert_eq!(kill(decoder, None), Err(nix::errno::Errno::ESRCH), "the decoder is gone");
}

#[test]
fn an_interrupt_before_the_cases_ends_the_decoder_too() {
    let session = Session::new();
    script(&session, "decoder", "echo $$ > pid.new; mv pid.new pid; exec sleep 600");
    let child = with_decoder(&session, "verify --seed 5 --time 600s --jobs 1 --report out.json").spawn().unwrap();
    wait_for("the decoder runs", || std::fs::read_to_string(session.path("pid")).ok());
    signal(&child, Signal::SIGINT);
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("error: interrupted: not every case was run"), "{}", ended.stderr);
    assert_eq!(report(&session, "out.json")["shards"][0]["ended"], Value::from("interrupted"));
}

#[test]
fn what_ends_a_run_early_does_not_cost_its_reports() {
    let session = Session::new();
    let ended = Ended::of(
        with_decoder(&session, "verify --seed 5 --cases 3 --commands 20 --report out.json --junit -").output().unwrap(),
    );
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stdout.contains("errors=\"1\""), "{}", ended.stdout);
    let part = &report(&session, "out.json")["shards"][0];
    assert_eq!((&part["ended"], &part["next_case"]), (&Value::from("failed"), &Value::from(0)));
    assert!(part["reason"].as_str().unwrap().contains("could not be started"), "{part}");
}

#[test]
fn a_page_holds_everything_that_it_shows() {
    let session = Session::new();
    script(&session, "decoder", "echo '<script>alert(1)</script>'; exit 3");
    let words = "verify --seed 5 --cases 10 --commands 60 --profile hostile-keys --html out.html";
    assert_eq!(Ended::of(with_decoder(&session, words).output().unwrap()).code, Some(1));
    let page = session.read("out.html").replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    for loading in ["<script", "<link", "<img", " src=", "url(", "@import", "//"] {
        assert!(!page.contains(loading), "{loading}");
    }
    assert!(page.split(" href=\"").skip(1).all(|link| link.starts_with('#')), "{page}");
}

//! What CI services, shells and `man` get from the tool.

use super::session::{Ended, Session};

const LINE: &str = "{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"k\",\"v\"]}\n";

fn on_github(session: &Session, words: &str) -> Ended {
    Ended::of(session.command(words).env("GITHUB_ACTIONS", "true").output().unwrap())
}

#[test]
fn junit_has_a_test_case_for_each_profile_and_meta_size() {
    let session = Session::new();
    session.holds("verify --seed 7 --cases 10 --commands 20 --profile queue --profile ttl --junit out.xml");
    let xml = session.read("out.xml");
    assert!(
        xml.contains("<testsuites name=\"ekv-roundtrip verify\" tests=\"5\" skipped=\"0\" failures=\"0\""),
        "{xml}"
    );
    assert!(xml.contains("<testcase name=\"32-byte meta\" classname=\"ekv-roundtrip.ttl\">"), "{xml}");

    session.write("trace", LINE);
    let ended = session.run("verify --trace trace --meta 24 --junit -");
    assert!(ended.stdout.starts_with("<?xml") && ended.stdout.ends_with("</testsuites>\n"), "{}", ended.stdout);
    assert!(ended.stdout.contains("classname=\"ekv-roundtrip.trace\""));
    assert!(ended.stderr.contains("verified 1 case"), "{}", ended.stderr);
}

#[test]
fn results_can_go_to_the_work_folder_and_one_that_fails_does_not_cost_the_other() {
    let session = Session::new();
    session
        .holds("verify --seed 7 --cases 1 --commands 5 --work-dir w --keep --report w/report.json --junit w/junit.xml");
    assert_eq!(session.names("w"), ["case-000000", "junit.xml", "report.json"]);
    let ended = session.run("verify --seed 7 --cases 1 --commands 5 --report /dev/full --junit junit.xml");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(session.read("junit.xml").contains("<testsuites"));
}

#[test]
fn github_gets_annotations_for_findings_and_errors() {
    let session = Session::new();
    session.write("trace", LINE);
    session.write("state", "{\"key\":\"k\",\"items\":[\"w\"],\"expire_at_ms\":null}\n");
    let elsewhere = session.run("compare trace:trace state:state");
    let here = on_github(&session, "compare trace:trace state:state");
    assert_eq!((here.code, &here.stdout), (Some(1), &elsewhere.stdout));
    assert_eq!(elsewhere.stderr, "");
    let expected = "::error title=different visible state in 1 of 1 list at 1 ms::key \"k\" (hex 6b): items, ";
    assert!(here.stderr.starts_with(expected) && here.stderr.lines().count() == 1, "{}", here.stderr);

    assert_eq!(on_github(&session, "compare trace:trace trace:trace").stderr, "");
    let error = on_github(&session, "state db:absent").stderr;
    let (plain, annotation) = error.split_once('\n').unwrap();
    assert_eq!(annotation.trim_end(), plain.replace("error: ", "::error title=error::"));
}

#[test]
fn github_is_told_of_a_class_once_with_the_fewest_commands() {
    let session = Session::new();
    session.write("summary.md", "of an earlier step\n");
    let mut command = session.command("verify --seed 7 --cases 6 --commands 40 --profile queue --engine memory");
    command.args(["--decoder", "exec:false {fsm} {out}", "--framing", "bare", "--raw-rows=no", "--noise=no"]);
    command.args(["--report", "report.json"]);
    let on_github = command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", session.path("summary.md"));
    let ended = Ended::of(on_github.output().unwrap());
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let headline = "the decoder failed on a snapshot that is in order";
    let annotations: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("::error ")).collect();
    let of_class =
        annotations.iter().find(|line| line.contains("decoder-failed-")).unwrap_or_else(|| panic!("{ended:?}"));
    assert!(of_class.starts_with(&format!("::error title={headline}::MISMATCH decoder-failed-")), "{of_class}");
    assert!(of_class.contains("%0A  shrunk   to 0 commands of 40, in "), "{of_class}");
    let summary = session.read("summary.md");
    assert!(summary.starts_with("of an earlier step\n### ekv-roundtrip: "), "{summary}");
    assert_eq!(summary.matches(&format!("#### {headline}\n")).count(), 1, "{summary}");
    assert!(summary.contains(" (profile queue, ") && summary.contains(", one of 6 cases\n"), "{summary}");
    assert_eq!(ended.stdout.matches("MISMATCH decoder-failed-").count(), 1, "{}", ended.stdout);

    let mut merge = session.command("merge report.json");
    let merge = merge.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", session.path("merged.md"));
    let merged = Ended::of(merge.output().unwrap());
    assert_eq!(merged.stderr.matches(&format!("::error title={headline}::MISMATCH ")).count(), 1, "{}", merged.stderr);
    let page = |text: &str| text.split_once("\n\n").unwrap().1.to_owned();
    assert_eq!(page(&session.read("merged.md")), page(&summary), "the page of the only shard");
}

/// Its runner takes a line that begins with `::` for a command, also after blanks, and finds `##[...]` anywhere in a line.
#[test]
fn what_a_decoder_says_is_no_command_to_github() {
    let session = Session::new();
    let mut command =
        session.command("verify --seed 7 --cases 1 --commands 5 --profile queue --engine memory --decoder");
    command.arg("exec:sh -c 'echo \"::error::made up\"; echo \"x #\"\"#[error]made up\"; exit 1' {fsm} {out}");
    let ended = Ended::of(command.env("GITHUB_ACTIONS", "true").output().unwrap());
    let lines = || ended.stdout.lines().chain(ended.stderr.lines()).map(str::trim_start);
    assert_eq!(lines().filter(|line| line.starts_with("::error::")).count(), 0, "{ended:?}");
    assert!(lines().any(|line| line == "| ::error::made up"), "{ended:?}");
    assert!(lines().any(|line| line.starts_with("| x ##")) && !lines().any(|line| line.contains("##[")), "{ended:?}");
}

#[test]
fn fixtures_are_written_checked_and_kept_from_harm() {
    let session = Session::new();
    session.holds("fixtures --out new");
    session.holds("fixtures --out new --check");
    assert_eq!(session.run("fixtures --out new").code, Some(2), "the folder is not empty");
    session.write("new/holes/state.jsonl", "changed");
    let ended = on_github(&session, "fixtures --out new --check");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), "holes/state.jsonl: differs from byte 0 on\n"));
    assert!(ended.stderr.starts_with("::error file=new/holes/state.jsonl,title=fixture::holes"), "{}", ended.stderr);
    session.holds("fixtures --out new --force");
    session.holds("fixtures --out new --check");
    assert_eq!(session.names("."), ["new"]);
}

#[test]
fn every_command_has_a_manual_page_with_its_flags() {
    let session = Session::new();
    let whole = session.holds("man");
    assert!(whole.contains(".TH ekv-roundtrip 1"), "{whole}");
    let help = session.holds("--help");
    let commands = help.split("Commands:\n").nth(1).unwrap().lines().take_while(|line| !line.is_empty());
    for command in commands.map(|line| line.split_whitespace().next().unwrap()).filter(|name| *name != "help") {
        assert!(whole.contains(&command.replace('-', "\\-")), "{command}");
        let page = session.holds(&format!("man {command}"));
        let help = session.holds(&format!("{command} --help"));
        let flags = help.lines().filter_map(|line| line.trim_start().strip_prefix("--")?.split([' ', '[']).next());
        for flag in flags {
            let spelt = format!("\\-\\-{}", flag.replace('-', "\\-"));
            assert!(page.contains(&spelt), "{command} --{flag}: {page}");
        }
    }
}

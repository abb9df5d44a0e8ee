//! Several clients at a time: no history of a real Redis is called wrong, and servers with races are convicted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

#[path = "clients/racy.rs"]
mod racy;
#[path = "cli/schema.rs"]
mod schema;
#[path = "cli/session.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod session;

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ekv_roundtrip::clients::{Plan, Shape, Wrong, record, shrink};
use ekv_roundtrip::command::Reply;
use ekv_roundtrip::history::{History, Judgement, Operation, Outcome, STATES};
use ekv_roundtrip::jobs::Interrupt;
use ekv_roundtrip::server::{Connection, Patience, ServerAddress};

use racy::{FAULTS, Fault, NO_FAULTS, Racy};
use session::Session;

fn patience() -> Patience {
    Patience { timeout: Duration::from_secs(30), interrupt: Interrupt::NEVER }
}

fn address(port: u16) -> ServerAddress {
    format!("redis://127.0.0.1:{port}").parse().unwrap()
}

fn history(seed: u64, shape: Shape, port: u16) -> History {
    let plan = Plan::draw(seed, shape, &format!("h{seed}:"), |_| None);
    record(&plan, &address(port), &patience()).unwrap()
}

struct Redis(Child);

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn no_history_of_a_real_redis_is_called_wrong() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let flags = ["--save", "", "--bind", "127.0.0.1", "--port", &port.to_string()];
    let _redis = Redis(Command::new("redis-server").args(flags).stdout(Stdio::null()).spawn().expect("redis-server"));
    let until = Instant::now() + Duration::from_secs(60);
    while Connection::open(&address(port), &patience()).is_err() {
        assert!(Instant::now() < until, "no redis-server on port {port}");
        std::thread::yield_now();
    }
    let minutes: u64 = std::env::var("CLIENTS_MINUTES").map_or(0, |minutes| minutes.parse().unwrap());
    let until = Instant::now() + Duration::from_secs(60 * minutes);
    let (mut histories, mut commands) = (0, 0);
    while histories < 40 || Instant::now() < until {
        let shape = Shape { clients: 8, operations: 40, has_clock: true };
        let history = history(histories, shape, port);
        (histories, commands) = (histories + 1, commands + history.commands());
        match history.judge(STATES) {
            Judgement::Explained => {}
            Judgement::Unexplained(found) => {
                panic!(
                    "history {histories}\n{}",
                    history.window(&found.operations, found.explained_until_us).timeline().text()
                )
            }
            Judgement::Undecided { .. } => eprintln!("history {histories} is undecided"),
        }
    }
    eprintln!("{histories} histories, {commands} commands");
}

#[test]
fn each_race_is_convicted_and_made_small() {
    let mut sizes = Vec::new();
    for fault in FAULTS {
        let server = Racy::start(*fault);
        let mut runs = 0;
        let mut attempt = |plan: &Plan| {
            runs += 1;
            // A server that keeps what it has from one run to the next needs other keys each time.
            let history =
                record(&plan.with_prefix(&format!("h{runs}:")), &address(server.port()), &patience()).unwrap();
            Ok::<_, ()>(matches!(history.judge(STATES / 10), Judgement::Unexplained(_)).then_some(history))
        };
        let shape = Shape { clients: 6, operations: 30, has_clock: false };
        let convicted = (0..300).find_map(|seed| {
            let plan = Plan::draw(seed, shape, "h", |_| None);
            attempt(&plan).unwrap().map(|history| Wrong { plan, history })
        });
        let wrong = convicted.unwrap_or_else(|| panic!("{fault:?} has escaped"));
        let until = Instant::now() + Duration::from_secs(20);
        let small = shrink(wrong, attempt, || Instant::now() < until).unwrap();
        let (clients, commands) = (small.plan.streams.len(), small.plan.streams.iter().map(Vec::len).sum::<usize>());
        let Judgement::Unexplained(found) = small.history.judge(STATES) else { panic!("{fault:?} is right") };
        let window = small.history.window(&found.operations, found.explained_until_us);
        eprintln!("{fault:?}: {clients} clients, {commands} commands\n{}", window.timeline().text());
        sizes.push((commands, clients));
    }
    sizes.sort_unstable();
    let (commands, clients) = sizes[sizes.len() / 2];
    assert!(commands <= 8 && clients <= 3, "{sizes:?}");
}

/// A cut connection says nothing of what became of a command, and a conflict says that nothing became of it.
#[test]
fn who_has_no_reply_or_was_told_of_a_conflict_calls_no_server_wrong() {
    for fault in NO_FAULTS {
        let server = Racy::start(*fault);
        let (mut lost, mut failed, mut seen, mut goes_on, mut explained) = (0, 0, 0, 0, 0);
        for seed in 0..20 {
            let history = history(seed, Shape { clients: 4, operations: 30, has_clock: false }, server.port());
            let operations = &history.operations;
            let of = |operation: &Operation| (operation.client, operation.call_us);
            for operation in operations {
                match &operation.outcome {
                    Outcome::Lost => lost += 1,
                    Outcome::Failed { why, .. } => {
                        assert!(why.starts_with("redis txn retry limit exceeded: key: "), "{why}");
                        failed += 1;
                        continue;
                    }
                    Outcome::Replied { .. } => continue,
                }
                let (client, call_us) = of(operation);
                goes_on +=
                    usize::from(operations.iter().any(|other| of(other) > (client, call_us) && other.client == client));
                seen += usize::from(shows_a_value_of(operation, operations));
            }
            match history.judge(STATES) {
                Judgement::Explained => explained += 1,
                Judgement::Undecided { .. } => {}
                Judgement::Unexplained(found) => {
                    panic!(
                        "{fault:?}\n{}",
                        history.window(&found.operations, found.explained_until_us).timeline().text()
                    )
                }
            }
        }
        eprintln!("{fault:?}: {lost} lost, {seen} of them seen, {failed} failed; {explained} of 20 explained");
        assert!(explained > 10, "{fault:?}: {explained}");
        let is_cut = *fault != Fault::GivesUp;
        assert_eq!((lost > 20, failed > 20), (is_cut, !is_cut), "{fault:?}: {lost} lost, {failed} failed");
        assert_eq!(seen > 0, *fault == Fault::CutDone, "{fault:?}: {seen}");
        assert!(2 * goes_on >= lost, "{fault:?}: clients connect again: {goes_on} of {lost}");
    }
}

/// Whether a reply shows a value that only this operation may have written.
fn shows_a_value_of(operation: &Operation, operations: &[Operation]) -> bool {
    let words = |operation: &Operation| -> Vec<Vec<u8>> {
        let of_pushes = operation.sent.requests().iter().filter(|request| request.command_name().contains("PUSH"));
        of_pushes
            .filter(|request| !request.command_name().contains("POP"))
            .flat_map(|request| request.args()[2..].to_vec())
            .collect()
    };
    let values = words(operation);
    operations.iter().filter_map(Operation::reply).any(|reply| values.iter().any(|value| shows(reply, value)))
}

fn shows(reply: &Reply, value: &[u8]) -> bool {
    match reply {
        Reply::Bulk(bytes) => bytes == value,
        Reply::Array(replies) => replies.iter().any(|reply| shows(reply, value)),
        _ => false,
    }
}

/// The only client is cut off, and nobody listens any more.
#[test]
fn a_server_that_is_gone_is_an_error_and_no_verdict() {
    // One connection is for the server's clock.
    let server = Racy::start_for(Fault::CutUndone, 2);
    let shape = Shape { clients: 1, operations: 40, has_clock: false };
    let plan = Plan::draw(1, shape, "h", |_| None);
    let error = record(&plan, &address(server.port()), &patience()).unwrap_err().to_string();
    assert!(error.contains("start the server there, or name another address"), "{error}");
}

#[test]
fn verify_keeps_and_reports_a_wrong_history_that_check_history_judges_again() {
    let server = Racy::start(Fault::PushForgotten);
    let session = Session::new();
    let store = address(server.port());
    let command = format!(
        "verify --store {store} --clients 4 --seed 1 --findings found --report out.json --junit out.xml --html out.html"
    );
    let ended = session.run(&command);
    let printed = ended.stdout;
    assert_eq!(ended.code, Some(1), "{printed}{}", ended.stderr);
    let report: serde_json::Value = serde_json::from_str(&session.read("out.json")).unwrap();
    schema::require_valid(&report);
    let finding = &report["findings"][0];
    let text = |name: &str| finding[name].as_str().unwrap().to_owned();
    let (class, headline, history) = (text("class"), text("headline"), finding["case"].as_u64().unwrap());
    let shrunk = &finding["shrunk"];
    let (commands, whole, runs) = (&shrunk["commands"], &shrunk["whole_commands"], &shrunk["runs"]);
    let start = format!(
        "MISMATCH {class}: {headline}\n  history  {history}\n  shrunk   to {commands} command{} of {whole}, in {runs} runs",
        if *commands == 1 { "" } else { "s" }
    );
    assert!(printed.starts_with(&start), "{start}\n{printed}");
    assert!(printed.contains("\n  folder   found\n"), "{printed}");
    let repeat = format!("--seed {} --cases 1 --commands 1000 --clients 4 --store {store}", history + 1);
    assert!(text("repeat").ends_with(&repeat), "{finding}");
    assert_eq!(finding["kind"], "reply");
    assert_eq!((&report["cases"], &report["mismatches"]), (&(history + 1).into(), &1.into()), "{report}");
    assert_eq!(report["profiles"], serde_json::json!({"clients": {"server": history + 1}}));
    assert_eq!(report["shards"][0]["reason"], "the first wrong history ends the run");
    assert!(printed.contains(" of 4 clients, ") && printed.contains(": 1 mismatch in "), "{printed}");

    // The three of them tell the same window.
    let timeline = session.read("found/timeline.txt");
    let rows = finding["timeline"]["rows"].as_array().unwrap();
    assert!(!rows.is_empty() && finding["timeline"]["contradiction"] == headline.as_str(), "{finding}");
    assert_eq!(shrunk["detail"].as_str(), Some(timeline.as_str()));
    for row in rows {
        let words = format!("{} -> {}", row["sent"].as_str().unwrap(), row["told"].as_str().unwrap());
        assert!(timeline.contains(&words) && printed.contains(&words), "{words}\n{timeline}{printed}");
    }
    let svg = session.read("found/timeline.svg");
    assert!(svg.starts_with("<svg ") && svg.matches("<rect ").count() == rows.len(), "{svg}");
    let page = session.read("out.html");
    assert!(page.contains(&svg) && page.contains("<dt>histories</dt>") && !page.contains("<dt>lists</dt>"), "{page}");
    assert!(page.contains("<a href=\"found/history.jsonl\">"), "{page}");
    let junit = session.read("out.xml");
    assert!(
        junit.contains("<testcase name=\"server\" classname=\"ekv-roundtrip.clients\">\n            <failure message=")
    );
    assert!(junit.contains(&format!("<system-out>{} histor", history + 1)), "{junit}");
    for name in ["history.jsonl", "shrunk.jsonl", "window.jsonl"] {
        let ended = session.run(&format!("check-history found/{name}"));
        assert_eq!(ended.code, Some(1), "{name}: {ended:?}");
    }
    let merged = session.run("merge out.json --html merged.html");
    assert_eq!(merged.code, Some(1), "{merged:?}");
    assert!(session.read("merged.html").contains(&svg));
}

#[test]
fn a_server_without_a_fault_has_a_report_without_a_finding() {
    let server = Racy::start(Fault::GivesUp);
    let session = Session::new();
    let command =
        "--clients 4 --seed 1 --cases 6 --commands 80 --strict --report out.json --junit out.xml --html out.html";
    let ended = session.run(&format!("verify --store {} {command}", address(server.port())));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let report: serde_json::Value = serde_json::from_str(&session.read("out.json")).unwrap();
    schema::require_valid(&report);
    let commands = &report["commands"];
    let start = format!("verified 6 histories of 4 clients, {commands} commands: 0 mismatches in ");
    assert!(ended.stdout.starts_with(&start) && ended.stdout.ends_with("; nothing left out\n"), "{ended:?}");
    assert!(report["refused"].as_u64() > Some(0) && report["shards"][0]["ended"] == "done", "{report}");
    let page = session.read("out.html");
    assert!(page.contains("Some order of the commands explains every reply; nothing left out."), "{page}");
    assert!(page.contains("histories 0 to 5"), "{page}");
    assert!(session.read("out.xml").contains("<system-out>6 histories, 0 mismatches</system-out>"));
}

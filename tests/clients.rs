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

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ekv_roundtrip::clients::{Plan, Shape, Wrong, record, shrink};
use ekv_roundtrip::history::{History, Judgement, STATES};
use ekv_roundtrip::jobs::Interrupt;
use ekv_roundtrip::server::{Connection, Patience, ServerAddress};

use racy::{FAULTS, Racy};

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
                panic!("history {histories}\n{}", history.window(&found.operations, found.explained_until_us).text())
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
        eprintln!("{fault:?}: {clients} clients, {commands} commands\n{}", window.text());
        sizes.push((commands, clients));
    }
    sizes.sort_unstable();
    let (commands, clients) = sizes[sizes.len() / 2];
    assert!(commands <= 8 && clients <= 3, "{sizes:?}");
}

#[test]
fn verify_keeps_a_wrong_history_that_check_history_judges_again() {
    let server = Racy::start(FAULTS[3]);
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
        command.args(words.split(' ')).current_dir(folder.path()).env_remove("GITHUB_ACTIONS").output().unwrap()
    };
    let store = address(server.port());
    let ended = run(&format!("verify --store {store} --clients 4 --seed 1 --findings found"));
    let printed = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{printed}{}", String::from_utf8_lossy(&ended.stderr));
    assert!(printed.starts_with("MISMATCH no order explains a history: "), "{printed}");
    assert!(printed.contains(" of 4 clients, ") && printed.contains(": 1 mismatch in "), "{printed}");
    for name in ["history.jsonl", "shrunk.jsonl", "window.jsonl"] {
        let ended = run(&format!("check-history found/{name}"));
        assert_eq!(ended.status.code(), Some(1), "{name}: {ended:?}");
    }
    let svg = std::fs::read_to_string(folder.path().join("found/timeline.svg")).unwrap();
    assert!(svg.starts_with("<svg "), "{svg}");
}

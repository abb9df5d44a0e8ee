//! `verify` with servers in place of our store and of the model: right ones show no difference, and wrong ones do.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ekv_roundtrip::campaign::Shard;
use ekv_roundtrip::campaign::{Budget, Campaign, CampaignError, MetaChoice, Outcome, Workload};
use ekv_roundtrip::case::Demands;
use ekv_roundtrip::case::{Access, Known, Servers};
use ekv_roundtrip::command::Reply;
use ekv_roundtrip::database::Engine;
use ekv_roundtrip::finding::{Finding, FindingKind};
use ekv_roundtrip::jobs::Interrupt;
use ekv_roundtrip::server::{ServerAddress, ServerError};
use ekv_roundtrip::workload::{PROFILES, Profile};

use crate::meddler::{Meddler, Meddling, address, name, unknown};
use crate::server::RedisServer;
use crate::{Args, report};

/// Short enough for a test, and long enough for any machine that is not stopped.
const COMMANDS: u64 = 400;

fn opened(store: Option<&ServerAddress>, oracle: Option<&ServerAddress>) -> Servers {
    Servers::open(store, oracle, &Access::CAUTIOUS).unwrap_or_else(|error| panic!("{error}"))
}

pub fn run(servers: Servers, profile: &'static Profile, cases: u64) -> Result<Vec<Outcome>, CampaignError> {
    // What the heavy ones begin with is a large trace by itself.
    let keys = match profile.name {
        "many" => Some(500),
        "long" => Some(1),
        _ => None,
    };
    let folder = tempfile::tempdir().expect("a place for temporary files");
    let campaign = Campaign {
        engine: Engine::REAL,
        demands: Demands::NONE,
        shapes: None,
        workload: Workload::Generated { seed: 5, commands: COMMANDS, keys, clients: None, profiles: vec![profile] },
        meta: MetaChoice::Both,
        budget: Budget::Cases(cases),
        shard: Shard::WHOLE,
        interrupt: Interrupt::NEVER,
        jobs: NonZeroUsize::MIN,
        work_dir: folder.path().to_owned(),
        keep: false,
        servers: Some(servers),
    };
    let mut outcomes = Vec::new();
    campaign.run(&|_| (), &mut |outcome| outcomes.push(outcome)).result?;
    campaign.leave_servers_empty()?;
    Ok(outcomes)
}

fn profile(name: &str) -> &'static Profile {
    Profile::find(name).expect("a profile")
}

/// The first finding in some cases, of which there must be one.
fn finding(servers: Servers, profile_name: &str) -> Finding {
    let outcomes = run(servers, profile(profile_name), 8).unwrap_or_else(|error| panic!("{error:?}"));
    outcomes.into_iter().find_map(|outcome| outcome.report.finding).expect("a finding")
}

fn assert_no_difference(servers: Servers, profile: &'static Profile, cases: u64) -> u64 {
    let outcomes = run(servers, profile, cases).unwrap_or_else(|error| panic!("{}: {error:?}", profile.name));
    for outcome in &outcomes {
        let finding = outcome.report.finding.as_ref();
        assert!(finding.is_none(), "{} case {}: {}", profile.name, outcome.case, finding.unwrap().detail);
    }
    assert_eq!(outcomes.len() as u64, cases, "{}", profile.name);
    outcomes.iter().map(|outcome| outcome.report.commands).sum()
}

/// The trace of every case goes to both servers, and our store is held against the second one too.
#[test]
fn real_servers_show_no_difference_in_any_profile() {
    let (one, two) = (RedisServer::start(), RedisServer::start());
    let (one, two) = (address(one.port()), address(two.port()));
    let mut commands = 0;
    for profile in PROFILES.iter() {
        let cases = if matches!(profile.name, "many" | "long") { 1 } else { 3 };
        for (store, oracle) in [(Some(&one), None), (None, Some(&two)), (Some(&one), Some(&two))] {
            commands += assert_no_difference(opened(store, oracle), profile, cases);
        }
    }
    report(&format!("servers in place of store and model: no difference in {commands} commands"));
    assert!(commands > 30_000, "{commands}");
    // Only our store has metas, and so a width of them.
    for (store, oracle, is_ours) in [(Some(&one), None, false), (None, Some(&two), true)] {
        let outcomes = run(opened(store, oracle), profile("default"), 1).expect("servers that live");
        assert!(outcomes.iter().all(|outcome| outcome.width.is_some() == is_ours), "{outcomes:?}");
    }
}

#[test]
fn commands_that_a_server_lacks_are_named_and_left_out() {
    let meddler = Meddler::without(&["LMPOP", "MULTI", "PEXPIRETIME"]);
    let servers = opened(Some(&meddler.address()), None);
    let place = meddler.address();
    assert_eq!(
        servers.notes(),
        [
            format!(
                "{place} does not know LMPOP PEXPIRETIME MULTI; left out of the workload, transactions command by command"
            ),
            format!("{place}: expiries are compared by presence only, through PTTL"),
        ]
    );
    for name in ["default", "ttl"] {
        assert!(assert_no_difference(servers_again(&meddler), profile(name), 3) > 900, "{name}");
    }
}

fn servers_again(meddler: &Meddler) -> Servers {
    opened(Some(&meddler.address()), None)
}

/// As elastickv: neither absolute expiries nor scripts, and little more than pushes and pops.
#[test]
fn a_server_that_knows_little_is_asked_little() {
    let meddler = Meddler::without(&[
        "PEXPIREAT",
        "EXPIREAT",
        "PEXPIRETIME",
        "PERSIST",
        "LINSERT",
        "LMOVE",
        "LMPOP",
        "LPUSHX",
        "RPUSHX",
        "EVAL",
        "SCAN",
        "FLUSHDB",
        "DBSIZE",
        "TIME",
        "CLIENT",
        "HELLO",
    ]);
    let notes = servers_again(&meddler).notes().join("\n");
    assert!(notes.contains("does not know LPUSHX RPUSHX LINSERT LMOVE LMPOP EXPIREAT PEXPIREAT PERSIST"), "{notes}");
    let of_expiries = "expiries that compare with GT or LT are left out too";
    assert!(notes.contains(of_expiries), "{notes}");
    let seconds_only = servers_again(&Meddler::without(&["PEXPIREAT", "PEXPIRE"])).notes().join("\n");
    assert!(seconds_only.contains(of_expiries), "{seconds_only}");
    for name in ["default", "ttl", "hostile-keys"] {
        assert!(assert_no_difference(servers_again(&meddler), profile(name), 3) > 300, "{name}");
    }
    assert!(meddler.client().keys().is_empty(), "it is left empty without FLUSHDB too");
}

#[test]
fn an_oracle_must_know_scripts() {
    let meddler = Meddler::without(&["EVAL"]);
    let error = Servers::open(None, Some(&meddler.address()), &Access::CAUTIOUS).expect_err("it knows too little");
    assert_eq!(
        error.to_string(),
        format!("{}: it does not know EVAL, which an oracle needs to live by the workload's clock", meddler.address())
    );
}

fn alter(command: &'static str, alter: fn(Reply) -> Reply) -> impl Fn(&Args) -> Meddling + Send + Sync + 'static {
    move |args| if name(args) == command { Meddling::Alter(alter) } else { Meddling::None }
}

#[test]
fn a_wrong_reply_is_found_and_both_sides_are_named() {
    let wrong = Meddler::start(alter("LLEN", |reply| match reply {
        Reply::Integer(length) => Reply::Integer(length + 1),
        other => other,
    }));
    let found = finding(opened(Some(&wrong.address()), None), "default");
    assert_eq!(found.kind, FindingKind::Reply);
    let lines: Vec<&str> = found.detail.lines().collect();
    assert!(lines[0].starts_with("command ") && lines[0].contains("LLEN"), "{}", found.detail);
    assert!(lines[1].starts_with(&format!("server {}  ", wrong.address())), "{}", found.detail);
    assert!(lines[2].starts_with("model  "), "{}", found.detail);

    let found = finding(opened(None, Some(&wrong.address())), "default");
    assert_eq!(found.kind, FindingKind::Reply);
    assert!(found.detail.contains("\nstore  "), "{}", found.detail);
    assert!(found.detail.contains(&format!("\noracle {}  ", wrong.address())), "{}", found.detail);

    let right = RedisServer::start();
    let found = finding(opened(Some(&wrong.address()), Some(&address(right.port()))), "default");
    assert_eq!(found.kind, FindingKind::Reply);
    assert!(found.detail.contains(&format!("\noracle {}  ", address(right.port()))), "{}", found.detail);
}

/// A case that has a finding is run again, and then the server is right.
#[test]
fn a_reply_that_is_wrong_only_once_is_found() {
    let pushes = AtomicUsize::new(0);
    let once = Meddler::start(move |args| {
        // The keys of the forms that are tried first are none of a workload.
        let is_of_workload = args.get(1).is_some_and(|key| !key.starts_with(b"ekv-roundtrip:"));
        let is_wrong = name(args) == "RPUSH" && is_of_workload && pushes.fetch_add(1, Ordering::Relaxed) == 10;
        if is_wrong { Meddling::Alter(|_| Reply::Integer(-1)) } else { Meddling::None }
    });
    let found = finding(opened(Some(&once.address()), None), "queue");
    assert_eq!((found.kind, found.aspect), (FindingKind::Reply, "RPUSH"), "{}", found.detail);
}

#[test]
fn a_wrong_reply_within_a_transaction_is_found() {
    let wrong = Meddler::start(alter("EXEC", |reply| match reply {
        Reply::Array(mut replies) if !replies.is_empty() => {
            *replies.last_mut().unwrap() = Reply::error("ERR out of luck");
            Reply::Array(replies)
        }
        other => other,
    }));
    let found = finding(opened(Some(&wrong.address()), None), "default");
    assert!(found.detail.contains("(in EXEC's reply)") && found.detail.contains("out of luck"), "{}", found.detail);
}

/// The reply is right, and what it says has not been done.
#[test]
fn what_is_not_done_is_found_in_the_end() {
    let lazy =
        Meddler::start(
            |args| if name(args) == "LSET" && args.len() == 4 { Meddling::Say(Reply::OK) } else { Meddling::None },
        );
    let found = finding(opened(Some(&lazy.address()), None), "default");
    assert!(matches!(found.kind, FindingKind::Reply | FindingKind::StoreState), "{found:?}");
    let forgetful = Meddler::start(alter("PEXPIRETIME", |reply| match reply {
        Reply::Integer(_) => Reply::Integer(-1),
        other => other,
    }));
    let found = finding(opened(Some(&forgetful.address()), None), "ttl");
    assert!(matches!(found.kind, FindingKind::Reply | FindingKind::StoreState), "{found:?}");
}

/// Only the questions at the end of a case are answered wrongly: those ask for everything.
#[test]
fn a_wrong_state_is_found() {
    let is_whole =
        |args: &Args| name(args) == "LRANGE" && args.len() == 4 && args[2..] == [b"0".to_vec(), b"-1".to_vec()];
    let losing = Meddler::start(move |args| match is_whole(args) {
        true => Meddling::Alter(|reply| match reply {
            Reply::Array(mut items) => {
                items.pop();
                Reply::Array(items)
            }
            other => other,
        }),
        false => Meddling::None,
    });
    for (store, oracle, names) in [
        (Some(losing.address()), None, ["model", "server redis://"]),
        (None, Some(losing.address()), ["oracle redis://", "store"]),
    ] {
        let found = finding(opened(store.as_ref(), oracle.as_ref()), "many");
        assert_eq!(found.kind, FindingKind::StoreState, "{found:?}");
        assert!(names.iter().all(|name| found.detail.contains(name)), "{names:?}: {}", found.detail);
        if store.is_some() {
            let known = format!("{}: ticket 4", found.fingerprint());
            assert_no_difference(with_known(&losing, &known), profile("many"), 1);
        }
    }
}

fn with_known(meddler: &Meddler, text: &str) -> Servers {
    servers_again(meddler).with_known(Known::parse(text).expect("entries"))
}

/// Two commands do nothing. The reply of one is right, as if it had done it.
#[test]
fn what_a_known_command_leaves_is_compared_unless_that_is_known_too() {
    let idle = Meddler::start(|args| match name(args).as_str() {
        "LREM" if args.len() == 4 => Meddling::Instead(vec![b"ECHO".to_vec(), b"removed".to_vec()]),
        "RPOPLPUSH" if args.len() == 3 => Meddling::Instead(vec![b"LINDEX".to_vec(), args[1].clone(), b"-1".to_vec()]),
        _ => Meddling::None,
    });
    let rotates = "RPOPLPUSH source destination, state not compared: ticket 1";
    let found = finding(with_known(&idle, rotates), "default");
    assert_eq!((found.kind, found.aspect), (FindingKind::Reply, "LREM"), "{}", found.detail);
    let found = finding(with_known(&idle, &format!("{rotates}\nLREM key count item: ticket 2")), "default");
    assert_eq!((found.kind, found.aspect), (FindingKind::StoreState, "LREM"), "{}", found.detail);
    let all = format!("{rotates}\nLREM key count item, state not compared: ticket 2");
    assert_no_difference(with_known(&idle, &all), profile("default"), 4);
}

/// No expiry is ever set. So a key cannot be put right, and the case cannot go on.
#[test]
fn a_key_that_cannot_be_put_right_is_a_finding() {
    let eternal = Meddler::start(|args| match name(args).as_str() {
        "PEXPIREAT" if args.len() > 2 => Meddling::Instead(vec![b"EXISTS".to_vec(), args[1].clone()]),
        _ => Meddling::None,
    });
    let of_form = |form: &str| {
        let options = ["", " NX", " XX", " GT", " LT"];
        options.map(|option| format!("{form}{option}, state not compared: ticket 3\n")).concat()
    };
    let forms = ["EXPIRE key seconds", "PEXPIRE key ms", "EXPIREAT key unix-seconds", "PEXPIREAT key unix-ms"];
    let found = finding(with_known(&eternal, &forms.map(of_form).concat()), "ttl");
    assert!(found.kind == FindingKind::StoreState && found.step > Some(0), "{found:?}");
    assert!(found.detail.ends_with("after its key was written anew, to go on from what is known"), "{}", found.detail);
}

#[test]
fn a_server_that_dies_is_told_with_the_case() {
    let pushes = AtomicUsize::new(0);
    let dying = Meddler::start(move |args| {
        let is_last = name(args) == "RPUSH" && pushes.fetch_add(1, Ordering::Relaxed) > 1000;
        if is_last { Meddling::Close } else { Meddling::None }
    });
    let ended = run(servers_again(&dying), profile("queue"), 50);
    let Err(CampaignError::Input(message)) = ended else { panic!("it goes on: {ended:?}") };
    assert!(message.starts_with("case "), "{message}");
    assert!(message.contains(&format!("{}: the connection broke off at RPUSH", dying.address())), "{message}");
}

#[test]
fn a_server_that_is_silent_or_no_server_at_all_is_given_up() {
    let open = |meddler: &Meddler| {
        Servers::open(
            Some(&meddler.address()),
            None,
            &Access { timeout: Duration::from_millis(50), ..Access::CAUTIOUS },
        )
        .expect_err("it never answers")
    };
    let silent = Meddler::start(|_| Meddling::Silence);
    assert!(matches!(open(&silent), ServerError::Silent { .. }));
    let babbling = Meddler::start(|_| Meddling::Babble(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    let error = open(&babbling);
    assert!(matches!(error, ServerError::Protocol { .. }), "{error}");
}

#[test]
fn what_is_not_ours_is_refused_unless_it_may_go() {
    let server = RedisServer::start();
    let (place, mut client) = (address(server.port()), server.connect());
    client.command(&["SET", "theirs", "1"]);
    let open = |flush| Servers::open(Some(&place), None, &Access { flush, ..Access::CAUTIOUS });
    let error = open(false).expect_err("it is not empty");
    assert_eq!(error, ServerError::NotEmpty { address: place.clone(), keys: 1 });
    assert!(error.to_string().contains("holds 1 key,") && error.to_string().contains("--flush"), "{error}");
    assert_eq!(client.keys().len(), 1);
    assert_no_difference(open(true).expect("it may be emptied"), profile("default"), 2);
    assert!(client.keys().is_empty(), "it is left empty");

    let database = ServerAddress { database: 3, ..place.clone() };
    client.command(&["SET", "theirs", "1"]);
    assert_no_difference(opened(Some(&database), None), profile("default"), 1);
    assert_eq!(client.keys().len(), 1, "another database is another one");
    let error = Servers::open(Some(&place), Some(&place), &Access { flush: true, ..Access::CAUTIOUS })
        .expect_err("one for both");
    assert_eq!(error, ServerError::Twice { address: place });
}

/// A command that is refused inside a transaction only, as by a server that knows few there.
#[test]
fn a_server_that_queues_less_than_it_runs_is_found() {
    let in_transaction = AtomicUsize::new(0);
    let strict = Meddler::start(move |args| {
        match name(args).as_str() {
            "MULTI" => in_transaction.store(1, Ordering::Relaxed),
            "EXEC" => in_transaction.store(0, Ordering::Relaxed),
            "RPUSH" if in_transaction.load(Ordering::Relaxed) == 1 => return unknown(args),
            _ => {}
        }
        Meddling::None
    });
    let found = finding(servers_again(&strict), "default");
    assert!(found.detail.contains("(queued after MULTI)"), "{}", found.detail);
}

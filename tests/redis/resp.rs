//! Generated traces against a real Redis server: written as RESP they leave it where they leave the model, and where
//! time is not involved every reply is the same, word for word.

use std::collections::BTreeSet;
use std::io::{Seek, Write};
use std::process::Stdio;

use ekv_roundtrip::command::{Command, Reply, Request, Stage, UserKey, write_resp};
use ekv_roundtrip::model::Model;
use ekv_roundtrip::workload::{Action, CaseSpec, Generator, PROFILES, Profile, RespWriter, Step, case_seed};

use crate::Args;
use crate::server::{RedisClient, RedisServer};

const CASES_PER_PROFILE: u64 = 8;
const COMMANDS_PER_CASE: u64 = 2000;

/// The cases of a profile. The two heavy ones get fewer cases and keys: their preambles alone are a large trace.
fn cases(profile: &'static Profile) -> impl Iterator<Item = CaseSpec> {
    let (cases, keys) = match profile.name {
        "many" => (2, Some(2000)),
        "long" => (1, Some(4)),
        _ => (CASES_PER_PROFILE, None),
    };
    (0..cases).map(move |case| CaseSpec { seed: case_seed(1, case), profile, commands: COMMANDS_PER_CASE, keys })
}

fn expressible() -> impl Iterator<Item = &'static Profile> {
    PROFILES.iter().filter(|profile| profile.expressible_in_resp)
}

fn requests(step: &Step) -> &[Request] {
    match &step.action {
        Action::Command(request) => std::slice::from_ref(request),
        Action::Transaction(requests) => requests,
        _ => &[],
    }
}

/// Runs a step on the model. Its replies are those of the commands, also of the ones in a transaction.
fn run(model: &mut Model, step: &Step) -> Vec<Reply> {
    let is_transaction = matches!(step.action, Action::Transaction(_));
    let requests = requests(step);
    if is_transaction && Request::exec_abort(requests).is_some() {
        return Vec::new();
    }
    requests.iter().map(|request| model.execute(request)).collect()
}

/// A whole case as RESP, and the model where it ends.
fn written(spec: &CaseSpec) -> (Vec<u8>, Model) {
    let (mut writer, mut model, mut wire) = (RespWriter::new(), Model::new(), Vec::new());
    for step in Generator::new(spec) {
        writer.step(&step, &mut wire).expect("the profile is expressible");
        model.advance_to(step.at_ms.unwrap());
        run(&mut model, &step);
    }
    (wire, model)
}

/// The commands in RESP, which is all arrays of bulk strings.
fn commands(wire: &[u8]) -> Vec<Args> {
    fn number(rest: &mut &[u8], mark: u8) -> usize {
        let end = rest.iter().position(|&byte| byte == b'\r').unwrap();
        assert_eq!(rest[0], mark);
        let number = std::str::from_utf8(&rest[1..end]).unwrap().parse().unwrap();
        *rest = rest[end..].strip_prefix(b"\r\n").unwrap();
        number
    }
    let (mut rest, mut commands) = (wire, Vec::new());
    while !rest.is_empty() {
        let argument = |rest: &mut &[u8]| {
            let length = number(rest, b'$');
            let (bytes, after) = rest.split_at(length);
            *rest = after.strip_prefix(b"\r\n").unwrap();
            bytes.to_vec()
        };
        commands.push((0..number(&mut rest, b'*')).map(|_| argument(&mut rest)).collect());
    }
    commands
}

fn text(args: &Args) -> String {
    args.iter().map(|arg| format!("\"{}\"", arg[..arg.len().min(100)].escape_ascii())).collect::<Vec<_>>().join(" ")
}

fn is_error(reply: &Reply) -> bool {
    match reply {
        Reply::Error(_) => true,
        Reply::Array(replies) => replies.iter().any(is_error),
        _ => false,
    }
}

/// Compares everything that can be seen; returns the number of keys.
fn compare_state(context: &str, client: &mut RedisClient, model: &Model) -> usize {
    let keys: Vec<&UserKey> = model.lists().map(|(key, _)| key).collect();
    assert_eq!(client.command(&["DBSIZE"]), Reply::length(keys.len()), "{context}");
    let Reply::Array(found) = client.command(&["KEYS", "*"]) else { panic!("KEYS is an array") };
    let expected: BTreeSet<Vec<u8>> = keys.iter().map(|key| key.0.clone()).collect();
    assert_eq!(found.len(), expected.len(), "{context}");
    for key in found {
        let Reply::Bulk(key) = key else { panic!("{context}: {key:?}") };
        assert!(expected.contains(&key), "{context}: {} is on the server only", key.escape_ascii());
    }

    let questions = |key: &&UserKey| {
        let key = || (*key).clone();
        [
            Command::Range { key: key(), start: 0, stop: -1 },
            Command::Type { key: key() },
            Command::ExpireTime { key: key() },
        ]
    };
    let questions: Vec<Command> = keys.iter().flat_map(questions).collect();
    let answers = client.pipeline(&questions.iter().map(Command::args).collect::<Vec<_>>());
    let mut model = model.clone();
    for (question, answer) in questions.into_iter().zip(answers) {
        let words = text(&question.args());
        assert!(model.execute(&Request::Valid(question)) == answer, "{context}: {words} differs");
    }
    keys.len()
}

#[test]
fn a_server_ends_where_the_trace_does() {
    let server = RedisServer::start();
    let mut client = server.connect();
    let (mut sent, mut keys, mut expiries) = (0, 0, 0);
    for spec in expressible().flat_map(cases) {
        let context = format!("{} {:#x}", spec.profile.name, spec.seed);
        assert_eq!(client.command(&["FLUSHALL"]), Reply::OK);
        let (wire, model) = written(&spec);
        let commands = commands(&wire);
        for (args, reply) in commands.iter().zip(client.pipeline(&commands)) {
            assert!(!is_error(&reply), "{context}: {}: {reply:?}", text(args));
        }
        sent += commands.len();
        keys += compare_state(&context, &mut client, &model);
        expiries += model.lists().filter(|(_, list)| list.expire_at_ms.is_some()).count();
    }
    eprintln!("{sent} commands sent; {keys} keys compared, {expiries} of them with an expiry");
    assert!(sent > 100_000, "{sent}");
    assert!(expiries > 100, "{expiries}");
}

#[test]
fn redis_cli_pipes_a_trace_without_errors() {
    let server = RedisServer::start();
    let mut client = server.connect();
    for profile in expressible() {
        assert_eq!(client.command(&["FLUSHALL"]), Reply::OK);
        let (wire, model) = written(&cases(profile).next().expect("every profile has a case"));
        let mut input = tempfile::tempfile().expect("a place for temporary files");
        input.write_all(&wire).unwrap();
        input.rewind().unwrap();
        let piped = std::process::Command::new("redis-cli")
            .args(["-p", &server.port().to_string(), "--pipe"])
            .stdin(Stdio::from(input))
            .output()
            .expect("redis-cli comes with redis-server");
        let said = String::from_utf8_lossy(&piped.stdout).into_owned();
        assert!(piped.status.success(), "{}: {said}", profile.name);
        let expected = format!("errors: 0, replies: {}", commands(&wire).len());
        assert_eq!(said.lines().last(), Some(expected.as_str()), "{}", profile.name);
        compare_state(profile.name, &mut client, &model);
    }
}

/// Steps that set an expiry are written by [`RespWriter`], which changes their commands, so their replies are not
/// compared; all others go to the server as they are, errors and discarded transactions included, after the keys that
/// have expired.
#[test]
fn replies_to_generated_traces_are_those_of_a_server() {
    let server = RedisServer::start();
    let mut client = server.connect();
    let (mut compared, mut errors) = (0, 0);
    for spec in expressible().flat_map(cases) {
        let context = format!("{} {:#x}", spec.profile.name, spec.seed);
        assert_eq!(client.command(&["FLUSHALL"]), Reply::OK);
        let (wire, model) = exchange(&spec);
        let commands: Vec<Args> = wire.iter().map(|(args, _)| args.clone()).collect();
        for (place, ((args, expected), reply)) in wire.iter().zip(client.pipeline(&commands)).enumerate() {
            let Some(expected) = expected else { continue };
            let difference =
                || format!("{context}, command {place}: {}\nmodel:  {expected:?}\nserver: {reply:?}", text(args));
            assert!(*expected == reply, "{}", difference());
            compared += 1;
            errors += usize::from(is_error(&reply));
        }
        compare_state(&context, &mut client, &model);
    }
    eprintln!("{compared} commands compared, of which {errors} were answered with an error");
    assert!(compared > 100_000, "{compared}");
    assert!(errors > 1000, "{errors}");
}

/// What to send for a case and, unless it is not to be compared, what to expect.
fn exchange(spec: &CaseSpec) -> (Vec<(Args, Option<Reply>)>, Model) {
    let (mut writer, mut model, mut wire) = (RespWriter::new(), Model::new(), Vec::new());
    for step in Generator::new(spec) {
        let mut rewritten = Vec::new();
        writer.step(&step, &mut rewritten).expect("the profile is expressible");
        model.advance_to(step.at_ms.unwrap());
        let expired = model.take_expired();
        let replies = run(&mut model, &step);
        let requests = requests(&step);
        let sets_expiry = |request: &Request| matches!(request, Request::Valid(Command::Expire { .. }));
        if requests.iter().any(sets_expiry) {
            wire.extend(commands(&rewritten).into_iter().map(|args| (args, None)));
            continue;
        }
        wire.extend(
            expired.into_iter().map(|key| (Command::Delete { keys: vec![key] }.args(), Some(Reply::Integer(1)))),
        );
        let is_transaction = matches!(step.action, Action::Transaction(_));
        if !is_transaction {
            wire.extend(requests.iter().map(Request::args).zip(replies.into_iter().map(Some)));
            continue;
        }
        wire.push((vec![b"MULTI".to_vec()], Some(Reply::OK)));
        wire.extend(requests.iter().map(|request| (request.args(), Some(reply_when_queued(request)))));
        let outcome = Request::exec_abort(requests).unwrap_or(Reply::Array(replies));
        wire.push((vec![b"EXEC".to_vec()], Some(outcome)));
    }
    (wire, model)
}

fn reply_when_queued(request: &Request) -> Reply {
    match request {
        Request::Rejected { error, stage: Stage::Queue, .. } => Reply::error(error.as_str()),
        _ => Reply::Status("QUEUED"),
    }
}

/// What [`commands`] reads is what [`write_resp`] writes: the tests above lean on it.
#[test]
fn resp_is_read_as_it_is_written() {
    let written: Vec<Args> = vec![vec![b"LPUSH".to_vec(), Vec::new(), b"$1\r\n*".to_vec()], vec![b"\xff\r\n".to_vec()]];
    let mut wire = Vec::new();
    written.iter().for_each(|args| write_resp(args, &mut wire));
    assert_eq!(commands(&wire), written);
}

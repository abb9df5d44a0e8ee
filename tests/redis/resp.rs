//! Generated traces written as RESP lead a real server to where they lead the model, also through `redis-cli --pipe`.

use std::collections::BTreeSet;
use std::io::{Seek, Write};
use std::process::Stdio;

use ekv_roundtrip::case::replay::on_model;
use ekv_roundtrip::command::{Reply, Request, UserKey, write_resp};
use ekv_roundtrip::model::Model;
use ekv_roundtrip::workload::{CaseSpec, Generator, RespWriter};

use crate::server::{RedisClient, RedisServer};
use crate::transcript::{command_text, errors, reply_text};
use crate::view::questions;
use crate::{Args, cases, expressible, report};

const CASES_PER_PROFILE: u64 = 8;

/// A whole case as RESP, and the model where it ends.
fn written(spec: &CaseSpec) -> (Vec<u8>, Model) {
    let (mut writer, mut model, mut wire) = (RespWriter::new(), Model::new(), Vec::new());
    for step in Generator::new(spec) {
        writer.step(&step, &mut wire).expect("the profile is expressible");
        on_model(&mut model, &step, |_| false);
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

/// Compares everything that can be seen; returns the number of keys.
fn compare_state(context: &str, client: &mut RedisClient, model: &Model) -> usize {
    let keys: BTreeSet<UserKey> = model.keys().map(|(key, _)| key.clone()).collect();
    assert_eq!(client.keys(), keys, "{context}");
    let mut model = model.clone();
    for question in keys.iter().flat_map(questions) {
        let answer = client.pipeline(&[question.args()]).remove(0);
        let words = command_text(&question.args());
        assert!(model.execute(&Request::Valid(question)) == answer, "{context}: {words} differs");
    }
    keys.len()
}

#[test]
fn a_server_ends_where_the_trace_does() {
    let server = RedisServer::start();
    let mut client = server.connect();
    let (mut sent, mut keys, mut expiries) = (0, 0, 0);
    for spec in expressible().flat_map(|profile| cases(profile, CASES_PER_PROFILE)) {
        let context = format!("{} {:#x}", spec.profile.name, spec.seed);
        assert_eq!(client.command(&["FLUSHALL"]), Reply::OK);
        let (wire, model) = written(&spec);
        let commands = commands(&wire);
        for (args, reply) in commands.iter().zip(client.pipeline(&commands)) {
            assert!(errors(&reply) == 0, "{context}: {}: {}", command_text(args), reply_text(&reply));
        }
        sent += commands.len();
        keys += compare_state(&context, &mut client, &model);
        expiries += model.keys().filter(|(_, list)| list.expire_at_ms.is_some()).count();
    }
    report(&format!("as RESP: {sent} commands sent; {keys} keys compared, {expiries} of them with an expiry"));
    assert!(sent > 100_000, "{sent}");
    assert!(expiries > 100, "{expiries}");
}

#[test]
fn redis_cli_pipes_a_trace_without_errors() {
    let server = RedisServer::start();
    let mut client = server.connect();
    for profile in expressible() {
        assert_eq!(client.command(&["FLUSHALL"]), Reply::OK);
        let (wire, model) = written(&cases(profile, 1).next().expect("every profile has a case"));
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

/// What [`commands`] reads is what [`write_resp`] writes: the tests above lean on it.
#[test]
fn resp_is_read_as_it_is_written() {
    let written: Vec<Args> = vec![vec![b"LPUSH".to_vec(), Vec::new(), b"$1\r\n*".to_vec()], vec![b"\xff\r\n".to_vec()]];
    let mut wire = Vec::new();
    written.iter().for_each(|args| write_resp(args, &mut wire));
    assert_eq!(commands(&wire), written);
}

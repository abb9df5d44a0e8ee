//! What is not ours on a server stays, and what is a server's own trouble is no finding.

use ekv_roundtrip::campaign::CampaignError;
use ekv_roundtrip::case::{Access, Servers};
use ekv_roundtrip::command::Reply;
use ekv_roundtrip::server::{ServerAddress, ServerError};
use ekv_roundtrip::workload::Profile;

use crate::foreign::run;
use crate::meddler::{Meddler, Meddling, address, name};
use crate::server::RedisServer;

fn open(store: Option<&ServerAddress>, oracle: Option<&ServerAddress>) -> Result<Servers, ServerError> {
    Servers::open(store, oracle, &Access::CAUTIOUS)
}

fn default() -> &'static Profile {
    Profile::find("default").expect("a profile")
}

fn input_error(error: CampaignError) -> String {
    let CampaignError::Input(message) = error else { panic!("{error:?}") };
    message
}

/// As a server that counts its keys only when it is asked to.
#[test]
fn a_server_that_says_it_is_empty_is_looked_at() {
    let liar = Meddler::start(|args| match name(args).as_str() {
        "DBSIZE" => Meddling::Say(Reply::Integer(0)),
        _ => Meddling::None,
    });
    let mut client = liar.client();
    client.command(&["SET", "theirs", "1"]);
    for (store, oracle) in [(Some(liar.address()), None), (None, Some(liar.address()))] {
        let error = open(store.as_ref(), oracle.as_ref()).expect_err("it is not empty");
        assert_eq!(error, ServerError::NotEmpty { address: liar.address(), keys: 1 });
    }
    assert_eq!(client.keys().len(), 1);
}

#[test]
fn a_key_that_comes_meanwhile_stays_and_ends_the_run() {
    let server = RedisServer::start();
    let (place, mut client) = (address(server.port()), server.connect());
    for (store, oracle) in [(Some(&place), None), (None, Some(&place))] {
        let servers = open(store, oracle).expect("it is empty");
        client.command(&["SET", "theirs", "1"]);
        let message = input_error(run(servers, default(), 2).expect_err("somebody else is there"));
        assert!(message.contains("it holds the key \"theirs\""), "{message}");
        assert_eq!(client.keys().len(), 1, "and nothing of ours");
        client.command(&["DEL", "theirs"]);
    }
}

#[test]
fn one_database_by_two_names_is_not_two() {
    let server = RedisServer::start();
    let place = address(server.port());
    let other = ServerAddress { host: "localhost".to_owned(), ..place.clone() };
    let error = open(Some(&place), Some(&other)).expect_err("it is one");
    assert_eq!(error, ServerError::Twice { address: place });
    assert!(server.connect().keys().is_empty());
}

#[test]
fn a_server_out_of_memory_is_no_finding() {
    let full = Meddler::start(|args| match name(args).as_str() {
        "LPUSH" | "RPUSH" if args.len() > 1 => {
            Meddling::Say(Reply::error("OOM command not allowed when used memory > 'maxmemory'."))
        }
        _ => Meddling::None,
    });
    let message = open(Some(&full.address()), None).expect_err("it is full").to_string();
    assert!(message.contains("OOM command not allowed") && message.contains("mend the server"), "{message}");
}

#[test]
fn a_password_is_asked_for_in_vain() {
    let locked = Meddler::start(|_| Meddling::Say(Reply::error("NOAUTH Authentication required.")));
    let error = open(Some(&locked.address()), None).expect_err("it is locked").to_string();
    assert!(error.contains("asks for a password") && !error.contains('('), "{error}");
}

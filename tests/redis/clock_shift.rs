//! What a server does with commands that [`ClockShift`] spells, held against the rule of Redis.

use ekv_roundtrip::command::{Reply, Request, UserKey};
use ekv_roundtrip::server::{ClockShift, Spelt, Vocabulary};

use crate::server::RedisServer;

const NOW_MS: u64 = 4_102_444_800_500;

fn bytes(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn request(line: &str) -> Request {
    Request::parse(line.split(' ').map(bytes).collect()).expect("a known command")
}

/// An expiry that has come for the trace and not for the server, with every condition and every old expiry, as a script
/// and in plain words.
#[test]
fn an_expiry_that_has_come_deletes_where_it_would_be_set() {
    let server = RedisServer::start();
    let mut client = server.connect();
    for option in ["", " NX", " XX", " GT", " LT", " XX LT", " XX GT"] {
        for old in [None, Some(NOW_MS), Some(NOW_MS + 1)] {
            for (line, new) in [("PEXPIRE k 0", NOW_MS), ("PEXPIREAT k 4102444800499", NOW_MS - 1)] {
                client.command(&["RPUSH", "k", "v"]);
                client.command(&["PERSIST", "k"]);
                if let Some(old) = old {
                    client.command(&["PEXPIREAT", "k", &old.to_string()]);
                }
                let is_set = match option.trim() {
                    "" => true,
                    "NX" => old.is_none(),
                    "XX" => old.is_some(),
                    "LT" => old.is_none_or(|old| new < old),
                    "XX LT" => old.is_some_and(|old| new < old),
                    _ => false,
                };
                let request = request(&format!("{line}{option}"));
                let mut shift = ClockShift::default();
                shift.advance_to(NOW_MS);
                let Spelt { args, deletes } = shift.spell_plainly(&request, &Vocabulary::everything());
                let said = client.pipeline(&[args]);
                assert_eq!(said, [Reply::Integer(i64::from(is_set))], "{line}{option}, before it {old:?}");
                assert!(deletes.is_some(), "{line}{option}");

                if is_set {
                    // As if it had not been asked yet.
                    client.command(&["PERSIST", "k"]);
                    if let Some(old) = old {
                        client.command(&["PEXPIREAT", "k", &old.to_string()]);
                    }
                }
                let replies = client.pipeline(&[shift.spell(&request), vec![bytes("EXISTS"), bytes("k")]]);
                let expected = [Reply::Integer(i64::from(is_set)), Reply::Integer(i64::from(!is_set))];
                assert_eq!(replies, expected, "{line}{option}, before it {old:?}");
            }
        }
    }
}

#[test]
fn keys_go_after_the_millisecond_that_their_expiry_names() {
    let server = RedisServer::start();
    let mut client = server.connect();
    let mut shift = ClockShift::default();
    shift.advance_to(NOW_MS);
    assert_eq!(shift.delete_expired(), None);
    for line in ["RPUSH a v", "RPUSH b v", "RPUSH c v", "PEXPIRE a 5", "PEXPIREAT b 9223372036854775807", "RENAME a d"]
    {
        client.pipeline(&[shift.spell(&request(line))]);
    }
    shift.advance_to(NOW_MS + 5);
    assert_eq!(shift.delete_expired(), None);
    shift.advance_to(NOW_MS + 6);
    let delete = shift.delete_expired().expect("an expiry has passed");
    assert_eq!(client.pipeline(&[delete]), [Reply::bulks(vec![bytes("d")])]);
    assert_eq!(client.keys(), ["b", "c"].map(UserKey::from).into());
    shift.advance_to(NOW_MS + 7);
    assert_eq!(shift.delete_expired(), None);
}

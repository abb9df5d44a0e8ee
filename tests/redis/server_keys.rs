//! Servers that show keys of their own, which nobody wrote and nobody can delete.

use ekv_roundtrip::command::{Reply, UserKey};

use crate::meddler::{Meddler, Meddling, name};
use crate::tool::Tool;

fn with_its_own(reply: Reply) -> Reply {
    match reply {
        Reply::Array(mut page) => {
            let own = Reply::Bulk(b"server:stats".to_vec());
            match page.get_mut(1) {
                Some(Reply::Array(keys)) => keys.push(own),
                _ => page.push(own),
            }
            Reply::Array(page)
        }
        Reply::Integer(count) => Reply::Integer(count + 1),
        other => other,
    }
}

fn start() -> Meddler {
    Meddler::start(|args| match name(args).as_str() {
        "SCAN" | "DBSIZE" if args.len() != 1 || name(args) == "DBSIZE" => Meddling::Alter(with_its_own),
        "TYPE" if args.get(1).is_some_and(|key| key == b"server:stats") => Meddling::Say(Reply::status("hash")),
        _ => Meddling::None,
    })
}

#[test]
fn a_key_that_survives_a_flush_or_is_named_is_passed_over() {
    let tool = Tool::new();
    let server = start();
    let verify = format!("verify --seed 5 --cases 3 --commands 100 --profile default --store {}", server.address());
    assert!(tool.ends(2, &verify).stderr.contains("the database holds 1 key"));
    for flag in ["--flush", "--server-keys server:*", "--server-keys x* --server-keys *stats"] {
        let holds = tool.ends(0, &format!("{verify} {flag}"));
        assert!(holds.stdout.contains("passed over 1 key of its own: \"server:stats\""), "{}", holds.stdout);
    }
    tool.ends(2, &format!("{verify} --server-keys other*"));
    let probed = tool.ends(0, &format!("probe --store {} --server-keys server:*", server.address()));
    assert!(probed.stdout.contains(" 0 bugs, 0 unknown"), "{}", probed.stdout);
}

#[test]
fn somebody_elses_key_is_refused_beside_them() {
    let tool = Tool::new();
    let server = start();
    server.client().command(&["SET", "theirs", "1"]);
    let refused = tool.ends(2, &format!("verify --cases 1 --store {} --server-keys server:*", server.address()));
    assert!(refused.stderr.contains("the database holds 1 key,"), "{}", refused.stderr);
    assert_eq!(server.client().keys().len(), 1);

    // Nor is it deleted where a pattern takes it for the server's and the workload names it, too.
    server.client().command(&["RPUSH", "jobs:1", "theirs"]);
    let words = "verify --seed 5 --cases 1 --commands 300 --profile default --server-keys *";
    let refused = tool.ends(2, &format!("{words} --store {}", server.address()));
    assert!(refused.stderr.contains("the workload writes the key \"jobs:1\""), "{}", refused.stderr);
    assert!(server.client().keys().contains(&UserKey::from("jobs:1")));
}

/// A pattern that takes in everything must not make the lists of the workload invisible.
#[test]
fn keys_of_the_workload_are_compared_whatever_is_named() {
    let tool = Tool::new();
    let losing = Meddler::start(|args| match name(args).as_str() {
        "LSET" if args.len() == 4 => Meddling::Say(Reply::OK),
        _ => Meddling::None,
    });
    let words = "verify --seed 5 --cases 8 --commands 300 --profile default --server-keys *";
    tool.ends(1, &format!("{words} --store {}", losing.address()));
    for (flag, expected) in [("--server-keys x**", "--server-keys"), ("--server-keys x", "name a server")] {
        let refused = tool.ends(2, &format!("verify --cases 1 {flag}"));
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    }
}

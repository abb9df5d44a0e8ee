//! Servers with users and passwords. A password is never printed.

use ekv_roundtrip::command::Reply;

use crate::meddler::{Meddler, Meddling, address, name};
use crate::server::RedisServer;
use crate::tool::Tool;

/// Its @ and : and % must be encoded, or at least survive.
const PASSWORD: &str = "p@s:s%w0rd";
const ENCODED: &str = "p%40s%3As%25w0rd";
const VARIABLE: &str = "EKV_ROUNDTRIP_PASSWORD";

fn assert_hidden(text: &str) {
    for secret in [PASSWORD, ENCODED, "w0rd"] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// A server with two users; the default one needs a password.
fn locked() -> RedisServer {
    let server = RedisServer::start();
    let mut client = server.connect();
    for words in [
        &["ACL", "SETUSER", "app", "on", &format!(">{PASSWORD}"), "~*", "+@all"][..],
        &["ACL", "SETUSER", "few", "on", ">few", "~*", "+@all", "-lpop", "-pexpiretime"],
        &["ACL", "SETUSER", "open", "on", "nopass", "~*", "+@all"],
        &["ACL", "SETUSER", "narrow", "on", ">narrow", "~app:*", "+@all"],
        &["RPUSH", "jobs", "1"],
        &["CONFIG", "SET", "requirepass", PASSWORD],
    ] {
        assert_eq!(client.command(words).clone(), if words[0] == "RPUSH" { Reply::Integer(1) } else { Reply::OK });
    }
    server
}

#[test]
fn a_password_is_taken_from_the_address_or_the_environment() {
    let server = locked();
    let place = format!("127.0.0.1:{}", server.port());
    let expected = "{\"key\":\"jobs\",\"items\":[\"1\"],\"expire_at_ms\":null}\n";
    let (plain, env) = (Tool::new(), Tool::with(VARIABLE, PASSWORD));
    for (tool, login) in [
        (&plain, format!(":{ENCODED}@")),
        (&plain, format!("app:{ENCODED}@")),
        (&env, String::new()),
        (&env, "app:@".to_owned()),
        (&plain, "open:@".to_owned()),
    ] {
        let shown = tool.ends(0, &format!("state redis://{login}{place}"));
        assert_eq!(shown.stdout, expected, "{login}");
        let same = tool.ends(0, &format!("compare redis://{login}{place} redis://{login}{place}/0 --format json"));
        assert_hidden(&same.stdout);
        assert_hidden(&same.stderr);
    }
    for (login, expected) in [
        (String::new(), "it asks for a password; set EKV_ROUNDTRIP_PASSWORD"),
        ("app:@".to_owned(), "it asks for a password; set EKV_ROUNDTRIP_PASSWORD"),
        (":w0rd@".to_owned(), "it does not take the login (WRONGPASS); check the user and the password"),
        (format!("nobody:{ENCODED}@"), "it does not take the login (WRONGPASS)"),
    ] {
        for command in ["state", "verify --cases 1 --store", "probe --store"] {
            let refused = plain.ends(2, &format!("{command} redis://{login}{place}"));
            assert!(refused.stderr.contains(expected), "{}", refused.stderr);
            assert_hidden(&refused.stderr);
        }
    }
}

#[test]
fn a_password_is_in_nothing_that_is_written() {
    let tool = Tool::new();
    let wrong = Meddler::start(|args| match name(args).as_str() {
        "AUTH" => Meddling::Say(Reply::OK),
        "RPUSH" if args.len() == 3 => Meddling::Alter(|reply| match reply {
            Reply::Integer(length) => Reply::Integer(length + 1),
            other => other,
        }),
        _ => Meddling::None,
    });
    let store = wrong.address().to_string().replace("redis://", &format!("redis://app:{ENCODED}@"));
    let shown = wrong.address().to_string().replace("redis://", "redis://app:@");
    let found = tool.ends(
        1,
        &format!(
            "verify --seed 3 --cases 2 --profile default --commands 200 --store {store} --report report.json --junit junit.xml \
             --html page.html --findings found"
        ),
    );
    for text in [&found.stdout, &found.stderr].into_iter().chain(tool.files().iter().map(|(_, text)| text)) {
        assert_hidden(text);
    }
    let repeat = found.stdout.lines().find(|line| line.starts_with("  repeat ")).expect("a command");
    assert!(repeat.ends_with(&format!("--store {shown} # set {VARIABLE} first")), "{repeat}");
    assert!(tool.json("report.json")["findings"][0]["repeat"].as_str().unwrap().ends_with(" first"));

    let trace =
        tool.path("found").join(std::fs::read_dir(tool.path("found")).unwrap().next().unwrap().unwrap().file_name());
    let again = Tool::with(VARIABLE, PASSWORD).ends(1, &format!("verify --trace {}", trace.display()));
    assert_hidden(&again.stdout);
    assert_hidden(&again.stderr);
    let small = tool.ends(1, &format!("shrink {}/trace.jsonl --store {store} --out small.jsonl", trace.display()));
    assert!(small.stderr.contains(&format!("# set {VARIABLE} first")), "{}", small.stderr);
    assert_hidden(&small.stderr);
}

#[test]
fn a_refusal_repeats_no_password() {
    let tool = Tool::new();
    for words in [
        format!("verify --store redis://app:{ENCODED}@host"),
        format!("verify --oracle redis://:{PASSWORD}@"),
        format!("state redis://app:{ENCODED}@host:port"),
        format!("state redis+unix://:{ENCODED}@/tmp/socket redis://:{ENCODED}"),
        format!("compare redis://app:{ENCODED}@h:1/x redis://:{PASSWORD}@h:1"),
        format!("verify --trace redis://app:{ENCODED}@h:1"),
        format!("verify redis://app:{ENCODED}@h:1"),
        format!("probe --decoder redis://app:{ENCODED}@h:1"),
        format!("verify --store redis://app:{ENCODED}@127.0.0.1:1"),
        format!("state redis://{ENCODED}@127.0.0.1:1"),
        format!("verify --store valkey://app:{ENCODED}@h:1"),
        format!("verify --store app:{ENCODED}@h:1"),
        format!("probe --store redis:/:{PASSWORD}@h:1"),
        format!("state :{ENCODED}@h:1"),
        format!("compare app:{PASSWORD}@h:1 dump:x"),
        format!("state dump:x app:{ENCODED}@h:1"),
    ] {
        let refused = tool.ends(2, &words);
        // The scheme that is none of ours holds nothing that can be told apart.
        assert_hidden(&refused.stderr);
        assert!(refused.stdout.is_empty(), "{words}");
    }
}

/// Redis quotes the arguments of a command that it does not know.
#[test]
fn a_server_that_quotes_the_password_is_not_quoted() {
    let tool = Tool::new();
    for (reply, expected) in [
        (format!("ERR unknown command 'AUTH', with args beginning with: '{PASSWORD}'"), "(it knows no AUTH)"),
        (format!("ERR bad password {PASSWORD}"), "(ERR)"),
    ] {
        let server = Meddler::start(move |args| match name(args).as_str() {
            "AUTH" => Meddling::Say(Reply::error(reply.as_str())),
            _ => Meddling::None,
        });
        let place = server.address().to_string().replace("redis://", &format!("redis://:{ENCODED}@"));
        let refused = tool.ends(2, &format!("state {place}"));
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
        assert_hidden(&refused.stderr);
    }
    let closing = Meddler::start(|args| if name(args) == "AUTH" { Meddling::Close } else { Meddling::None });
    let place = closing.address().to_string().replace("redis://", &format!("redis://:{ENCODED}@"));
    let lost = tool.ends(2, &format!("state {place}"));
    assert!(lost.stderr.contains("the connection broke off at AUTH ("), "{}", lost.stderr);
    assert_hidden(&lost.stderr);
}

#[test]
fn a_password_that_a_server_does_not_want_is_no_trouble() {
    let server = RedisServer::start();
    Tool::with(VARIABLE, PASSWORD).ends(0, &format!("verify --cases 1 --store {}", address(server.port())));
}

#[test]
fn what_a_user_may_not_do_is_left_out_or_refused_by_name() {
    let server = locked();
    let place = format!("127.0.0.1:{}", server.port());
    let tool = Tool::with(VARIABLE, "few");
    let flags = "--seed 1 --cases 2 --commands 100 --profile default --flush";
    let holds = tool.ends(0, &format!("verify {flags} --store redis://few:@{place}"));
    for note in ["does not know PEXPIRETIME; left out", "does not know the forms LPOP key, LPOP key count; left out"] {
        assert!(holds.stderr.contains(note), "{}", holds.stderr);
    }
    let narrow = Tool::with(VARIABLE, "narrow").ends(2, &format!("verify {flags} --store redis://narrow:@{place}"));
    assert!(
        narrow.stderr.contains("it says NOPERM") && narrow.stderr.contains("with every key (~*)"),
        "{}",
        narrow.stderr
    );
}

#[test]
fn a_server_that_is_not_ready_is_not_taken_for_one_that_refuses_the_login() {
    let loading = Meddler::start(|args| match name(args).as_str() {
        "AUTH" => Meddling::Say(Reply::Error(format!("LOADING {PASSWORD} Redis is loading the dataset in memory"))),
        _ => Meddling::None,
    });
    let place = loading.address().to_string().replace("redis://", "");
    let refused = Tool::new().ends(2, &format!("state redis://:{ENCODED}@{place}"));
    let expected = "to AUTH it says LOADING; mend the server, this says nothing of what it does with lists";
    assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    assert_hidden(&refused.stderr);
}

#[test]
fn a_server_that_closes_at_every_command_knows_none() {
    let closing = Meddler::start(|_| Meddling::Close);
    let refused = Tool::new().ends(2, &format!("verify --cases 1 --store {}", closing.address()));
    assert!(refused.stderr.contains("the connection broke off at"), "{}", refused.stderr);
}

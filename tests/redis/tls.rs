//! Servers with TLS.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::Duration;

use ekv_roundtrip::case::{Access, Servers};
use ekv_roundtrip::server::{ServerAddress, ServerError};

use crate::server::RedisServer;
use crate::tool::Tool;

fn certificates(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/redis/tls").join(name).display().to_string()
}

/// A server, and its second port, which is for TLS.
fn start() -> (RedisServer, u16) {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let (certificate, key) = (certificates("server.pem"), certificates("server.key"));
    let (ca, tls_port) = (certificates("ca.pem"), port.to_string());
    let server = RedisServer::start_with(&[
        "--save",
        "",
        "--tls-port",
        &tls_port,
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &ca,
        "--tls-auth-clients",
        "no",
    ]);
    server.connect().command(&["CONFIG", "SET", "requirepass", "secret"]);
    (server, port)
}

#[test]
fn a_server_with_a_certificate_of_ones_own_ca_is_asked_once_that_is_named() {
    let (_server, port) = start();
    let tool = Tool::with("SSL_CERT_FILE", &certificates("ca.pem"));
    for host in ["127.0.0.1", "localhost"] {
        let place = format!("rediss://:secret@{host}:{port}");
        let holds = tool.ends(0, &format!("verify --seed 1 --cases 2 --commands 100 --store {place}"));
        assert!(holds.stdout.contains("0 mismatches"), "{}", holds.stdout);
        tool.ends(0, &format!("probe --store {place}"));
        tool.ends(0, &format!("state {place}"));
    }
    let untrusted = Tool::new().ends(2, &format!("state rediss://:secret@127.0.0.1:{port}"));
    assert!(untrusted.stderr.contains("no connection with TLS (invalid peer certificate: "), "{}", untrusted.stderr);
    assert!(untrusted.stderr.contains("SSL_CERT_FILE names"), "{}", untrusted.stderr);
    assert!(!untrusted.stderr.contains("secret"), "{}", untrusted.stderr);
    let plain = tool.ends(2, &format!("state redis://:secret@127.0.0.1:{port}"));
    assert!(!plain.stderr.contains("secret"), "{}", plain.stderr);
    // The certificate is for another address of this machine.
    let other = tool.ends(2, &format!("state rediss://:secret@127.0.0.2:{port}"));
    assert!(other.stderr.contains(&format!("rediss://127.0.0.2:{port}: ")), "{}", other.stderr);
}

/// What is wrong is not the server, which need not answer.
#[test]
fn certificates_that_cannot_be_read_are_named_with_their_variable() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (ca, folder) = (certificates("ca.pem"), certificates(""));
    for (variable, value, problem) in [
        (
            "SSL_CERT_DIR",
            "/absent".to_owned(),
            "SSL_CERT_DIR /absent: No such file or directory (os error 2)".to_owned(),
        ),
        (
            "SSL_CERT_DIR",
            format!("{folder}:/absent"),
            "SSL_CERT_DIR /absent: No such file or directory (os error 2)".to_owned(),
        ),
        ("SSL_CERT_DIR", ca.clone(), format!("SSL_CERT_DIR {ca}: Not a directory (os error 20)")),
        (
            "SSL_CERT_FILE",
            "/absent".to_owned(),
            "SSL_CERT_FILE /absent: No such file or directory (os error 2)".to_owned(),
        ),
    ] {
        let refused = Tool::with(variable, &value).ends(2, &format!("state rediss://127.0.0.1:{port}"));
        let rest = "; correct or unset SSL_CERT_FILE and SSL_CERT_DIR";
        let line = format!("error: rediss://127.0.0.1:{port}: no certificates to trust ({problem}){rest}\n");
        assert_eq!(refused.stderr, line);
    }
}

#[test]
fn a_server_that_hangs_in_the_handshake_is_given_up() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let place: ServerAddress =
        format!("rediss://127.0.0.1:{}", listener.local_addr().unwrap().port()).parse().expect("an address");
    let access = Access { timeout: Duration::from_secs(1), ..Access::CAUTIOUS };
    let error = Servers::open(Some(&place), None, &access).expect_err("it says nothing");
    // On a slow machine the time is up before the handshake has begun.
    assert!(matches!(error, ServerError::NoTls { .. } | ServerError::Unreachable { .. }), "{error}");
    std::thread::spawn(move || drop(listener.accept()));
    let error = Servers::open(Some(&place), None, &Access::CAUTIOUS).expect_err("it hangs up");
    assert!(matches!(error, ServerError::NoTls { .. } | ServerError::Unreachable { .. }), "{error}");
}

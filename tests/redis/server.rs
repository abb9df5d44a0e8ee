//! A real `redis-server` for a test, and the little of RESP2 that it takes to talk to it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ekv_roundtrip::command::{Reply, UserKey, write_resp};

use crate::Args;

const START_ATTEMPTS: usize = 5;
const CONNECT_ATTEMPTS: usize = 1000;
const CONNECT_PAUSE: Duration = Duration::from_millis(10);
/// After it, another connection is tried.
const GREETING_TIMEOUT: Duration = Duration::from_secs(2);
/// Turns a server that stopped answering into a failure. No answer is expected to take anywhere near it.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// A server of one's own, on a loopback port. It ends with the value.
pub struct RedisServer {
    process: Child,
    port: u16,
}

impl RedisServer {
    /// Fails the test where there is no server to ask: a test that skips would say that all is well.
    pub fn start() -> RedisServer {
        RedisServer::start_with(&["--save", "", "--appendonly", "no"])
    }

    /// A server with these flags beside its address.
    pub fn start_with(flags: &[&str]) -> RedisServer {
        RedisServer::start_program("redis-server", flags).unwrap_or_else(|problem| panic!("{problem}"))
    }

    fn start_program(program: &str, flags: &[&str]) -> Result<RedisServer, String> {
        // Between asking for a free port and the server's taking it, someone else may; then the server exits.
        for _ in 0..START_ATTEMPTS {
            if let Some(server) = RedisServer::start_once(program, flags)? {
                return Ok(server);
            }
        }
        Err(format!("{program} exits on every port"))
    }

    fn start_once(program: &str, flags: &[&str]) -> Result<Option<RedisServer>, String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port");
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let process = Command::new(program)
            .args(flags)
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let process = process.map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                format!("{program} is not installed, and this test needs it: apt-get install redis-server")
            }
            _ => format!("{program} does not start: {error}"),
        })?;
        let mut server = RedisServer { process, port };
        for _ in 0..CONNECT_ATTEMPTS {
            if server.process.try_wait().unwrap().is_some() {
                return Ok(None);
            }
            let process_id = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).and_then(process_id);
            if process_id.is_ok_and(|process_id| process_id == Some(server.process.id())) {
                return Ok(Some(server));
            }
            std::thread::sleep(CONNECT_PAUSE);
        }
        Err(format!("{program} takes no connections on port {port}"))
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn connect(&self) -> RedisClient {
        RedisClient::over(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("the server is running"))
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Which process is at the other end, if it is a Redis server. It need not be the one just started: a process that
/// another test forks holds a copy of the listener that found the port until it executes its program, and the
/// connections that come meanwhile break off then.
fn process_id(mut stream: TcpStream) -> std::io::Result<Option<u32>> {
    stream.set_read_timeout(Some(GREETING_TIMEOUT))?;
    stream.write_all(b"INFO server\r\nQUIT\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.lines().find_map(|line| line.strip_prefix("process_id:")?.parse().ok()))
}

/// A connection.
pub struct RedisClient {
    stream: BufReader<TcpStream>,
}

impl RedisClient {
    fn over(stream: TcpStream) -> RedisClient {
        stream.set_read_timeout(Some(READ_TIMEOUT)).unwrap();
        stream.set_nodelay(true).unwrap();
        RedisClient { stream: BufReader::new(stream) }
    }

    /// Such as `7.0.15`.
    pub fn server_version(&mut self) -> String {
        let Reply::Bulk(info) = self.command(&["INFO", "server"]) else { panic!("INFO is a bulk string") };
        let info = String::from_utf8_lossy(&info).into_owned();
        info.lines().find_map(|line| line.strip_prefix("redis_version:")).expect("a version").to_owned()
    }

    /// All keys, in byte order.
    pub fn keys(&mut self) -> BTreeSet<UserKey> {
        let Reply::Array(found) = self.command(&["KEYS", "*"]) else { panic!("KEYS is an array") };
        let key = |reply| if let Reply::Bulk(key) = reply { UserKey(key) } else { panic!("no key: {reply:?}") };
        let keys: BTreeSet<UserKey> = found.into_iter().map(key).collect();
        assert_eq!(self.command(&["DBSIZE"]), Reply::length(keys.len()), "no key is there twice");
        keys
    }

    /// Sends one command, for words that are text.
    pub fn command(&mut self, words: &[&str]) -> Reply {
        let args = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        self.pipeline(&[args]).remove(0)
    }

    /// Sends all commands, then reads all replies. The server buffers what is not read yet, so neither side waits for
    /// the other.
    pub fn pipeline(&mut self, commands: &[Args]) -> Vec<Reply> {
        let mut wire = Vec::new();
        for args in commands {
            write_resp(args, &mut wire);
        }
        self.stream.get_mut().write_all(&wire).expect("the server reads");
        commands.iter().map(|_| self.read_reply()).collect()
    }

    fn read_reply(&mut self) -> Reply {
        let line = self.read_line();
        let rest = &line[1..];
        match line.as_bytes()[0] {
            b'+' => Reply::status(status(rest)),
            b'-' => Reply::error(rest),
            b':' => Reply::Integer(rest.parse().unwrap()),
            b'$' if rest == "-1" => Reply::Null,
            b'*' if rest == "-1" => Reply::NullArray,
            b'$' => Reply::Bulk(self.read_bulk(rest.parse().unwrap())),
            b'*' => Reply::Array((0..rest.parse().unwrap()).map(|_| self.read_reply()).collect()),
            _ => panic!("not RESP2: {line:?}"),
        }
    }

    /// A line as it comes, for what is not a reply.
    pub fn raw_line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).expect("the server goes on");
        line
    }

    /// As text, lossily: only errors can hold anything but ASCII, and a [`Reply::Error`] is text.
    fn read_line(&mut self) -> String {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).expect("the server answers");
        let line = line.strip_suffix(b"\r\n").expect("the server stays until its reply is whole");
        String::from_utf8_lossy(line).into_owned()
    }

    fn read_bulk(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length + 2];
        self.stream.read_exact(&mut bytes).expect("the server stays until its reply is whole");
        assert!(bytes.ends_with(b"\r\n"));
        bytes.truncate(length);
        bytes
    }
}

const REWRITING: &str = "Background append only file rewriting started";

fn status(text: &str) -> &'static str {
    const KNOWN: &[&str] =
        &["OK", "PONG", "QUEUED", "list", "none", "string", "hash", "set", "zset", "stream", "RESET", REWRITING];
    KNOWN.iter().find(|known| **known == text).unwrap_or_else(|| panic!("an unknown status: {text:?}"))
}

#[test]
fn a_missing_server_fails_the_test_and_says_what_to_install() {
    let problem =
        RedisServer::start_program("a-redis-server-that-nobody-has", &[]).err().expect("there is no such program");
    assert!(problem.contains("a-redis-server-that-nobody-has is not installed"), "{problem}");
    assert!(problem.contains("apt-get install redis-server"), "{problem}");
}

//! A server that is wrong on purpose: it passes commands on to a real one, and meddles with some.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Weak};

use ekv_roundtrip::command::Reply;
use ekv_roundtrip::server::ServerAddress;

use crate::Args;
use crate::server::{RedisClient, RedisServer};

/// What becomes of a command.
pub enum Meddling {
    /// It is passed on, and so is the reply.
    None,
    /// It is not passed on, and this is said.
    Say(Reply),
    /// It is passed on, and something else is said.
    Alter(fn(Reply) -> Reply),
    /// Something else is passed on in its place.
    Instead(Args),
    /// Bytes that are no reply.
    Babble(&'static [u8]),
    /// The connection is closed.
    Close,
    /// Nothing is said any more.
    Silence,
}

/// What a server without a command says to it.
pub fn unknown(args: &Args) -> Meddling {
    Meddling::Say(Reply::Error(format!("ERR unsupported command '{}'", name(args))))
}

/// The command's name in upper case.
pub fn name(args: &Args) -> String {
    String::from_utf8_lossy(&args[0]).to_ascii_uppercase()
}

type Meddle = dyn Fn(&Args) -> Meddling + Send + Sync;

/// The meddling server. Its threads end with the connections, and the real server with the value.
pub struct Meddler {
    port: u16,
    server: Arc<RedisServer>,
}

impl Meddler {
    pub fn start(meddle: impl Fn(&Args) -> Meddling + Send + Sync + 'static) -> Meddler {
        let server = Arc::new(RedisServer::start());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port");
        let port = listener.local_addr().unwrap().port();
        // The listener's thread lives on, and must not keep the real server alive.
        let (behind, meddle): (Weak<RedisServer>, _) = (Arc::downgrade(&server), Arc::new(meddle));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(server) = behind.upgrade() else { return };
                let (client, meddle) = (server.connect(), Arc::clone(&meddle));
                std::thread::spawn(move || serve(stream, client, &*meddle));
            }
        });
        Meddler { port, server }
    }

    /// A server that lacks commands.
    pub fn without(commands: &'static [&'static str]) -> Meddler {
        Meddler::start(move |args| if commands.contains(&name(args).as_str()) { unknown(args) } else { Meddling::None })
    }

    pub fn address(&self) -> ServerAddress {
        address(self.port)
    }

    /// A connection to the real server.
    pub fn client(&self) -> RedisClient {
        self.server.connect()
    }
}

/// The address of a port of this machine.
pub fn address(port: u16) -> ServerAddress {
    format!("redis://127.0.0.1:{port}").parse().expect("an address")
}

fn serve(stream: TcpStream, mut behind: RedisClient, meddle: &Meddle) {
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::new(stream);
    while let Some(args) = read_command(&mut stream) {
        let reply = match meddle(&args) {
            Meddling::None => behind.pipeline(&[args]).remove(0),
            Meddling::Say(reply) => reply,
            Meddling::Alter(alter) => alter(behind.pipeline(&[args]).remove(0)),
            Meddling::Instead(args) => behind.pipeline(&[args]).remove(0),
            Meddling::Babble(bytes) => {
                let _ = stream.get_mut().write_all(bytes);
                continue;
            }
            Meddling::Close => return,
            Meddling::Silence => continue,
        };
        let mut wire = Vec::new();
        write_reply(&reply, &mut wire);
        if stream.get_mut().write_all(&wire).is_err() {
            return;
        }
    }
}

/// An array of bulk strings; `None` at the end of the connection.
fn read_command(stream: &mut impl BufRead) -> Option<Args> {
    let count = read_number(stream)?;
    let argument = |_| {
        let mut bytes = vec![0; read_number(stream)? + 2];
        stream.read_exact(&mut bytes).ok()?;
        bytes.truncate(bytes.len() - 2);
        Some(bytes)
    };
    (0..count).map(argument).collect()
}

fn read_number(stream: &mut impl BufRead) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    line.get(1..)?.trim_end().parse().ok()
}

fn write_reply(reply: &Reply, wire: &mut Vec<u8>) {
    match reply {
        Reply::Status(text) => wire.extend(format!("+{text}\r\n").as_bytes()),
        Reply::Error(text) => wire.extend(format!("-{text}\r\n").as_bytes()),
        Reply::Integer(number) => wire.extend(format!(":{number}\r\n").as_bytes()),
        Reply::Null => wire.extend(b"$-1\r\n"),
        Reply::NullArray => wire.extend(b"*-1\r\n"),
        Reply::Bulk(bytes) => {
            wire.extend(format!("${}\r\n", bytes.len()).as_bytes());
            wire.extend(bytes);
            wire.extend(b"\r\n");
        }
        Reply::Array(replies) => {
            wire.extend(format!("*{}\r\n", replies.len()).as_bytes());
            replies.iter().for_each(|reply| write_reply(reply, wire));
        }
    }
}

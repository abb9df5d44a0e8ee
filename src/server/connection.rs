//! A connection: many commands at a time, and their replies in order.
//!
//! Commands are written in stretches that the socket buffers of both ends take whole, and the replies to a stretch are
//! read before the next one is written. So neither side ever waits for the other to read while the other waits for it:
//! not every server goes on reading while a client does not.
//!
//! The `redis` crate, whose client this is, tells the null array from the null bulk string no more than most clients do:
//! both are [`Reply::Null`] here. And it reads statuses and errors as text, so a reply that quotes bytes other than
//! UTF-8 outside a bulk string cannot be read.

use std::borrow::Cow;
use std::time::Duration;

use redis::{Client, ConnectionAddr, IntoConnectionInfo as _, RedisConnectionInfo, RedisError, Value};

use super::refusal::is_refusal;
use super::{Args, ServerAddress, words};
use crate::command::{Reply, write_resp};
use crate::format::key_text;

/// How long a server may be silent before it is given up.
pub const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// A stretch is not longer than this, in bytes, unless it is a single command. The socket buffers of every system take
/// as much.
const STRETCH_BYTES: usize = 16 << 10;
/// Of a command or a reply in an error, what is shown of it.
const SHOWN_CHARACTERS: usize = 200;

/// Why a server could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are described with the variants")]
pub enum ServerError {
    /// There is no connection to be had.
    #[error("{address}: {problem}; start the server there, or name another address")]
    Unreachable { address: ServerAddress, problem: String },
    /// The connection broke off.
    #[error("{address}: the connection broke off at {command} ({problem}); see why in the server's log")]
    Lost { address: ServerAddress, command: String, problem: String },
    /// No answer came.
    #[error(
        "{address}: no answer to {command} within {seconds} s; is it overloaded, or stopped?",
        seconds = .timeout.as_secs_f64()
    )]
    Silent { address: ServerAddress, command: String, timeout: Duration },
    /// Something came that is not RESP2.
    #[error("{address}: it does not answer {command} in RESP2 ({problem}); is it a Redis server?")]
    Protocol { address: ServerAddress, command: String, problem: String },
    /// A reply that nothing can be made of.
    #[error("{address}: to {command} it says {reply}, which is not expected")]
    Unexpected { address: ServerAddress, command: String, reply: String },
    /// A command that cannot be done without is missing.
    #[error("{address}: it does not know {command}, which {purpose}")]
    Missing { address: ServerAddress, command: &'static str, purpose: &'static str },
    /// There is something that is not ours.
    #[error(
        "{address}: the database holds {keys} {noun}, and every case begins with an empty one; --flush empties it",
        noun = if *keys == 1 { "key" } else { "keys" }
    )]
    NotEmpty { address: ServerAddress, keys: u64 },
    /// A key that no command of ours named.
    #[error("{address}: it holds the key {key}, which no command of the workload names; does someone else use it?")]
    Shared { address: ServerAddress, key: String },
    /// A key that was passed over as the server's own, and that the workload is about to write.
    #[error(
        "{address}: the workload writes the key {key}, which was passed over as the server's own; name fewer with \
         --server-keys, or take another database"
    )]
    Passed { address: ServerAddress, key: String },
    /// The server says that it cannot do its work.
    #[error("{address}: to {command} it says {reply}; mend the server, this says nothing of what it does with lists")]
    Unwell { address: ServerAddress, command: String, reply: String },
    /// It wants a password.
    #[error("{address}: it asks for a password; set EKV_ROUNDTRIP_PASSWORD")]
    Locked { address: ServerAddress },
    /// It does not take the login.
    #[error("{address}: it does not take the login ({problem}); check the user and the password")]
    Denied { address: ServerAddress, problem: String },
    /// TLS could not be agreed upon.
    #[error(
        "{address}: no connection with TLS ({problem}); is it a port for TLS? SSL_CERT_FILE names a CA of your own"
    )]
    NoTls { address: ServerAddress, problem: String },
    /// The user may do less than every case needs.
    #[error("{address}: to {command} it says {reply}; let the user do it, with every key (~*)")]
    Forbidden { address: ServerAddress, command: String, reply: String },
    /// The two sides would be one.
    #[error("{address}: it cannot be both --store and --oracle; name two servers, or two databases of one")]
    Twice { address: ServerAddress },
}

impl ServerError {
    /// The error for a key that is not ours.
    pub fn shared(address: &ServerAddress, key: &[u8]) -> ServerError {
        ServerError::Shared { address: address.clone(), key: key_text::quoted(key) }
    }
}

/// A connection to one database.
pub struct Connection {
    address: ServerAddress,
    timeout: Duration,
    connection: redis::Connection,
}

impl Connection {
    /// Connects, and selects the database.
    ///
    /// # Errors
    ///
    /// A server that is not there, does not answer within `timeout`, or does not have the database.
    pub fn open(address: &ServerAddress, timeout: Duration) -> Result<Connection, ServerError> {
        let unreachable =
            |error: RedisError| ServerError::Unreachable { address: address.clone(), problem: error.to_string() };
        let (host, port) = (address.host.clone(), address.port);
        let place = match address.is_tls {
            false => ConnectionAddr::Tcp(host, port),
            true => {
                // A second time it is installed already, which is all the same.
                let _ = rustls::crypto::ring::default_provider().install_default();
                ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
            }
        };
        let info = place.into_connection_info().map_err(unreachable)?;
        let info = info.set_redis_settings(RedisConnectionInfo::default().set_skip_set_lib_name());
        let client = Client::open(info).map_err(unreachable)?;
        let connection = client.get_connection_with_timeout(timeout).map_err(unreachable)?;
        connection.set_read_timeout(Some(timeout)).map_err(unreachable)?;
        connection.set_write_timeout(Some(timeout)).map_err(unreachable)?;
        let mut connection = Connection { address: address.clone(), timeout, connection };
        if address.is_tls {
            connection.agree_on_tls()?;
        }
        connection.log_in()?;
        if address.database != 0 {
            let select = words(&["SELECT", &address.database.to_string()]);
            let reply = connection.command(&select)?;
            if reply != Reply::OK {
                return Err(connection.unexpected(&select, &reply));
            }
        }
        Ok(connection)
    }

    /// The handshake comes with the first command, so that a failure there is TLS's.
    fn agree_on_tls(&mut self) -> Result<(), ServerError> {
        let failed = |error: ServerError| match error {
            ServerError::Lost { address, problem, .. } | ServerError::Protocol { address, problem, .. } => {
                ServerError::NoTls { address, problem }
            }
            error => error,
        };
        self.command(&words(&["PING"])).map(drop).map_err(failed)
    }

    /// Tells the server who asks, if that is known. What it replies may quote the password. A user without a password is
    /// one who needs none, and not the default user.
    fn log_in(&mut self) -> Result<(), ServerError> {
        let (user, password) = (self.address.user.as_ref(), self.address.password.as_ref());
        if user.is_none() && password.is_none() {
            return Ok(());
        }
        let mut login = words(&["AUTH"]);
        login.extend(user.map(|user| user.as_bytes().to_vec()));
        login.push(password.map_or_else(Vec::new, |password| password.secret().to_vec()));
        let is_locked = password.is_none();
        let address = self.address.clone();
        let denied = |problem: &str| Err(ServerError::Denied { address: address.clone(), problem: problem.to_owned() });
        match self.command(&login)? {
            reply if reply == Reply::OK => Ok(()),
            reply if is_refusal(&reply) => denied("it knows no AUTH"),
            // It lets everybody in.
            Reply::Error(text) if text.contains("without any password configured") => Ok(()),
            Reply::Error(_) if is_locked => Err(ServerError::Locked { address }),
            Reply::Error(text) => denied(text.split(' ').next().unwrap_or_default()),
            _ => denied("its reply to AUTH is no status"),
        }
    }

    /// Where it leads.
    pub fn address(&self) -> &ServerAddress {
        &self.address
    }

    /// Sends one command and reads its reply.
    ///
    /// # Errors
    ///
    /// As [`Connection::pipeline`].
    pub fn command(&mut self, args: &Args) -> Result<Reply, ServerError> {
        let replies = self.pipeline(std::slice::from_ref(args))?;
        replies.into_iter().next().ok_or_else(|| self.protocol(args, "no reply".to_owned()))
    }

    /// Sends commands and reads their replies, one each and in their order.
    ///
    /// # Errors
    ///
    /// A connection that broke off, a server that is silent, or one that does not speak RESP2. The connection is of no
    /// more use then.
    pub fn pipeline(&mut self, commands: &[Args]) -> Result<Vec<Reply>, ServerError> {
        let mut replies = Vec::with_capacity(commands.len());
        let (mut stretch, mut sent) = (Vec::new(), Vec::new());
        for args in commands {
            let begins = stretch.len();
            write_resp(args, &mut stretch);
            if begins > 0 && stretch.len() > STRETCH_BYTES {
                let next = stretch.split_off(begins);
                self.exchange(&stretch, &sent, &mut replies)?;
                stretch = next;
                sent.clear();
            }
            sent.push(args);
        }
        self.exchange(&stretch, &sent, &mut replies)?;
        Ok(replies)
    }

    fn exchange(&mut self, stretch: &[u8], sent: &[&Args], replies: &mut Vec<Reply>) -> Result<(), ServerError> {
        let Some(first) = sent.first() else { return Ok(()) };
        self.connection.send_packed_command(stretch).map_err(|error| self.failure(first, &error))?;
        for args in sent {
            let value = self.connection.recv_response().map_err(|error| self.failure(args, &error))?;
            replies.push(reply(value).map_err(|problem| self.protocol(args, problem))?);
        }
        Ok(())
    }

    fn failure(&self, args: &Args, error: &RedisError) -> ServerError {
        let (address, command) = (self.address.clone(), shown(args));
        if error.is_timeout() {
            ServerError::Silent { address, command, timeout: self.timeout }
        } else if error.is_io_error() {
            ServerError::Lost { address, command, problem: error.to_string() }
        } else {
            self.protocol(args, error.to_string())
        }
    }

    fn protocol(&self, args: &Args, problem: String) -> ServerError {
        ServerError::Protocol { address: self.address.clone(), command: shown(args), problem }
    }

    /// The error for a reply that nothing can be made of.
    pub fn unexpected(&self, args: &Args, reply: &Reply) -> ServerError {
        if let Some(error) = self.trouble(args, reply) {
            return error;
        }
        let reply = cut(match reply {
            Reply::Error(text) => text.clone(),
            reply => format!("{reply:?}"),
        });
        ServerError::Unexpected { address: self.address.clone(), command: shown(args), reply }
    }

    /// The error for a reply, or one within it, that is about the server's own state and not about what was asked.
    pub fn trouble(&self, args: &Args, reply: &Reply) -> Option<ServerError> {
        const WORDS: [&str; 10] = [
            "OOM",
            "MISCONF",
            "LOADING",
            "BUSY",
            "NOREPLICAS",
            "READONLY",
            "MASTERDOWN",
            "CLUSTERDOWN",
            "NOAUTH",
            "NOPERM",
        ];
        let text = match reply {
            Reply::Error(text) => text,
            Reply::Array(replies) => return replies.iter().find_map(|reply| self.trouble(args, reply)),
            _ => return None,
        };
        let word = text.split(' ').next().filter(|word| WORDS.contains(word))?;
        let address = self.address.clone();
        Some(match word {
            "NOAUTH" => ServerError::Locked { address },
            "NOPERM" => ServerError::Forbidden { address, command: shown(args), reply: cut(text.clone()) },
            _ => ServerError::Unwell { address, command: shown(args), reply: cut(text.clone()) },
        })
    }
}

/// A command for people: its first words, and of a login only the first.
fn shown(args: &Args) -> String {
    let is_login = args.first().is_some_and(|name| name == b"AUTH");
    let args = if is_login { args.get(..1).unwrap_or_default() } else { args };
    let words: Vec<String> = args.iter().take(3).map(|arg| key_text::escaped(arg)).collect();
    cut(words.join(" "))
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(SHOWN_CHARACTERS) {
        text.truncate(end);
        text.push_str("...");
    }
    text
}

/// The reply, in our terms. The error says what is not RESP2.
fn reply(value: Value) -> Result<Reply, String> {
    Ok(match value {
        Value::Nil => Reply::Null,
        Value::Int(number) => Reply::Integer(number),
        Value::BulkString(bytes) => Reply::Bulk(bytes),
        Value::Array(values) => Reply::Array(values.into_iter().map(reply).collect::<Result<_, _>>()?),
        Value::SimpleString(text) => Reply::Status(Cow::Owned(text)),
        Value::Okay => Reply::OK,
        Value::ServerError(error) => {
            let details = error.details().map_or_else(String::new, |details| format!(" {details}"));
            Reply::Error(format!("{}{details}", error.code()))
        }
        other => return Err(format!("{other:?}")),
    })
}

//! A connection: many commands at a time, and their replies in order.
//!
//! Commands are written in stretches that the socket buffers of both ends take whole, and the replies to a stretch are
//! read before the next one is written. So neither side ever waits for the other to read while the other waits for it:
//! not every server goes on reading while a client does not.
//!
//! How long a server is waited for is in [`super::wire`], how much is taken of it in [`super::replies`].

use std::time::{Duration, Instant};

use super::refusal::is_refusal;
use super::replies::Replies;
use super::wire::{Patience, Wire, WireError};
use super::{Args, ServerAddress, words};
use crate::bounds::quotation;
use crate::command::{Reply, write_resp};
use crate::format::key_text;

/// How long a server may be silent before it is given up.
pub const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// A stretch is not longer than this, in bytes, unless it is a single command. The socket buffers of every system take
/// as much.
const STRETCH_BYTES: usize = 16 << 10;

/// Of an argument in an error, what is shown of it.
const SHOWN_BYTES: usize = 200;

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
    /// What came was too slow.
    #[error(
        "{address}: no whole answer to {command} within {seconds} s, though something came; is it overloaded?",
        seconds = .allowed.as_secs_f64()
    )]
    Slow { address: ServerAddress, command: String, allowed: Duration },
    /// Its answer is larger than any that is taken.
    #[error("{address}: its answer to {command} is {problem}, which is not taken; is it a Redis server?")]
    TooMuch { address: ServerAddress, command: String, problem: &'static str },
    /// Somebody wished to end.
    #[error("{address}: interrupted while it was asked for {command}")]
    Interrupted { address: ServerAddress, command: String },
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
    /// There is nothing to trust a server by.
    #[error("{address}: no certificates to trust ({problem}); correct or unset SSL_CERT_FILE and SSL_CERT_DIR")]
    NoCertificates { address: ServerAddress, problem: String },
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
    wire: Wire,
}

impl Connection {
    /// Connects, and selects the database.
    ///
    /// # Errors
    ///
    /// A server that is not there, is not waited for any longer, or does not have the database.
    pub fn open(address: &ServerAddress, patience: &Patience) -> Result<Connection, ServerError> {
        let unreachable = |problem: String| ServerError::Unreachable { address: address.clone(), problem };
        let wire = Wire::open(address, patience.clone()).map_err(|error| match error {
            WireError::Interrupted => {
                ServerError::Interrupted { address: address.clone(), command: "a connection".to_owned() }
            }
            WireError::Certificates(problem) => ServerError::NoCertificates { address: address.clone(), problem },
            WireError::Broken(error) => unreachable(error.to_string()),
            WireError::Silent(time) | WireError::Slow(time) => {
                unreachable(format!("no connection within {} s", time.as_secs_f64()))
            }
            WireError::Malformed(problem) => unreachable(problem),
            WireError::TooMuch(problem) => unreachable(problem.to_owned()),
        })?;
        let mut connection = Connection { address: address.clone(), wire };
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
            // A server that waits for the end of a line, which a handshake does not have.
            ServerError::Silent { address, timeout, .. } | ServerError::Slow { address, allowed: timeout, .. } => {
                let problem = format!("no answer within {} s", timeout.as_secs_f64());
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
        let reply = self.command(&login)?;
        // What says nothing of the login may quote it, so its first word is all that is shown.
        if let Some(ServerError::Unwell { address, command, reply }) = self.trouble(&login, &reply) {
            let word = reply.split(' ').next().unwrap_or_default().to_owned();
            return Err(ServerError::Unwell { address, command, reply: word });
        }
        match reply {
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
        let told = self.exchange_all(commands);
        // What comes late would be taken for the reply to something else.
        told.inspect_err(|_| self.wire.close())
    }

    fn exchange_all(&mut self, commands: &[Args]) -> Result<Vec<Reply>, ServerError> {
        let Connection { address, wire } = self;
        let (mut replies, mut told) = (Replies::of(wire), Vec::with_capacity(commands.len()));
        let (mut stretch, mut sent) = (Vec::new(), Vec::new());
        let mut exchange = |stretch: &[u8], sent: &[&Args]| -> Result<(), ServerError> {
            let Some(first) = sent.first() else { return Ok(()) };
            replies.wire().send(stretch).map_err(|error| failure(address, first, error))?;
            for args in sent {
                told.push(replies.next().map_err(|error| failure(address, args, error))?);
            }
            Ok(())
        };
        for args in commands {
            let begins = stretch.len();
            write_resp(args, &mut stretch);
            if begins > 0 && stretch.len() > STRETCH_BYTES {
                let next = stretch.split_off(begins);
                exchange(&stretch, &sent)?;
                stretch = next;
                sent.clear();
            }
            sent.push(args);
        }
        exchange(&stretch, &sent)?;
        Ok(told)
    }

    /// Fails if somebody wishes to end, and has waited for what is being done since `since`.
    pub(super) fn give_way(&self, since: Instant, args: &Args) -> Result<(), ServerError> {
        match self.wire.is_wished_away(since) {
            true => Err(failure(&self.address, args, WireError::Interrupted)),
            false => Ok(()),
        }
    }

    /// The error for an answer that is too large altogether.
    pub(super) fn too_much(&self, args: &Args, problem: &'static str) -> ServerError {
        failure(&self.address, args, WireError::TooMuch(problem))
    }

    fn protocol(&self, args: &Args, problem: String) -> ServerError {
        ServerError::Protocol { address: self.address.clone(), command: shown(args), problem }
    }

    /// The error for a reply that nothing can be made of.
    pub fn unexpected(&self, args: &Args, reply: &Reply) -> ServerError {
        if let Some(error) = self.trouble(args, reply) {
            return error;
        }
        let reply = match reply {
            Reply::Error(text) => quotation(text),
            reply => quotation(&shape(reply)),
        };
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
            "NOPERM" => ServerError::Forbidden { address, command: shown(args), reply: quotation(text) },
            _ => ServerError::Unwell { address, command: shown(args), reply: quotation(text) },
        })
    }
}

fn failure(address: &ServerAddress, args: &Args, error: WireError) -> ServerError {
    let (address, command) = (address.clone(), shown(args));
    match error {
        WireError::Silent(timeout) => ServerError::Silent { address, command, timeout },
        WireError::Slow(allowed) => ServerError::Slow { address, command, allowed },
        WireError::Interrupted => ServerError::Interrupted { address, command },
        WireError::Certificates(problem) => ServerError::NoCertificates { address, problem },
        WireError::Broken(error) => ServerError::Lost { address, command, problem: error.to_string() },
        WireError::Malformed(problem) => ServerError::Protocol { address, command, problem },
        WireError::TooMuch(problem) => ServerError::TooMuch { address, command, problem },
    }
}

/// A command for people: its first words, and of a login only the first.
fn shown(args: &Args) -> String {
    let is_login = args.first().is_some_and(|name| name == b"AUTH");
    let args = if is_login { args.get(..1).unwrap_or_default() } else { args };
    let words: Vec<String> =
        args.iter().take(3).map(|arg| key_text::escaped(arg.get(..SHOWN_BYTES).unwrap_or(arg))).collect();
    quotation(&words.join(" "))
}

/// A reply for people, and no more than its beginning: it may have gigabytes.
fn shape(reply: &Reply) -> String {
    const SHOWN_ELEMENTS: usize = 4;
    match reply {
        Reply::Bulk(bytes) => match bytes.get(..SHOWN_BYTES) {
            Some(start) => format!("\"{}\"... ({} bytes)", key_text::escaped(start), bytes.len()),
            None => format!("\"{}\"", key_text::escaped(bytes)),
        },
        Reply::Array(replies) => {
            let shown: Vec<String> = replies.iter().take(SHOWN_ELEMENTS).map(shape).collect();
            let more = if replies.len() > SHOWN_ELEMENTS { ", ..." } else { "" };
            format!("an array of {} ({}{more})", replies.len(), shown.join(", "))
        }
        Reply::Null | Reply::NullArray => "null".to_owned(),
        Reply::Integer(number) => number.to_string(),
        Reply::Status(text) => text.clone().into_owned(),
        Reply::Error(text) => text.clone(),
    }
}

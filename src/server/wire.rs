//! The bytes to a server and from it, with limits of time and of what is held.
//!
//! A server may do anything, so nothing that it does may hold us or take all our memory. It may be silent only so long, and
//! altogether it has that time, and a second more for each reply and for each 64 KiB that come: a byte now and then does
//! not keep us. Whoever wishes to end waits no longer than a healthy server takes to finish what it has begun, so that a
//! database can still be left empty.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::ServerAddress;
use crate::bounds::{TEXT, require_file};
use crate::jobs::Interrupt;

/// How often somebody's wish to end is asked for, and the time looked at.
const ATTENTION: Duration = Duration::from_millis(50);
/// How long what is under way may take when somebody wishes to end.
const GRACE: Duration = Duration::from_secs(2);
/// For so many bytes that come a server gets a second more.
const BYTES_A_SECOND: u64 = 64 << 10;
/// What is read at once.
const BUFFER_BYTES: usize = 64 << 10;

/// How long a server is waited for.
#[derive(Clone, Debug)]
pub struct Patience {
    /// How long it may be silent.
    pub timeout: Duration,
    /// Who wishes to end.
    pub interrupt: Interrupt,
}

/// Why nothing more comes.
#[derive(Debug)]
pub(super) enum WireError {
    /// It has been silent for so long.
    Silent(Duration),
    /// It has taken so long altogether.
    Slow(Duration),
    /// Somebody wishes to end.
    Interrupted,
    /// The certificates that are to be trusted cannot be read.
    Certificates(String),
    /// The connection is gone.
    Broken(std::io::Error),
    /// What comes is not RESP2.
    Malformed(String),
    /// There is more than is taken, or than memory holds.
    TooMuch(&'static str),
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// A connection.
pub(super) struct Wire {
    stream: Stream,
    patience: Patience,
    buffer: Vec<u8>,
    /// What of the buffer has come and was not taken yet.
    from: usize,
    to: usize,
    clock: Clock,
}

/// The time of one exchange.
struct Clock {
    started: Instant,
    last_byte: Instant,
    /// How long all of it may take.
    allowed: Duration,
    bytes: u64,
    /// When somebody was first seen to wish to end.
    wished: Option<Instant>,
}

impl Clock {
    fn start(patience: &Patience) -> Clock {
        let now = Instant::now();
        Clock { started: now, last_byte: now, allowed: patience.timeout, bytes: 0, wished: None }
    }

    fn look(&mut self, patience: &Patience) -> Result<(), WireError> {
        let now = Instant::now();
        if patience.interrupt.is_wished() && now.duration_since(*self.wished.get_or_insert(now)) >= GRACE {
            return Err(WireError::Interrupted);
        }
        let (silent, taken) = (now.duration_since(self.last_byte), now.duration_since(self.started));
        if silent >= patience.timeout {
            return Err(WireError::Silent(patience.timeout));
        }
        let allowed = self.allowed.saturating_add(Duration::from_secs(self.bytes / BYTES_A_SECOND));
        if taken >= allowed { Err(WireError::Slow(allowed)) } else { Ok(()) }
    }
}

impl Wire {
    /// Connects.
    pub(super) fn open(address: &ServerAddress, patience: Patience) -> Result<Wire, WireError> {
        let tcp = connect(address, &patience)?;
        let tick = Some(ATTENTION.min(patience.timeout.max(Duration::from_millis(1))));
        let set = tcp.set_read_timeout(tick).and_then(|()| tcp.set_write_timeout(tick));
        set.and_then(|()| tcp.set_nodelay(true)).map_err(WireError::Broken)?;
        let stream = match address.is_tls {
            false => Stream::Plain(tcp),
            true => Stream::Tls(Box::new(StreamOwned::new(agreement(&address.host)?, tcp))),
        };
        let clock = Clock::start(&patience);
        Ok(Wire { stream, patience, buffer: vec![0; BUFFER_BYTES], from: 0, to: 0, clock })
    }

    /// A reply has come as a whole.
    pub(super) fn has_come(&mut self) {
        self.clock.allowed = self.clock.allowed.saturating_add(Duration::from_secs(1));
    }

    /// Sends commands. The time of their replies runs from here on.
    pub(super) fn send(&mut self, mut bytes: &[u8]) -> Result<(), WireError> {
        self.clock = Clock::start(&self.patience);
        while !bytes.is_empty() {
            let sent = match &mut self.stream {
                Stream::Plain(stream) => stream.write(bytes),
                Stream::Tls(stream) => stream.write(bytes),
            };
            match self.moved(sent)? {
                0 => {}
                count => bytes = bytes.get(count..).unwrap_or_default(),
            }
        }
        loop {
            let flushed = match &mut self.stream {
                Stream::Plain(stream) => stream.flush(),
                Stream::Tls(stream) => stream.flush(),
            };
            if self.moved(flushed.map(|()| 1))? > 0 {
                return Ok(());
            }
        }
    }

    /// Ends the connection.
    pub(super) fn close(&mut self) {
        let tcp = match &self.stream {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => &stream.sock,
        };
        // It fails where it has ended already.
        let _ = tcp.shutdown(Shutdown::Both);
        (self.from, self.to) = (0, 0);
    }

    /// Whether somebody wishes to end, and has waited for what is being done since `since`.
    pub(super) fn is_wished_away(&self, since: Instant) -> bool {
        self.patience.interrupt.is_wished() && since.elapsed() >= GRACE
    }

    /// What has come and was not taken yet; waits until there is some.
    pub(super) fn ahead(&mut self) -> Result<&[u8], WireError> {
        while self.from == self.to {
            let read = match &mut self.stream {
                Stream::Plain(stream) => stream.read(&mut self.buffer),
                Stream::Tls(stream) => stream.read(&mut self.buffer),
            };
            (self.from, self.to) = (0, self.moved(read)?);
        }
        Ok(self.buffer.get(self.from..self.to).unwrap_or_default())
    }

    /// Takes what [`Wire::ahead`] has shown.
    pub(super) fn take(&mut self, bytes: usize) {
        self.from = self.from.saturating_add(bytes).min(self.to);
    }

    /// How many bytes have moved: 0 if it is worth another try.
    fn moved(&mut self, moved: std::io::Result<usize>) -> Result<usize, WireError> {
        match moved {
            Ok(0) => Err(WireError::Broken(ErrorKind::UnexpectedEof.into())),
            Ok(count) => {
                self.clock.last_byte = Instant::now();
                self.clock.bytes = self.clock.bytes.saturating_add(count as u64);
                self.clock.look(&self.patience).map(|()| count)
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {
                    self.clock.look(&self.patience).map(|()| 0)
                }
                _ => Err(WireError::Broken(error)),
            },
        }
    }
}

/// Finds the host and connects, on a thread of its own: neither of the two can be interrupted.
fn connect(address: &ServerAddress, patience: &Patience) -> Result<TcpStream, WireError> {
    let (host, port, timeout) = (address.host.clone(), address.port, patience.timeout);
    let (sender, connected) = channel();
    std::thread::spawn(move || {
        let _ = sender.send(connect_to_any(&host, port, timeout));
    });
    let mut clock = Clock::start(patience);
    loop {
        match connected.recv_timeout(ATTENTION) {
            Ok(connected) => return connected.map_err(WireError::Broken),
            Err(RecvTimeoutError::Timeout) => clock.look(patience)?,
            Err(RecvTimeoutError::Disconnected) => return Err(WireError::Broken(ErrorKind::Other.into())),
        }
    }
}

fn connect_to_any(host: &str, port: u16, timeout: Duration) -> std::io::Result<TcpStream> {
    let mut failed = std::io::Error::other("the host has no address");
    for place in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&place, timeout) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Looks at what the variables name before it is read: it may be a FIFO or a device, and the library's errors name no variable.
fn require_readable_certificates() -> Result<(), WireError> {
    let unreadable = |variable: &str, path: &Path, error: std::io::Error| {
        WireError::Certificates(format!("{variable} {}: {error}", path.display()))
    };
    if let Some(path) = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from) {
        let failed = |error| unreadable("SSL_CERT_FILE", &path, error);
        let metadata = std::fs::metadata(&path).map_err(failed)?;
        require_file(&metadata).map_err(failed)?;
        TEXT.require(metadata.len()).map_err(failed)?;
    }
    let folders = std::env::var_os("SSL_CERT_DIR").unwrap_or_default();
    for folder in std::env::split_paths(&folders).filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::read_dir(&folder).map_err(|error| unreadable("SSL_CERT_DIR", &folder, error))?;
    }
    Ok(())
}

/// What is agreed on with a server before TLS: whose certificates are trusted, and who it must be.
fn agreement(host: &str) -> Result<ClientConnection, WireError> {
    let broken = |error: &dyn std::fmt::Display| WireError::Broken(std::io::Error::other(error.to_string()));
    // A second time it is installed already, which is all the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    require_readable_certificates()?;
    let mut found = rustls_native_certs::load_native_certs();
    if let Some(error) = found.errors.pop() {
        return Err(WireError::Certificates(error.to_string()));
    }
    let mut roots = RootCertStore::empty();
    for certificate in found.certs {
        roots.add(certificate).map_err(|error| broken(&error))?;
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|error| broken(&error))?;
    ClientConnection::new(Arc::new(config), name).map_err(|error| broken(&error))
}

//! A server that speaks RESP2, keeps lists in our model, and has a race on purpose.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use ekv_roundtrip::command::{CommandSpec, Reply, Request};
use ekv_roundtrip::model::Model;

/// What is wrong with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// RPUSH reads the list, lets others go first, and writes what it has read with the new item.
    PushFromOldRead,
    /// DEL is answered before it is done: after the next command of another client, or before the next one of this client.
    DeleteLater,
    /// LPOP is done twice, as by a retry, and answered with the first item.
    PopTwice,
    /// Every seventh RPUSH is answered and not done.
    PushForgotten,
    /// Others may run between the commands of a transaction.
    TransactionInParts,
    /// LRANGE shows the lists as they were a while ago.
    StaleRead,
    /// RENAME deletes the target, lets others go first, and then moves.
    RenameInSteps,
    /// The connection is cut at a write, which was done twice.
    CutDoneTwice,
    /// A write is done, and answered as one that was given up after too many conflicts.
    GivesUpDone,
    /// The connection is cut at a write that was not done. This is no fault: who gets no reply knows nothing.
    CutUndone,
    /// The connection is cut in the middle of the reply to a write. This is none either.
    CutDone,
    /// A write is given up after too many conflicts. Nothing was done, and the client is told so.
    GivesUp,
}

pub const FAULTS: &[Fault] = &[
    Fault::PushFromOldRead,
    Fault::DeleteLater,
    Fault::PopTwice,
    Fault::PushForgotten,
    Fault::TransactionInParts,
    Fault::StaleRead,
    Fault::RenameInSteps,
    Fault::CutDoneTwice,
    Fault::GivesUpDone,
];

/// What a client must bear with, without calling the server wrong.
pub const NO_FAULTS: &[Fault] = &[Fault::CutUndone, Fault::CutDone, Fault::GivesUp];

/// Of so many writes, the last one is cut or given up.
const WRITES: u64 = 11;

#[derive(Default)]
struct Shared {
    model: Model,
    /// The lists as they were when some commands fewer had been run.
    old: Model,
    commands: u64,
    /// What was answered and not yet done, with the connection that asked for it.
    pending: Vec<(u64, Request)>,
    writes: u64,
}

impl Shared {
    /// Does what is pending of some connections.
    fn catch_up(&mut self, is_due: impl Fn(u64) -> bool) {
        let due: Vec<Request> =
            self.pending.extract_if(.., |(of, _)| is_due(*of)).map(|(_, request)| request).collect();
        due.iter().for_each(|request| drop(execute(request, self)));
    }
}

/// A server on a loopback port. Its threads end with their connections.
pub struct Racy {
    port: u16,
}

impl Racy {
    pub fn start(fault: Fault) -> Racy {
        Racy::start_for(fault, u64::MAX)
    }

    /// A server that takes so many connections, and refuses more.
    pub fn start_for(fault: Fault, connections: u64) -> Racy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Mutex::new(Shared::default()));
        std::thread::spawn(move || {
            let mut open = Some(listener);
            for connection in 0..connections {
                let Some((stream, _)) = open.as_ref().and_then(|listener| listener.accept().ok()) else { continue };
                if connection + 1 == connections {
                    // Before the last one is served, so that what happens on it comes after.
                    open = None;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(fault, connection, stream, &shared));
            }
        });
        Racy { port }
    }

    pub fn port(&self) -> u16 {
        self.port
    }
}

fn serve(fault: Fault, connection: u64, stream: TcpStream, shared: &Mutex<Shared>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut out = stream.try_clone().ok()?;
    let mut input = BufReader::new(stream);
    let mut queue: Option<Vec<Request>> = None;
    loop {
        let args = read(&mut input)?;
        let name = args[0].to_ascii_uppercase();
        // Who was answered early sees it done; the next command of another one does not.
        shared.lock().unwrap().catch_up(|of| of == connection);
        // DEL is spared: with it, `verify` clears what it has left.
        let is_write = match queue.is_some() {
            true => name == b"EXEC",
            false => name != b"DEL" && CommandSpec::find(&name).is_some_and(|spec| spec.writes),
        };
        let is_hit = is_write && {
            let mut shared = shared.lock().unwrap();
            shared.writes += 1;
            shared.writes.is_multiple_of(WRITES)
        };
        let gave_up = || {
            let key = args.get(1).map_or_else(String::new, |key| String::from_utf8_lossy(key).into_owned());
            Reply::error(format!("redis txn retry limit exceeded: key: {key}: write conflict"))
        };
        match fault {
            Fault::CutUndone if is_hit => return None,
            Fault::GivesUp if is_hit => {
                queue = None;
                out.write_all(&encoded(&gave_up())).ok()?;
                continue;
            }
            Fault::CutDoneTwice if is_hit && queue.is_none() => {
                run(fault, connection, &Request::parse(args.clone()).ok()?, shared)?;
            }
            _ => {}
        }
        let given_up = gave_up();
        let reply = match (name.as_slice(), &mut queue) {
            (b"MULTI", _) => {
                queue = Some(Vec::new());
                Reply::OK
            }
            (b"EXEC", Some(_)) => {
                let requests = queue.take().unwrap_or_default();
                if fault == Fault::TransactionInParts {
                    Reply::Array(requests.iter().map(|request| in_between(request, shared)).collect())
                } else {
                    let mut shared = shared.lock().unwrap();
                    Reply::Array(requests.iter().map(|request| execute(request, &mut shared)).collect())
                }
            }
            (b"KEYS", None) => {
                let shared = shared.lock().unwrap();
                Reply::bulks(shared.model.keys().map(|(key, _)| key.as_bytes().to_vec()).collect())
            }
            _ => match (Request::parse(args), &mut queue) {
                (Err(_), _) => Reply::error("ERR unknown command"),
                (Ok(request), Some(queue)) => {
                    queue.push(request);
                    Reply::status("QUEUED")
                }
                (Ok(request), None) => run(fault, connection, &request, shared)?,
            },
        };
        shared.lock().unwrap().catch_up(|of| of != connection);
        let bytes = encoded(if is_hit && fault == Fault::GivesUpDone { &given_up } else { &reply });
        if is_hit && matches!(fault, Fault::CutDone | Fault::CutDoneTwice) {
            out.write_all(&bytes[..bytes.len() / 2]).ok()?;
            return None;
        }
        out.write_all(&bytes).ok()?;
    }
}

fn words(text: &[&[u8]]) -> Request {
    Request::parse(text.iter().map(|word| word.to_vec()).collect()).unwrap()
}

fn execute(request: &Request, shared: &mut Shared) -> Reply {
    shared.commands += 1;
    if shared.commands.is_multiple_of(5) {
        shared.old = shared.model.clone();
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    shared.model.advance_to(u64::try_from(now.as_millis()).unwrap());
    shared.model.execute(request)
}

fn in_between(request: &Request, shared: &Mutex<Shared>) -> Reply {
    let reply = execute(request, &mut shared.lock().unwrap());
    others_first();
    reply
}

/// Lets other threads come in, as a real race does by chance.
fn others_first() {
    for _ in 0..20 {
        std::thread::yield_now();
    }
}

/// Runs one command with the fault.
fn run(fault: Fault, connection: u64, request: &Request, shared: &Mutex<Shared>) -> Option<Reply> {
    let args = request.args();
    let key = args.get(1).cloned().unwrap_or_default();
    Some(match (fault, request.command_name()) {
        (Fault::PushFromOldRead, "RPUSH") => {
            let read = shared.lock().unwrap().model.execute(&words(&[b"LRANGE", &key, b"0", b"-1"]));
            others_first();
            let Reply::Array(items) = read else { return None };
            let mut shared = shared.lock().unwrap();
            execute(&words(&[b"DEL", &key]), &mut shared);
            let mut all = vec![b"RPUSH".to_vec(), key];
            all.extend(
                items.into_iter().filter_map(|item| if let Reply::Bulk(item) = item { Some(item) } else { None }),
            );
            all.extend(args.into_iter().skip(2));
            execute(&Request::parse(all).unwrap(), &mut shared)
        }
        (Fault::DeleteLater, "DEL") => {
            let mut shared = shared.lock().unwrap();
            let reply = shared.model.execute(&words(&[b"EXISTS", &key]));
            shared.pending.push((connection, request.clone()));
            reply
        }
        (Fault::PopTwice, "LPOP") => {
            let mut shared = shared.lock().unwrap();
            let reply = execute(request, &mut shared);
            if shared.commands.is_multiple_of(3) {
                execute(request, &mut shared);
            }
            reply
        }
        (Fault::PushForgotten, "RPUSH") => {
            let mut shared = shared.lock().unwrap();
            let before = shared.model.clone();
            let reply = execute(request, &mut shared);
            if shared.commands.is_multiple_of(7) {
                shared.model = before;
            }
            reply
        }
        (Fault::StaleRead, "LRANGE") => shared.lock().unwrap().old.execute(request),
        (Fault::RenameInSteps, "RENAME") if args[1] != args[2] => {
            let exists = shared.lock().unwrap().model.execute(&words(&[b"EXISTS", &key]));
            if exists == Reply::Integer(0) {
                return Some(Reply::error("ERR no such key"));
            }
            execute(&words(&[b"DEL", &args[2]]), &mut shared.lock().unwrap());
            others_first();
            execute(request, &mut shared.lock().unwrap())
        }
        _ => execute(request, &mut shared.lock().unwrap()),
    })
}

fn read(input: &mut BufReader<TcpStream>) -> Option<Vec<Vec<u8>>> {
    let number = |input: &mut BufReader<TcpStream>| -> Option<usize> {
        let mut line = String::new();
        input.read_line(&mut line).ok().filter(|count| *count > 0)?;
        line.trim_end().get(1..)?.parse().ok()
    };
    let count = number(input)?;
    let mut args = Vec::new();
    for _ in 0..count {
        let mut bytes = vec![0; number(input)? + 2];
        input.read_exact(&mut bytes).ok()?;
        bytes.truncate(bytes.len() - 2);
        args.push(bytes);
    }
    Some(args)
}

fn encoded(reply: &Reply) -> Vec<u8> {
    match reply {
        Reply::Status(text) => format!("+{text}\r\n").into_bytes(),
        Reply::Error(text) => format!("-{text}\r\n").into_bytes(),
        Reply::Integer(number) => format!(":{number}\r\n").into_bytes(),
        Reply::Null => b"$-1\r\n".to_vec(),
        Reply::NullArray => b"*-1\r\n".to_vec(),
        Reply::Bulk(bytes) => [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat(),
        Reply::Array(replies) => {
            let mut bytes = format!("*{}\r\n", replies.len()).into_bytes();
            replies.iter().for_each(|reply| bytes.extend(encoded(reply)));
            bytes
        }
    }
}

//! A server that speaks RESP2, keeps lists in our model, and has a race on purpose.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use ekv_roundtrip::command::{Reply, Request};
use ekv_roundtrip::model::Model;

/// What is wrong with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// RPUSH reads the list, lets others go first, and writes what it has read with the new item.
    PushFromOldRead,
    /// DEL is answered before it is done.
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
}

pub const FAULTS: &[Fault] = &[
    Fault::PushFromOldRead,
    Fault::DeleteLater,
    Fault::PopTwice,
    Fault::PushForgotten,
    Fault::TransactionInParts,
    Fault::StaleRead,
    Fault::RenameInSteps,
];

#[derive(Default)]
struct Shared {
    model: Model,
    /// The lists as they were when some commands fewer had been run.
    old: Model,
    commands: u64,
}

/// A server on a loopback port. Its threads end with their connections.
pub struct Racy {
    port: u16,
}

impl Racy {
    pub fn start(fault: Fault) -> Racy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Mutex::new(Shared::default()));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(fault, stream, &shared));
            }
        });
        Racy { port }
    }

    pub fn port(&self) -> u16 {
        self.port
    }
}

fn serve(fault: Fault, stream: TcpStream, shared: &Mutex<Shared>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut out = stream.try_clone().ok()?;
    let mut input = BufReader::new(stream);
    let mut queue: Option<Vec<Request>> = None;
    loop {
        let args = read(&mut input)?;
        let name = args[0].to_ascii_uppercase();
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
                (Ok(request), None) => run(fault, &request, shared, &mut out)?,
            },
        };
        if reply != Reply::status("") {
            out.write_all(&encoded(&reply)).ok()?;
        }
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

/// Runs one command with the fault; a status without text stands for one that has been answered already.
fn run(fault: Fault, request: &Request, shared: &Mutex<Shared>, out: &mut TcpStream) -> Option<Reply> {
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
            let reply = shared.lock().unwrap().model.execute(&words(&[b"EXISTS", &key]));
            out.write_all(&encoded(&reply)).ok()?;
            std::thread::sleep(std::time::Duration::from_micros(300));
            execute(request, &mut shared.lock().unwrap());
            Reply::status("")
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

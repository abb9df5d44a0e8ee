//! Clients that run their streams side by side, each on its own connection and thread.

use std::time::Instant;

use super::draw::Plan;
use crate::command::{Reply, Request};
use crate::history::{History, Operation, Outcome, Sent, ServerClock};
use crate::server::{Args, Connection, Patience, ServerAddress, ServerError};

/// What a store says that gives up a transaction after too many conflicts: nothing was done then.
const GAVE_UP: &str = "retry limit exceeded";

/// Why no history was recorded.
#[derive(Debug, thiserror::Error)]
pub enum ClientsError {
    /// A server that is not there, or gone for good.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// A thread that did not end as it should.
    #[error("a client's thread has stopped; this is a bug of ekv-roundtrip, please report it")]
    Thread,
}

/// Runs a plan on a server whose keys of the plan are missing, and reads all of them in the end.
///
/// # Errors
///
/// A client cannot connect. One that loses its connection connects again, and what it had sent has no reply.
pub fn record(plan: &Plan, address: &ServerAddress, patience: &Patience) -> Result<History, ClientsError> {
    let start = Instant::now();
    let mut reader = Connection::open(address, patience)?;
    let first = clock(&mut reader, start);
    // All of them are connected before the first one sends.
    let connections = plan.streams.iter().map(|_| Connection::open(address, patience));
    let connections = connections.collect::<Result<Vec<Connection>, ServerError>>()?;
    let mut operations = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for ((client, stream), connection) in (0_u32..).zip(&plan.streams).zip(connections) {
            threads.push(scope.spawn(move || run(client, stream, connection, start, patience)));
        }
        let mut operations = Vec::new();
        for thread in threads {
            operations.extend(thread.join().map_err(|_| ClientsError::Thread)??);
        }
        Ok::<_, ClientsError>(operations)
    })?;
    let client = u32::try_from(plan.streams.len()).unwrap_or(u32::MAX);
    let range = |key: &crate::command::UserKey| {
        Request::parse(vec![b"LRANGE".to_vec(), key.0.clone(), b"0".to_vec(), b"-1".to_vec()]).ok().map(Sent::Command)
    };
    let reads: Vec<Sent> = plan.keys.iter().filter_map(range).collect();
    let mut last = Connection::open(address, patience)?;
    let second = clock(&mut last, start);
    operations.extend(run(client, &reads, last, start, patience)?);
    let clock = first.zip(second).map(|(one, other)| ServerClock {
        earliest_us: one.earliest_us.min(other.earliest_us),
        latest_us: one.latest_us.max(other.latest_us),
    });
    let mut history = History { clock, operations };
    history.sort();
    Ok(history)
}

/// What the server's clock showed at `start`, if it tells.
fn clock(connection: &mut Connection, start: Instant) -> Option<ServerClock> {
    let asked_us = micros(start);
    let Ok(Reply::Array(parts)) = connection.command(&vec![b"TIME".to_vec()]) else { return None };
    let answered_us = micros(start) + 1;
    let number = |reply: &Reply| match reply {
        Reply::Bulk(digits) => std::str::from_utf8(digits).ok()?.parse::<u64>().ok(),
        _ => None,
    };
    let [seconds, part_us] = parts.as_slice() else { return None };
    let now_us = number(seconds)?.checked_mul(1_000_000)?.checked_add(number(part_us)?)?;
    let (earliest_us, latest_us) = (now_us.checked_sub(answered_us)?, now_us.checked_sub(asked_us)?);
    Some(ServerClock { earliest_us, latest_us })
}

fn micros(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn run(
    client: u32,
    stream: &[Sent],
    mut connection: Connection,
    start: Instant,
    patience: &Patience,
) -> Result<Vec<Operation>, ServerError> {
    let address = connection.address().clone();
    let mut operations = Vec::with_capacity(stream.len());
    for sent in stream {
        let commands = commands(sent);
        let call_us = micros(start);
        let replies = connection.pipeline(&commands);
        // Both are rounded down: what is of one microsecond is in no order, so none is lost.
        let at_us = micros(start);
        let outcome = match replies.map(|mut replies| replies.pop()) {
            Ok(Some(Reply::Error(why))) if why.contains(GAVE_UP) => Outcome::Failed { at_us, why },
            Ok(Some(reply)) => Outcome::Replied { at_us, reply },
            Ok(None) | Err(_) => {
                if patience.interrupt.is_wished() {
                    operations.push(Operation { client, call_us, sent: sent.clone(), outcome: Outcome::Lost });
                    return Ok(operations);
                }
                connection = Connection::open(&address, patience)?;
                Outcome::Lost
            }
        };
        operations.push(Operation { client, call_us, sent: sent.clone(), outcome });
    }
    Ok(operations)
}

/// What goes over the wire; the last reply is that of the operation.
fn commands(sent: &Sent) -> Vec<Args> {
    match sent {
        Sent::Command(request) => vec![request.args()],
        Sent::Transaction(requests) => {
            let mut commands = vec![vec![b"MULTI".to_vec()]];
            commands.extend(requests.iter().map(Request::args));
            commands.push(vec![b"EXEC".to_vec()]);
            commands
        }
    }
}

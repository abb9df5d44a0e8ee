//! Clients that run their streams side by side, each on its own connection and thread.

use std::time::Instant;

use super::draw::Plan;
use crate::command::{Command, ExpireUnit, KeyCommand, Reply, Request};
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
    let streams = by_clock(plan, first);
    // All of them are connected before the first one sends.
    let connections = streams.iter().map(|_| Connection::open(address, patience));
    let connections = connections.collect::<Result<Vec<Connection>, ServerError>>()?;
    let mut operations = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for ((client, stream), connection) in (0_u32..).zip(&streams).zip(connections) {
            threads.push(scope.spawn(move || run(client, stream, connection, start, patience)));
        }
        let mut operations = Vec::new();
        for thread in threads {
            operations.extend(thread.join().map_err(|_| ClientsError::Thread)??);
        }
        Ok::<_, ClientsError>(operations)
    })?;
    let client = u32::try_from(streams.len()).unwrap_or(u32::MAX);
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

/// The streams of a plan, with times of the server's clock. Without that nothing can be said of them, and they stay.
fn by_clock(plan: &Plan, clock: Option<ServerClock>) -> Vec<Vec<Sent>> {
    let Some(start_ms) = clock.and_then(|clock| i64::try_from(clock.earliest_us / 1000).ok()) else {
        return plan.streams.clone();
    };
    let shifted = |request: &Request| match request {
        Request::Valid(Command::Key(KeyCommand::Expire { key, unit, time, condition })) => {
            let start = match unit {
                ExpireUnit::Seconds | ExpireUnit::Milliseconds => 0,
                ExpireUnit::UnixSeconds => start_ms / 1000,
                ExpireUnit::UnixMilliseconds => start_ms,
            };
            let (key, unit, time, condition) = (key.clone(), *unit, time.saturating_add(start), *condition);
            Request::Valid(KeyCommand::Expire { key, unit, time, condition }.into())
        }
        request => request.clone(),
    };
    let sent = |sent: &Sent| match sent {
        Sent::Command(request) => Sent::Command(shifted(request)),
        Sent::Transaction(requests) => Sent::Transaction(requests.iter().map(shifted).collect()),
    };
    plan.streams.iter().map(|stream| stream.iter().map(sent).collect()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::UserKey;

    #[test]
    fn absolute_times_are_those_of_the_server_and_others_stay() {
        let sent = |line: &str| {
            let request = Request::parse(line.split(' ').map(|word| word.as_bytes().to_vec()).collect());
            Sent::Command(request.expect("a command"))
        };
        let words = ["PEXPIREAT k -3 XX GT", "EXPIREAT k 7 NX", "PEXPIRE k 5", "EXPIRE k 5 LT", "LPOP k"];
        let stream: Vec<Sent> = words.map(sent).into();
        let transaction = Sent::Transaction(stream.iter().flat_map(Sent::requests).cloned().collect());
        let plan =
            Plan { streams: vec![stream, vec![transaction]], keys: vec![UserKey::from("k")], left_out: Vec::new() };
        let clock = ServerClock { earliest_us: 1_700_000_000_123_999, latest_us: 1_700_000_000_130_000 };
        let shifted = by_clock(&plan, Some(clock));
        let expected = ["PEXPIREAT k 1700000000120 XX GT", "EXPIREAT k 1700000007 NX", words[2], words[3], words[4]];
        assert_eq!(shifted[0], expected.map(sent));
        let requests: Vec<&Request> = shifted[0].iter().flat_map(Sent::requests).collect();
        assert_eq!(shifted[1].iter().flat_map(Sent::requests).collect::<Vec<_>>(), requests);
        assert_eq!(by_clock(&plan, None), plan.streams);
    }
}

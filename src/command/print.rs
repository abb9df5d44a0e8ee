//! [`Request`]s back to arguments, and arguments to the bytes that a RESP connection carries.

use super::{Command, End, ExpireCondition, ExpireUnit, IndexArgument, Request, Side, UserKey};

impl Request {
    /// The arguments, the command's name first and in upper case. Parsing them gives the same request again.
    pub fn args(&self) -> Vec<Vec<u8>> {
        match self {
            Request::Valid(command) => command.args(),
            Request::Rejected { args, .. } => args.clone(),
        }
    }
}

impl Command {
    /// The name in upper case.
    pub fn name(&self) -> &'static str {
        match self {
            Command::Push { end: End::Left, only_existing: false, .. } => "LPUSH",
            Command::Push { end: End::Right, only_existing: false, .. } => "RPUSH",
            Command::Push { end: End::Left, only_existing: true, .. } => "LPUSHX",
            Command::Push { end: End::Right, only_existing: true, .. } => "RPUSHX",
            Command::Pop { end: End::Left, .. } => "LPOP",
            Command::Pop { end: End::Right, .. } => "RPOP",
            Command::Set { .. } => "LSET",
            Command::Insert { .. } => "LINSERT",
            Command::Remove { .. } => "LREM",
            Command::Trim { .. } => "LTRIM",
            Command::RPopLPush { .. } => "RPOPLPUSH",
            Command::Move { .. } => "LMOVE",
            Command::MultiPop { .. } => "LMPOP",
            Command::Delete { .. } => "DEL",
            Command::Rename { .. } => "RENAME",
            Command::Expire { unit: ExpireUnit::Seconds, .. } => "EXPIRE",
            Command::Expire { unit: ExpireUnit::Milliseconds, .. } => "PEXPIRE",
            Command::Expire { unit: ExpireUnit::UnixSeconds, .. } => "EXPIREAT",
            Command::Expire { unit: ExpireUnit::UnixMilliseconds, .. } => "PEXPIREAT",
            Command::Persist { .. } => "PERSIST",
            Command::Length { .. } => "LLEN",
            Command::Range { .. } => "LRANGE",
            Command::Index { .. } => "LINDEX",
            Command::Position { .. } => "LPOS",
            Command::Type { .. } => "TYPE",
            Command::Exists { .. } => "EXISTS",
            Command::ExpireTime { .. } => "PEXPIRETIME",
        }
    }

    /// The first key that the command names.
    pub fn first_key(&self) -> Option<&UserKey> {
        match self {
            Command::Push { key, .. }
            | Command::Pop { key, .. }
            | Command::Set { key, .. }
            | Command::Insert { key, .. }
            | Command::Remove { key, .. }
            | Command::Trim { key, .. }
            | Command::RPopLPush { source: key, .. }
            | Command::Move { source: key, .. }
            | Command::Rename { source: key, .. }
            | Command::Expire { key, .. }
            | Command::Persist { key }
            | Command::Length { key }
            | Command::Range { key, .. }
            | Command::Index { key, .. }
            | Command::Position { key, .. }
            | Command::Type { key }
            | Command::ExpireTime { key } => Some(key),
            Command::MultiPop { keys, .. } | Command::Delete { keys } | Command::Exists { keys } => keys.first(),
        }
    }

    /// All keys that it names.
    pub fn keys(&self) -> Vec<&UserKey> {
        match self {
            Command::RPopLPush { source, destination }
            | Command::Move { source, destination, .. }
            | Command::Rename { source, destination } => vec![source, destination],
            Command::MultiPop { keys, .. } | Command::Delete { keys } | Command::Exists { keys } => {
                keys.iter().collect()
            }
            command => command.first_key().into_iter().collect(),
        }
    }

    /// The arguments, the name first.
    pub fn args(&self) -> Vec<Vec<u8>> {
        let mut args = Arguments(vec![self.name().as_bytes().to_vec()]);
        match self {
            Command::Push { key, values, .. } => args.key(key).all(values),
            Command::Pop { key, count: None, .. } => args.key(key),
            Command::Pop { key, count: Some(count), .. } => args.key(key).number(count),
            Command::Set { key, index, value } => args.key(key).index(index).bytes(value),
            Command::Insert { key, side, pivot, value } => {
                let side = if *side == Side::Before { "BEFORE" } else { "AFTER" };
                args.key(key).word(side).bytes(pivot).bytes(value)
            }
            Command::Remove { key, count, value } => args.key(key).number(count).bytes(value),
            Command::Trim { key, start, stop } | Command::Range { key, start, stop } => {
                args.key(key).number(start).number(stop)
            }
            Command::RPopLPush { source, destination } | Command::Rename { source, destination } => {
                args.key(source).key(destination)
            }
            Command::Move { source, destination, from, to } => args.key(source).key(destination).end(*from).end(*to),
            Command::MultiPop { keys, end, count } => {
                let args = args.number(keys.len()).keys(keys).end(*end);
                match count {
                    Some(count) => args.word("COUNT").number(count),
                    None => args,
                }
            }
            Command::Delete { keys } | Command::Exists { keys } => args.keys(keys),
            Command::Expire { key, time, condition, .. } => args.key(key).number(time).condition(*condition),
            Command::Index { key, index } => args.key(key).index(index),
            Command::Position { key, value, rank, count, max_len } => {
                args.key(key).bytes(value);
                if *rank != 1 {
                    args.word("RANK").number(rank);
                }
                if let Some(count) = count {
                    args.word("COUNT").number(count);
                }
                if *max_len != 0 {
                    args.word("MAXLEN").number(max_len);
                }
                &mut args
            }
            Command::Persist { key }
            | Command::Length { key }
            | Command::Type { key }
            | Command::ExpireTime { key } => args.key(key),
        };
        args.0
    }
}

struct Arguments(Vec<Vec<u8>>);

impl Arguments {
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.push(bytes.to_vec());
        self
    }

    fn word(&mut self, word: &str) -> &mut Self {
        self.bytes(word.as_bytes())
    }

    fn number(&mut self, number: impl ToString) -> &mut Self {
        self.word(&number.to_string())
    }

    fn key(&mut self, key: &UserKey) -> &mut Self {
        self.bytes(key.as_bytes())
    }

    fn keys(&mut self, keys: &[UserKey]) -> &mut Self {
        self.0.extend(keys.iter().map(|key| key.0.clone()));
        self
    }

    fn all(&mut self, values: &[Vec<u8>]) -> &mut Self {
        self.0.extend_from_slice(values);
        self
    }

    fn end(&mut self, end: End) -> &mut Self {
        self.word(if end == End::Left { "LEFT" } else { "RIGHT" })
    }

    fn index(&mut self, index: &IndexArgument) -> &mut Self {
        match index {
            IndexArgument::Index(index) => self.number(index),
            IndexArgument::NotAnInteger(bytes) => self.bytes(bytes),
        }
    }

    fn condition(&mut self, condition: ExpireCondition) -> &mut Self {
        let words = [(condition.nx, "NX"), (condition.xx, "XX"), (condition.gt, "GT"), (condition.lt, "LT")];
        for (_, word) in words.iter().filter(|(given, _)| *given) {
            self.word(word);
        }
        self
    }
}

/// Appends a command as a RESP array of bulk strings, the form that `redis-cli --pipe` and every server take.
pub fn write_resp(args: &[Vec<u8>], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", args.len()).as_bytes());
    for arg in args {
        out.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_on_the_wire() {
        let mut wire = Vec::new();
        write_resp(&[b"LPUSH".to_vec(), b"".to_vec(), b"\xff\r\n".to_vec()], &mut wire);
        assert_eq!(wire, b"*3\r\n$5\r\nLPUSH\r\n$0\r\n\r\n$3\r\n\xff\r\n\r\n");
    }
}

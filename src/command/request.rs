//! What a client sent: a command, or what Redis refuses.
//!
//! Reading it makes Redis's own checks, in Redis's order, with its texts.

use super::reply::{Reply, error};
use super::spec::CommandSpec;
use super::table::{COMMANDS, parse};
use super::valid::Command;

/// When Redis notices that a request is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// On arrival: a `MULTI` that holds such a request is discarded as a whole.
    Queue,
    /// When it runs: inside a `MULTI` the others run all the same.
    Run,
}

/// What a client sent: a command, or something that Redis answers with an error whatever the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A well-formed command.
    Valid(Command),
    /// A known command whose arguments Redis refuses.
    Rejected {
        /// The arguments as they came, the command's name first.
        args: Vec<Vec<u8>>,
        /// The whole error reply, such as `ERR syntax error`.
        error: String,
        /// When Redis says so.
        stage: Stage,
    },
}

impl Request {
    /// The command's name in upper case; empty for one that is not in the table.
    pub fn command_name(&self) -> &'static str {
        match self {
            Request::Valid(command) => command.name(),
            Request::Rejected { args, .. } => {
                let name = args.first().map(Vec::as_slice).unwrap_or_default();
                CommandSpec::find(name).map_or("", |spec| spec.name)
            }
        }
    }

    /// The reply of a `MULTI .. EXEC` of `requests` that Redis discards, or `None` when it runs.
    pub fn exec_abort(requests: &[Request]) -> Option<Reply> {
        let refused = |request: &Request| matches!(request, Request::Rejected { stage: Stage::Queue, .. });
        requests.iter().any(refused).then(|| Reply::error(error::EXEC_ABORT))
    }

    /// Reads one command. Only an unknown name is an error of ours; everything that Redis knows how to refuse becomes a
    /// [`Request::Rejected`] with Redis's words.
    ///
    /// # Errors
    ///
    /// The name is none that is known.
    pub fn parse(args: Vec<Vec<u8>>) -> Result<Request, UnsupportedCommand> {
        let name = args.first().map(Vec::as_slice).unwrap_or_default();
        let Some(spec) = CommandSpec::find(name) else {
            return Err(UnsupportedCommand { name: String::from_utf8_lossy(name).into_owned() });
        };
        if !spec.accepts(args.len()) {
            let error = spec.wrong_arity();
            return Ok(Request::Rejected { args, error, stage: Stage::Queue });
        }
        let operands: Vec<&[u8]> = args.iter().skip(1).map(Vec::as_slice).collect();
        match parse(spec, &operands) {
            Ok(command) => Ok(Request::Valid(command)),
            Err(error) => Ok(Request::Rejected { args, error, stage: Stage::Run }),
        }
    }

    /// The arguments, the command's name first and in upper case. Parsing them gives the same request again.
    pub fn args(&self) -> Vec<Vec<u8>> {
        match self {
            Request::Valid(command) => command.args(),
            Request::Rejected { args, .. } => args.clone(),
        }
    }
}

/// A command name that this tool does not execute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsupportedCommand {
    /// The name as it came, lossily as text; empty when there were no arguments at all.
    pub name: String,
}

impl std::fmt::Display for UnsupportedCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known: Vec<&str> = COMMANDS.iter().map(|spec| spec.name).collect();
        if self.name.is_empty() {
            return write!(f, "a command without a name; known are {}", known.join(" "));
        }
        write!(f, "unsupported command {:?}; known are {}", self.name, known.join(" "))
    }
}

impl std::error::Error for UnsupportedCommand {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::arguments::SYNTAX;
    use crate::command::{IndexArgument, ListCommand};

    fn request(words: &[&str]) -> Request {
        Request::parse(words.iter().map(|word| word.as_bytes().to_vec()).collect()).expect("a known command")
    }

    fn refusal(words: &[&str]) -> (String, Stage) {
        match request(words) {
            Request::Rejected { error, stage, .. } => (error, stage),
            Request::Valid(command) => panic!("{words:?} was taken as {command:?}"),
        }
    }

    #[test]
    fn arity_is_checked_on_arrival_but_a_third_operand_of_lpop_only_when_it_runs() {
        let arity = "ERR wrong number of arguments for 'lpop' command".to_owned();
        assert_eq!(refusal(&["LPOP"]), (arity.clone(), Stage::Queue));
        assert_eq!(refusal(&["lpop", "k", "1", "2"]), (arity, Stage::Run));
    }

    #[test]
    fn integers_have_one_spelling() {
        for bad in ["+1", "01", "-0", " 1", "1 ", "", "0x1", "9223372036854775808", "1.0"] {
            assert_eq!(refusal(&["LRANGE", "k", bad, "1"]).0, error::NOT_AN_INTEGER, "{bad:?}");
        }
        for good in ["0", "-1", "9223372036854775807", "-9223372036854775808"] {
            assert!(matches!(request(&["LRANGE", "k", good, "1"]), Request::Valid(_)), "{good:?}");
        }
    }

    #[test]
    fn an_index_that_is_no_integer_waits_for_the_key() {
        let expected = Command::List(ListCommand::Set {
            key: "k".into(),
            index: IndexArgument::NotAnInteger(b"x".to_vec()),
            value: b"v".to_vec(),
        });
        assert_eq!(request(&["LSET", "k", "x", "v"]), Request::Valid(expected));
    }

    #[test]
    fn options_are_checked_before_the_time() {
        assert!(refusal(&["EXPIRE", "k", "x", "NX", "XX"]).0.contains("not compatible"));
        assert_eq!(refusal(&["EXPIRE", "k", "x", "NX"]).0, error::NOT_AN_INTEGER);
        assert_eq!(refusal(&["EXPIRE", "k", "1", "a\r\nb\0c"]).0, "ERR Unsupported option a  b");
        assert_eq!(refusal(&["EXPIRE", "k", "1", "a\nb\r\n"]).0, "ERR Unsupported option a b");
    }

    #[test]
    fn lmpop_counts_its_keys() {
        assert_eq!(refusal(&["LMPOP", "0", "k", "LEFT"]).0, "ERR numkeys should be greater than 0");
        assert_eq!(refusal(&["LMPOP", "9223372036854775807", "k", "LEFT"]).0, SYNTAX);
        assert_eq!(refusal(&["LMPOP", "1", "k", "LEFT", "COUNT", "0"]).0, "ERR count should be greater than 0");
        assert_eq!(refusal(&["LMPOP", "1", "k", "LEFT", "COUNT", "1", "COUNT", "1"]).0, SYNTAX);
    }

    #[test]
    fn every_valid_command_prints_to_arguments_that_parse_to_itself() {
        let spellings: &[&[&str]] = &[
            &["LPUSH", "k", "a", "b"],
            &["rpushx", "k", ""],
            &["RPOP", "k", "3"],
            &["LPOP", ""],
            &["LSET", "k", "-1", "v"],
            &["LINSERT", "k", "before", "p", "v"],
            &["LREM", "k", "-2", "v"],
            &["LTRIM", "k", "1", "-2"],
            &["RPOPLPUSH", "a", "b"],
            &["LMOVE", "a", "b", "left", "RIGHT"],
            &["LMPOP", "2", "a", "b", "RIGHT", "count", "4"],
            &["DEL", "a", "a"],
            &["RENAME", "a", "b"],
            &["EXPIRE", "k", "-1", "xx", "gt"],
            &["PEXPIREAT", "k", "4102444800000", "NX"],
            &["PERSIST", "k"],
            &["LLEN", "k"],
            &["LRANGE", "k", "0", "-1"],
            &["LINDEX", "k", "nan"],
            &["LPOS", "k", "v", "MAXLEN", "9", "RANK", "-1", "COUNT", "0"],
            &["TYPE", "k"],
            &["EXISTS", "k", "k"],
            &["PEXPIRETIME", "k"],
        ];
        for words in spellings {
            let parsed = request(words);
            assert!(matches!(parsed, Request::Valid(_)), "{words:?}");
            assert_eq!(Request::parse(parsed.args()), Ok(parsed.clone()), "{words:?}");
        }
    }
}

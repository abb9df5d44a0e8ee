//! The words of a request: what they mean to Redis 7.0, or how it refuses them. A row for each command says which words it
//! takes and what each is, in the order in which Redis looks at them; one reader goes over any row.

/// What a request means: names of fields with their values, in the order of the row.
pub type Fields = Vec<(&'static str, Vec<u8>)>;

/// What Redis makes of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// No command of the table.
    Unknown,
    /// An error.
    Refused {
        /// Its text.
        error: String,
        /// Whether it is given before the command would run, so that a transaction is discarded.
        on_arrival: bool,
    },
    /// A command.
    Means(&'static str, Fields),
}

struct Row {
    name: &'static str,
    /// The fewest and the most words, the name included.
    words: (usize, usize),
    means: &'static str,
    parts: &'static [Part],
}

/// What a row says of the next words.
enum Part {
    /// No word: the name alone says so.
    Given(&'static str, &'static str),
    /// Any bytes.
    Bytes(&'static str),
    /// All other words, each a field.
    Rest(&'static str),
    Number(&'static str, Number),
    /// An integer that is looked at after all other words.
    NumberAtLast(&'static str),
    /// An integer, or bytes that are refused only where there is a key.
    Index,
    /// One of some words, in any case, and what each means.
    Word(&'static str, &'static [(&'static str, &'static str)]),
    /// A number, if there is another word; with still more words their number is wrong.
    Perhaps(&'static str, Number),
    /// A number of keys, and the keys; at least one word must follow.
    CountedKeys,
    /// Words with a number after each: the word, the field, the number, and the value without it.
    Options(&'static [Choice], Often),
    /// Words alone, and which of them do not go with which others.
    Flags(&'static [&'static str], &'static [Apart]),
}

type Choice = (&'static str, &'static str, Number, &'static str);
type Apart = (&'static str, &'static [&'static str], &'static str);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Often {
    Once,
    Again,
}

/// Which integers there may be, and the error for others.
#[derive(Clone, Copy)]
enum Number {
    Any,
    /// From a number on; anything else, also what is no integer, gets the one text.
    From(i128, &'static str),
    /// Any but 0, which gets a text of its own.
    NotZero(&'static str),
}

const MANY: usize = usize::MAX;
const SYNTAX: &str = "ERR syntax error";
const NO_INTEGER: &str = "ERR value is not an integer or out of range";
const POSITIVE: &str = "ERR value is out of range, must be positive";
const ZERO_RANK: &str = "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to \
                         start from the end of the list";
const NO_NX: &str = "ERR NX and XX, GT or LT options at the same time are not compatible";
const NO_GT_AND_LT: &str = "ERR GT and LT options at the same time are not compatible";

const ENDS: &[(&str, &str)] = &[("LEFT", "head"), ("RIGHT", "tail")];
const HEAD: Part = Part::Given("end", "head");
const TAIL: Part = Part::Given("end", "tail");
const KEY: Part = Part::Bytes("key");
const VALUE: Part = Part::Bytes("value");
const START: Part = Part::Number("start", Number::Any);
const STOP: Part = Part::Number("stop", Number::Any);
const ALWAYS: Part = Part::Given("only-existing", "no");
const EXISTING: Part = Part::Given("only-existing", "yes");
const POP_COUNT: Part = Part::Perhaps("count", Number::From(0, POSITIVE));
const CONDITIONS: Part =
    Part::Flags(&["NX", "XX", "GT", "LT"], &[("NX", &["XX", "GT", "LT"], NO_NX), ("GT", &["LT"], NO_GT_AND_LT)]);
const TIME: Part = Part::NumberAtLast("time");

const fn row(name: &'static str, words: (usize, usize), means: &'static str, parts: &'static [Part]) -> Row {
    Row { name, words, means, parts }
}

const TABLE: &[Row] = &[
    row("LPUSH", (3, MANY), "push", &[HEAD, ALWAYS, KEY, Part::Rest("value")]),
    row("RPUSH", (3, MANY), "push", &[TAIL, ALWAYS, KEY, Part::Rest("value")]),
    row("LPUSHX", (3, MANY), "push", &[HEAD, EXISTING, KEY, Part::Rest("value")]),
    row("RPUSHX", (3, MANY), "push", &[TAIL, EXISTING, KEY, Part::Rest("value")]),
    row("LPOP", (2, MANY), "pop", &[HEAD, KEY, POP_COUNT]),
    row("RPOP", (2, MANY), "pop", &[TAIL, KEY, POP_COUNT]),
    row("LSET", (4, 4), "set", &[KEY, Part::Index, VALUE]),
    row(
        "LINSERT",
        (5, 5),
        "insert",
        &[KEY, Part::Word("side", &[("BEFORE", "before"), ("AFTER", "after")]), Part::Bytes("pivot"), VALUE],
    ),
    row("LREM", (4, 4), "remove", &[KEY, Part::Number("count", Number::Any), VALUE]),
    row("LTRIM", (4, 4), "trim", &[KEY, START, STOP]),
    row("RPOPLPUSH", (3, 3), "rotate", &[Part::Bytes("source"), Part::Bytes("destination")]),
    row(
        "LMOVE",
        (5, 5),
        "move",
        &[Part::Bytes("source"), Part::Bytes("destination"), Part::Word("from", ENDS), Part::Word("to", ENDS)],
    ),
    row(
        "LMPOP",
        (4, MANY),
        "pop of several",
        &[
            Part::CountedKeys,
            Part::Word("end", ENDS),
            Part::Options(
                &[("COUNT", "count", Number::From(1, "ERR count should be greater than 0"), "")],
                Often::Once,
            ),
        ],
    ),
    row("DEL", (2, MANY), "delete", &[Part::Rest("key")]),
    row("RENAME", (3, 3), "rename", &[Part::Bytes("source"), Part::Bytes("destination")]),
    row("EXPIRE", (3, MANY), "expire", &[Part::Given("unit", "seconds from now"), KEY, TIME, CONDITIONS]),
    row("PEXPIRE", (3, MANY), "expire", &[Part::Given("unit", "milliseconds from now"), KEY, TIME, CONDITIONS]),
    row("EXPIREAT", (3, MANY), "expire", &[Part::Given("unit", "Unix seconds"), KEY, TIME, CONDITIONS]),
    row("PEXPIREAT", (3, MANY), "expire", &[Part::Given("unit", "Unix milliseconds"), KEY, TIME, CONDITIONS]),
    row("PERSIST", (2, 2), "persist", &[KEY]),
    row("LLEN", (2, 2), "length", &[KEY]),
    row("LRANGE", (4, 4), "range", &[KEY, START, STOP]),
    row("LINDEX", (3, 3), "index", &[KEY, Part::Index]),
    row(
        "LPOS",
        (3, MANY),
        "position",
        &[
            KEY,
            VALUE,
            Part::Options(
                &[
                    ("RANK", "rank", Number::NotZero(ZERO_RANK), "1"),
                    ("COUNT", "count", Number::From(0, "ERR COUNT can't be negative"), ""),
                    ("MAXLEN", "longest", Number::From(0, "ERR MAXLEN can't be negative"), "0"),
                ],
                Often::Again,
            ),
        ],
    ),
    row("TYPE", (2, 2), "type", &[KEY]),
    row("EXISTS", (2, MANY), "exists", &[Part::Rest("key")]),
    row("PEXPIRETIME", (2, 2), "expiry", &[KEY]),
];

/// What words mean, the command's name first.
pub fn read(words: &[Vec<u8>]) -> Said {
    let Some((name, operands)) = words.split_first() else { return Said::Unknown };
    let Some(row) = TABLE.iter().find(|row| is_word(name, row.name)) else { return Said::Unknown };
    let (least, most) = row.words;
    let refused = |error, on_arrival| Said::Refused { error, on_arrival };
    if words.len() < least || words.len() > most {
        return refused(wrong_number(row), true);
    }
    match Reading::of(row, operands) {
        Ok(fields) => Said::Means(row.means, fields),
        Err(error) => refused(error, false),
    }
}

fn wrong_number(row: &Row) -> String {
    format!("ERR wrong number of arguments for '{}' command", row.name.to_lowercase())
}

fn is_word(bytes: &[u8], word: &str) -> bool {
    bytes.len() == word.len() && bytes.iter().zip(word.bytes()).all(|(one, other)| one.to_ascii_uppercase() == other)
}

/// The only form of an integer that Redis takes is the one in which it prints it.
fn integer(word: &[u8]) -> Result<i128, ()> {
    let (is_negative, digits) = match word {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let is_canonical = match digits {
        [b'0'] => !is_negative,
        [b'1'..=b'9', ..] => digits.len() <= 19 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    let size = digits.iter().take(19).fold(0, |sum, digit| sum * 10 + i128::from(*digit) - i128::from(b'0'));
    let number = if is_negative { -size } else { size };
    let is_in_range = (-9_223_372_036_854_775_808..=9_223_372_036_854_775_807).contains(&number);
    if is_canonical && is_in_range { Ok(number) } else { Err(()) }
}

impl Number {
    fn check(self, word: &[u8]) -> Result<i128, String> {
        let (number, text) = (integer(word), |text: &str| text.to_owned());
        match (self, number) {
            (Number::Any, number) => number.map_err(|()| text(NO_INTEGER)),
            (Number::From(least, error), number) => match number {
                Ok(number) if number >= least => Ok(number),
                _ => Err(text(error)),
            },
            (Number::NotZero(error), Ok(0)) => Err(text(error)),
            (Number::NotZero(_), number) => number.map_err(|()| text(NO_INTEGER)),
        }
    }
}

/// How far a row has been followed.
struct Reading<'a> {
    row: &'a Row,
    left: &'a [Vec<u8>],
    fields: Fields,
}

impl Reading<'_> {
    fn of(row: &Row, operands: &[Vec<u8>]) -> Result<Fields, String> {
        let mut reading = Reading { row, left: operands, fields: Fields::new() };
        row.parts.iter().try_for_each(|part| reading.follow(part))?;
        for part in row.parts {
            let Part::NumberAtLast(name) = part else { continue };
            let held = reading.fields.iter().find(|(field, _)| field == name);
            held.map_or(Ok(0), |(_, word)| Number::Any.check(word))?;
        }
        Ok(reading.fields)
    }

    fn take(&mut self) -> Result<Vec<u8>, String> {
        let (word, left) = self.left.split_first().ok_or_else(|| SYNTAX.to_owned())?;
        self.left = left;
        Ok(word.clone())
    }

    fn put(&mut self, field: &'static str, value: &[u8]) {
        self.fields.push((field, value.to_vec()));
    }

    fn follow(&mut self, part: &Part) -> Result<(), String> {
        match part {
            Part::Given(field, value) => self.put(field, value.as_bytes()),
            Part::Bytes(field) | Part::NumberAtLast(field) => {
                let word = self.take()?;
                self.put(field, &word);
            }
            Part::Rest(field) => {
                while let Ok(word) = self.take() {
                    self.put(field, &word);
                }
            }
            Part::Number(field, number) => {
                let word = self.take()?;
                number.check(&word)?;
                self.put(field, &word);
            }
            Part::Index => {
                let word = self.take()?;
                self.put(if integer(&word).is_ok() { "index" } else { "unreadable index" }, &word);
            }
            Part::Word(field, words) => {
                let word = self.take()?;
                let known = words.iter().find(|(spelling, _)| is_word(&word, spelling));
                let (_, means) = known.ok_or_else(|| SYNTAX.to_owned())?;
                self.put(field, means.as_bytes());
            }
            Part::Perhaps(field, number) => match self.left {
                [] => {}
                [word] => {
                    number.check(word)?;
                    self.put(field, word);
                }
                _ => return Err(wrong_number(self.row)),
            },
            Part::CountedKeys => {
                let keys = Number::From(1, "ERR numkeys should be greater than 0").check(&self.take()?)?;
                if keys >= self.left.len() as i128 {
                    return Err(SYNTAX.to_owned());
                }
                for _ in 0..keys {
                    let key = self.take()?;
                    self.put("key", &key);
                }
            }
            Part::Options(options, often) => self.follow_options(options, *often)?,
            Part::Flags(flags, apart) => self.follow_flags(flags, apart)?,
        }
        Ok(())
    }

    fn follow_options(&mut self, options: &[Choice], often: Often) -> Result<(), String> {
        let mut given: Vec<(&str, Vec<u8>)> = Vec::new();
        while !self.left.is_empty() {
            let word = self.take()?;
            let known = options.iter().find(|(spelling, ..)| is_word(&word, spelling));
            let (_, field, number, _) = known.ok_or_else(|| SYNTAX.to_owned())?;
            if often == Often::Once && !given.is_empty() {
                return Err(SYNTAX.to_owned());
            }
            let value = self.take()?;
            number.check(&value)?;
            given.push((field, value));
        }
        for (_, field, _, otherwise) in options {
            // The last one counts.
            match given.iter().rev().find(|(name, _)| name == field) {
                Some((_, value)) => self.put(field, value),
                None if otherwise.is_empty() => {}
                None => self.put(field, otherwise.as_bytes()),
            }
        }
        Ok(())
    }

    fn follow_flags(&mut self, flags: &[&'static str], apart: &[Apart]) -> Result<(), String> {
        let words: Vec<Vec<u8>> = self.left.to_vec();
        self.left = &[];
        if let Some(word) = words.iter().find(|word| !flags.iter().any(|flag| is_word(word, flag))) {
            return Err(format!("ERR Unsupported option {}", one_line(word)));
        }
        let is_given = |flag: &str| words.iter().any(|word| is_word(word, flag));
        if let Some((_, _, error)) =
            apart.iter().find(|(flag, others, _)| is_given(flag) && others.iter().any(|other| is_given(other)))
        {
            return Err((*error).to_owned());
        }
        for flag in flags.iter().filter(|flag| is_given(flag)) {
            self.put("only", flag.as_bytes());
        }
        Ok(())
    }
}

/// A word within an error: it ends at a NUL, without line breaks at its end, and with spaces for the others.
fn one_line(word: &[u8]) -> String {
    let mut bytes: Vec<u8> = word.iter().copied().take_while(|byte| *byte != 0).collect();
    while bytes.last().is_some_and(|byte| b"\r\n".contains(byte)) {
        bytes.pop();
    }
    for byte in bytes.iter_mut().filter(|byte| b"\r\n".contains(byte)) {
        *byte = b' ';
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Said {
        read(&line.split(' ').map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>())
    }

    /// The fields as words, or the error; `!` before those of arrival.
    fn text(line: &str) -> String {
        match said(line) {
            Said::Unknown => "?".to_owned(),
            Said::Refused { error, on_arrival } => format!("{}{error}", if on_arrival { "!" } else { "" }),
            Said::Means(means, fields) => {
                let field = |(name, value): (&str, Vec<u8>)| format!(", {name} {}", String::from_utf8_lossy(&value));
                format!("{means}{}", fields.into_iter().map(field).collect::<String>())
            }
        }
    }

    #[test]
    fn what_commands_mean() {
        for (line, meaning) in [
            ("lpush k a b", "push, end head, only-existing no, key k, value a, value b"),
            ("RPUSHX k a", "push, end tail, only-existing yes, key k, value a"),
            ("RPOP k 3", "pop, end tail, key k, count 3"),
            ("LSET k -1 v", "set, key k, index -1, value v"),
            ("LSET k 01 v", "set, key k, unreadable index 01, value v"),
            ("LINSERT k after p v", "insert, key k, side after, pivot p, value v"),
            ("LMOVE a b left RIGHT", "move, source a, destination b, from head, to tail"),
            ("LMPOP 2 a b RIGHT count 4", "pop of several, key a, key b, end tail, count 4"),
            ("EXPIRE k -1 lt xx XX", "expire, unit seconds from now, key k, time -1, only XX, only LT"),
            ("LPOS k v", "position, key k, value v, rank 1, longest 0"),
            ("LPOS k v RANK 2 COUNT 0 rank -3", "position, key k, value v, rank -3, count 0, longest 0"),
            ("EXISTS k k", "exists, key k, key k"),
            ("GET k", "?"),
        ] {
            assert_eq!(text(line), meaning, "{line}");
        }
        assert_eq!(read(&[]), Said::Unknown);
    }

    /// The right side is what redis-server 7.0.15 says.
    #[test]
    fn what_redis_refuses() {
        for (line, error) in [
            ("LPOP", "!ERR wrong number of arguments for 'lpop' command"),
            ("lpop k x y", "ERR wrong number of arguments for 'lpop' command"),
            ("LLEN k k", "!ERR wrong number of arguments for 'llen' command"),
            ("LPOP k x", POSITIVE),
            ("LMPOP x k left", "ERR numkeys should be greater than 0"),
            ("LMPOP 1 k up COUNT 0", SYNTAX),
            ("LMPOP 1 k left COUNT", SYNTAX),
            ("LMPOP 1 k left COUNT x y", "ERR count should be greater than 0"),
            ("LMPOP 1 k left COUNT 1 COUNT 1", SYNTAX),
            ("LMPOP 9223372036854775807 k left", SYNTAX),
            ("LMPOP 2 k left", SYNTAX),
            ("LPOS k a RANK 0 COUNT x", ZERO_RANK),
            ("LPOS k a COUNT x RANK 0", "ERR COUNT can't be negative"),
            ("LPOS k a MAXLEN x", "ERR MAXLEN can't be negative"),
            ("LPOS k a RANK x", NO_INTEGER),
            ("LPOS k a FOO 1", SYNTAX),
            ("LPOS k a COUNT 1 COUNT", SYNTAX),
            ("LMOVE a b x y", SYNTAX),
            ("LINSERT k x a b", SYNTAX),
            ("EXPIRE k x foo", "ERR Unsupported option foo"),
            ("EXPIRE k x gt lt", NO_GT_AND_LT),
            ("EXPIRE k x nx gt lt", NO_NX),
            ("EXPIRE k x xx gt", NO_INTEGER),
            ("EXPIRE k 1 a\r\nb\n", "ERR Unsupported option a  b"),
            ("LRANGE k x y", NO_INTEGER),
        ] {
            assert_eq!(text(line), error, "{line:?}");
        }
    }

    #[test]
    fn an_integer_has_one_spelling() {
        for bad in ["+1", "01", "-0", " 1", "1 ", "", "-", "0x1", "9223372036854775808", "-9223372036854775809", "1.0"]
        {
            assert_eq!(integer(bad.as_bytes()), Err(()), "{bad:?}");
        }
        for good in [i128::from(i64::MIN), -1, 0, 1, i128::from(i64::MAX)] {
            assert_eq!(integer(good.to_string().as_bytes()), Ok(good));
        }
    }
}

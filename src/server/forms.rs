//! The forms of commands: with and without a count, one key or several, each option. A server may know a command in one
//! form and not in another, mostly because it is as old as the form is young.
//!
//! A form has a trial: what is sent before it, and the command itself. `{a}` and `{b}` stand for keys that nobody uses.

use super::Args;

/// One form of a command.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// The command and its operands, as in Redis's own command reference.
    pub name: &'static str,
    /// What is sent before it, so that it has something to work on.
    pub setup: &'static [&'static str],
    /// The command that is tried.
    pub tried: &'static str,
    /// Whether it is tried between `MULTI` and `EXEC`.
    pub is_transaction: bool,
    when: When,
}

/// Which commands of that name have the form, judged by their words, the name being word 0.
#[derive(Clone, Copy, Debug)]
enum When {
    /// So many words, the first number and the last.
    Words(usize, usize),
    /// A word, from this place on.
    Option(usize, &'static str),
    /// A word at this place.
    At(usize, &'static str),
    /// Another word at this place.
    NotAt(usize, &'static str),
    /// None: it is not about single commands.
    Never,
}

const ANY: When = When::Words(2, usize::MAX);
const NOTHING: &[&str] = &[];
const ITEMS: &[&str] = &["RPUSH {a} 1", "RPUSH {a} 2", "RPUSH {a} 1"];
const EXPIRING: &[&str] = &["RPUSH {a} 1", "RPUSH {a} 2", "RPUSH {a} 1", "EXPIRE {a} 100000"];
const TWO_LISTS: &[&str] = &["RPUSH {a} 1", "RPUSH {a} 2", "RPUSH {b} 3"];

const fn form(name: &'static str, when: When, setup: &'static [&'static str], tried: &'static str) -> Form {
    Form { name, setup, tried, is_transaction: false, when }
}

/// Every form, in the order of [`crate::command::COMMANDS`].
pub static FORMS: &[Form] = &[
    form("LPUSH key item", When::Words(3, 3), EXPIRING, "LPUSH {a} 0"),
    form("LPUSH key item item", When::Words(4, usize::MAX), EXPIRING, "LPUSH {a} 0 9"),
    form("RPUSH key item", When::Words(3, 3), NOTHING, "RPUSH {a} 1"),
    form("RPUSH key item item", When::Words(4, usize::MAX), EXPIRING, "RPUSH {a} 3 4"),
    form("LPUSHX key item", When::Words(3, 3), EXPIRING, "LPUSHX {a} 0"),
    form("LPUSHX key item item", When::Words(4, usize::MAX), EXPIRING, "LPUSHX {a} 0 9"),
    form("RPUSHX key item", When::Words(3, 3), EXPIRING, "RPUSHX {a} 3"),
    form("RPUSHX key item item", When::Words(4, usize::MAX), EXPIRING, "RPUSHX {a} 3 4"),
    form("LPOP key", When::Words(2, 2), EXPIRING, "LPOP {a}"),
    form("LPOP key count", When::Words(3, usize::MAX), EXPIRING, "LPOP {a} 2"),
    form("RPOP key", When::Words(2, 2), EXPIRING, "RPOP {a}"),
    form("RPOP key count", When::Words(3, usize::MAX), EXPIRING, "RPOP {a} 2"),
    form("LSET key index item", ANY, EXPIRING, "LSET {a} -1 9"),
    form("LINSERT key BEFORE pivot item", When::At(2, "BEFORE"), EXPIRING, "LINSERT {a} BEFORE 2 9"),
    form("LINSERT key AFTER pivot item", When::At(2, "AFTER"), EXPIRING, "LINSERT {a} AFTER 2 9"),
    form("LREM key count item", ANY, EXPIRING, "LREM {a} -1 1"),
    form("LTRIM key start stop", ANY, EXPIRING, "LTRIM {a} 1 -1"),
    form("RPOPLPUSH source destination", ANY, EXPIRING, "RPOPLPUSH {a} {b}"),
    form("LMOVE source destination LEFT|RIGHT LEFT|RIGHT", ANY, EXPIRING, "LMOVE {a} {b} LEFT RIGHT"),
    form("LMPOP 1 key LEFT|RIGHT", When::At(1, "1"), EXPIRING, "LMPOP 1 {a} LEFT"),
    form("LMPOP numkeys key key LEFT|RIGHT", When::NotAt(1, "1"), TWO_LISTS, "LMPOP 2 {b} {a} RIGHT"),
    form("LMPOP numkeys key LEFT|RIGHT COUNT count", When::Option(4, "COUNT"), EXPIRING, "LMPOP 1 {a} LEFT COUNT 2"),
    form("DEL key", When::Words(2, 2), ITEMS, "DEL {a}"),
    form("DEL key key", When::Words(3, usize::MAX), TWO_LISTS, "DEL {a} {b}"),
    form("RENAME key newkey", ANY, EXPIRING, "RENAME {a} {b}"),
    form("EXPIRE key seconds", When::Words(3, 3), ITEMS, "EXPIRE {a} 100000"),
    form("EXPIRE key seconds NX", When::Option(3, "NX"), ITEMS, "EXPIRE {a} 100000 NX"),
    form("EXPIRE key seconds XX", When::Option(3, "XX"), ITEMS, "EXPIRE {a} 100000 XX"),
    form("EXPIRE key seconds GT", When::Option(3, "GT"), ITEMS, "EXPIRE {a} 100000 GT"),
    form("EXPIRE key seconds LT", When::Option(3, "LT"), ITEMS, "EXPIRE {a} 100000 LT"),
    form("PEXPIRE key ms", When::Words(3, 3), ITEMS, "PEXPIRE {a} 100000000"),
    form("PEXPIRE key ms NX", When::Option(3, "NX"), ITEMS, "PEXPIRE {a} 100000000 NX"),
    form("PEXPIRE key ms XX", When::Option(3, "XX"), ITEMS, "PEXPIRE {a} 100000000 XX"),
    form("PEXPIRE key ms GT", When::Option(3, "GT"), ITEMS, "PEXPIRE {a} 100000000 GT"),
    form("PEXPIRE key ms LT", When::Option(3, "LT"), ITEMS, "PEXPIRE {a} 100000000 LT"),
    form("EXPIREAT key unix-seconds", When::Words(3, 3), ITEMS, "EXPIREAT {a} 4102444800"),
    form("EXPIREAT key unix-seconds NX", When::Option(3, "NX"), ITEMS, "EXPIREAT {a} 4102444800 NX"),
    form("EXPIREAT key unix-seconds XX", When::Option(3, "XX"), ITEMS, "EXPIREAT {a} 4102444800 XX"),
    form("EXPIREAT key unix-seconds GT", When::Option(3, "GT"), ITEMS, "EXPIREAT {a} 4102444800 GT"),
    form("EXPIREAT key unix-seconds LT", When::Option(3, "LT"), ITEMS, "EXPIREAT {a} 4102444800 LT"),
    form("PEXPIREAT key unix-ms", When::Words(3, 3), ITEMS, "PEXPIREAT {a} 4102444800000"),
    form("PEXPIREAT key unix-ms NX", When::Option(3, "NX"), ITEMS, "PEXPIREAT {a} 4102444800000 NX"),
    form("PEXPIREAT key unix-ms XX", When::Option(3, "XX"), ITEMS, "PEXPIREAT {a} 4102444800000 XX"),
    form("PEXPIREAT key unix-ms GT", When::Option(3, "GT"), ITEMS, "PEXPIREAT {a} 4102444800000 GT"),
    form("PEXPIREAT key unix-ms LT", When::Option(3, "LT"), ITEMS, "PEXPIREAT {a} 4102444800000 LT"),
    form("PERSIST key", ANY, EXPIRING, "PERSIST {a}"),
    form("LLEN key", ANY, ITEMS, "LLEN {a}"),
    form("LRANGE key start stop", ANY, ITEMS, "LRANGE {a} 1 -1"),
    form("LINDEX key index", ANY, ITEMS, "LINDEX {a} -2"),
    form("LPOS key item", When::Words(3, 3), ITEMS, "LPOS {a} 2"),
    form("LPOS key item RANK rank", When::Option(3, "RANK"), ITEMS, "LPOS {a} 1 RANK -1"),
    form("LPOS key item COUNT count", When::Option(3, "COUNT"), ITEMS, "LPOS {a} 1 COUNT 0"),
    form("LPOS key item MAXLEN len", When::Option(3, "MAXLEN"), ITEMS, "LPOS {a} 2 MAXLEN 1"),
    form("TYPE key", ANY, ITEMS, "TYPE {a}"),
    form("EXISTS key", When::Words(2, 2), ITEMS, "EXISTS {a}"),
    form("EXISTS key key", When::Words(3, usize::MAX), ITEMS, "EXISTS {a} {b} {a}"),
    form("PEXPIRETIME key", ANY, &["RPUSH {a} 1", "PEXPIREAT {a} 4102444800000"], "PEXPIRETIME {a}"),
    // Last: a server that knows but one of the two is left in the middle of it.
    Form { is_transaction: true, ..form("MULTI EXEC", When::Never, EXPIRING, "LPUSH {a} 0") },
];

impl Form {
    /// The form of this name.
    pub fn find(name: &str) -> Option<&'static Form> {
        FORMS.iter().find(|form| form.name == name)
    }

    /// The command's name.
    pub fn command(&self) -> &'static str {
        self.name.split(' ').next().unwrap_or(self.name)
    }

    /// The forms that a command has. A command that Redis refuses has them by the looks of it.
    pub fn of(args: &Args) -> impl Iterator<Item = &'static Form> {
        Form::of_command(args).filter(|form| form.when.holds(args))
    }

    /// All forms of a command's name.
    pub fn of_command(args: &Args) -> impl Iterator<Item = &'static Form> {
        let is_its =
            |form: &&Form| args.first().is_some_and(|name| name.eq_ignore_ascii_case(form.command().as_bytes()));
        FORMS.iter().filter(is_its)
    }
}

impl When {
    fn holds(self, args: &Args) -> bool {
        let is = |word: &Vec<u8>, other: &str| word.eq_ignore_ascii_case(other.as_bytes());
        match self {
            When::Words(first, last) => (first..=last).contains(&args.len()),
            When::Option(from, other) => args.iter().skip(from).any(|word| is(word, other)),
            When::At(place, other) => args.get(place).is_some_and(|word| is(word, other)),
            When::NotAt(place, other) => args.get(place).is_some_and(|word| !is(word, other)),
            When::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::command::COMMANDS;

    fn args(line: &str) -> Args {
        line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
    }

    fn names(line: &str) -> Vec<&'static str> {
        Form::of(&args(line)).map(|form| form.name).collect()
    }

    #[test]
    fn every_command_has_a_form_and_every_trial_the_form_that_it_tries() {
        let commands: BTreeSet<&str> = FORMS.iter().map(Form::command).filter(|name| *name != "MULTI").collect();
        assert_eq!(commands, COMMANDS.iter().map(|spec| spec.name).collect());
        for form in FORMS.iter().filter(|form| !form.is_transaction) {
            assert!(names(form.tried).contains(&form.name), "{}", form.name);
            assert_eq!(Form::find(form.name).map(|found| found.tried), Some(form.tried), "two have one name");
        }
    }

    #[test]
    fn a_command_has_the_forms_of_its_words() {
        for (line, expected) in [
            ("lpop k", &["LPOP key"][..]),
            ("LPOP k 1 2", &["LPOP key count"]),
            ("LPOP", &[]),
            ("EXPIRE k 1 xx gt", &["EXPIRE key seconds XX", "EXPIRE key seconds GT"]),
            ("LMPOP 1 count LEFT", &["LMPOP 1 key LEFT|RIGHT"]),
            (
                "LMPOP 2 a b LEFT COUNT 2",
                &["LMPOP numkeys key key LEFT|RIGHT", "LMPOP numkeys key LEFT|RIGHT COUNT count"],
            ),
            ("LPOS k count", &["LPOS key item"]),
            ("LINSERT k sideways p v", &[]),
            ("GET k", &[]),
        ] {
            assert_eq!(names(line), expected, "{line}");
        }
    }
}

//! Somebody else's decoder, run as a command, or as a function by a test suite that has it in its own process.
//!
//! `exec:CMD ... {fsm} ... {out} ...` is split into words as a shell would split it, but no shell runs it: what a file is
//! called cannot become part of a command. `{fsm}` is the snapshot to read, `{out}` the dump to make; both may stand
//! within a word. `{out}` does not exist when the command starts, its parent does.
//!
//! A decoder under test may do anything, so nothing that it does may stop us: it reads no input, its output is taken up
//! to a bound and read over from there, it has a time limit, and it runs in a process group of its own, which is killed
//! as a whole when the command has ended or its time is up. The snapshot must be what it was, and the dump where it belongs.

mod capture;
mod function;
mod outcome;
mod process;

pub use outcome::{DecoderError, DecoderRun, Outcome};

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::jobs::Interrupt;
use function::Function;

/// What a decoder's text starts with.
const SCHEME: &str = "exec:";
/// What stands for the snapshot.
const FSM: &str = "{fsm}";
/// What stands for the dump.
const OUT: &str = "{out}";

/// Bytes of a snapshot that are read at once.
const DIGEST_BYTES: usize = 64 << 10;

/// What decodes a snapshot into a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoder {
    how: How,
    time_limit: Duration,
    interrupt: Interrupt,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum How {
    Command { text: String, program: String, arguments: Vec<String> },
    Function(Function),
}

impl Decoder {
    /// How long a decoder may take for one snapshot.
    pub const TIME_LIMIT: Duration = Duration::from_secs(60);

    /// Reads `exec:CMD ... {fsm} ... {out} ...`.
    ///
    /// # Errors
    ///
    /// A sentence that says what is missing.
    pub fn parse(text: &str) -> Result<Decoder, String> {
        let form = format!("write {SCHEME}CMD ... {FSM} ... {OUT} ...");
        let command = text.strip_prefix(SCHEME).ok_or_else(|| format!("a decoder starts with {SCHEME:?}; {form}"))?;
        let mut words = shell_words::split(command).map_err(|_| format!("a quote is not closed; {form}"))?.into_iter();
        let program = words.next().ok_or_else(|| format!("there is no command; {form}"))?;
        let arguments: Vec<String> = words.collect();
        for (placeholder, meaning) in [(FSM, "the snapshot to read"), (OUT, "the dump to make")] {
            if !arguments.iter().any(|word| word.contains(placeholder)) {
                return Err(format!("no argument holds {placeholder}, which stands for {meaning}; {form}"));
            }
        }
        Ok(Decoder::new(How::Command { text: text.to_owned(), program, arguments }))
    }

    /// A function of this process, which gets the snapshot to read and the dump to make, and says what went wrong. A
    /// panic of it is an error; it cannot be ended, so there is no time limit.
    pub fn function(decode: impl Fn(&Path, &Path) -> Result<(), String> + Send + Sync + 'static) -> Decoder {
        Decoder::new(How::Function(Function::new(decode)))
    }

    fn new(how: How) -> Decoder {
        Decoder { how, time_limit: Decoder::TIME_LIMIT, interrupt: Interrupt::NEVER }
    }

    /// The same with another time limit.
    pub fn with_time_limit(self, time_limit: Duration) -> Decoder {
        Decoder { time_limit, ..self }
    }

    /// The same, ended as soon as that is wished.
    pub fn with_interrupt(self, interrupt: Interrupt) -> Decoder {
        Decoder { interrupt, ..self }
    }

    /// The command for these paths, as a shell takes it; of a function, what stands for it.
    pub fn command_line(&self, fsm: &Path, out: &Path) -> String {
        let How::Command { program, arguments, .. } = &self.how else { return self.to_string() };
        let arguments = arguments.iter().map(|word| filled(word, fsm, out).to_string_lossy().into_owned());
        shell_words::join(std::iter::once(program.clone()).chain(arguments))
    }

    /// Decodes the snapshot `fsm` into the dump `out`, which must not exist.
    ///
    /// # Errors
    ///
    /// The command could not be run at all. However it ends otherwise is in the result.
    pub fn run(&self, fsm: &Path, out: &Path) -> Result<DecoderRun, DecoderError> {
        let before = digest(fsm);
        let run = match &self.how {
            How::Command { program, arguments, .. } => {
                let mut command = Command::new(program);
                command.args(arguments.iter().map(|word| filled(word, fsm, out)));
                process::run(command, program, self.time_limit, &self.interrupt)?
            }
            How::Function(function) => function.run(fsm, out),
        };
        let is_altered = || digest(fsm) != before;
        let outcome = match run.outcome {
            Outcome::Succeeded if is_altered() => Outcome::Altered(0),
            Outcome::Failed(code) if is_altered() => Outcome::Altered(code),
            Outcome::Succeeded if out.is_symlink() => Outcome::LeftLink,
            outcome => outcome,
        };
        Ok(DecoderRun { outcome, ..run })
    }
}

/// What a snapshot holds; `None` where there is none that can be read.
fn digest(fsm: &Path) -> Option<[u8; 32]> {
    let mut hasher = Sha256::new();
    // What a decoder has put in its place, such as a pipe, might never end.
    let is_file = std::fs::symlink_metadata(fsm).is_ok_and(|metadata| metadata.is_file());
    let mut file = is_file.then(|| File::open(fsm).ok()).flatten()?;
    let mut buffer = vec![0; DIGEST_BYTES];
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(hasher.finalize().into()),
            count => hasher.update(buffer.get(..count)?),
        }
    }
}

/// The text that was parsed.
impl std::fmt::Display for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.how {
            How::Command { text, .. } => f.write_str(text),
            How::Function(_) => f.write_str("(a function)"),
        }
    }
}

impl FromStr for Decoder {
    type Err = String;

    fn from_str(text: &str) -> Result<Decoder, String> {
        Decoder::parse(text)
    }
}

/// Output of a decoder without the paths that were another run's others, and without what a terminal, or whoever reads a
/// log line by line, would take for more than text. The longer paths come first.
///
/// The runner of GitHub Actions finds its older form of a command, `##[error]`, anywhere in a line, so no mark before the line
/// keeps it from that.
pub fn without_paths(output: &str, paths: &[(&Path, &str)]) -> String {
    let mut text = output.to_owned();
    for (path, name) in paths {
        let canonical = path.canonicalize().map(|path| path.to_string_lossy().into_owned());
        text = text.replace(&*path.to_string_lossy(), name);
        text = canonical.map_or(text.clone(), |canonical| text.replace(&canonical, name));
    }
    let text: String =
        text.chars().map(|c| if c.is_control() && !"\n\t".contains(c) { '\u{fffd}' } else { c }).collect();
    text.replace("##[", "##\u{fffd}[")
}

/// Output of a decoder as lines to be shown, each after a bar: none of them is to pass for one of ours, or for a command to the
/// CI service that shows them.
pub fn barred(output: &str) -> impl Iterator<Item = String> {
    output.trim_end().lines().map(|line| format!("| {line}"))
}

/// The word with the paths in the places that stand for them; a path is not searched for placeholders.
fn filled(word: &str, fsm: &Path, out: &Path) -> OsString {
    let mut filled = OsString::new();
    let mut rest = word;
    loop {
        let places = [(FSM, fsm), (OUT, out)].map(|(placeholder, path)| (rest.find(placeholder), placeholder, path));
        let next = places.into_iter().filter_map(|(at, placeholder, path)| Some((at?, placeholder, path))).min();
        let Some((at, placeholder, path)) = next else {
            filled.push(rest);
            return filled;
        };
        let (before, after) = rest.split_at(at);
        filled.push(before);
        filled.push(path);
        rest = after.strip_prefix(placeholder).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shell script as a decoder; `$0` is the snapshot and `$1` the dump.
    fn script(script: &str) -> Decoder {
        let text = format!("exec:sh -c {} {{fsm}} {{out}}", shell_words::quote(script));
        Decoder::parse(&text).expect("a decoder")
    }

    fn run(decoder: &Decoder) -> DecoderRun {
        decoder.run(Path::new("in.fsm"), Path::new("out")).expect("a shell")
    }

    #[test]
    fn the_words_are_those_of_a_shell_and_both_placeholders_must_occur() {
        let decoder = Decoder::parse(r#"exec:dec "a b" --in={fsm} '{out}/{fsm}' $HOME"#).expect("a decoder");
        let line = decoder.command_line(Path::new("x y.fsm"), Path::new("{fsm}"));
        assert_eq!(line, "dec 'a b' '--in=x y.fsm' '{fsm}/x y.fsm' '$HOME'");
        assert_eq!(Decoder::parse(&decoder.to_string()), Ok(decoder));
        for (text, problem) in [
            ("dec {fsm} {out}", "a decoder starts with \"exec:\""),
            ("exec:", "there is no command"),
            ("exec:dec {fsm}", "no argument holds {out}, which stands for the dump to make"),
            ("exec:dec {out}", "no argument holds {fsm}"),
            ("exec:{fsm} {out}", "no argument holds {fsm}"),
            ("exec:dec '{fsm} {out}", "a quote is not closed"),
        ] {
            let error = Decoder::parse(text).expect_err(text);
            assert!(error.contains(problem) && error.ends_with("; write exec:CMD ... {fsm} ... {out} ..."), "{error}");
        }
    }

    #[test]
    fn the_exit_and_both_outputs_are_told() {
        let ended = run(&script("echo $0 >&2; echo $1; exit 7"));
        assert_eq!(ended, DecoderRun { outcome: Outcome::Failed(7), output: "in.fsm\nout\n".to_owned() });
        assert_eq!(run(&script("cat")).outcome, Outcome::Succeeded, "there is no input to wait for");
        assert_eq!(run(&script("kill -9 $$")).outcome, Outcome::Killed(9));
    }

    #[test]
    fn an_altered_snapshot_and_a_link_in_the_dump_s_place_are_noticed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (fsm, out) = (folder.path().join("in.fsm"), folder.path().join("out"));
        for (doing, expected) in [
            ("cat $0 >/dev/null; touch $0; mkdir $1", Outcome::Succeeded),
            ("echo >>$0", Outcome::Altered(0)),
            ("rm $0; exit 3", Outcome::Altered(3)),
            ("rm $0; mkfifo $0", Outcome::Altered(0)),
            ("ln -s /etc $1", Outcome::LeftLink),
        ] {
            let _ = std::fs::remove_file(&fsm);
            let _ = std::fs::remove_file(&out);
            let _ = std::fs::remove_dir(&out);
            std::fs::write(&fsm, "a snapshot").expect("a file");
            assert_eq!(script(doing).run(&fsm, &out).expect("a shell").outcome, expected, "{doing}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let decoder = Decoder::parse("exec:./no-such-decoder {fsm} {out}").expect("a decoder");
        let error = decoder.run(Path::new("in"), Path::new("out")).expect_err("no such program");
        assert!(error.to_string().starts_with("the decoder's program \"./no-such-decoder\" could not be started: No"));
    }

    #[test]
    fn a_flood_is_read_and_its_middle_left_out() {
        let ended = run(&script("echo first; yes | head -c 3000000; echo last"));
        assert_eq!(ended.outcome, Outcome::Succeeded);
        let whole = "first\n".len() + 3_000_000 + "last\n".len();
        let left_out = format!("\n[... {} bytes left out ...]\n", whole - 2 * capture::KEPT_BYTES);
        assert!(ended.output.contains(&left_out), "{}", ended.output);
        assert!(ended.output.starts_with("first\ny\n") && ended.output.ends_with("y\nlast\n"));
        assert_eq!(ended.output.len(), 2 * capture::KEPT_BYTES + left_out.len());
    }

    /// What is left of a process after its end; `None` when nothing is.
    fn process_state(pid: &str) -> Option<String> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).ok()?;
        stat.rsplit(") ").next().map(|rest| rest.chars().take(1).collect())
    }

    fn assert_gone(pid: &str) {
        // Killed it is at once; that the system has noticed takes a moment.
        for _ in 0..100_000 {
            if process_state(pid).is_none_or(|state| state == "Z") {
                return;
            }
            std::thread::yield_now();
        }
        panic!("process {pid} lives");
    }

    #[test]
    fn who_hangs_is_killed_with_all_children() {
        let decoder = script("echo begun; sleep 1000 & echo $!; wait").with_time_limit(Duration::from_millis(300));
        let ended = run(&decoder);
        assert_eq!(ended.outcome, Outcome::TimedOut);
        let (begun, grandchild) = ended.output.split_once('\n').expect("two lines");
        assert_eq!(begun, "begun");
        assert_gone(grandchild);
    }

    #[test]
    fn a_child_left_behind_holds_nobody_up() {
        let ended = run(&script("sleep 1000 & echo $!; exit 3"));
        assert_eq!(ended.outcome, Outcome::Failed(3));
        assert_gone(&ended.output);
    }

    #[test]
    fn a_child_that_left_the_group_holds_nobody_up() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let fifo = folder.path().join("fifo");
        // The fifo, in the place of the dump, holds the command until the child has left.
        let decoder =
            script("mkfifo $1; setsid sh -c 'echo $$; echo left >$0; exec sleep 1000' $1 & cat $1 >/dev/null");
        let ended = decoder.run(Path::new("in"), &fifo).expect("a shell");
        assert_eq!(ended.outcome, Outcome::Succeeded);
        let killed = Command::new("kill").arg(ended.output.trim()).status().expect("kill");
        assert!(killed.success(), "it lived on: {}", ended.output);
    }
}

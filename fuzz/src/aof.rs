//! Recordings of real traffic. Whatever the buffer they come through, and wherever they are cut, the steps are the same as
//! far as they go; the steps are a trace, on which store and model agree.
//!
//! The input is an append-only file, or the output of MONITOR (which begins with `+` or a digit), or, after a `=`, the list
//! of an append-only file's parts; or, after a `-`, lines of words, of which a file is made in which all lengths are right:
//! `~` is an empty word, a line that begins with `#` stays as it is, and one of `---` begins the next file of several.

use std::io::{BufReader, Cursor};

use ekv_roundtrip::case::replay::{discarded, model_state, on_model, on_store, requests};
use ekv_roundtrip::command::write_resp;
use ekv_roundtrip::database::{Database, History};
use ekv_roundtrip::model::Model;
use ekv_roundtrip::store::{Answer, MetaWidth, Store, visible_state};
use ekv_roundtrip::workload::recorded::{AofPart, MonitorTimes, RecordedSteps, read_aof_manifest};
use ekv_roundtrip::workload::{Step, Trace};

/// Checks an input.
pub fn check(data: &[u8]) {
    match data.first() {
        Some(b'=') => drop(read_aof_manifest(&data[1..])),
        Some(b'+' | b'0'..=b'9') => check_cut(data, Kind::Monitor),
        Some(b'-') => {
            let files = files_of_lines(&data[1..]);
            if let [file] = &files[..] {
                check_cut(file, Kind::Aof);
            }
            check_steps(&steps(aof(&files, 4096)).0);
        }
        _ => check_cut(data, Kind::Aof),
    }
}

type Opened = Result<RecordedSteps, String>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Aof,
    Monitor,
}

/// Opens the start of a recording of one file, through a buffer of some size.
fn open(kind: Kind, whole: &[u8], end: usize, buffer: usize) -> Opened {
    let bytes = &whole[..end];
    match kind {
        Kind::Aof => aof(&[bytes.to_vec()], buffer),
        Kind::Monitor => {
            let input = |bytes: &[u8]| Box::new(BufReader::with_capacity(buffer, Cursor::new(bytes.to_vec())));
            Ok(RecordedSteps::monitor(input(bytes), MonitorTimes::read(input(whole))))
        }
    }
}

fn aof(files: &[Vec<u8>], buffer: usize) -> Opened {
    let several = files.len() > 1;
    let part = |(number, file): (usize, &Vec<u8>)| AofPart {
        name: several.then(|| number.to_string()),
        input: Ok(Box::new(BufReader::with_capacity(buffer, Cursor::new(file.clone())))),
    };
    let parts: Vec<AofPart> = files.iter().enumerate().map(part).collect();
    RecordedSteps::aof(parts.into_iter()).map_err(|error| error.to_string())
}

fn files_of_lines(text: &[u8]) -> Vec<Vec<u8>> {
    let mut files = vec![Vec::new()];
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        if line == b"---" && files.len() < 4 {
            files.push(Vec::new());
            continue;
        }
        let file = files.last_mut().expect("at least one");
        match line {
            [b'#', ..] => {
                file.extend_from_slice(line);
                file.extend_from_slice(b"\r\n");
            }
            _ => {
                let word = |word: &[u8]| if word == b"~" { Vec::new() } else { word.to_vec() };
                let words: Vec<Vec<u8>> = line.split(|byte| *byte == b' ').map(word).collect();
                write_resp(&words, file);
            }
        }
    }
    files
}

/// The steps, and the error that ended them.
fn steps(opened: Opened) -> (Vec<Step>, Option<String>) {
    let mut found = Vec::new();
    let mut steps = match opened {
        Ok(steps) => steps,
        Err(error) => return (found, Some(error)),
    };
    for step in steps.by_ref() {
        match step {
            Ok(step) => found.push(step),
            Err(error) => return (found, Some(error.to_string())),
        }
    }
    assert!(steps.next().is_none() && steps.notes().iter().all(|note| !note.is_empty()));
    (found, None)
}

fn check_cut(bytes: &[u8], kind: Kind) {
    let (whole, error) = steps(open(kind, bytes, bytes.len(), 4096));
    let slowly = steps(open(kind, bytes, bytes.len(), 1 + bytes.len() % 9));
    assert_eq!(slowly, (whole.clone(), error), "the buffer shows");
    // MONITOR shows what a client ran in a row after MULTI; only an EXEC says that it was a transaction, and not the end.
    // Nor is the end that of a script, which serves those who wait.
    let holds = |text: &[u8]| bytes.to_ascii_uppercase().windows(text.len()).any(|word| word == text);
    if kind == Kind::Monitor && (holds(b"MULTI") || holds(b"LUA")) {
        return check_steps(&whole);
    }
    let number = bytes.iter().fold(0, |sum: usize, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let (start, _) = steps(open(kind, bytes, number % (bytes.len() + 1), 4096));
    assert_eq!(start[..], whole[..start.len().min(whole.len())], "what comes later shows");
    check_steps(&whole);
}

fn check_steps(steps: &[Step]) {
    let mut text = Vec::new();
    let trace = Trace { header: None, steps: steps.to_vec() };
    trace.write(&mut text).unwrap();
    assert_eq!(Trace::read(text.as_slice()).expect("steps are a trace"), trace);
    let mut model = Model::new();
    let mut store = Store::over(Database::in_memory(History::Dropped), MetaWidth::Long).unwrap();
    for step in steps {
        assert!(step.at_ms.is_some(), "every step has a time");
        let answers = on_store(&mut store, step).expect("records of our own").answers;
        let refused: Vec<bool> = answers.iter().map(|answer| matches!(answer, Answer::Refused(_))).collect();
        let replies = on_model(&mut model, step, |place| refused[place]);
        let (requests, is_transaction) = requests(step).expect("a command of a client");
        assert!(discarded(requests, is_transaction).is_none(), "a transaction that was run is run again: {step:?}");
        for (answer, reply) in answers.into_iter().zip(replies) {
            match (answer, reply) {
                (Answer::Reply(ours), reply) => assert_eq!(Some(ours), reply, "{step:?}"),
                (Answer::Refused(_), _) => {}
            }
        }
    }
    let expected = model_state(&model);
    let shown = visible_state(&store.database().snapshot(), expected.last_ms).expect("records of our own");
    let mut shown = shown;
    shown.retain_visible(model.now_ms());
    assert_eq!(shown.keys, expected.keys);
}

//! Text that people write: traces and states, line by line. What is taken is written again as the same, and says what a
//! plain JSON parser reads there.

use std::io::BufReader;

use ekv_roundtrip::case::replay::requests;
use ekv_roundtrip::command::Request;
use ekv_roundtrip::state::State;
use ekv_roundtrip::workload::{Action, Step, Trace, TraceError, TraceReader};

/// Checks an input.
pub fn check(data: &[u8]) {
    check_trace(data);
    match State::read_json_lines(data) {
        Ok(state) => {
            let mut text = Vec::new();
            state.write_json_lines(&mut text).unwrap();
            assert_eq!(State::read_json_lines(text.as_slice()).expect("what was written"), state);
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control), "{error}"),
    }
}

fn check_trace(data: &[u8]) {
    let whole = Trace::read(data);
    // Line by line, out of a buffer that ends anywhere.
    let streamed = TraceReader::new(BufReader::with_capacity(7, data)).and_then(|mut reader| {
        let header = reader.header().cloned();
        let steps = reader.by_ref().collect::<Result<Vec<Step>, TraceError>>()?;
        assert!(reader.next().is_none());
        Ok(Trace { header, steps })
    });
    match (&whole, &streamed) {
        (Ok(whole), Ok(streamed)) => assert_eq!(whole, streamed),
        (Err(whole), Err(streamed)) => {
            assert_eq!(whole.to_string(), streamed.to_string());
            assert!(!whole.to_string().contains(char::is_control), "{whole}");
        }
        _ => panic!("{whole:?}\nstreamed: {streamed:?}"),
    }
    let Ok(trace) = whole else { return };
    let mut text = Vec::new();
    trace.write(&mut text).unwrap();
    assert_eq!(Trace::read(text.as_slice()).expect("what was written"), trace);
    let mut again = Vec::new();
    Trace::read(text.as_slice()).unwrap().write(&mut again).unwrap();
    assert_eq!(String::from_utf8(again), String::from_utf8(text));
    check_against_json(data, &trace);
}

fn check_against_json(data: &[u8], trace: &Trace) {
    let lines = data.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let lines: Vec<serde_json::Value> = lines.map(|line| serde_json::from_slice(line).expect("JSON")).collect();
    let steps = if trace.header.is_some() { &lines[1..] } else { &lines[..] };
    assert_eq!(steps.len(), trace.steps.len());
    for (line, step) in steps.iter().zip(&trace.steps) {
        assert_eq!(line.get("at_ms").and_then(serde_json::Value::as_u64), step.at_ms, "{line}");
        let (commands, is_transaction) = requests(step).unwrap_or_default();
        let said: Vec<&serde_json::Value> = match (line.get("cmd"), line.get("txn")) {
            (Some(command), Some(serde_json::Value::Null) | None) if !command.is_null() => vec![command],
            (_, Some(transaction)) if !transaction.is_null() => transaction.as_array().unwrap().iter().collect(),
            _ => Vec::new(),
        };
        assert!(commands.len() == said.len() && (!is_transaction || line.get("txn").is_some()), "{line}");
        for (request, said) in commands.iter().zip(said) {
            check_request(request, said);
        }
        if let Action::Seed { head, .. } = &step.action {
            assert_eq!(line["head"].as_i64(), Some(*head));
        }
    }
}

/// What is taken for a command can be said in words again, and is refused or run with the words that came.
fn check_request(request: &Request, said: &serde_json::Value) {
    let words = request.args();
    assert_eq!(Request::parse(words.clone()).as_ref(), Ok(request));
    let name = said[0].as_str().map(str::to_ascii_uppercase);
    if let Some(name) = name {
        assert_eq!(request.command_name(), name);
    }
    if let Request::Rejected { args, error, .. } = request {
        assert_eq!(args.len(), said.as_array().unwrap().len());
        assert!(error.starts_with(|first: char| first.is_ascii_uppercase()), "{error}");
    }
}

//! RDB files. Any bytes are lists or an error with its offset, whatever the buffer they come through and wherever they are
//! cut; and the lists, written again in the plainest form there is, are the same.
//!
//! The input is a file, or, unless it begins as one, what stands between a header and an end without a checksum.

use std::io::{BufReader, Cursor};

use ekv_roundtrip::case::replay::on_model;
use ekv_roundtrip::model::{Model, ModelValue};
use ekv_roundtrip::workload::Step;
use ekv_roundtrip::workload::recorded::{AofPart, RecordedSteps};

const END: &[u8] = b"\xff\0\0\0\0\0\0\0\0";

/// Checks an input.
pub fn check(data: &[u8]) {
    let is_file = [&b"REDIS"[..], b"VALKEY"].iter().any(|magic| data.starts_with(magic));
    let file = if is_file { data.to_vec() } else { [b"REDIS0011", data, END].concat() };
    let (whole, error) = steps(&file, 4096);
    assert_eq!(steps(&file, 1 + file.len() % 9), (whole.clone(), error), "the buffer shows");
    let number = file.iter().fold(0, |sum: usize, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let (start, _) = steps(&file[..number % (file.len() + 1)], 4096);
    assert_eq!(start[..], whole[..start.len().min(whole.len())], "what comes later shows");

    let model = run(&whole);
    let plain = plain(&model);
    let (again, error) = steps(&plain, 4096);
    assert_eq!(error, None);
    assert!(run(&again).keys().eq(model.keys()), "the plain form says something else");
}

/// The steps, and the error that ended them.
fn steps(file: &[u8], buffer: usize) -> (Vec<Step>, Option<String>) {
    let input = BufReader::with_capacity(buffer, Cursor::new(file.to_vec()));
    let part = AofPart { name: None, input: Ok(Box::new(input)) };
    let mut found = Vec::new();
    let error = RecordedSteps::aof(std::iter::once(part))
        .and_then(|mut steps| steps.by_ref().try_for_each(|step| step.map(|step| found.push(step))));
    let error = error.err().map(|error| error.to_string());
    if let Some(error) = &error {
        let offset = error.strip_prefix("byte ").and_then(|rest| rest.split(':').next()?.parse::<usize>().ok());
        let is_placed = offset.is_some_and(|offset| offset <= file.len());
        // The one that is about no place.
        assert!(is_placed || error.starts_with("no command of the recording is about a list in database 0"), "{error}");
    }
    (found, error)
}

fn run(steps: &[Step]) -> Model {
    let mut model = Model::new();
    for step in steps {
        on_model(&mut model, step, |_| false);
    }
    model
}

/// Linked lists of plain strings.
fn plain(model: &Model) -> Vec<u8> {
    let mut file = b"REDIS0003".to_vec();
    let length = |file: &mut Vec<u8>, length: usize| {
        file.push(0x81);
        file.extend((length as u64).to_be_bytes());
    };
    let string = |file: &mut Vec<u8>, string: &[u8]| {
        length(file, string.len());
        file.extend_from_slice(string);
    };
    for (key, list) in model.keys() {
        if let Some(at_ms) = list.expire_at_ms {
            file.push(0xfc);
            file.extend(at_ms.to_le_bytes());
        }
        file.push(1);
        string(&mut file, key.as_bytes());
        let ModelValue::List(items) = &list.value;
        length(&mut file, items.len());
        items.iter().for_each(|item| string(&mut file, item));
    }
    file.push(0xff);
    file
}

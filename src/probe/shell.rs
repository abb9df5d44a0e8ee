//! Snapshots as commands of a POSIX shell, which need nothing that a Debian machine does not have.

use std::path::Path;

use super::row::Row;
use crate::decoder::Decoder;

/// From here on a run of one byte is written as its length.
const RUN_BYTES: usize = 64;

/// Writes the snapshot of a row to a file in the current folder, a command for each part.
pub(super) fn snapshot_command(row: &Row) -> String {
    let mut text = "{\n".to_owned();
    for part in &row.snapshot.parts {
        text.push_str(&format!("  # {}\n", part.caption));
        for chunk in chunks(&part.bytes) {
            text.push_str(&format!("  {}\n", chunk_command(chunk)));
        }
    }
    if row.snapshot.parts.is_empty() {
        text.push_str("  :\n");
    }
    text.push_str(&format!("}} > {}\n", fsm_name(row)));
    text
}

/// Has the file decoded that [`snapshot_command`] writes.
pub(super) fn decode_command(decoder: &Decoder, row: &Row) -> String {
    decoder.command_line(Path::new(&fsm_name(row)), Path::new(&format!("{}.dump", row.snapshot_name)))
}

fn fsm_name(row: &Row) -> String {
    format!("{}.fsm", row.snapshot_name)
}

/// The bytes in pieces, each long run of one byte a piece of its own.
fn chunks(bytes: &[u8]) -> Vec<&[u8]> {
    let mut chunks = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let mut end = 0;
        let run = rest.chunk_by(|one, next| one == next).find(|run| {
            let is_long = run.len() >= RUN_BYTES;
            end += if is_long { 0 } else { run.len() };
            is_long
        });
        let (plain, after) = rest.split_at(end);
        let (run, after) = after.split_at(run.map_or(0, <[u8]>::len));
        chunks.extend([plain, run].into_iter().filter(|chunk| !chunk.is_empty()));
        rest = after;
    }
    chunks
}

fn chunk_command(chunk: &[u8]) -> String {
    match chunk {
        [byte, rest @ ..] if chunk.len() >= RUN_BYTES && rest.iter().all(|other| other == byte) => {
            format!("head -c {} /dev/zero | tr '\\000' '\\{byte:03o}'", chunk.len())
        }
        _ => format!("printf '{}'", chunk.iter().copied().map(printf_byte).collect::<String>()),
    }
}

/// The byte within a format of `printf`. An escape always has three digits, so that a digit after it is its own.
fn printf_byte(byte: u8) -> String {
    match byte {
        b'%' => "%%".to_owned(),
        b'\'' | b'\\' | b'-' => format!("\\{byte:03o}"),
        0x20..=0x7e => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::finding::Verdict;
    use crate::probe::{Part, Probe, Snapshot, probes};

    fn row(name: &str, snapshot: Snapshot) -> Row {
        let text = String::new;
        Row {
            name: name.to_owned(),
            rule: text(),
            expected: text(),
            got: text(),
            verdict: Verdict::Ok,
            reason: None,
            detail: text(),
            outcome: text(),
            output: text(),
            snapshot_name: name.to_owned(),
            snapshot,
        }
    }

    #[test]
    fn a_shell_writes_each_snapshot_byte_for_byte() {
        let every_byte: Vec<u8> = [(0..=255).collect::<Vec<u8>>(), b"%s\\n$HOME`-'".to_vec(), vec![b'%'; 99]].concat();
        let every_byte = Snapshot { parts: vec![Part { caption: "every byte".to_owned(), bytes: every_byte }] };
        let rows = probes().into_iter().map(|Probe { name, snapshot, .. }| row(&name, snapshot));
        let rows: Vec<Row> = rows.chain([row("every-byte", every_byte)]).collect();
        let script: String = rows.iter().map(snapshot_command).collect();
        for shell in ["sh", "bash"] {
            let folder = tempfile::tempdir().expect("a temporary folder");
            std::fs::write(folder.path().join("script"), &script).expect("a script");
            let ran = Command::new(shell).arg("script").current_dir(folder.path()).output().expect("a shell");
            assert!(ran.status.success() && ran.stderr.is_empty(), "{shell}: {ran:?}");
            for row in &rows {
                let written = std::fs::read(folder.path().join(fsm_name(row))).expect("a snapshot");
                assert!(written == row.snapshot.bytes(), "{shell}: {}", row.name);
            }
        }
    }
}

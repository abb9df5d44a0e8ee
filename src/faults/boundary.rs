//! How a case puts a fault's function to what crosses a boundary.

use std::collections::BTreeMap;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::changed::{Files, Pair};
use super::fault::Act;
use super::trees::family_of;
use crate::database::{Batch, Gate, Watch};
use crate::format::FamilyRow;
use crate::format::dump_tree::{CHECKSUMS, checksum_line};
use crate::format::record::classify;
use crate::format::snapshot::Framing;
use crate::records::{Namespace, RecordSource, SourceError};
use crate::snapshot::{SnapshotWriter, raw_rows};

/// What every batch of a store passes, if the fault is one of batches.
pub fn gate(fault: Option<Act>) -> Option<Gate> {
    match fault? {
        Act::Batch(change) | Act::Unseen(change, _) => Some(Arc::new(move |_, batch| change(batch))),
        _ => None,
    }
}

/// The watch of a database, after the fault.
pub fn watched(fault: Option<Act>, watch: Watch) -> Watch {
    match fault {
        Some(Act::Clock(change)) => Arc::new(move |commit_ts, changes| watch(change(commit_ts), changes)),
        Some(Act::Unseen(_, undo)) => Arc::new(move |commit_ts, changes| {
            let mut batch: Batch =
                changes.iter().map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec))).collect();
            undo(&mut batch);
            let rows: Vec<_> = batch.iter().map(|(key, value)| (key.as_slice(), value.as_deref())).collect();
            watch(commit_ts, &rows);
        }),
        _ => watch,
    }
}

/// The records of a source, after the fault. It gets those of the user keys that `is_meant` says, and what names no key.
pub fn changed_records(
    source: &dyn RecordSource,
    change: fn(&mut Vec<Pair>),
    is_meant: &dyn Fn(&[u8]) -> bool,
) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, SourceError> {
    let gets = |(key, value): &Pair| {
        let user_key = classify(key, value).ok().and_then(|record| record.user_key());
        user_key.is_none_or(is_meant)
    };
    let mut records = Vec::new();
    source.scan(Namespace::All, &mut |record| {
        records.push((record.key.to_vec(), record.value.to_vec()));
        std::ops::ControlFlow::Continue(())
    })?;
    let (mut changed, others): (Vec<Pair>, Vec<Pair>) = records.into_iter().partition(gets);
    change(&mut changed);
    Ok(others.into_iter().chain(changed).collect())
}

/// Changes a dump tree in its folder.
pub fn changed_tree(root: &Path, act: Act) -> std::io::Result<()> {
    if let Act::Folder(change) = act {
        return change(root);
    }
    if !matches!(act, Act::Tree(_) | Act::Body(..) | Act::Names(_)) {
        return Ok(());
    }
    let before = read_tree(root)?;
    let mut files = before.clone();
    change_files(&mut files, act);
    if files.get(CHECKSUMS) == before.get(CHECKSUMS) {
        let covered = files.iter().filter(|(path, _)| *path != CHECKSUMS);
        let lines = covered.map(|(path, bytes)| checksum_line(&hex::encode(Sha256::digest(bytes)), path));
        let checksums = lines.collect::<String>().into_bytes();
        files.insert(CHECKSUMS.to_owned(), checksums);
    }
    for path in before.keys().filter(|path| !files.contains_key(*path)) {
        let path = root.join(path);
        std::fs::remove_file(&path)?;
        // A folder that has become empty is none of a dump's; one that has not stays.
        let emptied = path.ancestors().skip(1).take_while(|folder| *folder != root);
        emptied.take_while(|folder| std::fs::remove_dir(folder).is_ok()).for_each(drop);
    }
    for (path, bytes) in files.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes)) {
        let path = root.join(path);
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(path, bytes)?;
    }
    Ok(())
}

fn change_files(files: &mut Files, act: Act) {
    match act {
        Act::Tree(change) => change(files),
        Act::Body(family, change) => {
            let is_meant = |path: &str| family_of(path).is_some_and(|row| row.family == family);
            for (_, bytes) in files.iter_mut().filter(|(path, _)| is_meant(path)) {
                *bytes = change(&String::from_utf8_lossy(bytes)).into_bytes();
            }
        }
        Act::Names(change) => {
            let renamed = |path: String| match path.rsplit_once('/').zip(family_of(&path)) {
                Some(((folder, name), FamilyRow { extension, .. })) => {
                    let name = name.strip_suffix(extension).unwrap_or(name);
                    format!("{folder}/{}{extension}", change(name))
                }
                None => path,
            };
            *files = std::mem::take(files).into_iter().map(|(path, bytes)| (renamed(path), bytes)).collect();
        }
        _ => {}
    }
}

fn read_tree(root: &Path) -> std::io::Result<Files> {
    let (mut files, mut folders) = (Files::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(below) = path.strip_prefix(root) {
                files.insert(below.to_string_lossy().into_owned(), std::fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

/// Changes a snapshot file, or the rows of a bare one.
pub fn changed_file(path: &Path, act: Act) -> std::io::Result<()> {
    match act {
        Act::File(change) => {
            let mut bytes = std::fs::read(path)?;
            change(&mut bytes);
            std::fs::write(path, bytes)
        }
        Act::Rows(change) => {
            let (last_commit_ts, mut rows) = raw_rows(path).map_err(std::io::Error::other)?;
            change(&mut rows);
            rows.sort();
            let out = BufWriter::new(std::fs::File::create(path)?);
            let mut writer = SnapshotWriter::new(out, Framing::Bare, last_commit_ts);
            rows.iter().try_for_each(|(key, value)| writer.row(key, value))?;
            writer.finish().map(drop)
        }
        _ => Ok(()),
    }
}

//! How a case puts a fault's function to what crosses a boundary.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::changed::{Files, Pair};
use super::fault::Act;
use super::trees::family_of;
use crate::bounds::LIST;
use crate::database::{Batch, Gate, Watch};
use crate::folders::{Folder, Kind};
use crate::format::FamilyRow;
use crate::format::dump_tree::{CHECKSUMS, checksum_line};
use crate::format::record::classify;
use crate::format::snapshot::Framing;
use crate::records::{Namespace, RecordSource, SourceError};
use crate::snapshot::{SnapshotWriter, raw_rows};
use crate::store::Screen;

/// What every batch of a store passes, if the fault is one of batches.
pub fn gate(fault: Option<Act>) -> Option<Gate> {
    match fault? {
        Act::Batch(change) | Act::Unseen(change, _) => Some(Arc::new(move |_, batch| change(batch))),
        _ => None,
    }
}

/// What every attempt of a store passes, if the fault is one of transactions.
pub fn screen(fault: Option<Act>) -> Option<Screen> {
    match fault? {
        Act::Attempt(change) => Some(Arc::new(change)),
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

/// Changes a dump tree in its folder. `path` is where that is on disk, for faults in what no other folder can have.
pub fn changed_tree(root: &dyn Folder, path: &Path, act: Act) -> std::io::Result<()> {
    if let Act::Folder(change) = act {
        return change(path);
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
    for (path, _) in before.iter().filter(|(path, bytes)| files.get(*path) != Some(bytes)) {
        remove(root, path)?;
    }
    for (path, bytes) in files.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes)) {
        let file = match path.rsplit_once('/') {
            Some((folder, name)) => root.make(folder)?.create(name),
            None => root.create(path),
        };
        file?.write_all(bytes)?;
    }
    Ok(())
}

/// Removes a file, and the folders that have become empty with that: those are none of a dump's.
fn remove(root: &dyn Folder, path: &str) -> std::io::Result<()> {
    let Some((mut folder, name)) = path.rsplit_once('/') else { return root.remove(path) };
    root.open(folder)?.remove(name)?;
    while let Some((above, name)) = folder.rsplit_once('/') {
        if root.open(above)?.remove_folder(name).is_err() {
            return Ok(());
        }
        folder = above;
    }
    // What cannot be removed has something in it, and stays.
    let _ = root.remove_folder(folder);
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

fn read_tree(root: &dyn Folder) -> std::io::Result<Files> {
    let (mut files, mut folders) = (Files::new(), vec![String::new()]);
    while let Some(path) = folders.pop() {
        let opened = if path.is_empty() { None } else { Some(root.open(&path)?) };
        let folder = opened.as_deref().unwrap_or(root);
        for (name, kind) in folder.entries()? {
            let name = name.to_string_lossy();
            let below = if path.is_empty() { name.to_string() } else { format!("{path}/{name}") };
            match kind {
                Kind::Folder => folders.push(below),
                _ => drop(files.insert(below, folder.read(&name, &LIST)?)),
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

//! What a decoder did with a snapshot, held against what it should have done.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::Probe;
use super::expectation::{Expected, shown_names};
use super::leniently::{list_files, lists, shown_lists};
use super::report::{Row, Verdict};
use super::tree::Tree;
use crate::decoder::Outcome;
use crate::format::dump_tree::{
    BODY_EXTENSION, CHECKSUMS, KEYMAP, KeymapLine, LISTS_DIR, MANIFEST, REDIS_DIR, checksum_line, parse_database_dir,
};
use crate::format::key_text;
use crate::reader::{ReadError, read_manifest};
use crate::state::State;
use crate::verify::compare::{SideNames, compare};
use crate::verify::report::counted;

/// What came of a snapshot.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    /// How the decoder ended.
    pub(super) outcome: Outcome,
    /// What it wrote to its outputs.
    pub(super) output: String,
    /// What it left in the dump's place, if anything.
    pub(super) tree: Option<Tree>,
}

/// An answer in a few words, what it is worth, and where it is wrong.
struct Judgement {
    got: String,
    verdict: Verdict,
    detail: String,
}

impl Judgement {
    fn ok(got: impl Into<String>) -> Judgement {
        Judgement { got: got.into(), verdict: Verdict::Ok, detail: String::new() }
    }

    fn open(got: impl Into<String>) -> Judgement {
        Judgement { verdict: Verdict::Open, ..Judgement::ok(got) }
    }

    fn bug(got: impl Into<String>, detail: impl Into<String>) -> Judgement {
        Judgement { got: got.into(), verdict: Verdict::Bug, detail: detail.into() }
    }
}

pub(super) fn judge(probe: &Probe, observed: &Observed) -> Row {
    let Judgement { got, verdict, detail } = judgement(&probe.expected, observed);
    Row {
        name: probe.name.clone(),
        rule: probe.rule.clone(),
        expected: probe.expected.to_string(),
        got,
        verdict,
        reason: None,
        detail,
        outcome: observed.outcome.to_string(),
        output: observed.output.clone(),
        snapshot_name: probe.name.clone(),
        snapshot: probe.snapshot.clone(),
    }
}

/// The rule of what is left after an error, judged over every snapshot that the decoder refused, rightly or not.
pub(super) fn judge_refusals(probes: &[Probe], observed: &[Observed]) -> Row {
    let all = probes.iter().zip(observed);
    let refused: Vec<(&Probe, &Observed)> =
        all.filter(|(_, observed)| matches!(observed.outcome, Outcome::Failed(_))).collect();
    let left: Vec<(&Probe, &Observed)> =
        refused.iter().copied().filter(|(_, observed)| observed.tree.is_some()).collect();
    let refusals = counted(refused.len() as u64, "refusal");
    let judgement = match left.first() {
        _ if refused.is_empty() => Judgement::open("no snapshot was refused"),
        None => Judgement::ok(format!("nothing left after {refusals}")),
        Some((_, first)) => {
            let files = first.tree.iter().flat_map(|tree| tree.files.keys().map(String::as_str));
            let files: Vec<&str> = files.collect();
            let files = if files.is_empty() { "a folder".to_owned() } else { files.join(" ") };
            let names: Vec<&str> = left.iter().map(|(probe, _)| probe.name.as_str()).collect();
            Judgement::bug(
                format!("left after {} of {refusals}", left.len()),
                format!("{{out}} is there after an error; of this snapshot: {files}\nafter {}\n", names.join(" ")),
            )
        }
    };
    let shown = left.first().or(refused.first());
    Row {
        name: "after-an-error".to_owned(),
        rule: "an error ends the dump, and nothing is left in its place; judged over all snapshots that were refused"
            .to_owned(),
        expected: "nothing left".to_owned(),
        got: judgement.got,
        verdict: judgement.verdict,
        reason: None,
        detail: judgement.detail,
        outcome: shown.map_or_else(String::new, |(_, observed)| observed.outcome.to_string()),
        output: shown.map_or_else(String::new, |(_, observed)| observed.output.clone()),
        snapshot_name: shown.map_or_else(String::new, |(probe, _)| probe.name.clone()),
        snapshot: shown.map(|(probe, _)| probe.snapshot.clone()).unwrap_or_default(),
    }
}

fn judgement(expected: &Expected, observed: &Observed) -> Judgement {
    let tree = match (observed.outcome, &observed.tree, expected) {
        (Outcome::Failed(code), _, Expected::Refusal) => return Judgement::ok(refused(code)),
        (Outcome::Failed(code), _, Expected::ListsOrRefusal(_)) => return Judgement::open(refused(code)),
        (Outcome::Failed(code), ..) => return Judgement::bug(refused(code), "the decoder refused it\n"),
        (Outcome::Killed(_) | Outcome::TimedOut, ..) => {
            return Judgement::bug(observed.outcome.to_string(), "the decoder did not end by itself\n");
        }
        (Outcome::Succeeded, None, _) => {
            return Judgement::bug("exit 0 and no dump", "the decoder ended with 0, and there is nothing at {out}\n");
        }
        (Outcome::Succeeded, Some(tree), _) => tree,
    };
    match expected {
        Expected::Refusal => {
            let shown = lists(tree).map_or_else(|problem| problem, |state| shown_lists(&state));
            Judgement::bug(format!("accepted: {shown}"), "the decoder ended with 0 and made a dump\n")
        }
        Expected::Lists(state) => judge_lists(state, tree),
        Expected::ListsOrRefusal(state) => match judge_lists(state, tree) {
            Judgement { verdict: Verdict::Ok, got, .. } => Judgement::open(got),
            bug => bug,
        },
        Expected::Body(body) => judge_body(body.as_bytes(), tree),
        Expected::Names(names) => judge_names(names, tree),
        Expected::KeymapLine(user_key) => judge_keymap(user_key, tree),
        Expected::NoKeymap => none_of("KEYMAP.jsonl", tree.files.keys().filter(|path| path.ends_with(KEYMAP))),
        Expected::NoRedisFolder => {
            none_of("redis folder", tree.files.keys().chain(&tree.folders).filter(|path| path.starts_with(REDIS_DIR)))
        }
        Expected::NothingElse => {
            none_of("other file", tree.files.keys().chain(&tree.folders).filter(|path| !belongs(path)))
        }
        Expected::Checksums => judge_checksums(tree),
        Expected::Manifest => judge_manifest(tree),
        Expected::LastCommitTs(last_commit_ts) => judge_last_commit_ts(*last_commit_ts, tree),
    }
}

fn refused(code: i32) -> String {
    format!("refused, exit {code}")
}

fn judge_lists(expected: &State, tree: &Tree) -> Judgement {
    let found = match lists(tree) {
        Ok(found) => found,
        Err(problem) => return Judgement::bug("a file that is no list", problem + "\n"),
    };
    let got = shown_lists(&found);
    if found == *expected {
        return Judgement::ok(got);
    }
    // To a client an empty list is none, so the comparison of what clients see leaves the kept ones out.
    let comparison = compare(expected.clone(), found.clone(), 0);
    let text = comparison.render(SideNames { left: "expected", right: "the dump" });
    let mut detail: String = text.split_inclusive('\n').filter(|line| !line.starts_with("policy: ")).collect();
    let user_keys: BTreeSet<&Vec<u8>> = expected.lists.keys().chain(found.lists.keys()).collect();
    for user_key in user_keys {
        let [kept, found] = [expected, &found].map(|state| state.lists.get(user_key));
        let is_empty = |list: Option<&crate::state::ListState>| list.is_none_or(|list| list.items.is_empty());
        if is_empty(kept) && is_empty(found) && kept != found {
            let shown = |list: Option<&crate::state::ListState>| match list {
                None => "no list".to_owned(),
                Some(list) => match list.expire_at {
                    None => "an empty list".to_owned(),
                    Some(expire_at) => format!("an empty list that expires at {}", expire_at.0),
                },
            };
            let key = key_text::quoted(user_key);
            detail.push_str(&format!("key {key}: expected {}, the dump has {}\n", shown(kept), shown(found)));
        }
    }
    Judgement::bug(got, detail)
}

/// The one list's file, or what there is in its place.
fn the_list_file(tree: &Tree) -> Result<(&str, &str, &[u8]), Judgement> {
    let files: Vec<_> = list_files(tree).collect();
    match files.as_slice() {
        [file] => Ok(*file),
        _ => {
            let names = shown_names(files.iter().map(|(_, name, _)| *name));
            let detail = format!("expected one file of a list below redis/db_0/lists, found {names}\n");
            Err(Judgement::bug(counted(files.len() as u64, "list file"), detail))
        }
    }
}

fn judge_body(expected: &[u8], tree: &Tree) -> Judgement {
    match the_list_file(tree) {
        Ok((_, _, found)) if found == expected => Judgement::ok("the body, byte for byte"),
        Ok((_, _, found)) => Judgement::bug("another body", first_difference(expected, found)),
        Err(judgement) => judgement,
    }
}

fn judge_names(expected: &[String], tree: &Tree) -> Judgement {
    let mut names: Vec<String> = list_files(tree).map(|(_, name, _)| format!("{name}{BODY_EXTENSION}")).collect();
    names.sort();
    let got = shown_names(names.iter().map(String::as_str));
    if names == expected {
        return Judgement::ok(got);
    }
    let detail = format!("expected {}\nfound    {got}\n", shown_names(expected.iter().map(String::as_str)));
    Judgement::bug(got, detail)
}

/// The name is the one that is there: whether it is right is another rule.
fn judge_keymap(user_key: &[u8], tree: &Tree) -> Judgement {
    let (database, name, _) = match the_list_file(tree) {
        Ok(file) => file,
        Err(judgement) => return judgement,
    };
    let expected = KeymapLine { segment: name.to_owned(), user_key: user_key.to_vec() }.to_line();
    match tree.files.get(&format!("{database}/{KEYMAP}")) {
        None => Judgement::bug("no KEYMAP.jsonl", format!("expected {database}/{KEYMAP} with the line {expected}")),
        Some(found) if *found == expected.as_bytes() => Judgement::ok("one line in KEYMAP.jsonl"),
        Some(found) => Judgement::bug("another KEYMAP.jsonl", first_difference(expected.as_bytes(), found)),
    }
}

fn none_of<'a>(what: &str, found: impl Iterator<Item = &'a String>) -> Judgement {
    let found: Vec<&str> = found.map(String::as_str).collect();
    match found.as_slice() {
        [] => Judgement::ok(format!("no {what}")),
        found => Judgement::bug(found.join(" "), format!("expected no {what}, found {}\n", found.join(" "))),
    }
}

fn belongs(path: &str) -> bool {
    let mut parts = path.split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(MANIFEST | CHECKSUMS | REDIS_DIR), None, ..) => true,
        (Some(REDIS_DIR), Some(database), below, file, None) if parse_database_dir(database).is_some() => {
            match (below, file) {
                (None | Some(KEYMAP | LISTS_DIR), None) => true,
                (Some(LISTS_DIR), Some(file)) => file.ends_with(BODY_EXTENSION),
                _ => false,
            }
        }
        _ => false,
    }
}

/// The checksums are held against the files as they are.
fn judge_checksums(tree: &Tree) -> Judgement {
    let listed = tree.files.iter().filter(|(path, _)| *path != CHECKSUMS);
    let expected: String =
        listed.map(|(path, bytes)| checksum_line(&hex::encode(Sha256::digest(bytes)), path)).collect();
    match tree.files.get(CHECKSUMS) {
        None => Judgement::bug("no CHECKSUMS", "there is no file CHECKSUMS\n"),
        Some(found) if *found == expected.as_bytes() => Judgement::ok("CHECKSUMS, byte for byte"),
        Some(found) => Judgement::bug("other CHECKSUMS", first_difference(expected.as_bytes(), found)),
    }
}

fn judge_manifest(tree: &Tree) -> Judgement {
    let Some(manifest) = tree.files.get(MANIFEST) else { return no_manifest() };
    match read_manifest(manifest) {
        Ok(_) => Judgement::ok("MANIFEST.json in form"),
        Err(ReadError::Malformed { path, problem }) => {
            Judgement::bug("another MANIFEST.json", format!("{path}: {problem}\n"))
        }
        Err(error) => Judgement::bug("another MANIFEST.json", format!("{error}\n")),
    }
}

fn no_manifest() -> Judgement {
    Judgement::bug("no MANIFEST.json", "there is no file MANIFEST.json\n")
}

fn judge_last_commit_ts(expected: Option<u64>, tree: &Tree) -> Judgement {
    let Some(manifest) = tree.files.get(MANIFEST) else { return no_manifest() };
    let manifest: serde_json::Value = match serde_json::from_slice(manifest) {
        Ok(manifest) => manifest,
        Err(error) => return Judgement::bug("no JSON", format!("MANIFEST.json: {error}\n")),
    };
    let found = manifest.get("last_commit_ts");
    let got = found.map_or_else(|| "no last_commit_ts".to_owned(), |found| format!("last_commit_ts {found}"));
    if found.cloned() == expected.map(serde_json::Value::from) {
        return Judgement::ok(got);
    }
    let detail = format!("MANIFEST.json: expected {}, found {got}\n", Expected::LastCommitTs(expected));
    Judgement::bug(got, detail)
}

/// The first line that is not as expected.
fn first_difference(expected: &[u8], found: &[u8]) -> String {
    let mut found_lines = found.split_inclusive(|byte| *byte == b'\n');
    let mut expected_lines = expected.split_inclusive(|byte| *byte == b'\n');
    for line in 1.. {
        let (expected, found) = (expected_lines.next(), found_lines.next());
        if expected != found {
            let shown = |line: Option<&[u8]>| match line {
                None => "the end of the file".to_owned(),
                Some(line) => line.escape_ascii().to_string(),
            };
            return format!(
                "line {line}: expected {}\n{:>width$} {}\n",
                shown(expected),
                "found",
                shown(found),
                width = 6 + digits(line) + 9
            );
        }
        if expected.is_none() {
            break;
        }
    }
    String::new()
}

fn digits(number: usize) -> usize {
    number.to_string().len()
}

//! What a decoder did with a snapshot, held against what it should have done.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::expectation::{Expected, shown_names};
use super::leniently::{BodyFile, body_files, shown_state, state};
use super::manifest;
use super::places::{belongs, is_empty_folder};
use super::question::Probe;
use super::row::Row;
use super::tree::Tree;
use crate::compare::{SideNames, compare};
use crate::decoder::Outcome;
use crate::finding::Verdict;
use crate::format::dump_tree::{CHECKSUMS, KEYMAP, KeymapLine, MANIFEST, REDIS_DIR, checksum_line};
use crate::format::key_text;
use crate::format::{counted, segment};
use crate::reader::{MadeBy, read_manifest};
use crate::state::{KeyState, State};

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

/// The name of the rule that is judged over all snapshots that were refused.
pub(super) const AFTER_AN_ERROR: &str = "after-an-error";

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
        name: AFTER_AN_ERROR.to_owned(),
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
        (Outcome::Failed(code), _, Expected::StateOrRefusal(_)) => return Judgement::open(refused(code)),
        (Outcome::Failed(code), ..) => return Judgement::bug(refused(code), "the decoder refused it\n"),
        (Outcome::Killed(_) | Outcome::TimedOut, ..) => {
            return Judgement::bug(observed.outcome.to_string(), "the decoder did not end by itself\n");
        }
        (Outcome::Altered(_) | Outcome::LeftLink, ..) => {
            let detail = "the decoder is to read {fsm} and nothing more, and to make the dump itself at {out}\n";
            return Judgement::bug(observed.outcome.to_string(), detail);
        }
        (Outcome::Succeeded, None, _) => {
            return Judgement::bug("exit 0 and no dump", "the decoder ended with 0, and there is nothing at {out}\n");
        }
        (Outcome::Succeeded, Some(tree), _) => tree,
    };
    match expected {
        Expected::Refusal => {
            let shown = state(tree).map_or_else(|problem| problem, |state| shown_state(&state));
            Judgement::bug(format!("accepted: {shown}"), "the decoder ended with 0 and made a dump\n")
        }
        Expected::State(state) => judge_state(state, tree),
        Expected::StateOrRefusal(state) => match judge_state(state, tree) {
            Judgement { verdict: Verdict::Ok, got, .. } => Judgement::open(got),
            bug => bug,
        },
        Expected::Body(body) => judge_body(body.as_bytes(), tree),
        Expected::Names(names) => judge_names(names, tree),
        Expected::KeymapLine(user_key) => judge_keymap(user_key, tree),
        Expected::KeymapOrder(user_keys) => judge_keymap_order(user_keys, tree),
        Expected::NoKeymap => none_of("KEYMAP.jsonl", tree, |path| path.ends_with(KEYMAP)),
        Expected::NoRedisFolder => none_of("redis folder", tree, |path| path.starts_with(REDIS_DIR)),
        Expected::NothingElse => none_of("other file", tree, |path| !belongs(path)),
        Expected::Checksums => judge_checksums(tree),
        Expected::Manifest => judge_manifest(tree),
        Expected::LastCommitTs(last_commit_ts) => judge_last_commit_ts(*last_commit_ts, tree),
    }
}

fn refused(code: i32) -> String {
    format!("refused, exit {code}")
}

fn judge_state(expected: &State, tree: &Tree) -> Judgement {
    let found = match state(tree) {
        Ok(found) => found,
        Err(problem) => return Judgement::bug("a file that is no list", problem + "\n"),
    };
    let got = shown_state(&found);
    if found == *expected {
        return Judgement::ok(got);
    }
    // To a client an empty list is none, so the comparison of what clients see leaves the kept ones out.
    let comparison = compare(expected, &found, 0);
    let text = comparison.render(SideNames { left: "expected", right: "the dump" });
    let mut detail: String = text.split_inclusive('\n').filter(|line| !line.starts_with("policy: ")).collect();
    let user_keys: BTreeSet<&Vec<u8>> = expected.keys.keys().chain(found.keys.keys()).collect();
    for user_key in user_keys {
        let [kept, found] = [expected, &found].map(|state| state.keys.get(user_key));
        let is_empty = |list: Option<&KeyState>| list.is_none_or(|list| list.value.is_empty());
        if is_empty(kept) && is_empty(found) && kept != found {
            let key = key_text::quoted(user_key);
            detail.push_str(&format!(
                "key {key}: expected {}, the dump has {}\n",
                shown_empty(kept),
                shown_empty(found)
            ));
        }
    }
    Judgement::bug(got, detail)
}

fn shown_empty(list: Option<&KeyState>) -> String {
    match list.map(|list| list.expire_at) {
        None => "no list".to_owned(),
        Some(None) => "an empty list".to_owned(),
        Some(Some(expire_at)) => format!("an empty list that expires at {}", expire_at.0),
    }
}

/// The one key's file, or what there is in its place.
fn the_body_file(tree: &Tree) -> Result<BodyFile<'_>, Judgement> {
    let files: Vec<_> = body_files(tree).collect();
    match files.as_slice() {
        [file] => Ok(*file),
        _ => {
            let names = shown_names(files.iter().map(|file| file.segment));
            let detail = format!("expected one file of a list below redis/db_0/lists, found {names}\n");
            Err(Judgement::bug(counted(files.len() as u64, "list file"), detail))
        }
    }
}

fn judge_body(expected: &[u8], tree: &Tree) -> Judgement {
    match the_body_file(tree) {
        Ok(file) if file.bytes == expected => Judgement::ok("the body, byte for byte"),
        Ok(file) => Judgement::bug("another body", first_difference(expected, file.bytes)),
        Err(judgement) => judgement,
    }
}

fn judge_names(expected: &[String], tree: &Tree) -> Judgement {
    let mut names: Vec<String> = body_files(tree).map(|file| file.name()).collect();
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
    let BodyFile { database, segment, .. } = match the_body_file(tree) {
        Ok(file) => file,
        Err(judgement) => return judgement,
    };
    let expected = KeymapLine { segment: segment.to_owned(), user_key: user_key.to_vec() }.to_line();
    match tree.files.get(&format!("{database}/{KEYMAP}")) {
        None => Judgement::bug("no KEYMAP.jsonl", format!("expected {database}/{KEYMAP} with the line {expected}")),
        Some(found) if *found == expected.as_bytes() => Judgement::ok("one line in KEYMAP.jsonl"),
        Some(found) if same_lines(found, expected.as_bytes()) => Judgement::open("the line repeated"),
        Some(found) => Judgement::bug("another KEYMAP.jsonl", first_difference(expected.as_bytes(), found)),
    }
}

/// Here the names must be right, for they say which line is whose.
fn judge_keymap_order(user_keys: &[Vec<u8>], tree: &Tree) -> Judgement {
    let line = |user_key: &Vec<u8>| {
        KeymapLine { segment: segment::encode(user_key).text, user_key: user_key.clone() }.to_line()
    };
    let expected: String = user_keys.iter().map(line).collect();
    let databases: BTreeSet<&str> = body_files(tree).map(|file| file.database).collect();
    let path = databases.first().map(|database| format!("{database}/{KEYMAP}")).unwrap_or_default();
    match tree.files.get(&path) {
        None => Judgement::bug("no KEYMAP.jsonl", format!("expected a {KEYMAP} with the lines\n{expected}")),
        Some(found) if *found == expected.as_bytes() => Judgement::ok("the lines in order"),
        Some(found) if same_lines(found, expected.as_bytes()) => Judgement::open("another order, or lines repeated"),
        Some(found) => Judgement::bug("another KEYMAP.jsonl", first_difference(expected.as_bytes(), found)),
    }
}

/// Whether two files have the same lines, in whatever order and however often.
fn same_lines(one: &[u8], other: &[u8]) -> bool {
    let lines = |text: &[u8]| -> BTreeSet<Vec<u8>> {
        text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    };
    lines(one) == lines(other)
}

fn none_of(what: &str, tree: &Tree, is_wrong: impl Fn(&str) -> bool) -> Judgement {
    let paths = tree.files.keys().chain(&tree.folders).map(String::as_str);
    let found: Vec<&str> = paths.filter(|path| is_wrong(path)).collect();
    match found.as_slice() {
        [] => Judgement::ok(format!("no {what}")),
        found if found.iter().all(|path| is_empty_folder(path, tree)) => {
            Judgement::open(format!("empty: {}", found.join(" ")))
        }
        found => Judgement::bug(found.join(" "), format!("expected no {what}, found {}\n", found.join(" "))),
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
    match (read_manifest(manifest, MadeBy::OurEncoder), manifest::problem(manifest)) {
        (Ok(_), _) => Judgement::ok("MANIFEST.json in form"),
        (Err(_), None) => Judgement::open("MANIFEST.json with other members"),
        (Err(_), Some(problem)) => Judgement::bug("another MANIFEST.json", problem + "\n"),
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
    let mut expected_lines = expected.split_inclusive(|byte| *byte == b'\n');
    let mut found_lines = found.split_inclusive(|byte| *byte == b'\n');
    let mut line = 1;
    loop {
        let (expected, found) = (expected_lines.next(), found_lines.next());
        if expected != found || expected.is_none() {
            let (expected, found) = (shown_line(expected), shown_line(found));
            return format!("line {line}: expected {expected}\nline {line}: found    {found}\n");
        }
        line += 1;
    }
}

fn shown_line(line: Option<&[u8]>) -> String {
    line.map_or_else(|| "the end of the file".to_owned(), |line| format!("\"{}\"", line.escape_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "{\n  \"format_version\": 1,\n  \"items\": [],\n  \"expire_at_ms\": null\n}";

    fn judged(expected: Expected, files: &[(&str, &str)]) -> Judgement {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        let tree = Tree { files: files.collect(), ..Tree::default() };
        judgement(&expected, &Observed { outcome: Outcome::Succeeded, output: String::new(), tree: Some(tree) })
    }

    #[track_caller]
    fn assert_bug(expected: Expected, files: &[(&str, &str)], got: &str, detail: &str) {
        let judgement = judged(expected, files);
        assert_eq!((judgement.verdict, judgement.got.as_str()), (Verdict::Bug, got));
        assert_eq!(judgement.detail, detail);
    }

    #[track_caller]
    fn assert_ok(expected: Expected, files: &[(&str, &str)]) {
        let judgement = judged(expected, files);
        assert_eq!(judgement.verdict, Verdict::Ok, "{}", judgement.detail);
    }

    #[test]
    fn a_body_is_held_byte_for_byte() {
        let expected = || Expected::Body(BODY);
        assert_ok(expected(), &[("redis/db_7/lists/any.json", BODY), ("MANIFEST.json", "no business of this")]);
        let detail = "line 5: expected \"}\"\nline 5: found    \"}\\n\"\n";
        assert_bug(expected(), &[("redis/db_0/lists/k.json", &format!("{BODY}\n"))], "another body", detail);
        let detail = "expected one file of a list below redis/db_0/lists, found no list file\n";
        assert_bug(expected(), &[("lists/k.json", BODY)], "0 list files", detail);
    }

    #[test]
    fn names_and_the_key_map_are_rules_of_their_own() {
        let names = || Expected::Names(vec!["a%2Fb.json".to_owned()]);
        assert_ok(names(), &[("redis/db_0/lists/a%2Fb.json", "not even JSON")]);
        let detail = "expected a%2Fb.json\nfound    a%2fb.json\n";
        assert_bug(names(), &[("redis/db_0/lists/a%2fb.json", BODY)], "a%2fb.json", detail);
        // The name is another rule's business.
        let keymap = || Expected::KeymapLine(b"\xff".to_vec());
        let line = "{\"encoded\":\"wrong\",\"original\":\"_w\",\"kind\":\"sha-fallback\"}\n";
        assert_ok(keymap(), &[("redis/db_0/lists/wrong.json", BODY), ("redis/db_0/KEYMAP.jsonl", line)]);
        let (files, detail) =
            ([("redis/db_0/lists/wrong.json", BODY)], format!("expected redis/db_0/KEYMAP.jsonl with the line {line}"));
        assert_bug(keymap(), &files, "no KEYMAP.jsonl", &detail);
        let files = [("redis/db_0/KEYMAP.jsonl", "")];
        let detail = "expected no KEYMAP.jsonl, found redis/db_0/KEYMAP.jsonl\n";
        assert_bug(Expected::NoKeymap, &files, "redis/db_0/KEYMAP.jsonl", detail);
    }

    #[test]
    fn the_manifest_and_the_checksums_are_judged_by_nothing_else() {
        let manifest = crate::format::dump_tree::Manifest {
            last_commit_ts: Some(7),
            ..crate::format::dump_tree::Manifest::new("2026-01-01T00:00:00Z".to_owned())
        };
        let manifest = manifest.to_json();
        assert_ok(Expected::Manifest, &[("MANIFEST.json", &manifest)]);
        assert_ok(Expected::LastCommitTs(Some(7)), &[("MANIFEST.json", &manifest)]);
        let cut = manifest.trim_end();
        assert_eq!(judged(Expected::Manifest, &[("MANIFEST.json", cut)]).got, "another MANIFEST.json");
        assert_ok(Expected::LastCommitTs(Some(7)), &[("MANIFEST.json", cut)]);
        let detail = "MANIFEST.json: expected no last_commit_ts, found last_commit_ts 7\n";
        assert_bug(Expected::LastCommitTs(None), &[("MANIFEST.json", &manifest)], "last_commit_ts 7", detail);
        // printf a | sha256sum
        let line = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  a\n";
        assert_ok(Expected::Checksums, &[("a", "a"), ("CHECKSUMS", line)]);
        let judgement = judged(Expected::Checksums, &[("a", "a"), ("CHECKSUMS", &line.to_uppercase())]);
        assert_eq!((judgement.verdict, judgement.got.as_str()), (Verdict::Bug, "other CHECKSUMS"));
    }

    #[test]
    fn what_does_not_belong_is_named() {
        let files = ["CHECKSUMS", "redis/db_0/KEYMAP.jsonl", "redis/db_0/lists/...json"].map(|path| (path, ""));
        assert_ok(Expected::NothingElse, &files);
        for path in ["README", "redis/x", "redis/db_00/lists/a.json", "redis/db_0/lists/a", "redis/db_0/lists/a/b.json"]
        {
            let detail = format!("expected no other file, found {path}\n");
            assert_bug(Expected::NothingElse, &[(path, "")], path, &detail);
        }
    }

    #[test]
    fn what_the_format_leaves_to_the_decoder_is_open() {
        let judged_tree = |expected: Expected, files: &[(&str, &str)], folders: &[&str]| {
            let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
            let folders = folders.iter().map(|path| (*path).to_owned()).collect();
            let tree = Some(Tree { files: files.collect(), folders });
            judgement(&expected, &Observed { outcome: Outcome::Succeeded, output: String::new(), tree }).verdict
        };
        for folder in ["redis/db_0/hashes", "redis/db_0/lists", "redis/db_9", "s3", "redis"] {
            let verdict = judged_tree(Expected::NothingElse, &[], &[folder]);
            assert_eq!(verdict, if belongs(folder) { Verdict::Ok } else { Verdict::Open }, "{folder}");
            if folder.starts_with(REDIS_DIR) {
                assert_eq!(judged_tree(Expected::NoRedisFolder, &[], &[folder]), Verdict::Open, "{folder}");
                let file = format!("{folder}/x.json");
                assert_eq!(judged_tree(Expected::NoRedisFolder, &[(&file, "")], &[folder]), Verdict::Bug, "{folder}");
            }
        }
        for folder in ["x", "redis/db_0/x", "s3/bucket", "redis/db_0/lists/x"] {
            assert_eq!(judged_tree(Expected::NothingElse, &[], &[folder]), Verdict::Bug, "{folder}");
        }
        let manifest = crate::format::dump_tree::Manifest::new("2026-01-01T00:00:00Z".to_owned()).to_json();
        let of_two = manifest.replace("\"redis\": {}", "\"redis\": {},\n    \"s3\": {}");
        assert_eq!(judged(Expected::Manifest, &[("MANIFEST.json", &of_two)]).verdict, Verdict::Open);
        let unlaid = of_two.replace("    \"s3\"", "\"s3\"");
        assert_eq!(judged(Expected::Manifest, &[("MANIFEST.json", &unlaid)]).verdict, Verdict::Bug);
    }

    #[test]
    fn the_order_of_the_key_map_is_a_rule_and_another_is_open() {
        let user_keys = [b"b64.a".to_vec(), b"b64.b".to_vec()];
        let line = |user_key: &Vec<u8>| {
            KeymapLine { segment: segment::encode(user_key).text, user_key: user_key.clone() }.to_line()
        };
        let [a, b] = user_keys.each_ref().map(line);
        for (keymap, verdict) in [
            (format!("{a}{b}"), Verdict::Ok),
            (format!("{b}{a}"), Verdict::Open),
            (format!("{a}{b}{a}"), Verdict::Open),
            (a.clone(), Verdict::Bug),
            (format!("{a}{b}{}", b.trim_end()), Verdict::Bug),
        ] {
            let files = [("redis/db_0/lists/x.json", BODY), ("redis/db_0/KEYMAP.jsonl", &keymap)];
            assert_eq!(judged(Expected::KeymapOrder(user_keys.to_vec()), &files).verdict, verdict, "{keymap}");
        }
        assert_eq!(judged(Expected::KeymapOrder(user_keys.to_vec()), &[]).verdict, Verdict::Bug);
        let twice = "{\"encoded\":\"x\",\"original\":\"_w\",\"kind\":\"sha-fallback\"}\n".repeat(2);
        let files = [("redis/db_0/lists/x.json", BODY), ("redis/db_0/KEYMAP.jsonl", &twice)];
        assert_eq!(judged(Expected::KeymapLine(b"\xff".to_vec()), &files).verdict, Verdict::Open);
    }

    #[test]
    fn an_empty_list_more_or_less_is_a_difference() {
        let files = [("redis/db_0/lists/k.json", BODY)];
        let detail = "key \"k\": expected no list, the dump has an empty list\n";
        assert_bug(Expected::State(State::default()), &files, "k []", detail);
        let detail = "key \"k\": expected an empty list, the dump has no list\n";
        assert_bug(Expected::State(lists_of_k()), &[], "no list", detail);
        assert_ok(Expected::State(lists_of_k()), &files);
        assert_eq!(judged(Expected::StateOrRefusal(lists_of_k()), &files).verdict, Verdict::Open);
        assert_eq!(judged(Expected::StateOrRefusal(lists_of_k()), &[]).verdict, Verdict::Bug);
        assert_eq!(judged(Expected::Refusal, &files).got, "accepted: k []");
    }

    fn lists_of_k() -> State {
        super::super::list::lists(&[(b"k", &[])])
    }
}

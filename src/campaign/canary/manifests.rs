//! Canaries in manifests: members, times, and the form to the byte.

use super::row::{Canary, How};
use super::scene::Scene;
use super::trees::{Edit, text};
use crate::faults::{Act, Files};
use crate::finding::FindingKind;
use crate::format::dump_tree::MANIFEST;

/// Changes of members and of the form.
const MANIFESTS: &[Edit] = &[
    ("no manifest", "MANIFEST.json: missing", |files| drop(files.remove(MANIFEST))),
    ("an empty manifest", "MANIFEST.json", |files| manifest(files, |_| String::new())),
    ("another version", "format_version 2", |files| replaced(files, "_version\": 1", "_version\": 2")),
    ("another phase", "line 3: expected", |files| replaced(files, "phase0-", "phase1-")),
    ("a version without a word", "elastickv_version is empty", |files| {
        before_commit(files, "elastickv_version", "\"\"")
    }),
    ("a cluster without a word", "cluster_id is empty", |files| before_commit(files, "cluster_id", "\"\"")),
    ("an index of 0", "snapshot_index is empty", |files| before_commit(files, "snapshot_index", "0")),
    ("a commit of 0", "last_commit_ts is empty", |files| {
        manifest(files, |text| lines(text, |line| line.contains("commit_ts").then_some("  \"last_commit_ts\": 0,")));
    }),
    ("a member that is not known", "unknown field `phases`, expected one of", |files| {
        replaced(files, "\"phase\"", "\"phases\"")
    }),
    ("a member that commands a terminal", "unknown field `\\u{1}\\u{2028}é\"'`, expected", |files| {
        replaced(files, "\"phase\"", "\"\\u0001\u{2028}é\\\"'\"");
    }),
    ("an adapter more", "line 7: expected", |files| {
        replaced(files, "\"redis\": {}", "\"redis\": {},\n    \"sqs\": {}")
    }),
    ("another limit", "240,\\n\", found", |files| replaced(files, ": 240,", ": 255,")),
    ("another indent", "line 2: expected", |files| replaced(files, "\n  \"", "\n \"")),
    ("no line feed at the end", r#"expected "}\n", found "}""#, |files| {
        manifest(files, |text| text.trim_end().to_owned())
    }),
    ("a line feed more at the end", r#"expected the end of the file, found "\n""#, |files| {
        manifest(files, |text| format!("{text}\n"))
    }),
    ("another form after members that are right", r#"line 13: expected "    \"redis\": {}\n", found"#, |files| {
        before_commit(files, "elastickv_version", "\"1.2.3\"");
        before_commit(files, "cluster_id", "\"one\"");
        before_commit(files, "snapshot_index", "7");
        replaced(files, "  \"adapters", "  \"source\": {\n    \"fsm_path\": \"a/b.fsm\"\n  },\n  \"adapters");
        replaced(files, "{}", "{ }");
    }),
];

/// Texts that are no time, each in the place of the time.
const NO_TIMES: &[Edit] = &[
    ("a time that is none", "wall_time_iso", |files| time(files, "now")),
    ("a time of another zone", "wall_time_iso", |files| time(files, "2100-06-30T12:30:30+00:00")),
    ("a time of no zone", "wall_time_iso", |files| time(files, "2100-06-30T12:30:30")),
    ("a zone alone", "wall_time_iso", |files| time(files, "Z")),
    ("a time without seconds", "wall_time_iso", |files| time(files, "2100-06-30T12:30Z")),
    ("a year with a letter", "wall_time_iso", |files| time(files, "21o0-06-30T12:30:30Z")),
    ("a year with a sign", "wall_time_iso", |files| time(files, "+210-06-30T12:30:30Z")),
    ("a month with a sign", "wall_time_iso", |files| time(files, "2100-+6-30T12:30:30Z")),
    ("a day with a sign", "wall_time_iso", |files| time(files, "2100-06-+3T12:30:30Z")),
    ("an hour with a sign", "wall_time_iso", |files| time(files, "2100-06-30T+2:30:30Z")),
    ("a minute with a sign", "wall_time_iso", |files| time(files, "2100-06-30T12:+3:30Z")),
    ("a second with a sign", "wall_time_iso", |files| time(files, "2100-06-30T12:30:+3Z")),
    ("a / after the year", "wall_time_iso", |files| time(files, "2100/06-30T12:30:30Z")),
    ("a / after the month", "wall_time_iso", |files| time(files, "2100-06/30T12:30:30Z")),
    ("a space for the T", "wall_time_iso", |files| time(files, "2100-06-30 12:30:30Z")),
    ("a full stop after the hour", "wall_time_iso", |files| time(files, "2100-06-30T12.30:30Z")),
    ("a full stop after the minute", "wall_time_iso", |files| time(files, "2100-06-30T12:30.30Z")),
    ("month 0", "wall_time_iso", |files| time(files, "2100-00-30T12:30:30Z")),
    ("month 13", "wall_time_iso", |files| time(files, "2100-13-30T12:30:30Z")),
    ("day 0", "wall_time_iso", |files| time(files, "2100-06-00T12:30:30Z")),
    ("day 32", "wall_time_iso", |files| time(files, "2100-06-32T12:30:30Z")),
    ("hour 24", "wall_time_iso", |files| time(files, "2100-06-30T24:00:00Z")),
    ("minute 60", "wall_time_iso", |files| time(files, "2100-06-30T12:60:30Z")),
    ("second 61", "wall_time_iso", |files| time(files, "2100-06-30T12:30:61Z")),
    ("an empty fraction", "wall_time_iso", |files| time(files, "2100-06-30T12:30:30.Z")),
    ("a fraction with a letter", "wall_time_iso", |files| time(files, "2100-06-30T12:30:30.5xZ")),
    ("a fraction after a comma", "wall_time_iso", |files| time(files, "2100-06-30T12:30:30,5Z")),
    ("a day of one digit", "wall_time_iso", |files| time(files, "2100-06-3T12:30:30Z")),
    ("a letter of two bytes in a time", "wall_time_iso", |files| time(files, "2100-06-30T12:30:3éZ")),
];

/// Times that are right, each before a line that is not.
const TIMES: &[Edit] = &[
    ("another form after the last second of all", "line 7: expected", |files| last(files, "9999-12-31T23:59:60Z")),
    ("another form after the first second of all", "line 7: expected", |files| last(files, "0000-01-01T00:00:00Z")),
    ("another form after a long fraction", "line 7: expected", |files| last(files, "2100-06-30T12:30:30.0123456789Z")),
];

/// The canaries.
pub(super) fn canaries() -> Vec<Canary> {
    let edits = [MANIFESTS, NO_TIMES, TIMES].into_iter().flatten();
    let canary = |(name, says, change): &Edit| Canary {
        scene: Scene::ONE,
        says,
        how: How::Act(Act::Tree(*change)),
        ..Canary::of(name, FindingKind::Tree, "")
    };
    edits.map(canary).collect()
}

fn manifest(files: &mut Files, change: impl Fn(&str) -> String) {
    text(files, |path| path == MANIFEST, change);
}

fn replaced(files: &mut Files, from: &str, to: &str) {
    manifest(files, |text| text.replacen(from, to, 1));
}

/// Puts a member before that of the last commit.
fn before_commit(files: &mut Files, member: &str, value: &str) {
    replaced(files, "  \"last_commit", &format!("  \"{member}\": {value},\n  \"last_commit"));
}

fn time(files: &mut Files, time: &str) {
    let other = format!("  \"wall_time_iso\": \"{time}\",");
    manifest(files, |text| lines(text, |line| line.contains("wall_time").then_some(other.as_str())));
}

fn last(files: &mut Files, right: &str) {
    time(files, right);
    replaced(files, "{}", "{ }");
}

/// The lines, some with others in their place.
fn lines<'a>(text: &'a str, other: impl Fn(&str) -> Option<&'a str>) -> String {
    text.lines().map(|line| format!("{}\n", other(line).unwrap_or(line))).collect()
}

//! Whether a manifest that is not as our encoder writes it is one that the format allows: other adapters, other phases and
//! further members, in the same layout.

use crate::format::dump_tree::{Manifest, ManifestSource};
use crate::reader::{MadeBy, read_manifest};

/// What is wrong with a manifest of any decoder; `None` if nothing is.
pub(super) fn problem(bytes: &[u8]) -> Option<String> {
    if let Err(error) = read_manifest(bytes, MadeBy::AnyDecoder) {
        return Some(error.to_string());
    }
    let text = String::from_utf8_lossy(bytes);
    layout_problem(&text).map(|problem| format!("MANIFEST.json: {problem}"))
}

/// Two blanks of indent a level, a line feed at the end, the known members in their order and none of them empty.
fn layout_problem(text: &str) -> Option<String> {
    let Some(lines) = text.strip_suffix('\n') else { return Some("no line feed at the end".to_owned()) };
    let (known, mut next, mut depth) = (known_members(), 0, 0_usize);
    for (number, line) in (1..).zip(lines.split('\n')) {
        let content = line.trim_start_matches(' ');
        if content.starts_with(['}', ']']) {
            depth = depth.saturating_sub(1);
        }
        if content.trim().is_empty() || line.len() - content.len() != 2 * depth {
            return Some(format!("line {number}: expected {} blanks of indent", 2 * depth));
        }
        if let Some((name, value)) = member(content).filter(|_| depth == 1)
            && let Some(place) = known.iter().position(|known| known == name)
        {
            if place < next {
                return Some(format!("line {number}: {name:?} is not in its place"));
            }
            next = place + 1;
            if ["\"\"", "0"].contains(&value.trim_end_matches(',')) {
                return Some(format!("line {number}: {name:?} is empty; an empty one is left out"));
            }
        }
        if content.ends_with(['{', '[']) {
            depth += 1;
        }
    }
    None
}

/// The members of our own manifest, in their order.
fn known_members() -> Vec<String> {
    let full = Manifest {
        elastickv_version: Some(String::new()),
        cluster_id: Some(String::new()),
        snapshot_index: Some(0),
        last_commit_ts: Some(0),
        source: Some(ManifestSource { fsm_path: String::new() }),
        ..Manifest::new(String::new())
    };
    let text = full.to_json();
    let top = text.lines().filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    top.filter_map(member).map(|(name, _)| name.to_owned()).collect()
}

/// A line's member, and what follows its colon.
fn member(content: &str) -> Option<(&str, &str)> {
    content.strip_prefix('"')?.split_once("\": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_members_are_allowed_and_another_layout_is_not() {
        let ours = Manifest { last_commit_ts: Some(7), ..Manifest::new("2026-01-01T00:00:00Z".to_owned()) }.to_json();
        assert_eq!(problem(ours.as_bytes()), None);
        let changed = |from: &str, to: &str| {
            assert!(ours.contains(from), "{from}");
            problem(ours.replacen(from, to, 1).as_bytes())
        };
        for (from, to) in [
            (
                "    \"redis\": {}",
                "    \"dynamodb\": {},\n    \"redis\": {\n      \"databases\": [\n        0\n      ]\n    }",
            ),
            ("  \"wall", "  \"elastickv\": 0,\n  \"wall"),
            ("per-item", "jsonl"),
            ("records\": false", "records\": false,\n    \"rename_s3_collisions\": true"),
        ] {
            assert_eq!(changed(from, to), None, "{to}");
        }
        for (from, to, problem) in [
            ("  \"phase\"", "   \"phase\"", "line 3: expected 2 blanks of indent"),
            ("\n}\n", "\n}", "no line feed at the end"),
            ("\n}\n", "\n}\n\n", "line 23: expected 0 blanks of indent"),
            ("commit_ts\": 7", "commit_ts\": 0", "line 4: \"last_commit_ts\" is empty"),
            ("  \"phase\"", "  \"last_commit_ts\": 7,\n  \"phase\"", "duplicate field"),
            ("  \"last_commit_ts\": 7,\n", "  \"cluster_id\": \"\",\n", "line 4: \"cluster_id\" is empty"),
            (
                "  \"last_commit_ts\": 7,\n",
                "  \"source\": {\n    \"fsm_path\": \"x\"\n  },\n",
                "line 7: \"wall_time_iso\"",
            ),
            ("sha256sum", "md5sum", "checksum_format \"md5sum\" is not known"),
        ] {
            let found = changed(from, to).unwrap_or_default();
            assert!(found.starts_with("MANIFEST.json: ") && found.contains(problem), "{problem}: {found}");
        }
    }
}

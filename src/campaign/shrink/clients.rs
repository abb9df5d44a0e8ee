//! Fewer clients side by side: what one begins and commits becomes a plain command, where it need not wait for another.

use super::line::{Line, LineKind};
use crate::workload::Delivery;

/// The simpler lines to be tried for what a client does at a line: a commit that it hears of; what it begins sent alone, where
/// it is committed or at once.
pub(super) fn simpler(lines: &[Line], at: usize) -> Vec<Vec<Line>> {
    [heard(lines, at), alone(lines, at, true), alone(lines, at, false)].into_iter().flatten().collect()
}

fn heard(lines: &[Line], at: usize) -> Option<Vec<Line>> {
    let LineKind::Commit { client, .. } = lines.get(at)?.kind else { return None };
    let mut lines = lines.to_vec();
    lines.get_mut(at)?.kind = LineKind::Commit { client, delivery: Delivery::Heard };
    Some(lines)
}

fn alone(lines: &[Line], at: usize, is_late: bool) -> Option<Vec<Line>> {
    let begins = lines.get(at)?;
    let LineKind::Begin { client } = begins.kind else { return None };
    let is_its_own = |line: &Line| match line.kind {
        LineKind::Begin { client: other } | LineKind::Commit { client: other, .. } => other == client,
        _ => false,
    };
    let commits = at + 1 + lines.iter().skip(at + 1).position(is_its_own)?;
    if !matches!(lines.get(commits)?.kind, LineKind::Commit { .. }) {
        return None;
    }
    let kind = if begins.requests.len() == 1 { LineKind::Command } else { LineKind::Transaction };
    let (place, gap) = if is_late { (commits, at) } else { (at, commits) };
    // Time does not go back: what is sent late is sent when the line before was.
    let at_ms = lines.iter().take(place + 1).rev().find_map(|line| line.at_ms);
    let mut simpler = lines.to_vec();
    *simpler.get_mut(place)? = Line { at_ms, kind, requests: begins.requests.clone() };
    simpler.remove(gap);
    Some(simpler)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Trace;

    #[test]
    fn what_is_begun_is_sent_alone_where_it_commits_or_at_once() {
        let lines = |text: &[&str]| -> Vec<Line> {
            let text = text.join("\n");
            Trace::read(text.as_bytes()).expect("a trace").steps.iter().map(Line::of).collect()
        };
        let begin = r#"{"at_ms":1,"client":2,"begin":[["LPOP","k"]]}"#;
        let push = r#"{"at_ms":3,"cmd":["RPUSH","k","a"]}"#;
        let before = lines(&[begin, push, r#"{"client":2,"commit":true,"lost":true}"#]);
        let late = lines(&[push, r#"{"at_ms":3,"cmd":["LPOP","k"]}"#]);
        let at_once = lines(&[r#"{"at_ms":1,"cmd":["LPOP","k"]}"#, push]);
        assert_eq!(simpler(&before, 0), [late, at_once]);
        assert_eq!(simpler(&before, 1), [[]; 0]);
        assert_eq!(simpler(&before, 2), [lines(&[begin, push, r#"{"client":2,"commit":true}"#])]);
    }
}

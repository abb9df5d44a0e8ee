//! Windows hold the replies that contradict each other and no others, and say so in words.

use super::made::{Dice, Kind, disturb, right};
use super::*;

fn window(operations: Vec<Operation>) -> Window {
    let history = history(operations);
    match history.judge(STATES) {
        Judgement::Unexplained(found) => history.window(&found.operations, found.explained_until_us),
        judgement => panic!("{judgement:?}"),
    }
}

/// As a report from elsewhere may have it.
#[test]
fn a_timeline_is_drawn_whatever_its_times_are() {
    for (call_us, reply_us) in [(0, Some(0)), (u64::MAX, Some(0)), (0, Some(u64::MAX)), (u64::MAX, None)] {
        let row = TimelineRow { client: 1, call_us, reply_us, sent: "LLEN k".to_owned(), told: "0".to_owned() };
        let timeline = Timeline { rows: vec![row], contradiction: "none".to_owned(), others: 0 };
        assert!(timeline.svg().contains("-&gt; 0<"), "{call_us}");
        assert!(timeline.text().starts_with("  client 1  |"), "{call_us}");
    }
    let nothing = Timeline { rows: Vec::new(), contradiction: String::new(), others: 0 };
    assert!(nothing.svg().starts_with("<svg "));
}

/// What others do at the same time, which has nothing to do with it.
fn noise() -> Vec<Operation> {
    vec![
        told(7, 0, 3, "RPUSH k a b c", INT(3)),
        told(7, 4, 5, "LLEN k", INT(3)),
        told(7, 6, 7, "RPUSH other z", INT(1)),
        told(8, 50, 60, "LINDEX k 0", bulk("a")),
        told(8, 61, 62, "LRANGE k 0 -1", bulks(&["a", "b", "c"])),
    ]
}

#[test]
fn a_lost_push_is_told_with_who_saw_it_missing() {
    let mut operations = noise();
    operations.push(told(2, 20, 30, "RPUSH k x", INT(4)));
    let window = window(operations);
    let sent: Vec<String> = window.history.operations.iter().map(super::super::shown_words::call).collect();
    assert_eq!(sent, ["client 2's RPUSH k x", "client 8's LRANGE k 0 -1"]);
    assert_eq!(window.others, 3);
    let expected = "  client 2  |=======                       |           0..10 us  RPUSH k x -> 4\n  \
                      client 8  |                            ==|          41..42 us  LRANGE k 0 -1 -> [\"a\", \"b\", \"c\"]\n  \
                    client 2's RPUSH k x was answered 4, yet client 8's LRANGE k 0 -1 does not show \"x\"\n  \
                    whatever became of 3 other operations on the same keys, no order gives these replies\n";
    assert_eq!(window.timeline().text(), expected);
    let svg = window.timeline().svg();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(svg.contains("client 2") && svg.contains("[&quot;a&quot;"), "{svg}");
    assert_eq!(svg.matches("<rect").count(), 2);
}

#[test]
fn other_contradictions_have_words_too() {
    let popped = |client, call_us| told(client, call_us, call_us + 5, "LPOP k", bulk("a"));
    for (operations, expected) in [
        (
            vec![told(1, 0, 1, "RPUSH k a b", INT(2)), popped(2, 5), popped(3, 6)],
            "\"a\" was taken out twice: by client 2's LPOP k, and by client 3's LPOP k",
        ),
        (
            vec![told(1, 0, 9, "RPUSH k a", INT(1)), told(2, 1, 8, "RPUSH k b", INT(1))],
            "client 1's RPUSH k a and client 2's RPUSH k b were both answered 1: one did not see the other",
        ),
        (
            vec![popped(2, 5), told(1, 20, 21, "RPUSH k a", INT(1))],
            "no order of these operations gives every reply; the last is client 2's LPOP k, answered \"a\"",
        ),
        (
            vec![told(1, 0, 1, "DEL k", INT(1))],
            "no order of these operations gives every reply; the last is client 1's DEL k, answered 1",
        ),
    ] {
        assert_eq!(window(operations).history.contradiction().words, expected);
    }
}

/// Shrinking can lead from one bug to another, and the report says so.
#[test]
fn contradictions_are_alike_if_the_kind_and_the_command_are() {
    let popped = |key: &str, client, call_us| told(client, call_us, call_us + 5, &format!("LPOP {key}"), bulk("a"));
    let twice = |key: &str, call_us| {
        let push = told(1, 0, 1, &format!("RPUSH {key} a b"), INT(2));
        window(vec![push, popped(key, 2, call_us), popped(key, 3, call_us + 1)]).history.contradiction()
    };
    let early = window(vec![popped("k", 2, 5), told(1, 20, 21, "RPUSH k a", INT(1))]).history.contradiction();
    let lost = window(vec![told(1, 0, 1, "DEL k", INT(1))]).history.contradiction();
    assert_eq!((early.command, lost.command), ("LPOP", "DEL"));
    assert!(twice("k", 5).is_like(&twice("j", 70)) && twice("k", 5).words != twice("j", 70).words);
    assert!(!twice("k", 5).is_like(&early), "of another kind");
    assert!(!lost.is_like(&early), "of another command");
}

#[test]
fn what_is_left_is_wrong_and_each_of_its_replies_counts() {
    let (mut windows, mut operations) = (0, 0);
    for seed in 0..40 {
        let kind = Kind { operations: 16, clients: 3, keys: 2, longest_us: 60, expires: false, one_lost_of: 20 };
        let mut dice = Dice::new(seed);
        let mut history = right(&mut dice, &kind);
        disturb(&mut dice, &mut history);
        let Judgement::Unexplained(found) = history.judge(STATES) else { continue };
        let window = history.window(&found.operations, found.explained_until_us);
        assert!(matches!(window.history.judge(STATES), Judgement::Unexplained(_)), "seed {seed}\n{}", lines(&history));
        assert!(window.history.operations.iter().all(|operation| operation.reply().is_some()));
        windows += 1;
        operations += window.history.operations.len();
    }
    assert!(windows > 20, "{windows} windows");
    assert!(operations < 6 * windows, "{operations} operations in {windows} windows");
}

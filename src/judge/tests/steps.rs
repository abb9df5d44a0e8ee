//! Steps that are right by a hair: what each must write, and what it may leave out.

use super::*;

/// The rows of the key `k`, as rows of the key `m`.
fn of_m(rows: Vec<Row>) -> Vec<Row> {
    let change = |mut key: Vec<u8>| {
        let place = if key.ends_with(b"k") {
            key.len() - 1
        } else if key.starts_with(b"!lst|meta|d|") {
            key.len() - 13
        } else {
            key.len() - 9
        };
        key[place] = b'm';
        key
    };
    rows.into_iter().map(|(key, value)| (change(key), value)).collect()
}

fn gone(keys: &[Vec<u8>]) -> Vec<Row> {
    keys.iter().map(|key| (key.clone(), None)).collect()
}

/// `RPUSH k a` as the step of this number, where the list ends.
fn push(step: u64, at: i64) -> (Is, Vec<Row>) {
    (Commands(&["RPUSH k a"]), vec![(item(at), text("a")), fence(), (delta(step, 0), moved(0, 1))])
}

/// `LPOP k` of the only item, which is at `at`, as the step of this number.
fn emptying(step: u64, at: i64) -> Vec<Row> {
    join(&[vec![(claim(at), text("")), (item(at), None), (delta(step, 0), moved(1, -1))], fences()])
}

fn join(parts: &[Vec<Row>]) -> Vec<Row> {
    parts.concat()
}

fn holds(steps: &[(Is, Vec<Row>)]) {
    judged(false, steps).unwrap_or_else(|(number, violation)| panic!("step {number}: {violation:?}"));
}

/// The last step breaks a rule.
fn breaks(steps: &[(Is, Vec<Row>)], rule: &str) {
    let (number, violation) = judged(false, steps).expect_err("a wrong batch");
    assert_eq!((number + 1, violation.rule), (steps.len(), rule), "{violation:?}");
}

/// Some steps after others.
fn then(first: &[(Is, Vec<Row>)], rest: &[(Is, Vec<Row>)]) -> Vec<(Is, Vec<Row>)> {
    [first, rest].concat()
}

#[test]
fn commands_without_an_effect_write_nothing() {
    let idle: &[&'static [&'static str]] = &[
        &["LPOP none"],
        &["LMPOP 2 none other LEFT"],
        &["LSET k 9 x"],
        &["LINSERT k BEFORE missing x"],
        &["LREM k 0 missing"],
        &["LTRIM none 0 1"],
        &["DEL none"],
        &["RENAME none k"],
        &["RENAME k k"],
        &["RPOPLPUSH none k"],
        &["PERSIST k"],
        &["PEXPIREAT none 500"],
        &["LPUSHX none a"],
    ];
    for commands in idle {
        holds(&[push(0, 0), (Commands(commands), Vec::new())]);
        // Not even what would change nothing for a client.
        let folds = vec![(META.to_vec(), meta(0, 1, None)), (delta(0, 0), None)];
        assert!(judged(false, &[push(0, 0), (Commands(commands), folds)]).is_err(), "{commands:?}");
    }
}

#[test]
fn a_pop_of_several_keys_writes_at_the_first_that_has_a_list() {
    let pop = emptying(1, 0);
    holds_and_breaks(false, &[push(0, 0), (Commands(&["LMPOP 3 none k m LEFT COUNT 5"]), pop)]);
}

#[test]
fn a_trim_that_removes_nothing_is_a_rewrite() {
    let rows = vec![(META.to_vec(), meta(0, 1, None)), (item(0), text("a")), (delta(0, 0), None)];
    let rows = join(&[rows, fences()]);
    holds_and_breaks(false, &[push(0, 0), (Commands(&["LTRIM k 0 -1"]), rows)]);
}

#[test]
fn an_expiry_stays_until_the_last_item_has_left() {
    let expire = (Commands(&["PEXPIREAT k 500"]), vec![ttl(500)]);
    let pop = vec![(claim(0), text("")), (item(0), None), fence(), (delta(3, 0), moved(1, -1))];
    let leaves = [push(0, 0), push(1, 1), expire.clone(), (Commands(&["LPOP k"]), pop)];
    holds_and_breaks(false, &leaves);
    let moves = |ttl: Vec<Row>| {
        let source = join(&[vec![(item(0), None), (delta(2, 0), moved(0, -1))], fences()]);
        let to = of_m(vec![(item(-1), text("a")), fence(), (delta(2, 1), moved(-1, 1))]);
        [push(0, 0), expire.clone(), (Commands(&["RPOPLPUSH k m"]), join(&[source, to, ttl]))]
    };
    holds_and_breaks(false, &moves(gone(&[TTL.to_vec()])));
    breaks(&moves(Vec::new()), "ttl");
    // Within one key the list is never empty.
    let rows =
        vec![(item(0), None), (item(-1), text("a")), fence(), (delta(2, 0), moved(0, -1)), (delta(2, 1), moved(-1, 1))];
    holds(&[push(0, 0), expire, (Commands(&["RPOPLPUSH k k"]), rows)]);
}

#[test]
fn no_command_moves_more_than_100_000_items() {
    // No step has the rows that it must, so each is wrong; the limit is told before anything else.
    let breaks_the_limit = |requests: &[Request]| {
        let (mut judge, mut model) = (Judge::new(false), Model::new());
        for request in requests {
            let reply = model.execute(request);
            let Request::Valid(command) = request else { panic!("{request:?}") };
            judge.command(command, &reply, &model);
        }
        judge.verdict(&Batch::default(), &model).is_err_and(|violation| violation.rule == "limit")
    };
    let push = |count| {
        let values = (0..count).map(|_| b"x".to_vec());
        Request::parse([b"RPUSH".to_vec(), b"k".to_vec()].into_iter().chain(values).collect()).expect("a push")
    };
    assert!(!breaks_the_limit(&[push(100_000)]));
    assert!(breaks_the_limit(&[push(100_001)]));
    for rewrite in ["LSET k 0 y", "LTRIM k 0 0", "LTRIM k 1 0"] {
        assert!(!breaks_the_limit(&[push(50_000), push(50_000), request(rewrite)]), "{rewrite}");
        assert!(breaks_the_limit(&[push(50_000), push(50_001), request(rewrite)]), "{rewrite}");
    }
    assert!(breaks_the_limit(&[push(50_000), push(50_001), request("RENAME k m")]));
    assert!(breaks_the_limit(&[push(50_000), push(50_001), request("LPOP k 100001")]));
}

#[test]
fn a_compaction_of_an_empty_list_leaves_nothing() {
    let pop = emptying(1, 0);
    let emptied = [push(0, 0), (Commands(&["LPOP k"]), pop)];
    let folds = || gone(&[delta(0, 0), delta(1, 0), claim(0)]);
    // The head is 0 again.
    let (_, rows) = push(3, 0);
    holds_and_breaks(false, &then(&emptied, &[(Compaction, folds()), (Commands(&["RPUSH k a"]), rows)]));
    // A push since has begun where the deltas say.
    let since = then(&emptied, &[(Read, Vec::new()), push(3, 1)]);
    holds(&then(&since, &[(Commit, Vec::new())]));
    breaks(&then(&since, &[(Commit, folds())]), "claim");
}

#[test]
fn what_a_compaction_has_folded_is_what_comes_next_builds_on() {
    let left = vec![(item(-1), text("a")), fence(), (delta(0, 0), moved(-1, 1))];
    let folds = vec![(META.to_vec(), meta(-1, 1, None)), (delta(0, 0), None)];
    let more = vec![(item(0), text("b")), fence(), (delta(2, 0), moved(0, 1))];
    let all_gone = join(&[gone(&[META.to_vec(), delta(2, 0), item(-1), item(0)]), fences()]);
    let steps = [
        (Commands(&["LPUSH k a"]), left),
        (Compaction, folds),
        (Commands(&["RPUSH k b"]), more),
        (Commands(&["DEL k"]), all_gone),
        (Compaction, Vec::new()),
    ];
    holds_and_breaks(false, &steps);
}

#[test]
fn claims_that_were_deleted_are_not_there_for_a_compaction() {
    let pop = |step, at| vec![(claim(at), text("")), (item(at), None), fence(), (delta(step, 0), moved(1, -1))];
    let put = [(META.to_vec(), meta(0, 1, None)), (item(0), text("x")), (item(2), None)];
    let rewrite =
        join(&[put.to_vec(), fences(), gone(&[claim(0), claim(1)]), gone(&[0, 1, 2, 3, 4].map(|step| delta(step, 0)))]);
    let steps = [
        push(0, 0),
        push(1, 1),
        push(2, 2),
        (Commands(&["LPOP k"]), pop(3, 0)),
        (Commands(&["LPOP k"]), pop(4, 1)),
        (Commands(&["LSET k 0 x"]), rewrite),
        (Compaction, Vec::new()),
        (Commands(&["DEL k"]), join(&[gone(&[META.to_vec(), item(0)]), fences()])),
    ];
    holds_and_breaks(false, &steps);
}

#[test]
fn a_claim_that_came_after_the_reading_is_left_for_the_next_compaction() {
    let pop = |step, at| vec![(claim(at), text("")), (item(at), None), fence(), (delta(step, 0), moved(1, -1))];
    let folded = join(&[vec![(META.to_vec(), meta(1, 2, None))], gone(&[0, 1, 2, 3].map(|step| delta(step, 0)))]);
    let again = join(&[vec![(META.to_vec(), meta(2, 1, None))], gone(&[claim(1), delta(5, 0)])]);
    let steps = [
        push(0, 0),
        push(1, 1),
        push(2, 2),
        (Commands(&["LPOP k"]), pop(3, 0)),
        (Read, Vec::new()),
        (Commands(&["LPOP k"]), pop(5, 1)),
        (Commit, join(&[folded, gone(&[claim(0)])])),
        (Compaction, again),
        (Compaction, Vec::new()),
    ];
    holds_and_breaks(false, &steps);
}

#[test]
fn a_record_key_has_at_most_1_mib() {
    for (bytes, rule) in [(1 << 20, "unnamed-key"), ((1 << 20) + 1, "limit")] {
        let (key, mut batch) = ([FENCE, &vec![b'k'; bytes - FENCE.len()]].concat(), Batch::default());
        batch.commit(1, [(key.as_slice(), Some(&b""[..]))].into_iter());
        assert_eq!(Judge::new(false).verdict(&batch, &Model::new()).expect_err("of no command").rule, rule);
    }
}

#[test]
fn a_full_list_of_deltas_is_folded_by_the_next_push() {
    let begin = |count: i64| -> Vec<_> { (0..count).map(|step| push(step as u64, step)).collect() };
    let old = |count: u64| gone(&(0..count).map(|step| delta(step, 0)).collect::<Vec<_>>());
    let last =
        vec![(item(1024), text("a")), fence(), (META.to_vec(), meta(0, 1024, None)), (delta(1024, 0), moved(0, 1))];
    holds(&then(&begin(1024), &[(Commands(&["RPUSH k a"]), join(&[last.clone(), old(1024)]))]));
    breaks(&then(&begin(1024), &[push(1024, 1024)]), "delta");
    // One that the same transaction has written counts, too.
    let both = vec![
        (item(1023), text("a")),
        (item(1024), text("b")),
        fence(),
        (META.to_vec(), meta(0, 1024, None)),
        (delta(1023, 1), moved(0, 1)),
    ];
    let commands = Commands(&["RPUSH k a", "RPUSH k b"]);
    holds(&then(&begin(1023), &[(commands, join(&[both, old(1023)]))]));
    // Of an emptied list nothing is left, and the next push begins at 0.
    let mut steps = vec![];
    for pair in 0..512 {
        let at = pair as i64;
        steps.push(push(2 * pair, at));
        steps.push((Commands(&["LPOP k"]), emptying(2 * pair + 1, at)));
    }
    let (commands, rows) = push(1024, 0);
    holds(&then(&steps, &[(commands, join(&[rows, old(1024)]))]));
}

#[test]
fn after_the_upgrade_base_metas_hold_the_expiry() {
    let inline = vec![ttl(500), (META.to_vec(), meta(0, 1, Some(500))), (delta(0, 0), None)];
    holds_and_breaks(false, &[push(0, 0), (Upgrade, Vec::new()), (Commands(&["PEXPIREAT k 500"]), inline)]);
}

#[test]
fn whoever_names_an_expired_key_may_delete_it_whole() {
    let whole = join(&[gone(&[item(0), delta(0, 0), TTL.to_vec()]), fences()]);
    let begin = |ms| [push(0, 0), (Commands(&["PEXPIREAT k 20"]), vec![ttl(20)]), (At(ms), Vec::new())];
    for name in [Commands(&["PERSIST k"]), Refused("LPUSH k x"), Refused("RPOPLPUSH k m"), Refused("RPOPLPUSH m k")] {
        holds(&then(&begin(21), &[(name.clone(), whole.clone())]));
        holds(&then(&begin(21), &[(name.clone(), Vec::new())]));
        for left_out in 0..whole.len() {
            let mut rows = whole.clone();
            rows.remove(left_out);
            assert!(judged(false, &then(&begin(21), &[(name.clone(), rows)])).is_err(), "without row {left_out}");
        }
    }
    // At the very millisecond it is still there.
    let persists = (Commands(&["PERSIST k"]), gone(&[TTL.to_vec()]));
    holds(&then(&begin(20), &[persists]));
    breaks(&then(&begin(20), &[(Refused("LPUSH k x"), whole.clone())]), "item");
    // A key whose list was emptied has no expiry that could pass.
    let pop = emptying(1, 0);
    let emptied = [push(0, 0), (Commands(&["LPOP k"]), pop), (At(21), Vec::new())];
    breaks(&then(&emptied, &[(Refused("LPUSH k x"), gone(&[claim(0)]))]), "claim");
}

#[test]
fn deltas_are_numbered_over_all_keys_of_a_transaction() {
    let of_two = |numbers: [u32; 2]| {
        let rows = |number| vec![(item(0), text("a")), fence(), (delta(0, number), moved(0, 1))];
        [(Commands(&["RPUSH k a", "RPUSH m a"]), join(&[rows(numbers[0]), of_m(rows(numbers[1]))]))]
    };
    holds(&of_two([0, 1]));
    for numbers in [[0, 0], [1, 0], [1, 1], [0, 2], [1, 2]] {
        breaks(&of_two(numbers), "delta-number");
    }
    breaks(
        &[(Commands(&["RPUSH k a"]), vec![(item(0), text("a")), fence(), (delta(0, 1), moved(0, 1))])],
        "delta-number",
    );
    // A rewrite takes the number that comes next, whatever the deltas that it deletes have.
    let rewrite = join(&[vec![(item(0), text("x")), (delta(1, 1), moved(0, 1)), (delta(0, 0), None)], fences()]);
    let other = of_m(vec![(item(0), text("a")), fence(), (delta(1, 0), moved(0, 1))]);
    holds(&[push(0, 0), (Commands(&["RPUSH m a", "LSET k 0 x"]), join(&[other, rewrite]))]);
    // One that the step has put and deleted again may be deleted in the batch.
    let within = join(&[vec![(item(0), text("x")), (delta(0, 0), None), (delta(0, 1), moved(0, 1))], fences()]);
    holds(&[(Commands(&["RPUSH k a", "LSET k 0 x"]), within)]);
}

#[test]
fn a_claim_of_before_goes_with_a_rewrite_unless_a_pop_of_the_same_step_needs_it() {
    let pop = vec![(claim(0), text("")), (item(0), None), fence(), (delta(2, 0), moved(1, -1))];
    let begin = [push(0, 0), push(1, 1), (Commands(&["LPOP k"]), pop)];
    let rows = |claim_row: Option<Row>| {
        let kept = join(&[fences(), vec![(item(1), text("x")), (delta(3, 0), moved(0, 1))]]);
        let moves = vec![(delta(3, 1), moved(1, -1)), (delta(3, 2), moved(0, 1))];
        let old = gone(&[0, 1, 2].map(|step| delta(step, 0)));
        join(&[kept, moves, old, claim_row.into_iter().collect()])
    };
    let moving = Commands(&["LSET k 0 x", "LMOVE k k LEFT RIGHT"]);
    let step = |claim_row| then(&begin, &[(moving.clone(), rows(claim_row))]);
    holds(&step(Some((claim(0), text("")))));
    holds(&step(Some((claim(0), None))));
    breaks(&step(None), "claim");
    // Another claim that is put says nothing of this one.
    let mut other = rows(None);
    other.push((claim(7), text("")));
    breaks(&then(&begin, &[(moving, other)]), "claim");
    let popping = Commands(&["LSET k 0 x", "LPOP k"]);
    let rows = |claim_row: Option<Row>| {
        let kept = join(&[fences(), vec![(item(1), None), (delta(3, 0), moved(0, 1)), (delta(3, 1), moved(1, -1))]]);
        let old = gone(&[0, 1, 2].map(|step| delta(step, 0)));
        join(&[kept, old, claim_row.into_iter().collect()])
    };
    let step = |claim_row| then(&begin, &[(popping.clone(), rows(claim_row))]);
    holds(&step(Some((claim(0), text("")))));
    breaks(&step(Some((claim(0), None))), "claim");
    breaks(&step(None), "claim");
}

#[test]
fn a_move_may_delete_the_claim_that_it_leaves_out_if_there_is_none() {
    let rows = |claim_row: Row| {
        let moves = vec![(item(0), None), (item(-1), text("a")), fence()];
        let deltas = vec![(delta(1, 0), moved(0, -1)), (delta(1, 1), moved(-1, 1))];
        join(&[moves, deltas, vec![claim_row]])
    };
    holds(&[push(0, 0), (Commands(&["RPOPLPUSH k k"]), rows((claim(0), None)))]);
    breaks(&[push(0, 0), (Commands(&["RPOPLPUSH k k"]), rows((FENCE.to_vec(), None)))], "fence");
}

#[test]
fn a_seed_may_write_nothing() {
    holds(&[(Seed(5), Vec::new()), push(1, 0)]);
    let (commands, mut rows) = push(1, 0);
    rows.push((META.to_vec(), None));
    holds(&[(Seed(5), Vec::new()), (commands, rows)]);
}

#[test]
fn a_commit_is_behind_no_time_up_to_the_last() {
    let mut judge = Judge::new(false);
    judge.advance_to(u64::MAX);
    let last = (u64::MAX >> 16) << 16;
    for (commit_ts, rule) in [(last - 1, "commit-clock"), (last, "unnamed-key"), (last, "commit-clock")] {
        let (key, mut batch) = (item(0), Batch::default());
        batch.commit(commit_ts, [(key.as_slice(), None)].into_iter());
        assert_eq!(judge.verdict(&batch, &Model::new()).expect_err("of no command").rule, rule, "{commit_ts}");
    }
}

//! What a violation tells: the rule, the key, what is wrong, and the rows of both sides, to the byte.

use super::*;
use crate::judge::WrittenRow;

fn written(rows: &[(&[u8], Option<&[u8]>)]) -> Vec<WrittenRow> {
    rows.iter().map(|(key, value)| WrittenRow { key: key.to_vec(), value: value.map(<[u8]>::to_vec) }).collect()
}

const PUSH_ITEM: &[u8] = b"!lst|itm|k\x80\0\0\0\0\0\0\0";
const PUSH_DELTA: &[u8] = b"!lst|meta|d|\0\0\0\x01k\0\0\0\0\0\x09\0\0\0\0\0\0";
const ONE_MORE: &[u8] = b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01";

fn violation(wide: bool, steps: &[(Is, Vec<Row>)]) -> Violation {
    *judged(wide, steps).expect_err("a wrong batch").1
}

#[test]
fn a_violation_shows_the_rows_of_its_key() {
    let right = || vec![(item(0), text("a")), fence(), (delta(0, 0), moved(0, 1))];
    let expected = written(&[(PUSH_ITEM, Some(b"a")), (PUSH_DELTA, Some(ONE_MORE)), (FENCE, Some(b""))]);
    let told = |rows: Vec<Row>| violation(false, &[(Commands(&["RPUSH k a"]), rows)]);
    let mut rows = right();
    rows.remove(1);
    let found = told(rows);
    assert_eq!((found.rule, found.problem.as_str()), ("fence", "the fence that must be written is missing"));
    assert_eq!(found.user_key.as_deref(), Some(&b"k"[..]));
    assert_eq!(found.expected, expected);
    assert_eq!(found.written, written(&[(PUSH_ITEM, Some(b"a")), (PUSH_DELTA, Some(ONE_MORE))]));
    let mut rows = right();
    rows[0].1 = None;
    let found = told(rows);
    assert_eq!((found.rule, found.problem.as_str()), ("item", "the item is deleted"));
    let mut rows = right();
    rows[2].1 = moved(0, 2);
    let found = told(rows);
    assert_eq!((found.rule, found.problem.as_str()), ("delta", "the delta is not the one that must be written"));
    assert_eq!(found.expected, expected);
}

#[test]
fn every_part_of_a_key_is_shown_as_it_is_written() {
    let claim: &[u8] = b"!lst|claim|\0\0\0\x01k\x7f\xff\xff\xff\xff\xff\xff\xff";
    let window: &[u8] =
        b"\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\x02\xbc";
    let push = vec![(item(-1), text("a")), (item(-2), text("b")), fence(), (delta(0, 0), moved(-2, 2))];
    let pop = vec![(super::claim(-1), text("")), (item(-1), None), fence(), (delta(1, 0), moved(0, -1))];
    let begin = [(Commands(&["LPUSH k a b"]), push), (Commands(&["RPOP k"]), pop)];
    let expire = [begin.to_vec(), vec![(Commands(&["PEXPIREAT k 700"]), Vec::new())]].concat();
    let found = violation(true, &expire);
    let deltas = [PUSH_DELTA.to_vec(), [&PUSH_DELTA[..PUSH_DELTA.len() - 5], &[1, 0, 0, 0, 0]].concat()];
    let ttl: &[u8] = b"\0\0\0\0\0\0\x02\xbc";
    let expected = [(&deltas[0][..], None), (&deltas[1], None), (META, Some(window)), (TTL, Some(ttl))];
    assert_eq!(found.expected, written(&expected));
    let delete = [begin.to_vec(), vec![(Commands(&["DEL k"]), Vec::new())]].concat();
    let found = violation(true, &delete);
    let left: &[u8] = b"!lst|itm|k\x7f\xff\xff\xff\xff\xff\xff\xfe";
    let mut expected = written(&[(claim, None), (left, None), (&deltas[0], None), (&deltas[1], None)]);
    expected.extend(fences().into_iter().map(|(key, value)| WrittenRow { key, value }));
    expected.sort();
    assert_eq!(found.expected, expected);
}

#[test]
fn a_wrong_rewrite_is_told_by_the_form_that_it_has() {
    let begin = (Commands(&["RPUSH k a"]), vec![(item(0), text("a")), fence(), (delta(0, 0), moved(0, 1))]);
    let told = |form: Row| {
        let rows = vec![(item(0), text("wrong")), (delta(0, 0), None), form.clone()];
        let found = violation(false, &[begin.clone(), (Commands(&["LSET k 0 x"]), rows)]);
        let form = WrittenRow { key: form.0, value: form.1 };
        (found.rule, found.expected.contains(&form))
    };
    assert_eq!(told((META.to_vec(), meta(0, 1, None))), ("item", true));
    assert_eq!(told((delta(1, 0), moved(0, 1))), ("item", true));
}

#[test]
fn what_may_be_missing_is_shown_only_if_it_was_written() {
    let begin = (Commands(&["RPUSH k a"]), vec![(item(0), text("a")), fence(), (delta(0, 0), moved(0, 1))]);
    let told = |claim_row: Option<Row>| {
        let mut rows = vec![(item(-1), text("wrong")), (item(0), None), fence()];
        rows.extend([(delta(1, 0), moved(0, -1)), (delta(1, 1), moved(-1, 1))]);
        rows.extend(claim_row);
        let found = violation(false, &[begin.clone(), (Commands(&["RPOPLPUSH k k"]), rows)]);
        found.expected.iter().filter(|row| row.key == claim(0)).count()
    };
    assert_eq!((told(None), told(Some((claim(0), text(""))))), (0, 1));
}

#[test]
fn a_batch_that_is_cleared_has_neither_commit_nor_rows() {
    let mut batch = Batch::default();
    batch.commit(7, [(&b"key"[..], Some(&b"value"[..]))].into_iter());
    assert_eq!((batch.commit_ts(), batch.rows().count()), (Some(7), 1));
    batch.clear();
    assert_eq!((batch.commit_ts(), batch.rows().count()), (None, 0));
    batch.commit(8, [(&b"other"[..], None)].into_iter());
    assert_eq!(batch.rows().collect::<Vec<_>>(), [(&b"other"[..], None)]);
}

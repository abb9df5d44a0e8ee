//! Which transactions conflict, and what comes of those that do.

use super::*;
use crate::command::UserKey;
use crate::database::{Database, History};
use crate::format::Record;
use crate::format::record::classify;
use crate::store::{Attempt, MetaWidth, Version};

const START_MS: u64 = 4_102_444_800_000;

fn requests(lines: &[&str]) -> Vec<Request> {
    let parse = |line: &&str| Request::parse(line.split(' ').map(|word| word.as_bytes().to_vec()).collect());
    lines.iter().map(|line| parse(line).expect("a known command")).collect()
}

fn store(width: MetaWidth, before: &[&str]) -> Store {
    let mut store = Store::over(Database::in_memory(History::Kept), width).expect("memory");
    store.advance_to(START_MS);
    for line in before {
        store.execute(&requests(&[line])).expect("memory");
    }
    store
}

/// Lands a client's transaction: how often it was tried, and what it was answered.
fn landed(store: &mut Store, client: u32) -> (u32, Vec<Reply>) {
    let landing = store.land(client).expect("memory").expect("it has begun");
    let answers = store.commit(landing.planned, None).expect("memory");
    (landing.tries, answers.into_iter().map(Answer::into_reply).collect())
}

fn items(store: &mut Store, key: &str) -> String {
    let answers = store.execute(&requests(&[&format!("LRANGE {key} 0 -1")])).expect("memory");
    match answers.into_iter().next().map(Answer::into_reply) {
        Some(Reply::Array(items)) => {
            let text = |item: Reply| match item {
                Reply::Bulk(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                other => format!("{other:?}"),
            };
            items.into_iter().map(text).collect::<Vec<_>>().join(" ")
        }
        other => format!("{other:?}"),
    }
}

const PUSH: &str = "RPUSH k x";
const POP: &str = "LPOP k";
const EXPIRE: &str = "EXPIRE k 100";
const COMPACTION: &str = "compaction";
/// What rewrites or deletes.
const REWRITES: [&str; 9] = [
    "LSET k 0 y",
    "LREM k 1 b",
    "LINSERT k BEFORE b y",
    "LTRIM k 1 -1",
    "LTRIM k 1 0",
    "DEL k",
    "EXPIRE k 0",
    "RENAME k other",
    "LPOP k 9",
];

/// Whether the second of two transactions from one snapshot is applied as it was planned.
fn commutes(width: MetaWidth, first: &str, then: &str) -> bool {
    let mut store = store(width, &["RPUSH k a b c", "RPUSH k d", "EXPIRE k 50", "LPOP k"]);
    let key = UserKey::from("k");
    for (client, line) in [(1, first), (2, then)] {
        if line == COMPACTION {
            store.compact_read(&key).expect("memory");
        } else {
            assert!(store.begin_of(client, &requests(&[line])).expect("memory").is_none(), "{line} writes");
        }
    }
    let mut land = |client: u32, line: &str| {
        if line == COMPACTION {
            let planned = store.plan_compact_commit(&key).expect("memory");
            let is_applied = !planned.is_empty();
            store.commit(planned, None).expect("memory");
            is_applied
        } else {
            landed(&mut store, client).0 == 1
        }
    };
    assert!(land(1, first), "nothing stands in the way of the first");
    land(2, then)
}

#[test]
fn pairs_commute_or_conflict_as_the_format_says() {
    for width in [MetaWidth::Short, MetaWidth::Long] {
        let pairs = |first: &'static str, others: &[&'static str]| -> Vec<bool> {
            others.iter().map(|then| commutes(width, first, then)).collect()
        };
        for first in [PUSH, POP] {
            assert_eq!(pairs(first, &[PUSH, POP, EXPIRE, COMPACTION]), [false, false, true, true], "{first} {width:?}");
        }
        assert_eq!(pairs(EXPIRE, &[PUSH, POP, EXPIRE, COMPACTION]), [true, true, false, false], "{width:?}");
        assert_eq!(pairs(COMPACTION, &[PUSH, POP, EXPIRE]), [true, true, false], "{width:?}");
        for rewrite in REWRITES {
            assert_eq!(pairs(rewrite, &[PUSH, POP, EXPIRE, COMPACTION]), [false; 4], "{rewrite} {width:?}");
            for first in [PUSH, POP, EXPIRE, COMPACTION] {
                assert!(!commutes(width, first, rewrite), "{first}, {rewrite} {width:?}");
            }
            for other in REWRITES {
                assert!(!commutes(width, rewrite, other), "{rewrite}, {other} {width:?}");
            }
        }
    }
}

#[test]
fn two_keys_do_not_stand_in_each_others_way() {
    let mut store = store(MetaWidth::Short, &["RPUSH k a", "RPUSH l b"]);
    store.begin_of(1, &requests(&["DEL k"])).expect("memory");
    store.begin_of(2, &requests(&["LPOP l"])).expect("memory");
    assert_eq!(landed(&mut store, 1).0, 1);
    assert_eq!(landed(&mut store, 2), (1, vec![Reply::Bulk(b"b".to_vec())]));
}

#[test]
fn what_a_transaction_has_only_read_must_be_as_it_was() {
    let crossed = [["LRANGE k 0 -1", "RPUSH l x"], ["LRANGE l 0 -1", "RPUSH k y"]];
    for before in [&["RPUSH k a", "RPUSH l b"][..], &["RPUSH k a"], &[]] {
        let mut store = store(MetaWidth::Short, before);
        for (client, lines) in (1..).zip(crossed) {
            store.begin_of(client, &requests(&lines)).expect("memory");
        }
        assert_eq!(landed(&mut store, 1).0, 1);
        assert_eq!(landed(&mut store, 2).0, 2, "{before:?}");
    }
}

#[test]
fn a_push_goes_on_from_an_emptied_list_only_if_its_head_is_still_said() {
    for is_compacted_first in [false, true] {
        let mut store = store(MetaWidth::Short, &["RPUSH k a b", "LPOP k 2"]);
        let key = UserKey::from("k");
        store.compact_read(&key).expect("memory");
        store.begin_of(1, &requests(&["RPUSH k x"])).expect("memory");
        let compact = |store: &mut Store| {
            let planned = store.plan_compact_commit(&key).expect("memory");
            let is_applied = !planned.is_empty();
            store.commit(planned, None).expect("memory");
            is_applied
        };
        if is_compacted_first {
            assert!(compact(&mut store));
            assert_eq!(landed(&mut store, 1), (2, vec![Reply::Integer(1)]));
        } else {
            assert_eq!(landed(&mut store, 1), (1, vec![Reply::Integer(1)]));
            assert!(!compact(&mut store), "it gives up");
        }
        assert_eq!(items(&mut store, "k"), "x");
    }
}

#[test]
fn an_early_commit_that_is_applied_late_is_still_seen() {
    let mut store = store(MetaWidth::Short, &["RPUSH k a"]);
    store.begin_of(1, &requests(&["RPUSH k x"])).expect("memory");
    store.execute(&requests(&["RPUSH other v"])).expect("memory");
    assert!(store.is_past_open(), "it may still be applied below the last commit");
    store.begin_of(2, &requests(&["RPUSH k y"])).expect("memory");
    let last = store.last_commit();
    assert_eq!(landed(&mut store, 1), (1, vec![Reply::Integer(2)]));
    assert_eq!(store.last_commit(), last, "it was drawn before");
    assert_eq!(landed(&mut store, 2), (2, vec![Reply::Integer(3)]));
    assert_eq!(items(&mut store, "k"), "a x y");
    assert!(!store.is_past_open());
}

#[test]
fn a_commit_whose_answer_is_lost_is_applied_once() {
    for (line, reply, left) in [("RPUSH k x", Reply::Integer(3), "a b x"), ("LPOP k", Reply::Bulk(b"a".to_vec()), "b")]
    {
        let mut store = store(MetaWidth::Short, &["RPUSH k a b"]);
        store.begin_of(1, &requests(&[line])).expect("memory");
        let first = store.land_unheard(1).expect("memory").expect("it has begun");
        store.commit(first.planned, None).expect("memory");
        assert!(store.begun(1).is_some(), "the client still waits");
        assert_eq!(landed(&mut store, 1), (1, vec![reply]));
        assert_eq!(items(&mut store, "k"), left);
        assert!(store.begun(1).is_none() && store.land(1).expect("memory").is_none());
    }
}

#[test]
fn a_commit_that_goes_out_again_names_the_former_one_in_its_deltas() {
    let mut store = store(MetaWidth::Short, &["RPUSH k a"]);
    store.begin_of(1, &requests(&["RPUSH k x"])).expect("memory");
    store.lose_commit(1);
    let landing = store.land(1).expect("memory").expect("it has begun");
    let (former, planned) = (landing.planned.delta_ts(), landing.planned);
    store.commit(planned, None).expect("memory");
    assert!(former < store.last_commit());
    let mut rows = store.database().history_rows(b"", None);
    let mut found = Vec::new();
    while let Some((key, _)) = rows.current().expect("memory") {
        let (key, inverted) = key.split_last_chunk::<8>().expect("a version");
        if let Ok(Record::List(crate::format::ListRecord::Delta { commit_ts, .. })) = classify(key, &[0; 16]) {
            found.push((commit_ts, CommitTs(!u64::from_be_bytes(*inverted))));
        }
        rows.step();
    }
    drop(rows);
    assert!(found.contains(&(former, store.last_commit())), "{found:?}");
    assert_eq!(items(&mut store, "k"), "a x");
}

#[test]
fn an_expiry_that_passes_in_between_is_a_conflict() {
    let mut store = store(MetaWidth::Short, &["RPUSH k a", "PEXPIRE k 10"]);
    store.begin_of(1, &requests(&["RPUSH k x"])).expect("memory");
    store.begin_of(2, &requests(&["PEXPIRE k 5"])).expect("memory");
    store.advance_to(START_MS + 11);
    assert_eq!(landed(&mut store, 1), (2, vec![Reply::Integer(1)]));
    assert_eq!(landed(&mut store, 2), (2, vec![Reply::Integer(1)]), "of the new list");
    assert_eq!(items(&mut store, "k"), "x");
}

#[test]
fn whatever_conflicts_for_ever_is_refused_and_writes_nothing() {
    let screen: Screen = std::sync::Arc::new(|attempt: &mut Attempt| {
        let key = attempt.mutated.first().cloned().unwrap_or_default();
        attempt.since.push(Version { key, commit_ts: attempt.start });
    });
    let mut store = store(MetaWidth::Short, &["RPUSH k a"]).screened(screen);
    let before = store.last_commit();
    store.begin_of(1, &requests(&["RPUSH k x"])).expect("memory");
    let landing = store.land(1).expect("memory").expect("it has begun");
    assert_eq!((landing.tries, landing.gave_up), (50, true));
    let answers = store.commit(landing.planned, None).expect("memory");
    let [Answer::Reply(Reply::Error(error))] = answers.as_slice() else { panic!("{answers:?}") };
    assert!(
        error.starts_with("redis txn retry limit exceeded: key: \"!lst|itm|k") && error.ends_with(": write conflict")
    );
    assert_eq!((store.last_commit(), items(&mut store, "k").as_str()), (before, "a"));
}

#[test]
fn a_newer_store_plans_anew_what_an_older_one_has_begun() {
    let mut store = store(MetaWidth::Short, &["RPUSH k a"]);
    store.begin_of(1, &requests(&["EXPIRE k 100"])).expect("memory");
    store.upgrade();
    assert_eq!(landed(&mut store, 1), (2, vec![Reply::Integer(1)]));
    let meta = store.database().get(&crate::format::list::meta_key(b"k")).expect("memory");
    assert_eq!(meta.map(|meta| meta.len()), Some(32));
}

#[test]
fn what_writes_nothing_takes_effect_at_once_and_a_client_has_one_transaction() {
    let mut store = store(MetaWidth::Short, &["RPUSH k a"]);
    for line in ["LLEN k", "LPUSHX none v", "DEL none"] {
        assert!(store.begin_of(1, &requests(&[line])).expect("memory").is_some(), "{line}");
        assert!(store.begun(1).is_none());
    }
    store.begin_of(1, &requests(&["RPUSH k x"])).expect("memory");
    store.begin_of(1, &requests(&["RPUSH k y"])).expect("memory");
    landed(&mut store, 1);
    assert_eq!(items(&mut store, "k"), "a y");
}

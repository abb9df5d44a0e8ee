//! Records to the byte, for each kind of command; and the places where the format invites bugs.

use super::refusal::ITEMS_PER_COMMAND;
use super::*;
use crate::command::ListCommand;
use crate::format::key_text::hex;

/// 2100-01-01, where generated workloads start too.
const START_MS: u64 = 4_102_444_800_000;

struct Bench {
    store: Store,
}

impl Bench {
    fn new(width: MetaWidth) -> Bench {
        let mut store = Store::over(Database::in_memory(History::Dropped), width).expect("a new store");
        store.advance_to(START_MS);
        Bench { store }
    }

    fn run(&mut self, line: &str) -> Reply {
        let replies = self.transaction(&[line]);
        replies.into_iter().next().expect("one reply")
    }

    fn transaction(&mut self, lines: &[&str]) -> Vec<Reply> {
        let parse = |line: &&str| {
            let words = line.split(' ').map(|word| word.as_bytes().to_vec());
            Request::parse(words.collect()).expect("a known command")
        };
        let requests: Vec<Request> = lines.iter().map(parse).collect();
        self.store.execute(&requests).expect("a healthy store").into_iter().map(Answer::into_reply).collect()
    }

    /// The records as `kind key -> value`, in key order. The fences come last: `fence` for a key that has that of lists only,
    /// `fences` for one that has those of all types.
    fn records(&self) -> Vec<String> {
        let mut rows = self.store.database().rows(b"", None);
        let mut found = Vec::new();
        let mut fences: std::collections::BTreeMap<Vec<u8>, Vec<&str>> = std::collections::BTreeMap::new();
        while let Some((key, value)) = rows.current().expect("readable") {
            if let Ok(Record::Fence { family, user_key }) = crate::format::record::classify(key, value) {
                fences.entry(user_key.to_vec()).or_default().push(family);
                rows.step();
                continue;
            }
            found.push(match crate::format::record::classify(key, value).expect("well-formed") {
                Record::List(ListRecord::Meta { meta, .. }) => {
                    format!("meta {} {} {} {:?}", meta.head, meta.tail, meta.len, meta.expiry_field)
                }
                Record::List(ListRecord::Item { seq, value, .. }) => {
                    format!("item {} {}", seq.0, String::from_utf8_lossy(value))
                }
                Record::List(ListRecord::Delta { commit_ts, seq_in_txn, delta, .. }) => format!(
                    "delta +{}.{seq_in_txn} {} {}",
                    commit_ts.0 - CommitTs::at_ms(START_MS).0,
                    delta.head_delta,
                    delta.len_delta
                ),
                Record::List(ListRecord::Claim { seq, .. }) => format!("claim {}", seq.0),
                Record::Ttl { expire_at, .. } => format!("ttl {}", expire_at.0 - START_MS),
                other => format!("{other:?}"),
            });
            rows.step();
        }
        found.extend(fences.into_values().map(|families| match families.as_slice() {
            ["list"] => "fence".to_owned(),
            ["hash", "list", "set", "zset"] => "fences".to_owned(),
            other => format!("fences of {other:?}"),
        }));
        found
    }

    fn seed(&mut self, key: &UserKey, head: i64) -> Result<Vec<Answer>, StoreError> {
        let planned = self.store.plan_seed(key, head)?;
        self.store.commit(planned, None)
    }

    fn compact_commit(&mut self, key: &UserKey) -> Result<Vec<Answer>, StoreError> {
        let planned = self.store.plan_compact_commit(key)?;
        self.store.commit(planned, None)
    }

    fn items(&mut self, key: &str) -> String {
        match self.run(&format!("LRANGE {key} 0 -1")) {
            Reply::Array(items) => items
                .iter()
                .map(|item| match item {
                    Reply::Bulk(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    other => format!("{other:?}"),
                })
                .collect::<Vec<_>>()
                .join(" "),
            other => format!("{other:?}"),
        }
    }
}

use crate::format::{KEY_LIMIT_BYTES, ListRecord, Record, VALUE_LIMIT_BYTES};

#[test]
fn a_push_and_a_pop_to_the_byte() {
    let mut bench = Bench::new(MetaWidth::Short);
    bench.run("RPUSH L a bc");
    bench.run("RPOP L");
    bench.run("RPUSH L d");
    let mut rows = bench.store.database().rows(b"", None);
    let mut found = Vec::new();
    while let Some((key, value)) = rows.current().expect("readable") {
        found.push(format!("{} -> {}", hex(key), hex(value)));
        rows.step();
    }
    let claim = "21 6c 73 74 7c 63 6c 61 69 6d 7c 00 00 00 01 4c 80 00 00 00 00 00 00 01 -> ";
    let item = "21 6c 73 74 7c 69 74 6d 7c 4c 80 00 00 00 00 00 00";
    let delta = "21 6c 73 74 7c 6d 65 74 61 7c 64 7c 00 00 00 01 4c 03 bb 2c c3 d8 00 00";
    let fence = "21 72 65 64 69 73 7c 74 78 6e 2d 77 69 64 65 2d 6c 69 73 74 7c 4c -> ";
    let expected = [
        claim.to_owned(),
        format!("{item} 00 -> 61"),
        format!("{item} 01 -> 64"),
        format!("{delta} 00 00 00 00 00 -> 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02"),
        format!("{delta} 01 00 00 00 00 -> 00 00 00 00 00 00 00 00 ff ff ff ff ff ff ff ff"),
        format!("{delta} 02 00 00 00 00 -> 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01"),
        fence.to_owned(),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_left_push_goes_below_the_head() {
    let mut bench = Bench::new(MetaWidth::Short);
    bench.run("LPUSH L a b");
    assert_eq!(bench.records(), ["item -2 b", "item -1 a", "delta +0.0 -2 2", "fence"]);
    assert_eq!(bench.items("L"), "b a");
}

#[test]
fn a_pop_that_empties_drops_the_expiry_and_what_carries_it() {
    let mut short = Bench::new(MetaWidth::Short);
    short.run("RPUSH L a");
    short.run("PEXPIRE L 500");
    assert_eq!(short.records(), ["item 0 a", "delta +0.0 0 1", "ttl 500", "fence"]);
    short.run("LPOP L");
    assert_eq!(short.records(), ["claim 0", "delta +0.0 0 1", "delta +2.0 1 -1", "fences"]);
    short.run("RPUSH L b");
    assert_eq!(short.run("PEXPIRETIME L"), Reply::Integer(-1));

    let mut long = Bench::new(MetaWidth::Long);
    long.run("RPUSH L a b");
    long.run("PEXPIRE L 500");
    let expiry = START_MS + 500;
    assert_eq!(long.records(), ["item 0 a", "item 1 b", &format!("meta 0 2 2 Some({expiry})"), "ttl 500", "fence"]);
    long.run("RPOP L 2");
    assert_eq!(long.records(), ["claim 0", "claim 1", "fences"]);
    long.run("RPUSH L c");
    assert_eq!(long.records(), ["claim 0", "claim 1", "item 0 c", "delta +3.0 0 1", "fences"]);
    assert_eq!(long.items("L"), "c");
}

#[test]
fn a_rewrite_has_two_forms_and_keeps_the_expiry() {
    for width in [MetaWidth::Short, MetaWidth::Long] {
        let mut forms = std::collections::BTreeSet::new();
        let mut bench = Bench::new(width);
        bench.run("RPUSH L a b c");
        bench.run("LPOP L");
        bench.run("PEXPIRE L 500");
        for value in ["x", "y", "z"] {
            bench.run(&format!("LSET L 0 {value}"));
            let records = bench.records();
            assert!(records.iter().all(|record| !record.starts_with("claim")), "{records:?}");
            let deltas = records.iter().filter(|record| record.starts_with("delta")).count();
            let metas = records.iter().filter(|record| record.starts_with("meta 0 2 2")).count();
            assert_eq!(deltas + metas, 1, "{records:?}");
            forms.insert(deltas);
            assert_eq!(bench.items("L"), format!("{value} c"));
            assert_eq!(bench.run("PEXPIRETIME L"), Reply::Integer((START_MS + 500).cast_signed()));
        }
        assert_eq!(forms.len(), 2, "both forms come up");
        bench.run("LTRIM L 1 0");
        assert_eq!(bench.records(), ["fences"]);
    }
}

#[test]
fn a_rename_moves_items_and_expiry_and_drops_the_destination() {
    let mut bench = Bench::new(MetaWidth::Long);
    bench.run("RPUSH a 1 2");
    bench.run("PEXPIRE a 500");
    bench.run("RPUSH b 3 4 5");
    bench.run("RPOP b");
    bench.run("RENAME a b");
    let expiry = START_MS + 500;
    let expected = ["item 0 1", "item 1 2", &format!("meta 0 2 2 Some({expiry})"), "ttl 500", "fences", "fences"];
    assert_eq!(bench.records(), expected);
}

#[test]
fn a_move_is_a_pop_and_a_push_in_one_transaction_without_a_claim() {
    let mut bench = Bench::new(MetaWidth::Short);
    bench.run("RPUSH a 1 2");
    bench.run("LMOVE a b RIGHT LEFT");
    let expected = ["item 0 1", "item -1 2", "delta +0.0 0 2", "delta +1.0 0 -1", "delta +1.1 -1 1", "fence", "fence"];
    assert_eq!(bench.records(), expected);
}

#[test]
fn a_rotation_of_one_item_keeps_the_expiry() {
    for width in [MetaWidth::Short, MetaWidth::Long] {
        let mut bench = Bench::new(width);
        bench.run("RPUSH k v");
        bench.run("PEXPIRE k 500");
        assert_eq!(bench.run("RPOPLPUSH k k"), Reply::Bulk(b"v".to_vec()));
        assert_eq!(bench.run("PEXPIRETIME k"), Reply::Integer((START_MS + 500).cast_signed()));
        assert_eq!(bench.items("k"), "v");
    }
}

#[test]
fn one_transaction_has_one_timestamp_and_its_last_word_counts() {
    let mut bench = Bench::new(MetaWidth::Short);
    bench.transaction(&["RPUSH k a b", "DEL k", "RPUSH k c", "RPUSH k d"]);
    assert_eq!(bench.records(), ["item 0 c", "item 1 d", "delta +0.1 0 1", "delta +0.2 0 1", "fences"]);
    let refused = bench.transaction(&["LPUSH k e", "LSET k 9 x", "LLEN k"]);
    assert_eq!(refused, [Reply::Integer(3), Reply::error("ERR index out of range"), Reply::Integer(3)]);
}

#[test]
fn a_transaction_sees_what_it_has_written_since_it_read() {
    let mut bench = Bench::new(MetaWidth::Short);
    bench.run("RPUSH k a b");
    bench.run("RPUSH l z");
    let replies = bench.transaction(&["LLEN k", "LLEN l", "LLEN k", "LPOP k", "LLEN k", "LLEN k", "DEL k", "LLEN k"]);
    let lengths = [2, 1, 2, -1, 1, 1, 1, 0].map(Reply::Integer);
    for (place, (reply, length)) in replies.iter().zip(lengths).enumerate() {
        assert!(place == 3 || *reply == length, "{replies:?}");
    }
    bench.store.advance_to(START_MS + 5);
    let replies = bench.transaction(&["PEXPIRETIME l", "PEXPIRE l 3", "PEXPIRETIME l", "PERSIST l", "PEXPIRETIME l"]);
    let expiry = i64::try_from(START_MS).expect("a time") + 8;
    assert_eq!(replies, [-1, 1, expiry, 1, -1].map(Reply::Integer));
}

#[test]
fn deltas_are_folded_before_they_are_too_many() {
    let mut bench = Bench::new(MetaWidth::Short);
    for _ in 0..1024 {
        bench.run("LPUSH k v");
    }
    let count = |bench: &Bench, kind: &str| bench.records().iter().filter(|record| record.starts_with(kind)).count();
    assert_eq!((count(&bench, "delta"), count(&bench, "meta")), (1024, 0));
    bench.run("LPUSH k v");
    assert_eq!((count(&bench, "delta"), count(&bench, "meta -1024 0 1024")), (1, 1));
    assert_eq!(bench.run("LLEN k"), Reply::Integer(1025));
}

#[test]
fn a_compaction_folds_what_it_read_and_nothing_else() {
    let key = UserKey::from("k");
    let mut bench = Bench::new(MetaWidth::Short);
    bench.run("RPUSH k a b c");
    bench.run("LPOP k");
    bench.store.compact_read(&key).expect("a read");
    bench.run("RPUSH k d");
    bench.compact_commit(&key).expect("a commit");
    let expected = ["item 1 b", "item 2 c", "item 3 d", "delta +2.0 0 1", "meta 1 3 2 None", "fence"];
    assert_eq!(bench.records(), expected, "the new delta stays, the claim below the head is gone");
    assert_eq!(bench.items("k"), "b c d");
}

#[test]
fn a_compaction_gives_up_when_it_read_what_is_no_longer_so() {
    let key = UserKey::from("k");
    for between in ["DEL k", "LSET k 0 x", "LPOP k 2", "PEXPIRE k 9", "PERSIST k"] {
        for width in [MetaWidth::Short, MetaWidth::Long] {
            let mut bench = Bench::new(width);
            bench.run("RPUSH k a b");
            bench.run("PEXPIRE k 500");
            bench.run("LINSERT k AFTER a c");
            bench.run("RPOP k");
            bench.store.compact_read(&key).expect("a read");
            bench.run(between);
            bench.run("RPUSH k d");
            let (items, expiry) = (bench.items("k"), bench.run("PEXPIRETIME k"));
            bench.compact_commit(&key).expect("a commit");
            assert_eq!((bench.items("k"), bench.run("PEXPIRETIME k")), (items, expiry), "{between} {width:?}");
        }
    }
}

#[test]
fn an_empty_list_that_was_read_must_not_move_under_a_push() {
    let key = UserKey::from("k");
    let mut bench = Bench::new(MetaWidth::Short);
    bench.run("RPUSH k a b");
    bench.run("LPOP k 2");
    bench.store.compact_read(&key).expect("a read");
    bench.run("RPUSH k c");
    bench.compact_commit(&key).expect("a commit");
    assert_eq!(bench.items("k"), "c");
    bench.run("LPOP k");
    bench.store.compact(&key).expect("a compaction");
    assert_eq!(bench.records(), ["fences"], "an empty list leaves no base meta, and its claims go");
}

#[test]
fn the_sequence_range_ends_with_a_refusal() {
    let key = UserKey::from("k");
    let mut bench = Bench::new(MetaWidth::Short);
    bench.seed(&key, i64::MIN + 2).expect("a seed");
    assert_eq!(bench.run("LPUSH k a b"), Reply::Integer(2));
    assert!(matches!(bench.run("LPUSH k c"), Reply::Error(text) if text.contains("sequence range")));
    assert_eq!(bench.items("k"), "b a");

    bench.run("DEL k");
    bench.seed(&key, i64::MAX - 2).expect("a seed");
    assert_eq!(bench.run("RPUSH k a b"), Reply::Integer(2));
    assert!(matches!(bench.run("RPUSH k c"), Reply::Error(text) if text.contains("sequence range")));
    assert!(matches!(bench.run("LMOVE k k LEFT RIGHT"), Reply::Error(_)));
    assert_eq!(bench.run("LMOVE k k RIGHT RIGHT"), Reply::Bulk(b"b".to_vec()));
    assert_eq!(bench.items("k"), "a b");
}

/// The meta of such a key lies where a delta of the other list could lie, and a scan for deltas meets it.
#[test]
fn a_key_that_imitates_a_delta_survives_the_other_lists_deletion() {
    let imitation = UserKey([b"d|\0\0\0\x01L".as_slice(), &[0; 12]].concat());
    let mut bench = Bench::new(MetaWidth::Long);
    let push = Request::Valid(crate::command::Command::List(ListCommand::Push {
        key: imitation.clone(),
        end: crate::command::End::Right,
        values: vec![b"x".to_vec(), b"y".to_vec()],
        only_existing: false,
    }));
    bench.store.execute(&[push]).expect("a push");
    bench.store.compact(&imitation).expect("a compaction");
    bench.run("RPUSH L a");
    bench.run("LSET L 0 b");
    bench.store.compact(&UserKey::from("L")).expect("a compaction");
    bench.run("DEL L");
    let state = visible_state(&bench.store.database().snapshot(), None).expect("readable");
    assert_eq!(state.keys.len(), 1);
    assert_eq!(state.keys[imitation.as_bytes()].items(), [b"x".to_vec(), b"y".to_vec()]);
}

#[test]
fn keys_that_extend_one_another_keep_their_items_apart() {
    let longer = UserKey([b"a".as_slice(), &[0x80, 0, 0, 0, 0, 0, 0, 0]].concat());
    let mut bench = Bench::new(MetaWidth::Short);
    bench.run("RPUSH a 1 2 3");
    let push = Request::Valid(crate::command::Command::List(ListCommand::Push {
        key: longer.clone(),
        end: crate::command::End::Left,
        values: vec![b"x".to_vec(), b"y".to_vec()],
        only_existing: false,
    }));
    bench.store.execute(&[push]).expect("a push");
    assert_eq!(bench.items("a"), "1 2 3");
    bench.run("LREM a 0 2");
    assert_eq!(bench.items("a"), "1 3");
    bench.run("DEL a");
    let state = visible_state(&bench.store.database().snapshot(), None).expect("readable");
    assert_eq!(state.keys[longer.as_bytes()].items(), [b"y".to_vec(), b"x".to_vec()]);
}

#[test]
fn a_write_to_an_expired_key_starts_afresh() {
    for width in [MetaWidth::Short, MetaWidth::Long] {
        let mut bench = Bench::new(width);
        bench.run("RPUSH k a b");
        bench.run("PEXPIRE k 500");
        bench.store.advance_to(START_MS + 500);
        assert_eq!(bench.run("LLEN k"), Reply::Integer(2), "still there in the millisecond of its expiry");
        bench.store.advance_to(START_MS + 501);
        assert_eq!(bench.run("LLEN k"), Reply::Integer(0));
        assert_eq!(bench.run("RPUSH k c"), Reply::Integer(1));
        assert_eq!(bench.run("PEXPIRETIME k"), Reply::Integer(-1));
        assert_eq!(bench.records().iter().filter(|record| !record.contains("fence")).count(), 2);
    }
}

#[test]
fn a_store_opened_again_goes_on_where_it_was() {
    let mut store = Store::over(Database::in_memory(History::Dropped), MetaWidth::Short).expect("a new store");
    store.advance_to(START_MS);
    let push = Request::parse(["RPUSH", "k", "a"].map(|word| word.as_bytes().to_vec()).to_vec()).expect("a command");
    store.execute(std::slice::from_ref(&push)).expect("a push");
    store.advance_to(START_MS + 7);
    store.sync().expect("a healthy disk");
    let before = visible_state(&store.database().snapshot(), Some(store.last_commit().unix_ms())).expect("readable");
    assert_eq!(before.last_ms, Some(START_MS + 7), "reads move the clock too");
    let mut store = Store::over(store.into_database(), MetaWidth::Short).expect("the store");
    assert_eq!(
        visible_state(&store.database().snapshot(), Some(store.last_commit().unix_ms())).expect("readable"),
        before
    );
    assert_eq!(store.execute(&[push]).expect("a push"), [Answer::Reply(Reply::Integer(2))]);
}

#[test]
fn a_seed_leaves_a_list_alone_and_a_key_that_is_too_long() {
    let mut bench = Bench::new(MetaWidth::Short);
    bench.run("RPUSH k a");
    let before = bench.records();
    bench.seed(&UserKey::from("k"), 7).expect("a seed");
    bench.seed(&UserKey(vec![b'k'; KEY_LIMIT_BYTES]), 7).expect("a seed");
    assert_eq!(bench.records(), before);
}

#[test]
fn a_fork_has_the_same_past_and_a_future_of_its_own() {
    let mut bench = Bench::new(MetaWidth::Short);
    bench.run("RPUSH k a");
    let mut fork = Bench { store: bench.store.fork().expect("one in memory has a fork") };
    assert_eq!(fork.store.now_ms(), START_MS);
    assert_eq!(fork.run("RPUSH j b"), Reply::Integer(1));
    assert_eq!(fork.store.keys().expect("readable"), [UserKey::from("j"), UserKey::from("k")]);
    assert_eq!(bench.store.keys().expect("readable"), [UserKey::from("k")]);
}

#[test]
fn a_rewrite_may_make_a_list_of_the_limit_and_no_longer_one() {
    let mut bench = Bench::new(MetaWidth::Short);
    let limit = i64::try_from(ITEMS_PER_COMMAND).expect("a small number");
    bench.run(&format!("RPUSH k{}", " a".repeat(ITEMS_PER_COMMAND as usize - 1)));
    assert_eq!(bench.run("LINSERT k BEFORE a b"), Reply::Integer(limit));
    let words = ["LINSERT", "k", "BEFORE", "a", "c"].map(|word| word.as_bytes().to_vec());
    let answers = bench.store.execute(&[Request::parse(words.to_vec()).expect("a known command")]);
    let refused = Answer::Refused(Refusal::TooManyItems { count: ITEMS_PER_COMMAND + 1 });
    assert_eq!(answers.expect("a healthy store"), [refused]);
}

#[test]
fn keys_and_values_of_exactly_the_limit_are_taken() {
    // The zeros are never touched, so they take no memory.
    let value = |bytes| [vec![0; bytes]];
    let key = |bytes: usize| UserKey(vec![b'k'; bytes]);
    let longest = KEY_LIMIT_BYTES - crate::format::list::longest_key_bytes(b"");
    assert_eq!(list::check_sizes(&key(longest), &value(VALUE_LIMIT_BYTES)), Ok(()));
    let bytes = KEY_LIMIT_BYTES + 1;
    assert_eq!(list::check_sizes(&key(longest + 1), &[]), Err(Refusal::KeyTooLong { bytes }));
    let bytes = VALUE_LIMIT_BYTES + 1;
    assert_eq!(list::check_sizes(&key(1), &value(bytes)), Err(Refusal::ValueTooLong { bytes }));
}

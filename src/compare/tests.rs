//! Each kind of difference, and what is said of it.

use std::collections::BTreeMap;

use super::list::Owners;
use super::*;
use crate::format::ExpireAtMs;
use crate::state::{KeyState, State};

const NOW_MS: u64 = 1_000;
const NAMES: SideNames<'static> = SideNames { left: "model", right: "dump" };

/// A user key, items, expiry in milliseconds.
type List<'a> = (&'a [u8], &'a [&'a [u8]], Option<u64>);

fn state(lists: &[List<'_>]) -> State {
    let list = |items: &[&[u8]], expire_at_ms: Option<u64>| {
        KeyState::list(items.iter().map(|item| item.to_vec()).collect(), expire_at_ms.map(ExpireAtMs))
    };
    let keys = lists.iter().map(|(key, items, expire_at_ms)| (key.to_vec(), list(items, *expire_at_ms))).collect();
    State { keys, last_ms: None }
}

/// The items are the words of a line.
fn words(line: &str) -> Vec<Vec<u8>> {
    line.split_whitespace().map(|word| word.as_bytes().to_vec()).collect()
}

fn word_list(line: &str) -> State {
    let list = KeyState::list(words(line), None);
    State { keys: [(b"k".to_vec(), list)].into(), last_ms: None }
}

fn rendered(left: State, right: State) -> String {
    compare(&left, &right, NOW_MS).render(NAMES)
}

#[test]
fn equal_states_have_nothing_to_say() {
    let one = state(&[(b"a", &[b"x", b"\xff"], Some(2_000)), (b"b", &[b""], None)]);
    let comparison = compare(&one, &one, NOW_MS);
    assert!(comparison.is_equal());
    assert_eq!(comparison.lists, 2);
    assert_eq!(comparison.render(NAMES), "");
}

#[test]
fn each_class_of_items_in_its_words() {
    let cases = [
        ("a b c d e f", "a b d c f e", "order: same 6 items in another order", "index 2 of 6: model \"c\", dump \"d\""),
        ("a b c", "c b a", "reversed: the same 3 items back to front", "index 0 of 3: model \"a\", dump \"c\""),
        ("a b", "b a", "reversed: the same 2 items back to front", "index 0 of 2: model \"a\", dump \"b\""),
        (
            "a b c d e f",
            "a e d c b f",
            "reversed run: 4 items from index 1 on back to front",
            "index 1 of 6: model \"b\", dump \"e\"",
        ),
        (
            "a b c d e",
            "b c d e a",
            "rotated: by 1, the first 1 item of model last in dump",
            "index 0 of 5: model \"a\", dump \"b\"",
        ),
        (
            "a a b a c",
            "a c a a b",
            "rotated: by 3, the last 2 items of model first in dump",
            "index 1 of 5: model \"a\", dump \"c\"",
        ),
        (
            "a b c d e f",
            "a c d e b f",
            "moved: 1 item from index 1 in model to index 4 in dump",
            "index 1 of 6: model \"b\", dump \"c\"",
        ),
        (
            "a b c d e f",
            "a d e b c f",
            "moved: 2 items from index 1 in model to index 3 in dump",
            "index 1 of 6: model \"b\", dump \"d\"",
        ),
        (
            "a b c d e f",
            "a e b c d f",
            "moved: 1 item from index 4 in model to index 1 in dump",
            "index 1 of 6: model \"b\", dump \"e\"",
        ),
        (
            "a b c d",
            "b c d",
            "shifted head: dump begins 1 item later than model and ends where model does",
            "index 0 (model has 4, dump has 3): model \"a\", dump \"b\"",
        ),
        (
            "a b c d",
            "c d e f",
            "shifted head: dump begins 2 items later than model and ends 2 items later",
            "index 0 of 4: model \"a\", dump \"c\"",
        ),
        (
            "a b c d",
            "y z a b c",
            "shifted head: dump begins 2 items earlier than model and ends 1 item earlier",
            "index 0 (model has 4, dump has 5): model \"a\", dump \"y\"",
        ),
        (
            "a b c d",
            "a d",
            "dropped: dump lacks 2 of the 4 items of model",
            "index 1 (model has 4, dump has 2): model \"b\", dump \"d\"",
        ),
        (
            "a b c",
            "a b",
            "dropped: dump lacks the last 1 of the 3 items of model",
            "index 2 (model has 3, dump has 2): model \"c\", dump nothing",
        ),
        (
            "a b c d",
            "a x b y c d",
            "extra: dump has the 4 items of model and 2 items more",
            "index 1 (model has 4, dump has 6): model \"b\", dump \"x\"",
        ),
        (
            "a b",
            "a b c",
            "extra: dump has the 2 items of model and 1 item more after them",
            "index 2 (model has 2, dump has 3): model nothing, dump \"c\"",
        ),
        (
            "a b c",
            "a a b c c c",
            "duplicated: dump has the 3 items of model and 3 items more, each next to its equal",
            "index 1 (model has 3, dump has 6): model \"b\", dump \"a\"",
        ),
        (
            "a b",
            "a b a b",
            "duplicated: dump has the 2 items of model and 2 items more, all of them once more",
            "index 2 (model has 2, dump has 4): model nothing, dump \"a\"",
        ),
        (
            "a b c",
            "a b c a b c",
            "duplicated: dump has the 3 items of model and 3 items more, all of them once more",
            "index 3 (model has 3, dump has 6): model nothing, dump \"a\"",
        ),
        (
            "a a a b",
            "a a b a",
            "rotated: by 1, the first 1 item of model last in dump",
            "index 2 of 4: model \"a\", dump \"b\"",
        ),
        (
            "a b c d e",
            "c d e a b",
            "rotated: by 2, the first 2 items of model last in dump",
            "index 0 of 5: model \"a\", dump \"c\"",
        ),
        (
            "a b c d e g f",
            "a e g b c d f",
            "moved: 2 items from index 4 in model to index 1 in dump",
            "index 1 of 7: model \"b\", dump \"e\"",
        ),
        (
            "a b c d e f",
            "d e f x y z",
            "shifted head: dump begins 3 items later than model and ends 3 items later",
            "index 0 of 6: model \"a\", dump \"d\"",
        ),
        // Less than half in common is no shift.
        (
            "a b c d e",
            "e x y z w",
            "different: model has 5 items, dump has 5 items",
            "index 0 of 5: model \"a\", dump \"e\"",
        ),
        ("a b c", "c x y", "different: model has 3 items, dump has 3 items", "index 0 of 3: model \"a\", dump \"c\""),
        ("a b c d", "a x c y", "wrong bytes: 2 of 4 items changed", "index 1 of 4: model \"b\", dump \"x\""),
        ("a b c", "a x c", "wrong bytes: 1 of 3 items changed", "index 1 of 3: model \"b\", dump \"x\""),
        ("a", "x", "wrong bytes: 1 of 1 item changed", "index 0 of 1: model \"a\", dump \"x\""),
        ("a b", "c d", "different: model has 2 items, dump has 2 items", "index 0 of 2: model \"a\", dump \"c\""),
        (
            "a b c",
            "x y",
            "different: model has 3 items, dump has 2 items",
            "index 0 (model has 3, dump has 2): model \"a\", dump \"x\"",
        ),
    ];
    for (left, right, class, first) in cases {
        let golden = format!("key \"k\" (hex 6b): items, {class}\n  first difference at {first}\n");
        assert_eq!(rendered(word_list(left), word_list(right)), golden);
    }
}

#[test]
fn an_item_of_another_list_is_called_foreign() {
    let other: List<'_> = (b"other", &[b"mine", b"theirs"], None);
    type Case<'a> = (&'a [&'a [u8]], &'a [&'a [u8]], &'a str);
    let cases: [Case<'_>; 4] = [
        (
            &[b"a", b"b"],
            &[b"a", b"theirs", b"b"],
            "foreign item: 1 item of dump is not of this list but of the list \"other\"",
        ),
        (
            &[b"a", b"b"],
            &[b"theirs", b"mine"],
            "foreign item: 2 items of dump are not of this list but of the list \"other\"",
        ),
        (&[b"a", b"mine"], &[b"a", b"mine", b"mine"], "duplicated: "),
        (&[b"a", b"b"], &[b"a", b"theirs", b"x", b"b"], "extra: "),
    ];
    for (left, right, class) in cases {
        let text = rendered(state(&[(b"k", left, None), other]), state(&[(b"k", right, None), other]));
        assert!(text.starts_with(&format!("key \"k\" (hex 6b): items, {class}")), "{text}");
    }
}

#[test]
fn the_gravest_difference_stands_for_all() {
    let left = state(&[(b"a", &[b"x"], Some(2_000)), (b"b", &[b"x"], None), (b"c", &[b"x"], None)]);
    let right = state(&[(b"0", &[b"x"], None), (b"a", &[b"x"], None), (b"c", &[b"y"], None)]);
    let comparison = compare(&left, &right, NOW_MS);
    let aspects: Vec<&str> = comparison.differences.iter().map(|difference| difference.kind.aspect()).collect();
    assert_eq!(aspects, ["extra-list", "expiry", "missing-list", "items"]);
    assert_eq!(comparison.chief().map(|difference| difference.key.as_slice()), Some(&b"c"[..]));
}

#[test]
fn a_missing_list_says_why_and_what_the_other_side_has() {
    let left = state(&[(b"a", &[b"x"], None), (b"b", &[b"x", b"y"], Some(2_000)), (b"c", &[b"x"], None)]);
    let right = state(&[(b"", &[b"x"], None), (b"b", &[b"x", b"y"], Some(999)), (b"c", &[], None)]);
    let golden = "key \"\": missing in model; dump has 1 item, expiry none\n\
                  key \"a\" (hex 61): missing in dump; model has 1 item, expiry none\n\
                  key \"b\" (hex 62): missing in dump, where it expired at 999 ms; model has 2 items, expiry 2000 ms\n\
                  key \"c\" (hex 63): missing in dump, which keeps it empty; model has 1 item, expiry none\n\
                  policy: empty list kept by dump: key \"c\" (hex 63)\n";
    assert_eq!(rendered(left, right), golden);
}

#[test]
fn items_and_expiry_are_two_differences() {
    let left = state(&[(b"k", &[b"x"], Some(2_000))]);
    let right = state(&[(b"k", &[b"y"], None)]);
    let golden = "key \"k\" (hex 6b): items, wrong bytes: 1 of 1 item changed\n  \
                  first difference at index 0 of 1: model \"x\", dump \"y\"\n\
                  key \"k\" (hex 6b): expiry: model 2000 ms, dump none\n";
    assert_eq!(rendered(left, right), golden);
    // The keys are counted, not what differs in them.
    let both = |item: &'static [u8], expiry| state(&[(b"j", &[item], expiry), (b"k", &[item], expiry)]);
    let comparison = compare(&both(b"x", Some(2_000)), &both(b"y", None), NOW_MS);
    assert_eq!((comparison.differences.len(), comparison.differing_keys()), (4, 2));
}

#[test]
fn what_no_client_sees_is_no_difference() {
    let left = state(&[(b"empty", &[], None), (b"gone", &[b"x"], Some(999)), (b"here", &[b"x"], Some(1_000))]);
    let right = state(&[(b"here", &[b"x"], Some(1_000)), (b"was never", &[], Some(5))]);
    let comparison = compare(&left, &right, NOW_MS);
    assert!(comparison.is_equal());
    assert_eq!(comparison.lists, 1);
    assert_eq!(comparison.empty_kept, [KeptEmpty { side: Side::Left, key: b"empty".to_vec() }]);
    assert_eq!(comparison.render(NAMES), "policy: empty list kept by model: key \"empty\" (hex 65 6d 70 74 79)\n");
}

#[test]
fn an_item_that_encodes_the_other_is_told() {
    let cases: [(&[u8], &[u8], &str); 10] = [
        (b"\xff\xfe", b"__4", "2 of 2 items of dump are the base64url of model's"),
        (b"\xff\xfe", b"//4=", "2 of 2 items of dump are the base64 of model's"),
        (b"//4=", b"\xff\xfe", "2 of 2 items of model are the base64 of dump's"),
        (b"\xff\xfe", b"fffe", "2 of 2 items of dump are the hex of model's"),
        (b"a b\n", b"a b%0A", "2 of 2 items of dump are the percent-encoding of model's"),
        (b"ab", b"\"ab\"", "2 of 2 items of dump are the JSON string of model's"),
        (b"a\n", b"a\\n", "2 of 2 items of dump are the JSON escapes of model's"),
        (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}".as_bytes(), "2 of 2 items of dump are the text with replacement"),
        (b"\xf0\x90\x80", "\u{fffd}".as_bytes(), "2 of 2 items of dump are the text with replacement"),
        ("é".as_bytes(), "Ã©".as_bytes(), "2 of 2 items of dump are the Latin-1 read as text of model's"),
    ];
    for (left, right, hint) in cases {
        let text = rendered(state(&[(b"k", &[left, left], None)]), state(&[(b"k", &[right, right], None)]));
        assert!(text.contains(&format!("items, encoding: {hint}")), "{text}");
    }
    // The empty item is its own encoding almost everywhere, and very long ones are not tried.
    for (left, is_told) in [(Vec::new(), false), (vec![b'a'; 1 << 16], true), (vec![b'a'; (1 << 16) + 1], false)] {
        let right = [b"\"", left.as_slice(), b"\""].concat();
        let text = rendered(state(&[(b"k", &[&left], None)]), state(&[(b"k", &[&right], None)]));
        assert_eq!(text.contains("encoding"), is_told, "{} bytes", left.len());
    }
    // Where more is wrong than that, it is a hint at the first of the items.
    let text = rendered(state(&[(b"k", &[b"\xff", b"y"], None)]), state(&[(b"k", &[b"_w", b"x", b"z"], None)]));
    assert!(
        text.contains("items, different: ") && text.contains("  encoding: the item of dump is the base64url"),
        "{text}"
    );
}

#[test]
fn short_items_that_text_does_not_say_are_shown_in_hex_and_long_ones_cut() {
    let text = rendered(state(&[(b"k", &[b"\xff"], None)]), state(&[(b"k", &["é".as_bytes()], None)]));
    assert!(text.ends_with("model \"%FF\" (hex ff), dump \"é\" (hex c3 a9)\n"), "{text}");

    for (bytes, in_hex) in [(32, true), (33, false)] {
        let (left, right) = (vec![0xff_u8; bytes], [vec![0xff; bytes - 1], vec![0xfe]].concat());
        let text = rendered(state(&[(b"k", &[&left], None)]), state(&[(b"k", &[&right], None)]));
        assert_eq!(text.contains("(hex ff ff"), in_hex, "{text}");
        assert_eq!(text.contains(&format!(", byte {}", bytes - 1)), !in_hex, "{text}");
    }

    let (long, mut other) = (vec![b'a'; 300], vec![b'a'; 300]);
    other[200] = b'b';
    let text = rendered(state(&[(b"k", &[&long], None)]), state(&[(b"k", &[&other], None)]));
    let (before, after) = ("a".repeat(20), "a".repeat(59));
    let shown = |changed| format!("...\"{before}{changed}{after}\"... (300 bytes)");
    let golden = format!("index 0 of 1, byte 200: model {}, dump {}\n", shown('a'), shown('b'));
    assert!(text.ends_with(&golden), "{text}");
}

#[test]
fn only_twenty_keys_are_printed() {
    let keys: Vec<String> = (10..35).map(|number| number.to_string()).collect();
    let state_of = |expire_at_ms, item: &[u8]| {
        let list = KeyState::list(vec![item.to_vec()], Some(ExpireAtMs(expire_at_ms)));
        let keys = keys.iter().map(|key| (key.as_bytes().to_vec(), list.clone())).collect();
        State { keys, last_ms: None }
    };
    let comparison = compare(&state_of(2_000, b"x"), &state_of(3_000, b"y"), NOW_MS);
    let text = comparison.render(NAMES);
    assert_eq!(comparison.differences.len(), 50);
    assert_eq!(text.matches(": expiry: ").count(), 20);
    assert!(text.ends_with("\n... and 5 more keys differ\n"), "{text}");
}

#[test]
fn the_json_form() {
    let left = state(&[(b"a", &[b"x", b"\xff"], None), (b"b", &[b"x"], Some(2_000)), (b"c", &[b"x"], None)]);
    let right = state(&[(b"a", &[b"\xff", b"x"], None), (b"b", &[b"x"], None), (b"\xff", &[], None)]);
    let golden = serde_json::json!({
        "equal": false,
        "now_ms": 1000,
        "ttl_tolerance_ms": 0,
        "about_to_expire": 0,
        "lists": 3,
        "names": { "left": "model", "right": "dump" },
        "differences": [
            {
                "key": "a", "kind": "items", "class": "reversed",
                "detail": "the same 2 items back to front",
                "first_index": 0,
                "left": { "len": 2, "item": "x", "item_bytes": 1 },
                "right": { "len": 2, "item": { "base64": "_w" }, "item_bytes": 1 },
                "encoding": null,
            },
            { "key": "b", "kind": "expiry", "left": { "expire_at_ms": 2000 }, "right": { "expire_at_ms": null } },
            {
                "key": "c", "kind": "missing", "class": "not there", "missing_in": "dump",
                "left": { "len": 1, "expire_at_ms": null }, "right": null,
            },
        ],
        "policy": [{ "policy": "empty list kept", "side": "dump", "key": { "base64": "_w" } }],
    });
    assert_eq!(compare(&left, &right, NOW_MS).to_json(NAMES), golden);
}

/// The bound is generous: what it keeps out is a search that is quadratic in the items.
#[test]
fn a_million_items_are_classified() {
    let items = |rotated: usize| -> Vec<Vec<u8>> {
        let mut items: Vec<Vec<u8>> = (0..1_000_000_u32).map(|number| (number / 2).to_be_bytes().to_vec()).collect();
        items.rotate_left(rotated);
        items
    };
    let left = items(0);
    let lists = BTreeMap::new();
    let owners = Owners::of(&lists);
    let class = |right: &[Vec<u8>]| ItemsDifference::between(&left, right, &owners).map(|difference| difference.class);
    assert_eq!(class(&items(333_333)), Some(ItemsClass::Order(Order::Rotated { by: 333_333 })));
    assert_eq!(class(&left[1..]), Some(ItemsClass::ShiftedHead { by: 1, tail_by: 0 }));
    let gap = [&left[..500_000], &left[500_007..]].concat();
    assert_eq!(class(&gap), Some(ItemsClass::Dropped { count: 7 }));
    let moved = [&left[..7], &left[500_000..999_000], &left[7..500_000], &left[999_000..]].concat();
    let order = Order::Moved { count: 499_000, from: 500_000, to: 7 };
    assert_eq!(class(&moved), Some(ItemsClass::Order(order)));
}

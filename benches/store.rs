//! Each command of the store on a list of 100 items, and a compaction.
//!
//! Each execution meets lists of its own, made right before and untimed, in a store that is new with each sample: a list
//! that is deleted and made again would be found among the remains that RocksDB keeps of the former ones.

use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use ekv_roundtrip::command::{COMMANDS, Request, UserKey};
use ekv_roundtrip::database::{History, end_of_prefix};
use ekv_roundtrip::format::list;
use ekv_roundtrip::model::Model;
use ekv_roundtrip::store::{MetaWidth, Store};
use ekv_roundtrip::workload::{Generator, write_reply};

use crate::scratch::Folder;

/// Length of the lists that commands run on.
const ITEMS: usize = 100;
/// Deltas that a compaction folds; the live store compacts from so many on.
const DELTAS: usize = 64;

/// A command and its reply as JSON. `LIST` and `OTHER` are keys of lists, `NONE` one without; `ALL` are all items of a
/// list, which expires if the command is about that.
const CALLS: &[(&str, &str)] = &[
    ("LPUSH LIST new", "101"),
    ("RPUSH LIST new", "101"),
    ("LPUSHX LIST new", "101"),
    ("RPUSHX LIST new", "101"),
    ("LPOP LIST", r#""item-00""#),
    ("RPOP LIST", r#""item-99""#),
    ("LSET LIST 50 new", r#""OK""#),
    ("LINSERT LIST BEFORE item-50 new", "101"),
    ("LREM LIST 0 item-50", "1"),
    ("LTRIM LIST 1 -2", r#""OK""#),
    ("RPOPLPUSH LIST OTHER", r#""item-99""#),
    ("LMOVE LIST OTHER LEFT RIGHT", r#""item-00""#),
    ("LMPOP 2 NONE LIST LEFT COUNT 2", r#"["LIST",["item-00","item-01"]]"#),
    ("DEL LIST", "1"),
    ("RENAME LIST NONE", r#""OK""#),
    ("EXPIRE LIST 60", "1"),
    ("PEXPIRE LIST 60000", "1"),
    ("EXPIREAT LIST 4102444860", "1"),
    ("PEXPIREAT LIST 4102444860000", "1"),
    ("PERSIST LIST", "1"),
    ("LLEN LIST", "100"),
    ("LRANGE LIST 0 -1", "[ALL]"),
    ("LINDEX LIST 50", r#""item-50""#),
    ("LPOS LIST item-50", "50"),
    ("TYPE LIST", r#""list""#),
    ("EXISTS LIST", "1"),
    ("PEXPIRETIME LIST", "4102444830000"),
];

pub fn benches(criterion: &mut Criterion) {
    let called: Vec<&str> = CALLS.iter().map(|(line, _)| name_of(line)).collect();
    let commands: Vec<&str> = COMMANDS.iter().map(|spec| spec.name).collect();
    assert_eq!(called, commands, "a bench for each command");

    let mut group = criterion.benchmark_group("store");
    group.sampling_mode(SamplingMode::Flat);
    for (line, reply) in CALLS {
        call(&mut group, line, reply);
    }
    compact(&mut group);
    group.finish();
}

fn name_of(line: &str) -> &str {
    line.split(' ').next().unwrap()
}

fn request(line: &str) -> Request {
    Request::parse(line.split(' ').map(|word| word.as_bytes().to_vec()).collect()).expect("a known command")
}

fn items() -> Vec<String> {
    (0..ITEMS).map(|number| format!("item-{number:02}")).collect()
}

fn empty_store() -> (Store, Folder) {
    let folder = Folder::new();
    let mut store = Store::create(&folder.path().join("db"), MetaWidth::Long, History::Dropped).expect("a store");
    store.advance_to(Generator::START_MS);
    (store, folder)
}

fn reply_json(store: &mut Store, request: &Request) -> String {
    let answer = store.execute(std::slice::from_ref(request)).expect("an answer").pop().expect("one answer");
    let mut json = Vec::new();
    write_reply(&answer.into_reply(), &mut json).expect("a vector takes everything");
    String::from_utf8(json).expect("JSON").trim_end().to_owned()
}

fn call(group: &mut BenchmarkGroup<'_, WallTime>, line: &str, reply: &str) {
    let name = name_of(line);
    let all = items();
    let expires = matches!(name, "PERSIST" | "PEXPIRETIME");
    let quoted: Vec<String> = all.iter().map(|item| format!("{item:?}")).collect();
    let reply = reply.replace("ALL", &quoted.join(","));
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            let (mut store, _folder) = empty_store();
            let mut total = Duration::ZERO;
            for iteration in 0..iterations {
                let named = |text: &str| {
                    ["LIST", "OTHER", "NONE"].iter().fold(text.to_owned(), |text, word| {
                        text.replace(word, &format!("{}:{iteration:06}", word.to_ascii_lowercase()))
                    })
                };
                let mut before = vec![named(&format!("RPUSH LIST {}", all.join(" "))), named("RPUSH OTHER a b c")];
                if expires {
                    before.push(named("PEXPIREAT LIST 4102444830000"));
                }
                let before: Vec<Request> = before.iter().map(|line| request(line)).collect();
                for request in &before {
                    store.execute(std::slice::from_ref(request)).expect("a reply");
                }
                let called = request(&named(line));
                let started = Instant::now();
                let answers = store.execute(std::hint::black_box(std::slice::from_ref(&called)));
                total += started.elapsed();
                let answer = answers.expect("an answer").pop().expect("one answer");
                let mut found = Vec::new();
                write_reply(&answer.into_reply(), &mut found).expect("a vector takes everything");
                assert_eq!(String::from_utf8_lossy(&found).trim_end(), named(&reply), "store/{name}: the reply");
                if iteration == 0 {
                    check_effect(name, &mut store, before.iter().chain([&called]));
                }
            }
            total
        });
    });
}

/// Fails unless the lists are those of the model after the same commands.
fn check_effect<'a>(name: &str, store: &mut Store, requests: impl Iterator<Item = &'a Request>) {
    let mut model = Model::new();
    model.advance_to(store.now_ms());
    requests.for_each(|request| drop(model.execute(request)));
    for key in ["list:000000", "other:000000", "none:000000"] {
        for question in [format!("LRANGE {key} 0 -1"), format!("PEXPIRETIME {key}")] {
            let question = request(&question);
            let mut expected = Vec::new();
            write_reply(&model.execute(&question), &mut expected).expect("a vector takes everything");
            let expected = String::from_utf8_lossy(&expected).trim_end().to_owned();
            assert_eq!(reply_json(store, &question), expected, "store/{name}: {key} afterwards");
        }
    }
}

fn compact(group: &mut BenchmarkGroup<'_, WallTime>) {
    group.bench_function("compact", |bencher| {
        bencher.iter_custom(|iterations| {
            let (mut store, _folder) = empty_store();
            let mut total = Duration::ZERO;
            for iteration in 0..iterations {
                let key = format!("list:{iteration:06}");
                for number in 0..DELTAS {
                    store.execute(&[request(&format!("RPUSH {key} item-{number}"))]).expect("a reply");
                }
                let user_key = UserKey::from(key.as_str());
                assert_eq!(delta_count(&store, &user_key), DELTAS, "store/compact: the deltas before");
                let started = Instant::now();
                let compacted = store.compact(std::hint::black_box(&user_key));
                total += started.elapsed();
                compacted.expect("a compaction");
                assert_eq!(delta_count(&store, &user_key), 0, "store/compact: the deltas left");
                let length = reply_json(&mut store, &request(&format!("LLEN {key}")));
                assert_eq!(length, DELTAS.to_string(), "store/compact: the length afterwards");
            }
            total
        });
    });
}

fn delta_count(store: &Store, user_key: &UserKey) -> usize {
    let prefix = list::delta_prefix(user_key.as_bytes());
    let mut rows = store.database().rows(&prefix, end_of_prefix(&prefix).as_deref());
    let mut count = 0;
    while rows.current().expect("a row or the end").is_some() {
        count += 1;
        rows.step();
    }
    count
}

//! What each subcommand says and leaves, byte for byte where that is promised.

use std::process::Command;

use super::session::Session;

const TRACE: &str = r#"{"at_ms":1000,"cmd":["RPUSH","jobs","a","b",{"base64":"_w"}]}
{"at_ms":1000,"cmd":["LPOP","jobs"]}
{"at_ms":1000,"cmd":["LPOP","none"]}
{"at_ms":1000,"cmd":["LRANGE","jobs","0","-1"]}
{"at_ms":1000,"cmd":["LPOP","none","2"]}
{"at_ms":1000,"cmd":["LSET","jobs","0","<b>"]}
{"at_ms":1000,"cmd":["LSET","jobs","9","x"]}
{"at_ms":1000,"cmd":["LSET","none","0","x"]}
{"at_ms":1000,"op":"compact","key":"jobs"}
{"at_ms":1000,"txn":[["RPUSH","t","x"],["LPOP","t","-1"],["LLEN","t"]]}
{"at_ms":1000,"txn":[["RPUSH","t"],["LLEN","t"]]}
{"at_ms":1000,"cmd":["LMPOP","2","none","t","LEFT"]}
{"at_ms":1000,"cmd":["RPUSH",{"base64":"_wA"},"v"]}
{"at_ms":1000,"cmd":["PEXPIREAT",{"base64":"_wA"},"5000"]}
{"at_ms":1000,"cmd":["TYPE","jobs"]}
"#;

const REPLIES: &str = r#"3
"a"
null
["b",{"base64":"_w"}]
null
"OK"
{"error":"ERR index out of range"}
{"error":"ERR no such key"}
[1,{"error":"ERR value is out of range, must be positive"},1]
{"error":"EXECABORT Transaction discarded because of previous errors."}
["t",["x"]]
1
1
"list"
"#;

const STATE: &str = r#"{"key":"jobs","items":["<b>",{"base64":"_w"}],"expire_at_ms":null}
{"key":{"base64":"_wA"},"items":["v"],"expire_at_ms":5000}
"#;

#[test]
fn a_small_trace_all_the_way() {
    let session = Session::new();
    session.write("trace.jsonl", TRACE);
    for meta in ["24", "32"] {
        session.holds(&format!("apply --trace trace.jsonl --db db{meta} --meta {meta} --replies replies --force"));
        assert_eq!(session.read("replies"), REPLIES);
        assert_eq!(session.holds(&format!("state db:db{meta}")), STATE);
        session.holds(&format!("dump db:db{meta} --out dump{meta}"));
        session.holds(&format!("compare trace:trace.jsonl dump:dump{meta}"));
    }
    assert_eq!(session.holds("state trace:trace.jsonl"), STATE);
    session.write("state.jsonl", STATE);
    session.holds("compare state:state.jsonl db:db32");
    let alive = session.holds("state db:db24 --now-ms 5000");
    assert_eq!(alive, STATE, "a key lives through the millisecond of its expiry");
    assert_eq!(session.holds("state db:db24 --now-ms 5001"), STATE.split_inclusive('\n').next().unwrap());
    let replies = session.holds("apply --trace trace.jsonl --db other --replies -");
    assert_eq!(replies, REPLIES);
}

#[test]
fn generated_workloads_of_several_profiles() {
    let session = Session::new();
    for profile in ["default", "churn", "ttl", "binary", "hostile-keys", "stack"] {
        let trace = format!("{profile}.jsonl");
        session.holds(&format!("generate --seed 7 --commands 300 --profile {profile} --out {trace}"));
        for (meta, compact) in [("24", ""), ("32", "--compact")] {
            let (db, dump) = (format!("{profile}-{meta}"), format!("{profile}-{meta}-dump"));
            session.holds(&format!("apply --trace {trace} --db {db} --meta {meta} {compact}"));
            session.holds(&format!("dump db:{db} --out {dump}"));
            session.holds(&format!("compare trace:{trace} db:{db}"));
            session.holds(&format!("compare trace:{trace} dump:{dump}"));
            let state = session.holds(&format!("state db:{db}"));
            assert_eq!(state, session.holds(&format!("state trace:{trace}")), "{profile}");
        }
    }
}

/// Redis has no ends of a sequence range, so the trace may show more than the store took; store and dump agree.
#[test]
fn what_the_store_refuses_is_told() {
    let session = Session::new();
    session.holds("generate --seed 7 --commands 300 --profile edge-seq --out trace");
    let ended = session.run("apply --trace trace --db db");
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.starts_with("note: the store refused "), "{}", ended.stderr);
    session.holds("dump db:db --out dump");
    session.holds("compare db:db dump:dump");
    session.holds("verify --trace trace");
}

#[test]
fn a_dump_byte_for_byte() {
    let session = Session::new();
    session.write("trace.jsonl", TRACE);
    session.holds("apply --trace trace.jsonl --db db");
    session.holds_in_1970("dump db:db --out dump --db-index 3");
    let tree = session.tree("dump");
    let names: Vec<_> = tree.iter().map(|(path, _)| path.to_str().unwrap()).collect();
    let bodies = ["redis/db_3/lists/%FF%00.json", "redis/db_3/lists/jobs.json"];
    assert_eq!(names, ["CHECKSUMS", "MANIFEST.json", bodies[0], bodies[1]]);
    assert_eq!(
        session.read("dump/redis/db_3/lists/jobs.json"),
        "{\n  \"format_version\": 1,\n  \"items\": [\n    \"\\u003cb\\u003e\",\n    {\n      \"base64\": \"_w\"\n    \
         }\n  ],\n  \"expire_at_ms\": null\n}"
    );
    assert_eq!(
        session.read("dump/redis/db_3/lists/%FF%00.json"),
        "{\n  \"format_version\": 1,\n  \"items\": [\n    \"v\"\n  ],\n  \"expire_at_ms\": 5000\n}"
    );
    let manifest = session.read("dump/MANIFEST.json");
    assert!(manifest.contains("\n  \"wall_time_iso\": \"1970-01-01T00:00:00Z\",\n"), "{manifest}");
    let mut sha256sum = Command::new("sha256sum");
    let checked = sha256sum.args(["--strict", "-c", "CHECKSUMS"]).current_dir(session.path("dump")).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
    assert_eq!(String::from_utf8(checked.stdout).unwrap().lines().count(), 3);
}

#[test]
fn compare_says_where_two_states_differ() {
    let session = Session::new();
    session.write("a", "{\"key\":\"k\",\"items\":[\"1\",\"2\"],\"expire_at_ms\":null}\n");
    session.write("b", "{\"key\":\"k\",\"items\":[\"1\",\"3\"],\"expire_at_ms\":null}\n");
    session.holds("compare state:a state:a");
    let ended = session.run("compare state:a state:b");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    for word in ["key \"k\"", "\"2\"", "\"3\"", "state:a", "state:b"] {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    let ended = session.run("compare state:a state:b --format json");
    assert_eq!(ended.code, Some(1));
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(json["equal"], false);
    assert_eq!(json["names"]["left"], "state:a");
    assert_eq!(json["differences"].as_array().unwrap().len(), 1);
}

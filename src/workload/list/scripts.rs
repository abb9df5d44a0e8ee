//! Scripts about lists.

use crate::workload::script::{Cases, Moment, Script};

pub(in crate::workload) const SCRIPTS: &[Script] = &[
    // LPUSH RPUSH LPUSHX RPUSHX
    Script::drawn(
        "DEL {k}; LPUSH {k} a; LPUSH {k} b c; LPUSHX {k} d; RPUSHX {k} e f; LPUSHX {k} g h; RPUSHX {k} i; RPUSH {k} j; \
         DEL {k}; LPUSHX {k} a b; RPUSHX {k} a; RPUSH {k} a b",
    ),
    // LPOP RPOP LMPOP
    Script::drawn(
        "LIST {k} a b c d e; LPOP {k}; LPOP {k} 0; LPOP {k} 2; LPOP {k} 2; LPOP {k}; LPOP {k} 0; LPOP {k} 1; \
         RPUSH {k} a; LPOP {k} 9; RPUSH {k} b; LPOP {k}; LPOP {k} -1; LPOP {k} many; LPOP {k} 1 1",
    ),
    Script::drawn(
        "LIST {k} a b c d e; RPOP {k}; RPOP {k} 0; RPOP {k} 2; RPOP {k} 2; RPOP {k}; RPOP {k} 0; RPOP {k} 1; \
         RPUSH {k} a; RPOP {k} 9; RPUSH {k} b; RPOP {k}; RPOP {k} -1; RPOP {k} many; RPOP {k} 1 1",
    ),
    Script::drawn(
        "LIST {k} a b c d e; DEL {l}; LMPOP 1 {k} LEFT COUNT 2; LMPOP 2 {l} {k} RIGHT; LMPOP 2 {k} {k} RIGHT COUNT 2; \
         LMPOP 1 {k} LEFT; LMPOP 2 {k} {l} LEFT; RPUSH {k} a; RPUSH {l} b; LMPOP 2 {k} {l} LEFT COUNT 9; RPUSH {k} a; \
         LMPOP 1 {k} RIGHT",
    ),
    Script::drawn(
        "LMPOP 0 {k} LEFT; LMPOP two {k} {l} LEFT; LMPOP 9 {k} LEFT; LMPOP 1 {k} UP; LMPOP 1 {k} LEFT ONLY 1; \
         LMPOP 1 {k} LEFT COUNT; LMPOP 1 {k} LEFT COUNT 1 COUNT 1; LMPOP 1 {k} LEFT COUNT 0; LMPOP 1 {k} LEFT COUNT all",
    ),
    // LSET LINSERT LREM LTRIM
    Script::drawn(
        "LIST {k} a b c; LSET {k} 0 x; LSET {k} 2 y; LSET {k} -1 z; LSET {k} -3 w; LSET {k} 3 x; LSET {k} -4 x; \
         LSET {k} first x; LSET nowhere 0 x; LSET nowhere first x",
    ),
    Script::drawn(
        "LIST {k} a b a; LINSERT {k} BEFORE a x; LINSERT {k} AFTER b c; RPUSH {k} z; LINSERT {k} AFTER z w; \
         LINSERT {k} BEFORE none w; LINSERT nowhere BEFORE a b; LINSERT {k} BESIDE a b",
    ),
    Script::drawn(
        "LIST {k} a b a c a d; LREM {k} 1 a; LREM {k} -1 a; LREM {k} 3 a; LREM {k} 1 b; LREM {k} -1 d; RPUSH {k} e e; \
         LREM {k} -5 e; LREM {k} 0 x; LREM {k} 2 x; LREM {k} -2 x; LREM {k} 0 c; LREM {k} 0 c; RPUSH {k} a; \
         LREM {k} {min} a; LREM {k} 1.5 a",
    ),
    Script::drawn(
        "LIST {k} a b c d e f; LTRIM {k} 0 -1; LTRIM {k} {min} {max}; LTRIM {k} -9 9; LTRIM {k} 1 4; LTRIM {k} 1 4; \
         LTRIM {k} -2 -1; LTRIM {k} 1 0; LIST {k} a b; LTRIM {k} 2 3; LTRIM {k} 0 1",
    ),
    Script::drawn("LIST {k} a b; LTRIM {k} 0 -3; LTRIM {k} 0 1; LTRIM {k} first 1; LTRIM {k} 0 last"),
    // LRANGE LINDEX LPOS
    Script::drawn(
        "LIST {k} a b c d e; LRANGE {k} 0 -1; LRANGE {k} 1 3; LRANGE {k} -3 -2; LRANGE {k} 3 1; LRANGE {k} 5 9; \
         LRANGE {k} -9 1; LRANGE {k} 2 5; LRANGE {k} 0 -6; LRANGE {k} {min} {max}; LRANGE nowhere 0 -1; \
         LRANGE {k} first 1; LRANGE {k} 0 last",
    ),
    Script::drawn(
        "LIST {k} a b c; LINDEX {k} 0; LINDEX {k} 2; LINDEX {k} -1; LINDEX {k} -3; LINDEX {k} 3; LINDEX {k} -4; \
         LINDEX {k} first; LINDEX nowhere 0; LINDEX nowhere first",
    ),
    Script::drawn(
        "LIST {k} a b a c a; LPOS {k} a; LPOS {k} x; LPOS nowhere a; LPOS nowhere a COUNT 0; LPOS {k} a RANK 2; \
         LPOS {k} a RANK -1; LPOS {k} a RANK -2; LPOS {k} a RANK 4; LPOS {k} a RANK -4; LPOS {k} a RANK {min}; \
         LPOS {k} a RANK {min} COUNT 1",
    ),
    Script::drawn(
        "LIST {k} a b a c a; LPOS {k} a COUNT 0; LPOS {k} a COUNT 2; LPOS {k} a COUNT 3; LPOS {k} a COUNT 5; \
         LPOS {k} x COUNT 1; LPOS {k} a RANK 2 COUNT 1; LPOS {k} a MAXLEN 1; LPOS {k} b MAXLEN 1; \
         LPOS {k} a RANK -1 MAXLEN 1; LPOS {k} c RANK -1 MAXLEN 1; LPOS {k} a MAXLEN 9",
    ),
    Script::drawn(
        "LPOS {k} a RANK 0; LPOS {k} a RANK first; LPOS {k} a COUNT -1; LPOS {k} a MAXLEN -1; LPOS {k} a LAST 1; \
         LPOS {k} a RANK",
    ),
    // RPOPLPUSH LMOVE
    Script::drawn(
        "LIST {k} a b c; LIST {l} x y; RPOPLPUSH {k} {l}; RPOPLPUSH {k} {k}; RPOPLPUSH {k} {l}; RPOPLPUSH {k} {k}; \
         RPOPLPUSH {k} {l}; RPOPLPUSH {k} {l}; RPOPLPUSH {l} {k}; DEL {k} {l}; RPOPLPUSH {k} {l}; RPOPLPUSH {k} {k}",
    ),
    Script::drawn(
        "LIST {k} a b c d e; LIST {l} x y; LMOVE {k} {l} LEFT LEFT; LMOVE {k} {l} LEFT RIGHT; LMOVE {k} {l} RIGHT LEFT; \
         LMOVE {k} {l} RIGHT RIGHT; LMOVE {k} {k} LEFT RIGHT; LMOVE {k} {l} LEFT LEFT; LMOVE {k} {l} LEFT LEFT; \
         LMOVE {l} {k} RIGHT LEFT",
    ),
    Script::drawn(
        "LIST {l} x y z; LMOVE {l} {l} LEFT LEFT; LMOVE {l} {l} LEFT RIGHT; LMOVE {l} {l} RIGHT LEFT; \
         LMOVE {l} {l} RIGHT RIGHT; DEL {k} {l}; LMOVE {k} {l} LEFT LEFT; LMOVE {k} {k} LEFT LEFT; LMOVE {k} {l} UP LEFT; \
         LMOVE {k} {l} LEFT UP",
    ),
    Script::drawn(
        "LPUSH {k}; RPUSH {k}; LPUSHX {k}; RPUSHX {k}; LPOP; RPOP; LSET {k} 0; LINSERT {k} BEFORE a; LREM {k} 0; \
         LTRIM {k} 0; RPOPLPUSH {k}; LMOVE {k} {l} LEFT; LMPOP 1 {k}; LLEN; LRANGE {k} 0; LINDEX {k}; LPOS {k}",
    ),
    // A claim at the seq that has become the head again, when a compaction comes.
    Script::drawn("LIST {k} a b c; LPOP {k}; LPUSH {k} d; compact {k}"),
    // The expiry goes or moves, and then a rewrite leaves no base meta: one of each two rewrites does.
    Script::drawn(
        "LIST {k} a b; PEXPIRE {k} 100000; PERSIST {k}; LSET {k} 0 x; PEXPIRE {k} 100000; PERSIST {k}; LSET {k} 0 y; \
         PEXPIRE {k} 100000; RENAME {k} {l}; LSET {l} 0 z; PEXPIRE {l} 200000; RENAME {l} {k}; LSET {k} 0 w",
    ),
    // A list in a store of 32-byte metas whose expiry is in its TTL record alone, when a compaction comes.
    Script::drawn("LIST {k} a; PEXPIRE {k} 100000; LSET {k} 0 b; compact {k}; LSET {k} 0 c; compact {k}"),
    Script {
        cases: Cases::SeededHeads,
        moment: Moment::Middle,
        text: "DEL {k}; seed {k} {min}; RPUSH {k} a b; LPUSH {k} c; RPOPLPUSH {k} {k}; \
               MULTI; LPUSH {k} c; LLEN {k}; EXEC; DEL {k}; seed {k} {max}; RPUSH {k} a",
    },
    Script {
        cases: Cases::LongLists,
        moment: Moment::Start,
        text: "RPUSH {huge} a; DEL {huge}; RPUSH {k} {most} a; DEL {k}; LTRIM {long} 0 -1",
    },
    Script {
        cases: Cases::LongLists,
        moment: Moment::End,
        text: "DEL {k}; RPUSH {k} {most}; RPUSH {k} a; RPUSH {longest} a; RPUSH {huge} a",
    },
    // Bodies that are written by turns, keys of every form that a file name can have, and a base meta in the deltas'
    // namespace without an item: nothing but the meta tells of it.
    Script {
        cases: Cases::HostileKeys,
        moment: Moment::End,
        text: "LPUSH {x} {66k}; RPUSH {x} {66k} {10k}; RPUSH {x+} {66k}; RPUSH {x@} a; RPUSH {euros} a; RPUSH {k240} a; \
               RPUSH {k241} a; RPUSH {colons} a; RPUSH {digest} a; RPUSH b64.x a; RPUSH {empty} a; RPUSH .. a; \
               RPUSH Case a; RPUSH case a; RPUSH a a; RPUSH {delta} a; compact {delta}; \
               RPUSH d|kept a; compact d|kept; LPOP d|kept",
    },
    // An upgraded store, and of two rewrites one that leaves the expiry in the TTL record.
    Script {
        cases: Cases::AroundExpiries,
        moment: Moment::End,
        text: "LIST {x} a b; PEXPIRE {x} 100000; compact {x}; upgrade; RPUSH {x} c; compact {x}; LIST {k} a; LIST {l} a; \
               PEXPIRE {k} 100000; PEXPIRE {l} 100000; LSET {k} 0 b; LSET {l} 0 b",
    },
];

//! The interleavings of several clients: a trace each that reaches its situation, by the situation's name.

use ekv_roundtrip::store::MetaWidth::{self, Short};

/// What each situation takes, as small as can be, in the order of the situations.
pub const TRACES: &[(&str, MetaWidth, &str)] = &[
    (
        "clients-push-same-end",
        Short,
        "RPUSH k a b c\n client 1 begins RPUSH k x\n client 2 begins RPUSH k y\n client 2 commits\n \
         client 1 commits",
    ),
    (
        "clients-push-both-ends",
        Short,
        "RPUSH k a b c\n client 1 begins LPUSH k x\n client 2 begins RPUSH k y\n client 2 commits\n \
         client 1 commits",
    ),
    (
        "clients-pop-same-end",
        Short,
        "RPUSH k a b c\n client 1 begins LPOP k\n client 2 begins LPOP k\n client 2 commits\n \
         client 1 commits",
    ),
    (
        "clients-pop-last-item",
        Short,
        "RPUSH k a\n client 1 begins LPOP k\n client 2 begins RPOP k\n client 2 commits\n \
         client 1 commits",
    ),
    (
        "clients-push-and-pop-last",
        Short,
        "RPUSH k a\n client 1 begins LPOP k\n client 2 begins RPUSH k x\n client 2 commits\n \
         client 1 commits",
    ),
    (
        "clients-push-after-del",
        Short,
        "RPUSH k a b c\n client 1 begins DEL k\n client 2 begins RPUSH k x\n client 1 commits\n \
         client 2 commits",
    ),
    (
        "clients-del-after-push",
        Short,
        "RPUSH k a b c\n client 1 begins DEL k\n client 2 begins RPUSH k x\n client 2 commits\n \
         client 1 commits",
    ),
    (
        "clients-push-and-emptying",
        Short,
        "RPUSH k a b c\n client 1 begins LTRIM k 1 0\n client 2 begins RPUSH k x\n client 2 commits\n \
         client 1 commits",
    ),
    (
        "clients-move-and-del",
        Short,
        "RPUSH s a b\n LPUSH k c d\n client 1 begins RPOPLPUSH s k\n client 2 begins DEL k\n \
         client 1 commits\n client 2 commits",
    ),
    (
        "clients-del-twice",
        Short,
        "RPUSH k a b c\n client 1 begins DEL k\n client 2 begins DEL k\n client 1 commits\n \
         client 2 commits",
    ),
    (
        "clients-trim-and-push",
        Short,
        "RPUSH k a b c\n client 1 begins LTRIM k 1 2\n client 2 begins RPUSH k x\n client 1 commits\n \
         client 2 commits",
    ),
    (
        "clients-rewrite",
        Short,
        "RPUSH k a b c\n client 1 begins LSET k 0 x\n client 2 begins RPOP k\n client 1 commits\n \
         client 2 commits",
    ),
    (
        "clients-rename-from-pushed",
        Short,
        "RPUSH k a b c\n client 1 begins RENAME k l\n client 2 begins RPUSH k x\n client 1 commits\n \
         client 2 commits",
    ),
    (
        "clients-rename-over-pushed",
        Short,
        "RPUSH k a b c\n RPUSH l d\n client 1 begins RENAME k l\n client 2 begins RPUSH l x\n \
         client 1 commits\n client 2 commits",
    ),
    (
        "clients-crossing-moves",
        Short,
        "RPUSH k a b c\n RPUSH l d\n client 1 begins RPOPLPUSH k l\n client 2 begins RPOPLPUSH l k\n \
         client 1 commits\n client 2 commits",
    ),
    (
        "clients-expiry-and-push",
        Short,
        "RPUSH k a b c\n client 1 begins EXPIRE k 100\n client 2 begins RPUSH k x\n client 1 commits\n \
         client 2 commits",
    ),
    (
        "clients-expiry-and-emptying",
        Short,
        "RPUSH k a\n client 1 begins EXPIRE k 100\n client 2 begins LPOP k\n client 1 commits\n \
         client 2 commits",
    ),
    (
        "clients-expiry-and-del",
        Short,
        "RPUSH k a b c\n client 1 begins EXPIRE k 100\n client 2 begins DEL k\n client 1 commits\n \
         client 2 commits",
    ),
    (
        "clients-compaction-commutes",
        Short,
        "RPUSH k a b c\n client 1 begins RPUSH k x\n compact-read k\n client 1 commits\n \
         compact-commit k",
    ),
    (
        "clients-compaction-of-empty",
        Short,
        "RPUSH k a\n compact k\n LPOP k\n client 1 begins RPUSH k x\n compact-read k\n compact-commit k\n \
         client 1 commits",
    ),
    (
        "clients-compaction-collides",
        Short,
        "RPUSH k a b c\n client 1 begins EXPIRE k 100\n compact-read k\n client 1 commits\n \
         compact-commit k",
    ),
    (
        "clients-crossing-reads",
        Short,
        "RPUSH k a\n RPUSH l b\n client 1 begins LRANGE k 0 -1 & RPUSH l x\n \
         client 2 begins LRANGE l 0 -1 & RPUSH k y\n client 1 commits\n client 2 commits",
    ),
    (
        "clients-push-after-late",
        Short,
        "RPUSH k a\n client 1 begins RPUSH k x\n RPUSH l b\n client 1 commits\n RPUSH k y",
    ),
    ("clients-push-unheard", Short, "RPUSH k a\n client 1 begins RPUSH k x\n client 1 commits lost"),
    ("clients-pop-unheard", Short, "RPUSH k a b\n client 1 begins LPOP k\n client 1 commits lost"),
    (
        "clients-push-on-expired",
        Short,
        "RPUSH k a b\n PEXPIRE k 1\n LLEN l\n client 1 begins RPUSH k x\n client 2 begins RPUSH k y\n \
         client 1 commits\n client 2 commits",
    ),
    (
        "clients-push-on-missing",
        Short,
        "RPUSH k a\n client 1 begins RENAME k l\n client 2 begins RPUSH l x\n client 1 commits\n \
         client 2 commits",
    ),
    (
        "clients-push-into-empty-store",
        Short,
        "client 1 begins RPUSH k a\n client 2 begins RPUSH l b\n client 2 commits\n client 1 commits",
    ),
    ("clients-read-beside-write", Short, "RPUSH k a\n client 1 begins RPUSH k x y\n LRANGE k 0 -1\n client 1 commits"),
    (
        "clients-compaction-of-head",
        Short,
        "RPUSH k a\n LPOP k\n client 1 begins RPUSH k x\n compact-read k\n client 1 commits\n \
         compact-commit k",
    ),
];

/// The same in another order, or with other commands.
pub const OTHER_WAYS: &[(&str, MetaWidth, &str)] = &[
    (
        "clients-push-and-pop-last",
        Short,
        "RPUSH k a\n client 1 begins LPOP k\n client 2 begins RPUSH k x\n client 1 commits\n \
         client 2 commits",
    ),
    (
        "clients-push-and-emptying",
        Short,
        "RPUSH k a b c\n client 1 begins LTRIM k 1 0\n client 2 begins RPUSH k x\n client 1 commits\n \
         client 2 commits",
    ),
    (
        "clients-push-and-emptying",
        Short,
        "RPUSH k a b c\n client 1 begins EXPIRE k 0\n client 2 begins RPUSH k x\n client 1 commits\n \
         client 2 commits",
    ),
    (
        "clients-push-and-emptying",
        Short,
        "RPUSH k a b c\n client 1 begins LPOP k 3\n client 2 begins RPUSH k x\n client 1 commits\n \
         client 2 commits",
    ),
    (
        "clients-move-and-del",
        Short,
        "RPUSH s a b\n LPUSH k c d\n client 1 begins RPOPLPUSH s k\n client 2 begins DEL k\n \
         client 2 commits\n client 1 commits",
    ),
    (
        "clients-trim-and-push",
        Short,
        "RPUSH k a b c\n client 1 begins LTRIM k 1 2\n client 2 begins RPUSH k x\n client 2 commits\n \
         client 1 commits",
    ),
    (
        "clients-rewrite",
        Short,
        "RPUSH k a b c\n client 1 begins LREM k 0 b\n client 2 begins RPUSH k x\n client 2 commits\n \
         client 1 commits",
    ),
    (
        "clients-rewrite",
        Short,
        "RPUSH k a b c\n client 1 begins LINSERT k BEFORE b x\n client 2 begins LPOP k\n \
         client 2 commits\n client 1 commits",
    ),
    (
        "clients-rename-from-pushed",
        Short,
        "RPUSH k a b c\n client 1 begins RENAME k l\n client 2 begins RPUSH k x\n client 2 commits\n \
         client 1 commits",
    ),
    (
        "clients-rename-over-pushed",
        Short,
        "RPUSH k a b c\n RPUSH l d\n client 1 begins RENAME k l\n client 2 begins RPUSH l x\n \
         client 2 commits\n client 1 commits",
    ),
    (
        "clients-expiry-and-push",
        Short,
        "RPUSH k a b c\n client 1 begins EXPIRE k 100\n client 2 begins RPUSH k x\n client 2 commits\n \
         client 1 commits",
    ),
    (
        "clients-expiry-and-emptying",
        Short,
        "RPUSH k a\n client 1 begins EXPIRE k 100\n client 2 begins LPOP k\n client 2 commits\n \
         client 1 commits",
    ),
    (
        "clients-expiry-and-del",
        Short,
        "RPUSH k a b c\n client 1 begins EXPIRE k 100\n client 2 begins DEL k\n client 2 commits\n \
         client 1 commits",
    ),
    (
        "clients-compaction-commutes",
        Short,
        "RPUSH k a b c\n client 1 begins LPOP k\n compact-read k\n compact-commit k\n client 1 commits",
    ),
    (
        "clients-compaction-of-empty",
        Short,
        "RPUSH k a\n compact k\n LPOP k\n client 1 begins RPUSH k x\n compact-read k\n client 1 commits\n \
         compact-commit k",
    ),
    (
        "clients-compaction-collides",
        Short,
        "RPUSH k a b c\n client 1 begins DEL k\n compact-read k\n compact-commit k\n client 1 commits",
    ),
    (
        "clients-compaction-collides",
        Short,
        "RPUSH k a b c\n client 1 begins LSET k 0 x\n compact-read k\n client 1 commits\n \
         compact-commit k",
    ),
    ("clients-compaction-collides", Short, "RPUSH k a b c\n compact-read k\n compact k\n compact-commit k"),
    (
        "clients-push-on-missing",
        Short,
        "RPUSH k a\n client 1 begins RENAME k l\n client 2 begins RPUSH l x\n client 2 commits\n \
         client 1 commits",
    ),
];

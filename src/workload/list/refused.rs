//! Requests about lists that Redis refuses, or takes at the very edge of what it takes.

use crate::workload::placeholders::{KEY, MAX, MIN, NOWHERE, OVER, VALUE};

/// Refused on arrival, so that a transaction is discarded.
pub(in crate::workload) const ON_ARRIVAL: &[&[&str]] =
    &[&["lpush", KEY], &["RPUSHX", KEY], &["LSET", KEY, "0"], &["LLEN"], &["LRANGE", KEY, "0"]];

/// Refused when run.
pub(in crate::workload) const WHEN_RUN: &[&[&str]] = &[
    &["LPOP", KEY, "-1"],
    &["RPOP", KEY, "many"],
    &["LPOP", KEY, "1", "1"],
    &["RPOP", KEY, OVER],
    &["LSET", KEY, "first", VALUE],
    &["LSET", KEY, "1000000", VALUE],
    &["LSET", NOWHERE, "0", VALUE],
    &["LSET", NOWHERE, "first", VALUE],
    &["LINSERT", KEY, "BESIDE", VALUE, VALUE],
    &["LREM", KEY, "1.5", VALUE],
    &["LTRIM", KEY, "0", " 1"],
    &["LTRIM", KEY, OVER, "0"],
    &["LRANGE", KEY, "+1", "2"],
    &["LINDEX", KEY, "007"],
    &["LMOVE", KEY, KEY, "UP", "LEFT"],
    &["LMPOP", "0", KEY, "LEFT"],
    &["LMPOP", "2", KEY, "LEFT"],
    &["LMPOP", "1", KEY, "LEFT", "COUNT", "0"],
    &["LPOS", KEY, VALUE, "RANK", "0"],
    &["LPOS", KEY, VALUE, "COUNT", "-1"],
    &["LPOS", KEY, VALUE, "MAXLEN"],
];

/// Taken, with numbers at the edge.
pub(in crate::workload) const AT_THE_EDGE: &[&[&str]] = &[
    &["LPOP", KEY, MAX],
    &["LMPOP", "1", KEY, "RIGHT", "COUNT", MAX],
    &["LRANGE", KEY, MIN, MAX],
    &["LTRIM", KEY, MIN, MAX],
    &["LTRIM", KEY, MAX, MIN],
    &["LINDEX", KEY, MIN],
    &["LINDEX", KEY, MAX],
    &["LREM", KEY, MIN, VALUE],
    &["LREM", KEY, "-9223372036854775807", VALUE],
    &["LPOS", KEY, VALUE, "RANK", MIN],
    &["LPOS", KEY, VALUE, "RANK", MIN, "COUNT", "1"],
    &["LPOS", KEY, VALUE, "RANK", "-9223372036854775807"],
];

/// Taken, about nothing.
pub(in crate::workload) const ABOUT_NOTHING: &[&[&str]] =
    &[&["LPOP", NOWHERE], &["LPOP", NOWHERE, "0"], &["RPOPLPUSH", NOWHERE, KEY], &["LTRIM", NOWHERE, "0", "1"]];

//! What every command of Redis 7.0 does to keys, as far as lists are concerned: the one list of them.
//!
//! A command that is not here, such as a module's, may do anything; it is refused.

use super::error::Refusal;
use super::follow::Follow;
use super::keyspace::Kind;
use super::stores;
use super::{blocking, strings, whole_keys};

/// What a command does.
pub(super) enum Effect {
    /// Nothing to any key.
    Nothing,
    /// Makes its first argument a key of this type, if it is none yet; on a list it fails.
    Creates(Kind),
    /// The same, unless its other arguments are wrong or there is nothing to put in.
    MayCreate(Kind),
    /// May take the last element of a key of this type, which is then gone; on a list it fails.
    MayEmpty(Kind),
    /// Depends on what is there.
    Depends(fn(&mut Follow<'_>) -> Result<(), Refusal>),
    /// Cannot be told from the recording.
    Refused(&'static str),
}

/// The effect of a command that is none of ours ([`crate::command::COMMANDS`]), by its name in any case; with the name
/// in upper case.
pub(super) fn find(name: &[u8]) -> Option<(&'static str, &'static Effect)> {
    for (names, effect) in TABLE {
        if let Some(name) = names.split(' ').find(|known| name.eq_ignore_ascii_case(known.as_bytes())) {
            return Some((name, effect));
        }
    }
    None
}

const RESTORE: &str =
    "what is restored is in RDB form, which is not read here; leave it out, or record again without it";
const MIGRATE: &str = "which keys it has moved away is not recorded; record again without it";

pub(super) const TABLE: &[(&str, Effect)] = &[
    ("GET MGET STRLEN GETRANGE SUBSTR GETBIT BITCOUNT BITPOS BITFIELD_RO LCS PFCOUNT", Effect::Nothing),
    ("SET", Effect::Depends(strings::set)),
    ("SETEX", Effect::Depends(strings::setex)),
    ("PSETEX", Effect::Depends(strings::psetex)),
    ("SETNX", Effect::Depends(strings::setnx)),
    ("GETSET", Effect::Depends(strings::getset)),
    ("GETDEL", Effect::Depends(strings::getdel)),
    ("GETEX", Effect::Depends(strings::getex)),
    ("MSET", Effect::Depends(strings::mset)),
    ("MSETNX", Effect::Depends(strings::msetnx)),
    ("APPEND INCR DECR PFADD", Effect::Creates(Kind::String)),
    ("INCRBY DECRBY INCRBYFLOAT SETRANGE SETBIT BITFIELD PFMERGE", Effect::MayCreate(Kind::String)),
    ("BITOP", Effect::Depends(stores::bitop)),
    ("HGET HMGET HGETALL HKEYS HVALS HLEN HEXISTS HSTRLEN HSCAN HRANDFIELD", Effect::Nothing),
    ("HSETNX", Effect::Creates(Kind::Hash)),
    ("HSET HMSET HINCRBY HINCRBYFLOAT", Effect::MayCreate(Kind::Hash)),
    ("HDEL", Effect::MayEmpty(Kind::Hash)),
    ("SMEMBERS SISMEMBER SMISMEMBER SCARD SRANDMEMBER SSCAN SINTER SUNION SDIFF SINTERCARD", Effect::Nothing),
    ("SADD", Effect::Creates(Kind::Set)),
    ("SREM SPOP", Effect::MayEmpty(Kind::Set)),
    ("SMOVE", Effect::Depends(stores::smove)),
    ("SINTERSTORE SUNIONSTORE SDIFFSTORE", Effect::Depends(stores::of_sets)),
    (
        "ZCARD ZCOUNT ZDIFF ZINTER ZINTERCARD ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK \
         ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION GEODIST GEOHASH GEOPOS GEOSEARCH \
         GEORADIUS_RO GEORADIUSBYMEMBER_RO",
        Effect::Nothing,
    ),
    ("ZADD ZINCRBY GEOADD", Effect::MayCreate(Kind::SortedSet)),
    (
        "ZREM ZPOPMIN ZPOPMAX ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZMPOP BZPOPMIN BZPOPMAX BZMPOP",
        Effect::MayEmpty(Kind::SortedSet),
    ),
    ("ZUNIONSTORE ZINTERSTORE ZDIFFSTORE ZRANGESTORE GEOSEARCHSTORE", Effect::Depends(stores::of_sorted_sets)),
    ("GEORADIUS", Effect::Depends(stores::georadius)),
    ("GEORADIUSBYMEMBER", Effect::Depends(stores::georadiusbymember)),
    ("XINFO XLEN XPENDING XRANGE XREAD XREVRANGE", Effect::Nothing),
    ("XREADGROUP XACK XCLAIM XAUTOCLAIM XDEL XTRIM XSETID", Effect::Nothing),
    ("XADD", Effect::MayCreate(Kind::Stream)),
    ("XGROUP", Effect::Depends(stores::xgroup)),
    ("BLPOP", Effect::Depends(blocking::blpop)),
    ("BRPOP", Effect::Depends(blocking::brpop)),
    ("BRPOPLPUSH", Effect::Depends(blocking::brpoplpush)),
    ("BLMOVE", Effect::Depends(blocking::blmove)),
    ("BLMPOP", Effect::Depends(blocking::blmpop)),
    ("SORT", Effect::Depends(stores::sort)),
    ("SORT_RO DUMP KEYS SCAN RANDOMKEY DBSIZE OBJECT MEMORY TOUCH TTL PTTL EXPIRETIME", Effect::Nothing),
    ("UNLINK", Effect::Depends(whole_keys::unlink)),
    ("RENAMENX", Effect::Depends(whole_keys::renamenx)),
    ("COPY", Effect::Depends(whole_keys::copy)),
    ("MOVE", Effect::Depends(whole_keys::move_key)),
    ("SWAPDB", Effect::Depends(whole_keys::swapdb)),
    ("FLUSHDB", Effect::Depends(whole_keys::flushdb)),
    ("FLUSHALL", Effect::Depends(whole_keys::flushall)),
    ("RESTORE RESTORE-ASKING", Effect::Refused(RESTORE)),
    ("MIGRATE", Effect::Refused(MIGRATE)),
    ("EVAL EVALSHA FCALL", Effect::Depends(blocking::script)),
    ("EVAL_RO EVALSHA_RO FCALL_RO SCRIPT FUNCTION", Effect::Nothing),
    ("PUBLISH SPUBLISH SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE PUBSUB", Effect::Nothing),
    ("PING ECHO AUTH HELLO CLIENT RESET QUIT READONLY READWRITE ASKING SELECT WATCH UNWATCH WAIT", Effect::Nothing),
    (
        "INFO COMMAND CONFIG ACL CLUSTER LATENCY SLOWLOG LOLWUT MODULE MONITOR ROLE TIME LASTSAVE SAVE BGSAVE \
         BGREWRITEAOF SHUTDOWN FAILOVER REPLICAOF SLAVEOF REPLCONF PSYNC SYNC PFSELFTEST",
        Effect::Nothing,
    ),
    ("DEBUG PFDEBUG", Effect::Refused("it may do anything; record again without it")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::COMMANDS;

    #[test]
    fn every_command_stands_here_once_and_none_of_ours() {
        let names: Vec<&str> = TABLE.iter().flat_map(|(names, _)| names.split_whitespace()).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), names.len(), "a name stands here twice");
        for spec in COMMANDS {
            assert!(!names.contains(&spec.name), "{}", spec.name);
        }
        assert!(find(b"sEt").is_some_and(|(name, _)| name == "SET"));
        assert!(find(b"").is_none() && find(b"JSON.SET").is_none());
    }
}

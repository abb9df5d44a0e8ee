//! What a command does to keys, as far as lists are concerned: the one list of them. It has the commands of Redis up to
//! 8.12, of Valkey up to 9.1, and of the modules that come with them.
//!
//! A command that is not here may do anything; it is refused, unless the user says that it touches no list.

use super::error::Refusal;
use super::follow::Follow;
use super::keyspace::Kind;
use super::stores;
use super::{blocking, strings, whole_keys};
use crate::command::CommandSpec;

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
    /// May do either to its first argument; on a list it fails.
    Unsettles(Kind),
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
const LMOVEM: &str = "it moves several items at once, which is not followed here; record again without it";
const MIGRATE: &str = "which keys it has moved away is not recorded; record again without it";

pub(super) const TABLE: &[(&str, Effect)] = &[
    (
        "GET MGET STRLEN GETRANGE SUBSTR GETBIT BITCOUNT BITPOS BITFIELD_RO LCS PFCOUNT DIGEST BITRANGEINTARRAY STRALGO",
        Effect::Nothing,
    ),
    ("SET", Effect::Depends(strings::set)),
    ("SETEX", Effect::Depends(strings::setex)),
    ("PSETEX", Effect::Depends(strings::psetex)),
    ("SETNX", Effect::Depends(strings::setnx)),
    ("GETSET", Effect::Depends(strings::getset)),
    ("MSETEX", Effect::Depends(strings::msetex)),
    ("DELEX", Effect::Depends(strings::delex)),
    ("DELIFEQ", Effect::MayEmpty(Kind::String)),
    ("INCREX", Effect::Unsettles(Kind::String)),
    ("GETDEL", Effect::Depends(strings::getdel)),
    ("GETEX", Effect::Depends(strings::getex)),
    ("MSET", Effect::Depends(strings::mset)),
    ("MSETNX", Effect::Depends(strings::msetnx)),
    ("APPEND INCR DECR PFADD", Effect::Creates(Kind::String)),
    ("INCRBY DECRBY INCRBYFLOAT SETRANGE SETBIT BITFIELD PFMERGE", Effect::MayCreate(Kind::String)),
    ("BITOP", Effect::Depends(stores::bitop)),
    (
        "HGET HMGET HGETALL HKEYS HVALS HLEN HEXISTS HSTRLEN HSCAN HRANDFIELD HTTL HPTTL HEXPIRETIME HPEXPIRETIME HPERSIST",
        Effect::Nothing,
    ),
    ("HSETNX", Effect::Creates(Kind::Hash)),
    ("HSET HMSET HINCRBY HINCRBYFLOAT", Effect::MayCreate(Kind::Hash)),
    // Fields that expire one by one may end a hash at any time.
    ("HDEL HGETDEL HGETEX HEXPIRE HPEXPIRE HEXPIREAT HPEXPIREAT", Effect::MayEmpty(Kind::Hash)),
    ("HSETEX", Effect::Unsettles(Kind::Hash)),
    ("HIMPORT", Effect::Depends(stores::himport)),
    (
        "SMEMBERS SISMEMBER SMISMEMBER SCARD SRANDMEMBER SSCAN SINTER SUNION SDIFF SINTERCARD SUNIONCARD SDIFFCARD STTL \
         SPTTL SEXPIRETIME SPEXPIRETIME SPERSIST",
        Effect::Nothing,
    ),
    ("SADD", Effect::Creates(Kind::Set)),
    ("SREM SPOP SEXPIRE SPEXPIRE SEXPIREAT SPEXPIREAT", Effect::MayEmpty(Kind::Set)),
    ("SADDEX", Effect::Unsettles(Kind::Set)),
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
    ("ZMOVE BZMOVE ZMOVEMEMBER", Effect::Depends(stores::zmove)),
    ("ZUNIONSTORE ZINTERSTORE ZDIFFSTORE ZRANGESTORE GEOSEARCHSTORE", Effect::Depends(stores::of_sorted_sets)),
    ("GEORADIUS", Effect::Depends(stores::georadius)),
    ("GEORADIUSBYMEMBER", Effect::Depends(stores::georadiusbymember)),
    ("XINFO XLEN XPENDING XRANGE XREAD XREVRANGE", Effect::Nothing),
    ("XREADGROUP XACK XCLAIM XAUTOCLAIM XDEL XTRIM XSETID XDELEX XACKDEL XNACK XCFGSET", Effect::Nothing),
    ("XADD", Effect::MayCreate(Kind::Stream)),
    ("XGROUP", Effect::Depends(stores::xgroup)),
    ("LMOVEM BLMOVEM", Effect::Refused(LMOVEM)),
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
    (
        "PING ECHO AUTH HELLO CLIENT RESET QUIT READONLY READWRITE ASKING SELECT WATCH UNWATCH WAIT WAITAOF",
        Effect::Nothing,
    ),
    (
        "INFO COMMAND CONFIG ACL CLUSTER LATENCY SLOWLOG LOLWUT MODULE MONITOR ROLE TIME LASTSAVE SAVE BGSAVE \
         BGREWRITEAOF SHUTDOWN FAILOVER REPLICAOF SLAVEOF REPLCONF PSYNC SYNC PFSELFTEST COMMANDLOG HOTKEYS \
         BACKUP BLESS CLUSTERSCAN",
        Effect::Nothing,
    ),
    ("DEBUG PFDEBUG", Effect::Refused("it may do anything; record again without it")),
    (
        "ARCOUNT ARGET ARGETRANGE ARGREP ARINFO ARLASTITEMS ARLEN ARMGET ARNEXT AROP ARSCAN ARSEEK VCARD VDIM VEMB VGETATTR \
         VINFO VISMEMBER VLINKS VRANDMEMBER VRANGE VSETATTR VSIM",
        Effect::Nothing,
    ),
    ("ARSET ARMSET ARINSERT ARRING VADD", Effect::Unsettles(Kind::Newer)),
    ("ARDEL ARDELRANGE VREM", Effect::MayEmpty(Kind::Newer)),
    (
        "JSON.ARRAPPEND JSON.ARRINDEX JSON.ARRINSERT JSON.ARRLEN JSON.ARRPOP JSON.ARRTRIM JSON.CLEAR JSON.DEBUG JSON.GET \
         JSON.MGET JSON.NUMINCRBY JSON.NUMMULTBY JSON.NUMPOWBY JSON.OBJKEYS JSON.OBJLEN JSON.RESP JSON.STRAPPEND \
         JSON.STRLEN JSON.TOGGLE JSON.TYPE",
        Effect::Nothing,
    ),
    ("JSON.SET JSON.MERGE", Effect::Unsettles(Kind::Newer)),
    ("JSON.MSET", Effect::Depends(stores::json_mset)),
    ("JSON.DEL JSON.FORGET", Effect::MayEmpty(Kind::Newer)),
    (
        "FT._LIST FT.AGGREGATE FT.ALIASADD FT.ALIASDEL FT.ALIASUPDATE FT.ALTER FT.CONFIG FT.CREATE FT.CURSOR FT.DICTADD \
         FT.DICTDEL FT.DICTDUMP FT.EXPLAIN FT.EXPLAINCLI FT.HYBRID FT.INFO FT.PROFILE FT.SEARCH FT.SPELLCHECK FT.SUGGET \
         FT.SUGLEN FT.SYNDUMP FT.SYNUPDATE FT.TAGVALS",
        Effect::Nothing,
    ),
    ("FT.DROPINDEX FT.DROP", Effect::Depends(stores::drop_index)),
    ("FT.SUGADD", Effect::MayCreate(Kind::Newer)),
    ("FT.SUGDEL", Effect::MayEmpty(Kind::Newer)),
    (
        "BF.CARD BF.DEBUG BF.EXISTS BF.INFO BF.MEXISTS BF.SCANDUMP CF.COMPACT CF.COUNT CF.DEBUG CF.DEL CF.EXISTS CF.INFO \
         CF.MEXISTS CF.SCANDUMP CMS.INCRBY CMS.INFO CMS.MERGE CMS.QUERY TOPK.ADD TOPK.COUNT TOPK.INCRBY TOPK.INFO \
         TOPK.LIST TOPK.QUERY",
        Effect::Nothing,
    ),
    (
        "BF.ADD BF.INSERT BF.LOAD BF.LOADCHUNK BF.MADD BF.RESERVE CF.ADD CF.ADDNX CF.INSERT CF.INSERTNX CF.LOADCHUNK \
         CF.RESERVE CMS.INITBYDIM CMS.INITBYPROB TOPK.RESERVE",
        Effect::MayCreate(Kind::Newer),
    ),
    (
        "TDIGEST.ADD TDIGEST.BYRANK TDIGEST.BYREVRANK TDIGEST.CDF TDIGEST.INFO TDIGEST.MAX TDIGEST.MIN TDIGEST.QUANTILE \
         TDIGEST.RANK TDIGEST.RESET TDIGEST.REVRANK TDIGEST.TRIMMED_MEAN TS.ALTER TS.CREATERULE TS.DEL TS.DELETERULE \
         TS.GET TS.INFO TS.MADD TS.MGET TS.MRANGE TS.MREVRANGE TS.QUERYINDEX TS.RANGE TS.REVRANGE",
        Effect::Nothing,
    ),
    ("TDIGEST.CREATE TDIGEST.MERGE TS.ADD TS.CREATE TS.DECRBY TS.INCRBY", Effect::MayCreate(Kind::Newer)),
];

/// Whether what a command does is known, so that nobody has to say it.
pub(super) fn is_known(name: &[u8]) -> bool {
    CommandSpec::find(name).is_some() || find(name).is_some_and(|(_, effect)| !matches!(effect, Effect::Refused(_)))
}

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
        assert!(is_known(b"rpush") && is_known(b"json.set") && !is_known(b"RESTORE") && !is_known(b"NOSUCH"));
        assert!(find(b"sEt").is_some_and(|(name, _)| name == "SET"));
        assert!(find(b"").is_none() && find(b"NOSUCH").is_none());
    }
}

//! Scripts about keys of any type.

use super::script::Script;

pub(super) const SCRIPTS: &[Script] = &[
    Script::drawn(
        "DEL {k} {l}; EXISTS {k}; EXISTS {k} {l}; DEL {k}; DEL {k} {l}; RPUSH {k} a; EXISTS {k}; \
         EXISTS {k} {l}; EXISTS {k} {k}; DEL {k} {l}; RPUSH {k} a; RPUSH {l} b; EXISTS {k} {l}; DEL {k} {l}; \
         RPUSH {k} a; DEL {k} {k}; RPUSH {k} a; DEL {k}",
    ),
    Script::drawn(
        "LIST {k} a; DEL {l}; RENAME {k} {l}; RPUSH {k} b; RENAME {k} {l}; RENAME {l} {l}; RENAME {k} {l}; \
         RENAME {k} {k}",
    ),
    Script::drawn(
        "LIST {k} a; PERSIST {k}; PEXPIRETIME {k}; TYPE {k}; LLEN {k}; PEXPIRE {k} 100000; PEXPIRETIME {k}; \
         PERSIST {k}; PERSIST nowhere; PEXPIRETIME nowhere; TYPE nowhere; LLEN nowhere",
    ),
    Script::drawn(
        "DEL; RENAME {k}; EXPIRE {k}; PEXPIRE {k}; EXPIREAT {k}; PEXPIREAT {k}; PERSIST; TYPE; EXISTS; \
         PEXPIRETIME {k} {l}",
    ),
    Script::drawn(
        "LIST {k} a; EXPIRE {k} 200 GT; EXPIRE {k} 200 XX; EXPIRE {k} 200 XX LT; EXPIRE {k} 200 NX; \
         EXPIRE {k} 200 NX; EXPIRE {k} 200 GT; EXPIRE {k} 100 GT; EXPIRE {k} 300 GT; EXPIRE {k} 300 LT; \
         EXPIRE {k} 400 LT; EXPIRE {k} 200 LT; EXPIRE {k} 300 XX; EXPIRE {k} 400 XX GT; EXPIRE {k} 100 XX LT; \
         EXPIRE {k} 200",
    ),
    Script::drawn(
        "LIST {k} a; EXPIRE {k} 200; EXPIRE {k} -10 GT; PERSIST {k}; EXPIRE {k} 200 LT; EXPIRE {k} -10; \
         EXPIRE nowhere 200; RPUSH {k} a; EXPIRE {k} 0; EXPIRE {k} soon; EXPIRE {k} 200 EVER; \
         EXPIRE {k} 200 NX XX; EXPIRE {k} 200 GT LT; EXPIRE {k} {max}",
    ),
    Script::drawn(
        "LIST {k} a; PEXPIRE {k} 200000 GT; PEXPIRE {k} 200000 XX; PEXPIRE {k} 200000 XX LT; \
         PEXPIRE {k} 200000 NX; PEXPIRE {k} 200000 NX; PEXPIRE {k} 200000 GT; PEXPIRE {k} 100000 GT; \
         PEXPIRE {k} 300000 GT; PEXPIRE {k} 300000 LT; PEXPIRE {k} 400000 LT; PEXPIRE {k} 200000 LT; \
         PEXPIRE {k} 300000 XX; PEXPIRE {k} 400000 XX GT; PEXPIRE {k} 100000 XX LT; PEXPIRE {k} 200000",
    ),
    Script::drawn(
        "LIST {k} a; PEXPIRE {k} 200000; PEXPIRE {k} -10 GT; PERSIST {k}; PEXPIRE {k} 200000 LT; \
         PEXPIRE {k} -10; PEXPIRE nowhere 200000; RPUSH {k} a; PEXPIRE {k} 0; PEXPIRE {k} soon; \
         PEXPIRE {k} 200000 EVER; PEXPIRE {k} 200000 NX XX; PEXPIRE {k} 200000 GT LT; PEXPIRE {k} {max}",
    ),
    Script::drawn(
        "LIST {k} a; EXPIREAT {k} {s200} GT; EXPIREAT {k} {s200} XX; EXPIREAT {k} {s200} XX LT; \
         EXPIREAT {k} {s200} NX; EXPIREAT {k} {s200} NX; EXPIREAT {k} {s200} GT; EXPIREAT {k} {s100} GT; \
         EXPIREAT {k} {s300} GT; EXPIREAT {k} {s300} LT; EXPIREAT {k} {s400} LT; EXPIREAT {k} {s200} LT; \
         EXPIREAT {k} {s300} XX; EXPIREAT {k} {s400} XX GT; EXPIREAT {k} {s100} XX LT; EXPIREAT {k} {s200}",
    ),
    Script::drawn(
        "LIST {k} a; EXPIREAT {k} {s200}; EXPIREAT {k} {s-10} GT; PERSIST {k}; EXPIREAT {k} {s200} LT; \
         EXPIREAT {k} {s-10}; EXPIREAT nowhere {s200}; RPUSH {k} a; @s1 EXPIREAT {k} {s1}; EXPIREAT {k} soon; \
         EXPIREAT {k} {s200} EVER; EXPIREAT {k} {s200} NX XX; EXPIREAT {k} {s200} GT LT; EXPIREAT {k} {max}",
    ),
    Script::drawn(
        "LIST {k} a; PEXPIREAT {k} {t200000} GT; PEXPIREAT {k} {t200000} XX; PEXPIREAT {k} {t200000} XX LT; \
         PEXPIREAT {k} {t200000} NX; PEXPIREAT {k} {t200000} NX; PEXPIREAT {k} {t200000} GT; \
         PEXPIREAT {k} {t100000} GT; PEXPIREAT {k} {t300000} GT; PEXPIREAT {k} {t300000} LT; \
         PEXPIREAT {k} {t400000} LT; PEXPIREAT {k} {t200000} LT; PEXPIREAT {k} {t300000} XX; \
         PEXPIREAT {k} {t400000} XX GT; PEXPIREAT {k} {t100000} XX LT; PEXPIREAT {k} {t200000}",
    ),
    Script::drawn(
        "LIST {k} a; PEXPIREAT {k} {t200000}; PEXPIREAT {k} {t-10} GT; PERSIST {k}; \
         PEXPIREAT {k} {t200000} LT; PEXPIREAT {k} {t-10}; PEXPIREAT nowhere {t200000}; RPUSH {k} a; \
         PEXPIREAT {k} {t0}; PEXPIREAT {k} soon; PEXPIREAT {k} {t200000} EVER; PEXPIREAT {k} {t200000} NX XX; \
         PEXPIREAT {k} {t200000} GT LT",
    ),
    // A key lives through the millisecond of its expiry.
    Script::drawn("LIST {k} a b; PEXPIRE {k} 50; @50 LLEN {k}; @50 RPUSH {k} c; @51 LLEN {k}; @51 LPUSH {k} d"),
    Script::drawn(
        "LIST {k} a b; MULTI; LLEN {k}; LRANGE {k} 0 -1; EXEC; MULTI; RPUSH {k} c; LPOP {k}; EXEC; MULTI; \
         LSET {k} 99 x; RPUSH {k} d; EXEC; MULTI; RPUSH {k} e; LPUSH {k}; EXEC",
    ),
];

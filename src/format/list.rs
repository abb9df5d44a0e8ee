//! Lists: their records, and their bodies in a dump.

mod body;
mod keys;
mod record;
mod values;

pub use body::{BodyWriter, ListBody, parse_body};
pub use keys::{
    CLAIM_PREFIX, DELTA_PREFIX, DELTA_SUFFIX_BYTES, FENCE_PREFIX, ITEM_PREFIX, META_PREFIX, claim_key, claim_prefix,
    delta_key, delta_prefix, fence_key, item_key, item_prefix, longest_key_bytes, meta_key,
};
pub(super) use record::classify;
pub use record::{ListFault, ListRecord, delta_after_prefix};
pub use values::{ListDelta, ListMeta};

//! Replies as JSON, one a line, to be laid beside a trace.
//!
//! ```text
//! status, bulk         byte string, as in traces
//! integer              number
//! null, null array     null
//! array                array
//! error                {"error":"ERR no such key"}
//! ```

use std::io::Write;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::trace::write_line;
use crate::command::Reply;
use crate::format::byte_string::ByteStr;

struct ReplyJson<'a>(&'a Reply);

impl Serialize for ReplyJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Reply::Status(text) => serializer.serialize_str(text),
            Reply::Bulk(bytes) => ByteStr(bytes).serialize(serializer),
            Reply::Integer(number) => serializer.serialize_i64(*number),
            Reply::Null | Reply::NullArray => serializer.serialize_unit(),
            Reply::Array(replies) => serializer.collect_seq(replies.iter().map(ReplyJson)),
            Reply::Error(text) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("error", text)?;
                map.end()
            }
        }
    }
}

/// Writes one reply as one line.
///
/// # Errors
///
/// What `out` says.
pub fn write_reply(reply: &Reply, out: &mut dyn Write) -> std::io::Result<()> {
    write_line(&ReplyJson(reply), out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_reply() {
        let everything = Reply::Array(vec![
            Reply::OK,
            Reply::Bulk(b"a\"b".to_vec()),
            Reply::Bulk(b"\xff".to_vec()),
            Reply::Integer(-2),
            Reply::Null,
            Reply::NullArray,
            Reply::bulks(vec![Vec::new()]),
            Reply::Array(Vec::new()),
            Reply::error("ERR no such key"),
        ]);
        let mut out = Vec::new();
        write_reply(&everything, &mut out).expect("a vector takes everything");
        let expected = r#"["OK","a\"b",{"base64":"_w"},-2,null,null,[""],[],{"error":"ERR no such key"}]"#;
        assert_eq!(String::from_utf8(out).expect("JSON is UTF-8"), format!("{expected}\n"));
    }
}

//! The body of a dumped list, `lists/<segment>.json`: written piece by piece, read strictly.
//!
//! ```text
//! {
//!   "format_version": 1,
//!   "items": [
//!     "job-1",
//!     {
//!       "base64": "_w"
//!     }
//!   ],
//!   "expire_at_ms": null
//! }
//! ```
//!
//! There is no newline at the end, and a list without items has `"items": [],`. [`crate::format::body_text`] says how items
//! are spelt. So each list has exactly one body.

use crate::format::body_text::{BodyError, Cursor, write_bytes, write_end};
use crate::format::expiry::ExpireAtMs;

/// Writes one body into buffers that the caller drains, so that a list need never be in memory as a whole.
#[derive(Debug, Default)]
pub struct BodyWriter {
    item_count: u64,
}

impl BodyWriter {
    /// The number of items so far.
    pub fn item_count(&self) -> u64 {
        self.item_count
    }

    /// Appends the next item to `out`, and before the first one the start of the body.
    #[inline]
    pub fn item(&mut self, value: &[u8], out: &mut Vec<u8>) {
        if self.item_count == 0 {
            out.extend_from_slice(START.as_bytes());
            out.extend_from_slice(b"\n    ");
        } else {
            out.extend_from_slice(b",\n    ");
        }
        write_bytes(value, out);
        self.item_count += 1;
    }

    /// Appends what follows the last item.
    pub fn finish(self, expire_at: Option<ExpireAtMs>, out: &mut Vec<u8>) {
        if self.item_count == 0 {
            out.extend_from_slice(START.as_bytes());
        } else {
            out.extend_from_slice(b"\n  ");
        }
        write_end(expire_at, out);
    }
}

const START: &str = "{\n  \"format_version\": 1,\n  \"items\": [";

/// What a body says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListBody {
    /// The items, head first.
    pub items: Vec<Vec<u8>>,
    /// The expiry, if the body has one.
    pub expire_at: Option<ExpireAtMs>,
}

/// Reads a body in its one canonical form.
///
/// # Errors
///
/// The first place that differs from that form, also when the JSON there would be valid.
pub fn parse_body(body: &[u8]) -> Result<ListBody, BodyError> {
    let mut cursor = Cursor::over(body);
    cursor.expect(b"{\n  \"format_version\": 1,\n  \"items\": [", "expected format_version 1 and the items")?;
    let mut items = Vec::new();
    if !cursor.take(b"],\n") {
        loop {
            cursor.expect(b"\n    ", "expected a line break and four spaces before an item")?;
            items.push(cursor.bytes()?);
            if !cursor.take(b",") {
                break;
            }
        }
        cursor.expect(b"\n  ],\n", "expected a comma or the end of the items")?;
    }
    Ok(ListBody { items, expire_at: cursor.finish()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(items: &[&[u8]], expire_at: Option<u64>) -> Vec<u8> {
        let (mut writer, mut out) = (BodyWriter::default(), Vec::new());
        for item in items {
            writer.item(item, &mut out);
        }
        writer.finish(expire_at.map(ExpireAtMs), &mut out);
        out
    }

    const GOLDEN: &str = "{\n  \"format_version\": 1,\n  \"items\": [\n    \"job-1\",\n    {\n      \"base64\": \"_w\"\n    \
                          }\n  ],\n  \"expire_at_ms\": null\n}";

    #[test]
    fn the_body_of_two_items() {
        assert_eq!(String::from_utf8(body(&[b"job-1", b"\xff"], None)).expect("text"), GOLDEN);
        let empty = "{\n  \"format_version\": 1,\n  \"items\": [],\n  \"expire_at_ms\": 18446744073709551615\n}";
        assert_eq!(String::from_utf8(body(&[], Some(u64::MAX))).expect("text"), empty);
    }

    #[test]
    fn every_escape() {
        let mut items: Vec<Vec<u8>> = (0..=255_u8).map(|byte| vec![byte]).collect();
        items.push("\u{2027}\u{2028}\u{2029}\u{202a}é😀".as_bytes().to_vec());
        items.push(b"\xed\xa0\x80".to_vec());
        let borrowed: Vec<&[u8]> = items.iter().map(Vec::as_slice).collect();
        let written = body(&borrowed, Some(0));
        let text = String::from_utf8(written.clone()).expect("text");
        for line in [
            r#"    "\u0000","#,
            r#"    "\b","#,
            r#"    "\t","#,
            r#"    "\n","#,
            r#"    "\u000b","#,
            r#"    "\f","#,
            r#"    "\r","#,
            r#"    "\u001f","#,
            r#"    "\"","#,
            r#"    "\u0026","#,
            r#"    "/","#,
            r#"    "\u003c","#,
            r#"    "\u003e","#,
            r#"    "\\","#,
            "    \"\x7f\",",
            "    \"\u{2027}\\u2028\\u2029\u{202a}é😀\",",
            r#"      "base64": "gA""#,
            r#"      "base64": "7aCA""#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line}");
        }
        assert_eq!(parse_body(&written), Ok(ListBody { items: items.clone(), expire_at: Some(ExpireAtMs(0)) }));

        let value: serde_json::Value = serde_json::from_slice(&written).expect("JSON for everybody else too");
        assert_eq!(value["items"][10], "\n");
        assert_eq!(value["items"][256], "\u{2027}\u{2028}\u{2029}\u{202a}é😀");
    }

    #[test]
    fn the_reader_takes_nothing_but_the_canonical_form() {
        let variants = [
            GOLDEN.replace("  ", " "),
            GOLDEN.replace("\n", "\r\n"),
            GOLDEN.replace("\"job-1\"", "\"\\u006aob-1\""),
            GOLDEN.replace("job-1", "<"),
            GOLDEN.replace("job-1", "\u{2028}"),
            GOLDEN.replace("job-1", "\\u003C"),
            GOLDEN.replace("job-1", "\\u000a"),
            GOLDEN.replace("job-1", "\\/"),
            GOLDEN.replace("job-1", "\\u0041"),
            GOLDEN.replace("job-1", "\t"),
            GOLDEN.replace("_w", "_w=="),
            GOLDEN.replace("_w", "/w"),
            GOLDEN.replace("_w", "YQ"),
            GOLDEN.replace("_w", "_x"),
            GOLDEN.replace("null", "01"),
            GOLDEN.replace("null", "-1"),
            GOLDEN.replace("null", "1.0"),
            GOLDEN.replace("null", "18446744073709551616"),
            GOLDEN.replace("null", ""),
            GOLDEN.replace("\"format_version\": 1", "\"format_version\": 2"),
            GOLDEN.replace("    }\n", "    },\n"),
            format!("{GOLDEN}\n"),
            format!(" {GOLDEN}"),
            String::new(),
        ];
        for variant in variants {
            assert!(parse_body(variant.as_bytes()).is_err(), "{variant}");
        }
        for end in 0..GOLDEN.len() {
            assert!(parse_body(&GOLDEN.as_bytes()[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn an_invalid_byte_in_a_string_is_told_with_its_place() {
        let mut bytes = GOLDEN.as_bytes().to_vec();
        let at = GOLDEN.find("job").expect("the first item");
        bytes[at] = 0xff;
        assert_eq!(parse_body(&bytes).expect_err("not UTF-8").offset, at);
    }
}

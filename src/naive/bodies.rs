//! The body of a dumped list: written to the byte, and read by a JSON parser that knows nothing of its one form.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::lists::List;

/// The bytes of the file.
pub fn write(list: &List) -> Vec<u8> {
    let mut text = "{\n  \"format_version\": 1,\n  \"items\": [".to_owned();
    for (place, item) in list.items.iter().enumerate() {
        text.push_str(if place == 0 { "\n    " } else { ",\n    " });
        match String::from_utf8(item.clone()) {
            Ok(item) => string(&item, &mut text),
            Err(_) => text.push_str(&format!("{{\n      \"base64\": \"{}\"\n    }}", URL_SAFE_NO_PAD.encode(item))),
        }
    }
    if !list.items.is_empty() {
        text.push_str("\n  ");
    }
    let expiry = list.expire_at_ms.map_or("null".to_owned(), |ms| ms.to_string());
    text.push_str(&format!("],\n  \"expire_at_ms\": {expiry}\n}}"));
    text.into_bytes()
}

fn string(item: &str, text: &mut String) {
    text.push('"');
    for character in item.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            '\u{0}'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => text.push(character),
        }
    }
    text.push('"');
}

/// The list in a file.
///
/// # Errors
///
/// It is no body, or a list's in other bytes than [`write`] gives it.
pub fn read(body: &[u8]) -> Result<List, String> {
    let json: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let items = json.get("items").and_then(Value::as_array).ok_or("there are no items")?;
    let items = items.iter().map(|item| read_item(item).ok_or_else(|| format!("{item} is no item")));
    let expire_at_ms = match json.get("expire_at_ms") {
        Some(Value::Null) => None,
        Some(number) => Some(number.as_u64().ok_or_else(|| format!("the expiry is {number}"))?),
        None => return Err("there is no expiry".to_owned()),
    };
    let list = List { items: items.collect::<Result<_, String>>()?, expire_at_ms };
    if write(&list) != body {
        return Err("the same list is written in other bytes".to_owned());
    }
    Ok(list)
}

fn read_item(item: &Value) -> Option<Vec<u8>> {
    match item {
        Value::String(text) => Some(text.as_bytes().to_vec()),
        Value::Object(members) => URL_SAFE_NO_PAD.decode(members.get("base64")?.as_str()?).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = "{\n  \"format_version\": 1,\n  \"items\": [\n    \"job-1\",\n    {\n      \"base64\": \"_w\"\n    }\n  \
                          ],\n  \"expire_at_ms\": null\n}";

    #[test]
    fn the_body_of_the_description() {
        let list = List { items: vec![b"job-1".to_vec(), b"\xff".to_vec()], expire_at_ms: None };
        assert_eq!(String::from_utf8(write(&list)).expect("text"), GOLDEN);
        assert_eq!(read(GOLDEN.as_bytes()), Ok(list));
        let empty = "{\n  \"format_version\": 1,\n  \"items\": [],\n  \"expire_at_ms\": 18446744073709551615\n}";
        assert_eq!(write(&List { items: Vec::new(), expire_at_ms: Some(u64::MAX) }), empty.as_bytes());
    }

    #[test]
    fn every_escape() {
        let item = "\0\u{1}\u{8}\t\n\u{b}\u{c}\r\u{1f} \"\\/<>&\u{7f}\u{2028}\u{2029}é";
        let list = List { items: vec![item.as_bytes().to_vec()], expire_at_ms: Some(0) };
        let golden =
            "    \"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f \\\"\\\\/\\u003c\\u003e\\u0026\u{7f}\\u2028\\u2029é\"\n";
        let body = write(&list);
        assert!(String::from_utf8_lossy(&body).contains(golden), "{}", String::from_utf8_lossy(&body));
        assert_eq!(read(&body), Ok(list));
    }

    #[test]
    fn other_bytes_are_refused() {
        let others = [
            GOLDEN.replace("job-1", "<"),
            GOLDEN.replace("job-1", "\\u006a"),
            GOLDEN.replace("_w", "/w"),
            GOLDEN.replace("_w", "YQ"),
            GOLDEN.replace(": 1,", ": 2,"),
            GOLDEN.replace("null", "1.0"),
            GOLDEN.replace("  ", " "),
            format!("{GOLDEN}\n"),
            "[]".to_owned(),
        ];
        for other in others {
            assert!(read(other.as_bytes()).is_err(), "{other}");
        }
    }
}

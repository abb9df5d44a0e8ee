//! User keys as file names.
//!
//! Bytes of `[A-Za-z0-9._-]` stand for themselves, others are `%HH` in upper case. Where the user key or that text has more
//! than 240 bytes, or the text starts with `b64.`, or with 32 hex digits and `__`, the name is the first 32 hex digits of the
//! key's SHA-256, `__`, and the text of the key's first 64 bytes; a line of the key map then has the key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

const LONGEST: usize = 240;

/// The file name of a user key, without its ending, and whether the key map must have the key.
pub fn of(user_key: &[u8]) -> (String, bool) {
    let text = percent(user_key);
    let is_short = user_key.len() <= LONGEST && text.len() <= LONGEST;
    if is_short && !text.starts_with("b64.") && !looks_hashed(&text) {
        return (text, false);
    }
    let hash: String = Sha256::digest(user_key).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let start: Vec<u8> = user_key.iter().copied().take(64).collect();
    (format!("{hash}__{}", percent(&start)), true)
}

/// The user key behind a name; `None` where only the key map has it.
///
/// # Errors
///
/// The name is no user key's, in a sentence.
pub fn read(name: &str) -> Result<Option<Vec<u8>>, String> {
    if looks_hashed(name) {
        return Ok(None);
    }
    let mut user_key = Vec::new();
    let mut rest = name.chars();
    while let Some(character) = rest.next() {
        if character != '%' {
            user_key.extend(character.to_string().bytes());
            continue;
        }
        let digits: String = rest.by_ref().take(2).collect();
        let byte = u8::from_str_radix(&digits, 16).map_err(|_| format!("%{digits} in {name:?} is no byte"))?;
        user_key.push(byte);
    }
    let (expected, _) = of(&user_key);
    if expected != name {
        return Err(format!("{name:?} should be {expected:?}"));
    }
    Ok(Some(user_key))
}

/// The line of the key map for a name, with its line feed.
pub fn keymap_line(name: &str, user_key: &[u8]) -> String {
    let original = URL_SAFE_NO_PAD.encode(user_key);
    format!("{{\"encoded\":\"{name}\",\"original\":\"{original}\",\"kind\":\"sha-fallback\"}}\n")
}

fn percent(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let character = char::from(*byte);
        match "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-".contains(character) {
            true => text.push(character),
            false => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

fn looks_hashed(text: &str) -> bool {
    let digits = text.chars().take_while(|character| "0123456789abcdefABCDEF".contains(*character)).count();
    digits >= 32 && text.get(32..34) == Some("__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_and_those_of_the_key_map() {
        for (user_key, name) in [
            (&b"jobs-1_A.z"[..], "jobs-1_A.z"),
            (b"", ""),
            (b"a/b c%~", "a%2Fb%20c%25%7E"),
            (b"\xff\0\n", "%FF%00%0A"),
            (b"0123456789abcdef0123456789ABCDEF_x", "0123456789abcdef0123456789ABCDEF_x"),
            (b"0123456789abcdef0123456789ABCDEF0__", "0123456789abcdef0123456789ABCDEF0__"),
        ] {
            assert_eq!(of(user_key), (name.to_owned(), false));
            assert_eq!(read(name), Ok(Some(user_key.to_vec())));
        }
        // printf 'b64.x' | sha256sum
        let name = "261e3e281e06e9789437999358e26046__b64.x";
        assert_eq!(of(b"b64.x"), (name.to_owned(), true));
        assert_eq!(read(name), Ok(None));
        let line = [
            "{\"encoded\":\"261e3e281e06e9789437999358e26046__b64.x\",",
            "\"original\":\"YjY0Lng\",\"kind\":\"sha-fallback\"}\n",
        ];
        assert_eq!(keymap_line(name, b"b64.x"), line.concat());
        assert!(of(&[b'k'; 241]).1 && !of(&[b'k'; 240]).1 && of(&[b' '; 81]).1 && !of(&[b' '; 80]).1);
        assert_eq!(of(&[0xff; 300]).0.len(), 32 + 2 + 3 * 64);
    }

    #[test]
    fn a_name_has_one_spelling() {
        for name in ["%2f", "%41", "%", "%4", "a b", "b64.x", &"k".repeat(241)] {
            assert!(read(name).is_err(), "{name}");
        }
    }
}

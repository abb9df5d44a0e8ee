//! What a JSON parser says of bytes from outside, on one line.
//!
//! The parser quotes members and values as they stand there, and in a JSON string there can be line breaks, and bytes that
//! command a terminal. A message of ours is one line, whatever is wrong.

/// What the parser says of half a surrogate pair.
const SURROGATES: [&str; 2] = ["lone leading surrogate in hex escape", "unexpected end of hex escape"];
/// What it is, and what to write instead.
const LONE_SURROGATE: &str = "an escape of \\ud800 to \\udfff without its other half is no character; bytes that are not \
                              UTF-8 are {\"base64\":\"...\"}";

/// The parser's sentence, with line and column.
pub fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if let Some((_, place)) = SURROGATES.iter().find_map(|sentence| text.split_once(sentence)) {
        return format!("{LONE_SURROGATE}{place}");
    }
    let mut printable = String::new();
    for character in text.chars() {
        match character {
            '\u{2028}' | '\u{2029}' => printable.extend(character.escape_debug()),
            _ if character.is_control() => printable.extend(character.escape_debug()),
            _ => printable.push(character),
        }
    }
    printable
}

/// The sentence alone, where the parser has seen one line of many: its own number of the line would be wrong.
pub fn sentence_about_a_line(error: &serde_json::Error) -> String {
    let mut sentence = sentence(error);
    // The last one: a member can have such a name.
    if let Some(end) = sentence.rfind(" at line ") {
        sentence.truncate(end);
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    #[test]
    fn half_a_surrogate_pair_is_named() {
        for json in [r#""\ud800""#, r#""\ud800x""#, r#""\udc00""#, r#""\ud800\u0041""#, r#""\ud800\n""#] {
            let error = serde_json::from_str::<String>(json).expect_err(json);
            assert_eq!(sentence_about_a_line(&error), LONE_SURROGATE, "{json}: {error}");
        }
    }

    #[test]
    fn names_stay_on_the_line_and_are_not_cut() {
        for (json, expected) in [
            (r#"{"a\nb":1}"#, r"unknown field `a\nb`, there are no fields"),
            (r#"{"\u001b[2J":1}"#, r"unknown field `\u{1b}[2J`, there are no fields"),
            (r#"{"\u2028":1}"#, r"unknown field `\u{2028}`, there are no fields"),
            (r#"{" at line 7":1}"#, "unknown field ` at line 7`, there are no fields"),
            (r#"{"é\"":1}"#, "unknown field `é\"`, there are no fields"),
        ] {
            let error = serde_json::from_str::<Nothing>(json).expect_err(json);
            assert_eq!(sentence_about_a_line(&error), expected);
            assert!(sentence(&error).starts_with(&format!("{expected} at line 1 column ")), "{error}");
        }
    }
}

//! What somebody else says, within a message of ours.

/// A message has at most so many characters: enough for the forms of commands that a server does not know.
const MESSAGE_CHARACTERS: usize = 8000;
/// Of what is quoted within a message.
const QUOTED_CHARACTERS: usize = 200;

/// A message as one line of bounded length: control characters, line separators among them, are escaped.
pub fn one_line(text: &str) -> String {
    shortened(text, MESSAGE_CHARACTERS)
}

/// What is quoted within a message: the same, and shorter.
pub fn quotation(text: &str) -> String {
    shortened(text, QUOTED_CHARACTERS)
}

/// At most so many characters, those of escapes included.
fn shortened(text: &str, most: usize) -> String {
    let (mut line, mut count) = (String::new(), 0);
    for character in text.chars() {
        let end = line.len();
        match character {
            // What reorders text can make one message look like another.
            '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                line.extend(character.escape_unicode());
            }
            // The runner of GitHub Actions finds the older form of its commands, ##[error], anywhere in a line.
            '[' if line.ends_with("##") => line.extend(character.escape_unicode()),
            _ if character.is_control() => line.extend(character.escape_default()),
            _ => line.push(character),
        }
        count += line.get(end..).unwrap_or_default().chars().count();
        if count > most {
            line.truncate(end);
            line.push_str("...");
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_no_other_line_and_nothing_for_a_terminal_or_a_runner() {
        let text = "a \"b\"\r\nerror: \u{1b}[2Jc\u{9b}\u{2028}\u{202e}é\\n #[##[error]";
        let expected = "a \"b\"\\r\\nerror: \\u{1b}[2Jc\\u{9b}\\u{2028}\\u{202e}é\\n #[##\\u{5b}error]";
        assert_eq!(one_line(text), expected);
        assert_eq!(quotation(text), expected);
    }

    #[test]
    fn a_line_is_cut_where_it_is_too_long() {
        assert_eq!(quotation(&"é".repeat(200)), "é".repeat(200));
        assert_eq!(quotation(&"é".repeat(201)), format!("{}...", "é".repeat(200)));
        assert_eq!(quotation(&"\u{1b}".repeat(200)), format!("{}...", "\\u{1b}".repeat(33)));
        assert_eq!(one_line(&"x".repeat(9000)).len(), 8003);
    }
}

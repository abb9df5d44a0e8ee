//! Text that stands in HTML as what it is.

use std::fmt::Write as _;

/// A flag as long as this fits a line on a phone.
const WHOLE_FLAG_BYTES: usize = 30;

/// Characters of a heading.
const SHOWN_TITLE_CHARACTERS: usize = 200;

/// Text between tags and in quoted attributes. What a browser would not show as it is, or would let change the order of
/// what is around it, becomes an escape that people can read.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_ascii_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if is_invisible(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Characters of one text that the page shows.
const SHOWN_CHARACTERS: usize = 8_000;

/// The beginning of a long text, and that it is not all; a short one as it is.
pub(super) fn begin(text: &str) -> String {
    let end = text.char_indices().nth(SHOWN_CHARACTERS).map(|(end, _)| end);
    match end.and_then(|end| text.get(..end)) {
        None => escaped(text),
        Some(beginning) => format!("{}\n... cut short here; the JSON report has all of it", escaped(beginning)),
    }
}

/// A command, or words that name flags. Browsers break a line after a hyphen, and flags are not to be torn.
pub(super) fn command(text: &str) -> String {
    let text = begin(text);
    let words = text.split(' ').map(|word| match word.starts_with("--") && word.len() <= WHOLE_FLAG_BYTES {
        true => format!("<span class=\"flag\">{word}</span>"),
        false => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A clause as a heading.
pub(super) fn title(clause: &str) -> String {
    let mut letters = clause.chars().take(SHOWN_TITLE_CHARACTERS);
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A clause as a sentence.
pub(super) fn sentence(clause: &str) -> String {
    format!("{}.", title(clause))
}

/// Controls beyond ASCII, marks of direction and of width 0, line and paragraph separators, and what XML does not know.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        | '\u{e0000}'..='\u{e007f}')
}

/// A number whose digits stand in threes, with spaces that do not break.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_more_than_text() {
        assert_eq!(
            escaped("<script>alert(\"1\")</script>&amp; '\0\u{1b}[0m"),
            "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp; &#39;\\x00\\x1b[0m"
        );
        assert_eq!(escaped("a\u{202e}b\u{2028}\u{feff}ü 語\n"), "a\\u{202e}b\\u{2028}\\u{feff}ü 語\n");
    }

    #[test]
    fn a_long_text_says_that_it_is_cut() {
        assert_eq!(begin("<"), "&lt;");
        let long = "\u{fc}".repeat(SHOWN_CHARACTERS);
        assert_eq!(begin(&long), long);
        let cut = begin(&format!("{long}x"));
        assert_eq!(cut, format!("{long}\n... cut short here; the JSON report has all of it"));
        assert!(title(&long).chars().count() == SHOWN_TITLE_CHARACTERS);
    }

    #[test]
    fn flags_are_not_torn() {
        let long = format!("--{}", "x".repeat(WHOLE_FLAG_BYTES));
        let shown = command(&format!("shrink - --meta '<' {long}"));
        assert_eq!(shown, format!("shrink - <span class=\"flag\">--meta</span> &#39;&lt;&#39; {long}"));
    }

    #[test]
    fn a_clause_becomes_a_heading_or_a_sentence() {
        assert_eq!((title("an item is lost"), sentence("it is")), ("An item is lost".to_owned(), "It is.".to_owned()));
        assert_eq!(title(""), "");
    }

    #[test]
    fn digits_stand_in_threes() {
        let shown = [0, 999, 1000, 1_234_567].map(|number| thousands(number).replace('\u{202f}', " "));
        assert_eq!(shown, ["0", "999", "1 000", "1 234 567"]);
    }
}

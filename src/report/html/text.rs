//! Text that stands in HTML as what it is.

use std::fmt::Write as _;

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
    fn digits_stand_in_threes() {
        let shown = [0, 999, 1000, 1_234_567].map(|number| thousands(number).replace('\u{202f}', " "));
        assert_eq!(shown, ["0", "999", "1 000", "1 234 567"]);
    }
}

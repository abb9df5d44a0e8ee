//! What every SVG of ours is made of: the element around it, and text in letters of one size or another.

use std::fmt::{Display, Write as _};

/// The size of letters, in pixels.
pub const LETTER: usize = 13;
/// The size of small letters, in pixels.
pub const SMALL: usize = 12;

/// The start of an SVG element of this size in pixels, in the colour of the text around it.
pub fn start(attributes: &str, width: usize, height: usize) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\"{attributes} role=\"img\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"ui-monospace, monospace\" font-size=\"{LETTER}\" \
         fill=\"currentColor\">\n"
    )
}

/// Appends text whose words are nobody else's concern, and escapes it.
pub fn push_text(body: &mut String, (x, y): (impl Display, impl Display), attributes: &str, words: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(body, "<text x=\"{x}\" y=\"{y}\"{attributes}>{}</text>", escaped(words));
}

/// Text as it stands in XML. It holds no control characters, so nothing else needs an escape.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(character),
        }
    }
    out
}

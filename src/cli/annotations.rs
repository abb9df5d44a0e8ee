//! Annotations for GitHub Actions: lines that its runner turns into remarks on the run and on files.
//!
//! They go to standard error, which the runner reads as well, so that standard output stays what it is elsewhere.

use std::path::Path;

use super::output::note;

/// GitHub shows no more errors of a step.
pub(super) const SHOWN: usize = 10;

/// Whether this runs on GitHub Actions.
pub(super) fn is_on_github() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// Writes an error annotation, if this runs on GitHub Actions.
pub(super) fn error(title: &str, file: Option<&Path>, message: &str) {
    if is_on_github() {
        note(&line(title, file, message));
    }
}

fn line(title: &str, file: Option<&Path>, message: &str) -> String {
    let file = file.map_or_else(String::new, |file| format!("file={},", escaped_property(&file.display().to_string())));
    format!("::error {file}title={}::{}", escaped_property(title), escaped(message.trim_end()))
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escaped_property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_whatever_it_holds() {
        assert_eq!(
            line("case 1 (profile churn, 24-byte meta): tree", Some(Path::new("a,b")), "100%\r\nof it\n"),
            "::error file=a%2Cb,title=case 1 (profile churn%2C 24-byte meta)%3A tree::100%25%0D%0Aof it"
        );
        assert_eq!(line("error", None, "::no command::"), "::error title=error::::no command::");
    }
}

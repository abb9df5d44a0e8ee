//! What stands before the lines of MONITOR when something else has written them down, and lines that are none.
//!
//! ```text
//! 2024-01-31T10:00:00.123456789Z 1339518083.107412 [0 127.0.0.1:60866] "GET" "k"       docker logs -t, kubectl logs
//! redis-1  | 1339518083.107412 [0 127.0.0.1:60866] "GET" "k"                           docker compose logs
//! Jan 31 10:00:00 host redis-cli[7]: 1339518083.107412 [0 127.0.0.1:60866] "GET" "k"   journalctl, syslog
//! ```
//!
//! A prefix is passed over. It holds neither a quote nor a bracket with a database's number, as the rest of another line
//! of MONITOR would: two lines that have run into each other are not taken for one.

/// The digits of a fraction of a second.
const MICROS: usize = 6;

/// Whether this looks like the output of MONITOR, of which it is the first kilobytes.
pub fn is_monitor(start: &[u8]) -> bool {
    let mut lines = start.split(|byte| *byte == b'\n').map(trimmed);
    let is_first_ok = lines.clone().next().is_some_and(is_beginning) && start.contains(&b'\n');
    is_first_ok || lines.any(|line| find_head(line).is_some())
}

/// A line without what the transport has put around it.
pub(super) fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.strip_prefix(b"+").unwrap_or(line)
}

/// Where the line of MONITOR begins in a line that ends with one.
pub(super) fn find_head(line: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = line.get(at..)?;
        if is_head(rest) {
            return Some(at).filter(|_| is_prefix(line.get(..at).unwrap_or_default()));
        }
        at += rest.iter().position(|byte| matches!(byte, b' ' | b'\t'))? + 1;
    }
}

/// `SECONDS.MICROS [DB `
fn is_head(text: &[u8]) -> bool {
    let seconds = digits(text);
    let Some([b'.', micros @ ..]) = text.get(seconds..) else { return false };
    seconds > 0
        && digits(micros) == MICROS
        && micros.get(MICROS..).is_some_and(|rest| rest.starts_with(b" ") && has_database(rest.get(1..)))
}

/// `[DB `
fn has_database(text: Option<&[u8]>) -> bool {
    let Some([b'[', rest @ ..]) = text else { return false };
    let length = digits(rest);
    length > 0 && rest.get(length) == Some(&b' ')
}

fn is_prefix(text: &[u8]) -> bool {
    !text.contains(&b'"') && !(0..text.len()).any(|at| has_database(text.get(at..)))
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// What a recording begins with: the answer to MONITOR, or a heading of journalctl.
pub(super) fn is_beginning(line: &[u8]) -> bool {
    let is_answer = line == b"OK" || line.ends_with(b" OK") && !line.contains(&b'"');
    is_answer || line.starts_with(b"-- ")
}

/// What redis-cli says when it has lost the connection.
pub(super) fn is_end(line: &[u8]) -> bool {
    const ERROR: &[u8] = b"Error: ";
    let starts_word = |at: usize| at == 0 || line.get(at - 1).is_some_and(u8::is_ascii_whitespace);
    let found = line.windows(ERROR.len()).position(|word| word == ERROR);
    found.is_some_and(starts_word) && !line.contains(&b'"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "1339518083.107412 [0 127.0.0.1:60866] \"GET\" \"k\"";

    #[test]
    fn prefixes_of_other_tools_are_passed_over() {
        for prefix in [
            "",
            "2024-01-31T10:00:00.123456789Z ",
            "redis-1  | ",
            "Jan 31 10:00:00 host redis-cli[7]: ",
            "2024-01-31T10:00:00+0000 host redis-cli[7]: ",
            "2024-01-31T10:00:00.1Z stdout F ",
            "redis-1  | 2024-01-31T10:00:00.123456789Z ",
            "1706695200.123456 host redis-cli[7]: ",
            "\t",
        ] {
            assert_eq!(find_head(format!("{prefix}{LINE}").as_bytes()), Some(prefix.len()), "{prefix}");
        }
    }

    #[test]
    fn lines_that_ran_into_each_other_are_not_one() {
        for start in ["\"SET\" \"a ", "7412 [0 127.0.0.1:60866] ", "[9 lua] ", "x", "a=\"b\" "] {
            assert_eq!(find_head(format!("{start}{LINE}").as_bytes()), None, "{start}");
        }
        // The first one begins at once, and is then not whole.
        assert_eq!(find_head(format!("1339518083.107412 [0 127.0.0.1:60866] {LINE}").as_bytes()), Some(0));
        for none in ["", "1.5 [0 c] \"PING\"", "1.000000 [x c] \"PING\"", "1.0000001 [0 c] \"PING\"", "1.000000 [0"] {
            assert_eq!(find_head(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn the_form_is_told_by_any_of_the_first_lines() {
        for text in [
            "OK\n",
            "+OK\r\n",
            LINE,
            "host redis-cli[7]: OK\n",
            "-- Journal begins at Mon. --\n",
            "x\ny | 1.000000 [0 ",
        ] {
            assert!(is_monitor(text.as_bytes()), "{text}");
        }
        for text in ["", "OK", "OKAY\n", "hello\nworld\n", "123\n", "{\"at_ms\":1}\n"] {
            assert!(!is_monitor(text.as_bytes()), "{text}");
        }
        assert!(is_end(b"Error: Server closed the connection") && is_end(b"redis-1  | Error: Broken pipe"));
        assert!(!is_end(b"1.000000 [0 c] \"ECHO\" \"Error: x\"") && !is_end(b"MyError: x"));
    }
}

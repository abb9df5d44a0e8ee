//! Commands and replies as text, for people who look for the difference.

use ekv_roundtrip::command::Reply;

const SHOWN_WORDS: usize = 12;
const SHOWN_BYTES: usize = 100;
/// Of an array, how many items around the one that matters.
const SHOWN_ITEMS: usize = 6;

fn quoted(bytes: &[u8]) -> String {
    let shown = bytes[..bytes.len().min(SHOWN_BYTES)].escape_ascii();
    if bytes.len() > SHOWN_BYTES { format!("\"{shown}\"... ({} bytes)", bytes.len()) } else { format!("\"{shown}\"") }
}

/// A command as a line of quoted words.
pub fn command_text(args: &[Vec<u8>]) -> String {
    let mut words: Vec<String> = args.iter().take(SHOWN_WORDS).map(|arg| quoted(arg)).collect();
    if args.len() > SHOWN_WORDS {
        words.push(format!("... ({} words)", args.len()));
    }
    words.join(" ")
}

/// A reply, with RESP's own mark for its kind.
pub fn reply_text(reply: &Reply) -> String {
    reply_text_from(reply, 0)
}

/// A reply; of an array, the items from index `from` on.
pub fn reply_text_from(reply: &Reply, from: usize) -> String {
    match reply {
        Reply::Status(text) => format!("+{text}"),
        Reply::Error(text) => format!("-{text}"),
        Reply::Integer(number) => format!(":{number}"),
        Reply::Bulk(bytes) => quoted(bytes),
        Reply::Null => "(null)".to_owned(),
        Reply::NullArray => "(null array)".to_owned(),
        Reply::Array(items) => {
            let shown: Vec<String> = items.iter().skip(from).take(SHOWN_ITEMS).map(reply_text).collect();
            let before = if from > 0 { "..., " } else { "" };
            let after = if from + SHOWN_ITEMS < items.len() { ", ..." } else { "" };
            let count = if items.len() > SHOWN_ITEMS { format!(" ({} items)", items.len()) } else { String::new() };
            format!("[{before}{}{after}]{count}", shown.join(", "))
        }
    }
}

/// How many errors there are in a reply, those within an array included.
pub fn errors(reply: &Reply) -> u64 {
    match reply {
        Reply::Error(_) => 1,
        Reply::Array(replies) => replies.iter().map(errors).sum(),
        _ => 0,
    }
}

/// The first index at which two arrays differ; `None` for what is not two arrays, or does not differ.
pub fn first_difference(left: &Reply, right: &Reply) -> Option<usize> {
    let (Reply::Array(left), Reply::Array(right)) = (left, right) else { return None };
    (0..left.len().max(right.len())).find(|&index| left.get(index) != right.get(index))
}

#[test]
fn what_is_long_is_cut_around_the_difference() {
    let items = |last: u8| Reply::bulks((0..=20).map(|item| vec![if item == 20 { last } else { b'a' }]).collect());
    assert_eq!(first_difference(&items(b'x'), &items(b'y')), Some(20));
    assert_eq!(first_difference(&items(b'x'), &items(b'x')), None);
    assert_eq!(first_difference(&Reply::Array(Vec::new()), &items(b'x')), Some(0));
    assert_eq!(reply_text_from(&items(b'\xff'), 19), r#"[..., "a", "\xff"] (21 items)"#);
    assert_eq!(reply_text(&Reply::Array(vec![Reply::Null, Reply::OK])), "[(null), +OK]");
    assert_eq!(command_text(&[b"LPOP".to_vec(), b"".to_vec()]), r#""LPOP" """#);
}

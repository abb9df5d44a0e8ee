//! What a path is that was named without the prefix of its kind.

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::Path;

use crate::bounds::open_file;
use crate::format::dump_tree::MANIFEST;

/// The most bytes that are looked at.
const START_BYTES: u64 = 16;

/// "did you mean" with the right prefix, if there is something at the path and one of `prefixes` may be right.
pub(super) fn did_you_mean(text: &OsStr, prefixes: &[&str]) -> String {
    match prefix_of(Path::new(text)).filter(|prefix| prefixes.contains(prefix)) {
        Some(prefix) => format!("; did you mean {prefix}{}?", text.display()),
        None => String::new(),
    }
}

fn prefix_of(path: &Path) -> Option<&'static str> {
    if path.is_dir() {
        let holds = |name: &str| path.join(name).is_file();
        let prefixes = [("CURRENT", "db:"), (MANIFEST, "dump:")];
        return Some(prefixes.iter().find(|(name, _)| holds(name)).map_or("trace:", |(_, prefix)| prefix));
    }
    let mut start = Vec::new();
    open_file(path).ok()?.take(START_BYTES).read_to_end(&mut start).ok()?;
    Some(match start.as_slice() {
        [b'E', b'K', b'V', ..] => "fsm:",
        line if line.starts_with(br#"{"key""#) => "state:",
        _ => "trace:",
    })
}

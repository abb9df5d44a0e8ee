//! Arguments that are a path behind a prefix, such as `db:DIR`. The path may be any bytes.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use clap::builder::{OsStringValueParser, TypedValueParser};

/// Takes what `parse` takes.
pub(super) fn prefixed_path<T: Clone + Send + Sync + 'static>(
    parse: fn(&OsStr) -> Result<T, String>,
) -> impl TypedValueParser<Value = T> {
    OsStringValueParser::new().try_map(move |text: OsString| parse(&text))
}

/// What follows the prefix, if the text begins with it.
pub(super) fn after<'a>(prefix: &str, text: &'a OsStr) -> Option<&'a Path> {
    text.as_bytes().strip_prefix(prefix.as_bytes()).map(|path| Path::new(OsStr::from_bytes(path)))
}

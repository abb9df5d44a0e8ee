//! What a case ran on, by the names that flags and reports have for it.

use crate::store::MetaWidth;

/// What stands for the meta width where a server was in the store's place.
pub const SERVER: &str = "server";

/// A name for a meta width as on the command line; `None` is a server.
pub fn width_name(width: Option<MetaWidth>) -> &'static str {
    match width {
        Some(MetaWidth::Short) => "24",
        Some(MetaWidth::Long) => "32",
        None => SERVER,
    }
}

/// What a case ran on, in words, by the name that [`width_name`] gave.
pub fn subject_words(width_name: &str) -> String {
    if width_name == SERVER { SERVER.to_owned() } else { format!("{width_name}-byte meta") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_and_a_server_have_a_name_and_words() {
        let names = [Some(MetaWidth::Short), Some(MetaWidth::Long), None].map(width_name);
        assert_eq!(names, ["24", "32", "server"]);
        assert_eq!(names.map(subject_words), ["24-byte meta", "32-byte meta", "server"]);
    }
}

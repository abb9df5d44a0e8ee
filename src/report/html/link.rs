//! Links from the page to the folders of findings.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Component, Path};

/// The relative link from the page `file` to a folder, without a slash at its end. Both paths are relative to the working folder,
/// if they are relative. `None` where there is no such folder, as in the report of another machine, or no link can lead there.
pub(super) fn to_folder(file: &Path, folder: &Path) -> Option<String> {
    if !folder.is_dir() {
        return None;
    }
    if file.is_absolute() == folder.is_absolute() {
        return relative(file, folder);
    }
    relative(&std::path::absolute(file).ok()?, &std::path::absolute(folder).ok()?)
}

/// The link by the names alone. Browsers take `..` away by the names alone too, so symbolic links do not matter.
fn relative(file: &Path, folder: &Path) -> Option<String> {
    let parts =
        |path| -> Vec<Component<'_>> { Path::components(path).filter(|part| *part != Component::CurDir).collect() };
    let (from, to) = (parts(file.parent()?), parts(folder));
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let mut link: Vec<Cow<'_, str>> = Vec::new();
    for part in from.get(shared..)? {
        // What a folder above is called, the names do not say.
        let Component::Normal(_) = part else { return None };
        link.push("..".into());
    }
    for part in to.get(shared..)? {
        match part {
            Component::Normal(name) => link.push(encoded(name.to_str()?).into()),
            Component::ParentDir => link.push("..".into()),
            _ => return None,
        }
    }
    Some(if link.is_empty() { ".".to_owned() } else { link.join("/") })
}

/// A name in a path of a URL: what could mean anything there, or in HTML, is a `%` and two digits.
fn encoded(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(file: &str, folder: &str) -> Option<String> {
        relative(Path::new(file), Path::new(folder))
    }

    #[test]
    fn a_link_leads_from_the_page_to_the_folder() {
        assert_eq!(link("page.html", "found/a").as_deref(), Some("found/a"));
        assert_eq!(link("./page.html", "./found//a/").as_deref(), Some("found/a"));
        assert_eq!(link("out/deep/page.html", "found/a").as_deref(), Some("../../found/a"));
        assert_eq!(link("out/page.html", "out/found/a").as_deref(), Some("found/a"));
        assert_eq!(link("page.html", "../found/a").as_deref(), Some("../found/a"));
        assert_eq!(link("../out/page.html", "../found/a").as_deref(), Some("../found/a"));
        assert_eq!(link("/work/out/page.html", "/work/found/a").as_deref(), Some("../found/a"));
        assert_eq!(link("found/a/page.html", "found/a").as_deref(), Some("."));
    }

    #[test]
    fn what_a_link_cannot_say_is_none() {
        assert_eq!(link("../page.html", "found/a"), None, "nobody says what the folder below is called");
        assert_eq!(link("page.html", "/found/a"), None);
        assert_eq!(to_folder(Path::new("page.html"), Path::new("no/such/folder")), None);
    }

    #[test]
    fn a_name_cannot_leave_its_place() {
        let hostile = "javascript:alert(1)\"><b>?#\\\u{e9}%2e";
        let expected = "javascript%3Aalert%281%29%22%3E%3Cb%3E%3F%23%5C%C3%A9%252e";
        assert_eq!(link("page.html", hostile).as_deref(), Some(expected));
    }

    #[test]
    fn a_folder_that_is_there_is_linked_also_where_one_path_is_absolute() {
        let work = std::env::current_dir().expect("a working folder");
        let page = work.join("page.html");
        assert_eq!(to_folder(&page, Path::new("src")).as_deref(), Some("src"));
        assert_eq!(to_folder(Path::new("out/page.html"), &work.join("src")).as_deref(), Some("../src"));
    }
}

//! Every form in which a file can use another one is seen, or refused.

use crate::imports::Imports;

/// A small crate, with this added to its `reader/list.rs`.
fn with(added: &str) -> Imports {
    with_in("reader/list.rs", added)
}

fn with_in(changed: &str, added: &str) -> Imports {
    let files = [
        ("lib.rs", "pub mod encoder; pub mod reader;"),
        ("encoder/mod.rs", "mod ordered; pub use ordered::encode; pub enum Unordered { Yes }"),
        ("encoder/ordered.rs", "pub fn encode() {}"),
        ("reader/mod.rs", "mod database; mod list; pub use database::{Lines, database, read};"),
        (
            "reader/database.rs",
            "use super::list; pub struct Lines; pub fn database() {} pub fn read() { list::parse() }",
        ),
        ("reader/list.rs", "pub fn parse() {}"),
        ("reader/tests.rs", "use crate::encoder::encode;"),
    ];
    let add = |file: &str, text: &str| if file == changed { format!("{text}\n{added}") } else { text.to_owned() };
    Imports::of_texts(files.into_iter().map(|(file, text)| (file.to_owned(), add(file, text))))
}

#[test]
fn every_way_into_another_room_is_seen() {
    for form in [
        "use crate::encoder::encode;",
        "use crate::encoder::*;",
        "use crate::encoder::Unordered::*;",
        "use crate::encoder;",
        "use crate::encoder::{self as e};",
        "use crate as all; fn f() { all::encoder::encode() }",
        "use crate::{encoder as e}; use e::encode as go;",
        "use crate::r#encoder::{encode};",
        "fn f() { crate::encoder::encode() }",
        "fn f() { use crate::encoder::{encode, Unordered}; }",
        "fn f() { use crate::encoder; encoder::encode() }",
        "fn f() { if true { use super::super::encoder::{encode}; } }",
        "impl X { fn f() { use crate::encoder::*; } }",
        "mod inner { use crate::encoder::encode; }",
        "mod inner { pub use super::super::super::encoder::encode; }",
        "mod inner { mod deeper { fn f() { super::super::super::super::encoder::encode() } } }",
        "fn f() { mod inner { use crate::encoder::{encode}; } }",
        "pub use crate::encoder::encode;",
        "pub(super) use crate::encoder::encode;",
        "pub use crate::encoder;",
        "macro_rules! m { ($n:ident) => { crate::encoder::$n } }",
        "macro_rules! m { ($n:ident) => { $crate::encoder::$n } }",
        "macro_rules! m { () => { use crate::encoder::{encode}; } }",
        "fn f() { dbg!(crate::encoder::encode()) }",
    ] {
        let rooms = with(form);
        assert!(rooms.between_rooms()["reader"].contains("encoder"), "{form}");
    }
}

#[test]
fn every_circle_is_seen() {
    for form in [
        "use super::database::read;",
        "use super::read;",
        "use crate::reader::database; fn f() { database() }",
        "use super::database::*; fn f(_: Lines) {}",
        "fn f() { use super::database::{read}; }",
        "fn f() { use super::database; database::read() }",
        "fn f() { use crate::reader as r; r::database::read() }",
        "mod inner { use crate::reader::database::read; }",
        "mod inner { use super::super::database::{read}; }",
        "pub(super) use super::database::read;",
        "macro_rules! m { ($n:ident) => { crate::reader::database::$n } }",
    ] {
        let circle = with(form);
        assert!(circle.circle().is_some(), "{form}");
    }
}

#[test]
fn methods_apart_from_their_type_are_seen() {
    let apart = "impl super::database::Lines { pub fn count(&self) {} }";
    let texts = |body: &str| {
        let of = |file: &str, text: &str| (file.to_owned(), text.to_owned());
        let files = [
            of("reader/mod.rs", "mod database; mod list;"),
            of("reader/database.rs", &format!("pub struct Lines; fn f(lines: &Lines) {{ {body} }}")),
            of("reader/list.rs", &format!("use super::database::Lines; fn g(_: Lines) {{}} {apart}")),
        ];
        Imports::of_texts(files.into_iter())
    };
    assert!(texts("lines.count()").circle().is_some());
    assert!(texts("Lines::count(lines)").circle().is_some());
    assert!(texts("let f = Lines::count; f(lines)").circle().is_some());
    assert_eq!(texts("").circle(), None);
}

#[test]
fn what_cannot_be_followed_is_refused() {
    for form in [
        "use crate::encoder::*;",
        "fn f() { use super::database::*; }",
        "pub use super::database::*;",
        "mod inner { use super::*; }",
        "include!(\"other.rs\");",
        "#[path = \"../encoder/mod.rs\"] mod other;",
        "#[cfg_attr(unix, path = \"other.rs\")] mod other;",
        "mod inner { mod other; }",
        "extern crate self as me;",
        "macro_rules! m { ($n:ident) => { crate::$n::encode() } }",
    ] {
        assert_eq!(with(form).refused.len(), 1, "{form}");
    }
    assert_eq!(with("").refused, Vec::<String>::new());
}

#[test]
fn tests_are_left_out_and_nothing_else() {
    for form in [
        "#[cfg(test)] mod tests { use super::*; use crate::encoder::encode; }",
        "#[cfg(test)] use crate::encoder::{encode};",
        "mod inner { #[cfg(test)] use crate::encoder::{encode}; }",
        "fn f() { #[cfg(test)] use crate::encoder::{encode}; }",
        "impl X { #[cfg(test)] fn f() { crate::encoder::encode() } }",
    ] {
        let imports = with_in("reader/list.rs", form);
        assert!(!imports.arrows["reader/list.rs"].iter().any(|file| file.starts_with("encoder")), "{form}");
        assert!(imports.refused.is_empty(), "{form}");
    }
    let tested = with_in("reader/mod.rs", "#[cfg(test)] mod tests;");
    assert!(!tested.arrows.contains_key("reader/tests.rs"));
    let untested = with_in("reader/mod.rs", "mod tests;");
    assert!(untested.between_rooms()["reader"].contains("encoder"), "a file that is only called tests.rs");
    let after = with("impl X { #[cfg(test)] fn f() {} fn g() { crate::encoder::encode() } }");
    assert!(after.between_rooms()["reader"].contains("encoder"));
}

#[test]
fn handing_on_what_children_define_is_no_arrow() {
    let imports = with("");
    assert!(imports.arrows["reader/mod.rs"].is_empty() && imports.arrows["encoder/mod.rs"].is_empty());
    assert_eq!(imports.circle(), None);
}

//! Folders in memory do what folders on disk do.

use std::io::ErrorKind;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::*;

const LIMIT: Limit = Limit { what: "files of a test", bytes: 12 };

/// Runs a test on either kind of folder.
fn on_both(test: impl Fn(&dyn Folder)) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    test(&Dir::open_ambient_dir(folder.path(), ambient_authority()).expect("the folder"));
    test(&MemoryFolder::new());
}

/// The kind of error of what must fail.
fn refused<T>(result: Result<T>) -> ErrorKind {
    result.err().expect("an error").kind()
}

fn names(folder: &dyn Folder) -> Vec<(String, Kind)> {
    let entries = folder.entries().expect("a folder").into_iter();
    let mut names: Vec<_> = entries.map(|(name, kind)| (name.into_string().expect("text"), kind)).collect();
    names.sort_by(|one, other| one.0.cmp(&other.0));
    names
}

#[test]
fn what_is_written_is_listed_and_read() {
    on_both(|root| {
        let lists = root.make("redis/db_0/lists").expect("folders");
        lists.create("a.json").expect("a file").write_all(b"one").expect("space");
        lists.append("a.json").expect("the file").write_all(b", two").expect("space");
        assert_eq!(names(lists.as_ref()), [("a.json".to_owned(), Kind::File)]);
        assert_eq!(names(root), [("redis".to_owned(), Kind::Folder)]);
        let again = root.open("redis").expect("a folder").open("db_0/lists").expect("a folder");
        assert_eq!(again.read("a.json", &LIMIT).expect("the file"), b"one, two");
        let mut text = String::new();
        again.reader("a.json").expect("the file").read_to_string(&mut text).expect("text");
        assert_eq!(text, "one, two");
        again.append("a.json").expect("the file").write_all(b" and three").expect("space");
        let error = again.read("a.json", &LIMIT).expect_err("too long");
        assert_eq!(error.to_string(), "it has 18 bytes; the limit of files of a test is 12");
    });
}

#[test]
fn what_cannot_be_is_refused() {
    on_both(|root| {
        root.make("folder/below").expect("folders");
        root.create("file").expect("a file");
        assert_eq!(refused(root.create("file")), ErrorKind::AlreadyExists);
        assert_eq!(refused(root.create("folder")), ErrorKind::AlreadyExists);
        assert_eq!(refused(root.create(&"x".repeat(256))), ErrorKind::InvalidFilename);
        assert_eq!(refused(root.make("file/below")), ErrorKind::NotADirectory);
        assert_eq!(refused(root.open("file")), ErrorKind::NotADirectory);
        assert_eq!(refused(root.open("other")), ErrorKind::NotFound);
        assert_eq!(refused(root.append("other")), ErrorKind::NotFound);
        assert_eq!(refused(root.read("other", &LIMIT)), ErrorKind::NotFound);
        let error = root.read("folder", &LIMIT).expect_err("no file");
        assert_eq!(error.to_string(), "it is a folder, not a file");
    });
}

#[test]
fn what_is_removed_is_gone() {
    on_both(|root| {
        root.make("folder/below").expect("folders");
        root.create("file").expect("a file");
        assert_eq!(refused(root.remove_folder("folder")), ErrorKind::DirectoryNotEmpty);
        let folder = root.open("folder").expect("a folder");
        folder.remove_folder("below").expect("an empty folder");
        root.remove_folder("folder").expect("an empty folder");
        root.remove("file").expect("a file");
        assert_eq!(names(root), []);
        assert_eq!(refused(root.remove("file")), ErrorKind::NotFound);
        assert_eq!(refused(root.remove_folder("folder")), ErrorKind::NotFound);
    });
}

#[test]
fn the_files_of_a_folder_in_memory_are_known_by_path() {
    let root = MemoryFolder::new();
    root.make("b/c").expect("folders").create("d").expect("a file").write_all(b"deep").expect("space");
    root.make("empty").expect("a folder");
    root.create("a").expect("a file").write_all(b"shallow").expect("space");
    let expected = [("a", &b"shallow"[..]), ("b/c/d", b"deep")].map(|(path, text)| (path.to_owned(), text.to_vec()));
    assert_eq!(root.files(), expected.into());
}

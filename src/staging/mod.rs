//! Outputs that are there whole or not at all.
//!
//! A folder or a file is built beside its target, under a name of its own, and renamed into place in one step. While it
//! is built it is locked; what a killed run left behind is found under the same name, without a lock, and cleared away
//! by the next run. The target's parent is held by a descriptor, so that nothing that happens to the path in the
//! meantime can lead the writes elsewhere. Clearing, beginning and publishing are done under a lock of the parent, so
//! that two runs with the same target cannot take each other's unfinished output for a leftover. Somebody else may hold that
//! lock too, so it is waited for only so long.

mod appended;
mod file;
mod folder;
mod holder;
mod place;
mod scratch;
mod whole;

use std::path::PathBuf;

pub use appended::AppendedFile;
pub use file::{StagedFile, change_file};
pub use folder::StagedDir;
pub use place::is_unfinished;
pub use scratch::ScratchDir;
pub use whole::{is_database, require_outside};

/// Why an output could not be made.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is about")]
pub enum StagingError {
    #[error("output folder {0} is not empty; name an absent or empty one, or give --force to replace it")]
    NotEmpty(PathBuf),
    #[error("output folder {0} is not empty; name an absent or empty one")]
    NeverReplaced(PathBuf),
    #[error("output {0} is a symbolic link; name the folder itself")]
    SymbolicLink(PathBuf),
    #[error("output {0} is there and is not a folder")]
    NotAFolder(PathBuf),
    #[error("output {0} is a symbolic link that leads nowhere; name the file itself")]
    DanglingLink(PathBuf),
    #[error("output {0} does not end in a name of its own")]
    NoName(PathBuf),
    #[error("output folder {0} is a database, and is not replaced; name another one, or remove it first")]
    Database(PathBuf),
    #[error("output {target}: that is inside {what}, {folder}; name a place outside of it")]
    Inside { target: PathBuf, what: &'static str, folder: PathBuf },
    #[error("another run is writing to {target}; it is locked{holder}")]
    Busy { target: PathBuf, holder: String },
    #[error(
        "output {target}: its folder {folder} is locked{holder}, and was for ten seconds; end what holds it, or try again"
    )]
    Locked { target: PathBuf, folder: PathBuf, holder: String },
    #[error("{action} {path}: {source}")]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
}

/// What may happen to a target folder that holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is refused, and a flag would help.
    Refuse,
    /// It is refused, and no flag helps.
    RefuseAlways,
    /// It is replaced, in one step, when the new one is whole.
    Replace,
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::path::Path;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("out");
        let staged = StagedDir::new(&target, Existing::Refuse).expect("a new folder");
        staged.dir().write("a", "1").expect("a file");
        assert!(matches!(StagedDir::new(&target, Existing::Refuse), Err(StagingError::Busy { .. })));
        drop(staged);
        assert_eq!(names(folder.path()), Vec::<String>::new());

        std::fs::create_dir(folder.path().join(".out.ekv-roundtrip-partial")).expect("what a killed run leaves");
        let staged = StagedDir::new(&target, Existing::Refuse).expect("a new folder");
        staged.dir().write("a", "1").expect("a file");
        staged.publish().expect("published");
        assert_eq!(names(folder.path()), ["out"]);
        assert_eq!(names(&target), ["a"]);

        assert!(matches!(StagedDir::new(&target, Existing::Refuse), Err(StagingError::NotEmpty(_))));
        let staged = StagedDir::new(&target, Existing::Replace).expect("a new folder");
        staged.dir().write("b", "2").expect("a file");
        assert_eq!(names(&target), ["a"], "the former one stays until the new one is whole");
        staged.publish().expect("published");
        assert_eq!((names(folder.path()), names(&target)), (vec!["out".to_owned()], vec!["b".to_owned()]));
    }

    #[test]
    fn what_came_to_the_target_in_the_meantime_is_not_lost() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("out");
        let staged = StagedDir::new(&target, Existing::Refuse).expect("a new folder");
        std::fs::create_dir(&target).expect("a folder");
        std::fs::write(target.join("precious"), "x").expect("a file");
        assert!(matches!(staged.publish(), Err(StagingError::NotEmpty(_))));
        assert_eq!((names(folder.path()), names(&target)), (vec!["out".to_owned()], vec!["precious".to_owned()]));
    }

    #[test]
    fn links_and_files_are_no_targets() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (link, file) = (folder.path().join("link"), folder.path().join("file"));
        std::os::unix::fs::symlink(folder.path(), &link).expect("a link");
        std::fs::write(&file, "x").expect("a file");
        assert!(matches!(StagedDir::new(&link, Existing::Replace), Err(StagingError::SymbolicLink(_))));
        assert!(matches!(StagedDir::new(&file, Existing::Replace), Err(StagingError::NotAFolder(_))));
        assert!(matches!(StagedDir::new(Path::new(".."), Existing::Replace), Err(StagingError::NoName(_))));
    }

    #[test]
    fn a_file_replaces_its_target_only_when_it_is_whole() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("out");
        std::fs::write(&target, "old").expect("a file");
        let mut staged = StagedFile::new(&target).expect("a new file");
        staged.write_all(b"ne").expect("space");
        drop(staged);
        assert_eq!(std::fs::read_to_string(&target).expect("a file"), "old");
        let mut staged = StagedFile::new(&target).expect("a new file");
        staged.write_all(b"new").expect("space");
        staged.publish().expect("published");
        assert_eq!(std::fs::read_to_string(&target).expect("a file"), "new");
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn a_file_is_cleared_of_leftovers_and_written_by_one_run_at_a_time() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("out");
        std::fs::write(folder.path().join(".out.ekv-roundtrip-partial"), "torn").expect("what a killed run leaves");
        let staged = StagedFile::new(&target).expect("a new file");
        assert!(matches!(StagedFile::new(&target), Err(StagingError::Busy { .. })));
        staged.publish().expect("published");
        assert_eq!(names(folder.path()), ["out"]);
        assert_eq!(std::fs::read_to_string(&target).expect("a file"), "");
    }

    #[test]
    fn nothing_is_written_into_a_database_or_a_dump_nor_in_a_database_s_place() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (db, dump) = (folder.path().join("db"), folder.path().join("dump"));
        std::fs::create_dir_all(dump.join("redis/db_0")).expect("folders");
        std::fs::create_dir(&db).expect("a folder");
        for file in ["db/CURRENT", "dump/MANIFEST.json", "dump/CHECKSUMS"] {
            std::fs::write(folder.path().join(file), "MANIFEST-000005\n").expect("a file");
        }
        for target in ["db/x", "dump/x", "dump/redis/db_0/x"].map(|name| folder.path().join(name)) {
            assert!(matches!(StagedFile::new(&target), Err(StagingError::Inside { .. })), "{target:?}");
            let refused = StagedDir::new(&target, Existing::Replace);
            assert!(matches!(refused, Err(StagingError::Inside { .. })), "{target:?}");
        }
        assert!(matches!(StagedDir::new(&db, Existing::Replace), Err(StagingError::Database(_))));
        assert!(StagedDir::new(&dump, Existing::Replace).is_ok(), "a dump is replaced by a dump");
    }

    #[test]
    fn changes_of_a_file_take_turns() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("count");
        std::fs::write(&target, "0").expect("a file");
        let add_one = || {
            let read = std::fs::read_to_string(&target).expect("a file").parse::<u64>().expect("a number");
            Ok::<_, StagingError>((read + 1).to_string().into_bytes())
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..25).for_each(|_| change_file(&target, add_one).expect("changed")));
            }
        });
        assert_eq!(std::fs::read_to_string(&target).expect("a file"), "100");
        assert_eq!(names(folder.path()), ["count"]);
    }

    #[test]
    fn a_link_to_a_file_stays_a_link() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (link, target) = (folder.path().join("link"), folder.path().join("out"));
        std::os::unix::fs::symlink("out", &link).expect("a link");
        assert!(matches!(StagedFile::new(&link), Err(StagingError::DanglingLink(_))));
        std::fs::write(&target, "old").expect("a file");
        let mut staged = StagedFile::new(&link).expect("a new file");
        staged.write_all(b"new").expect("space");
        staged.publish().expect("published");
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&target).expect("a file"), "new");
    }
}

//! Outputs that are there whole or not at all.
//!
//! A folder is built beside its target, under a name of its own, and renamed into place in one step; a file likewise.
//! What a killed run left behind is found under the same name, and cleared away, by the next run. The target's parent
//! is held by a descriptor, so that nothing that happens to the path in the meantime can lead the writes elsewhere.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File};
use rustix::fs::{FlockOperation, RenameFlags};

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
    #[error("output {0} does not end in a folder's own name")]
    NoName(PathBuf),
    #[error("another run is writing to {0}")]
    Busy(PathBuf),
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

/// A folder under construction. Dropped without [`StagedDir::publish`], it vanishes.
pub struct StagedDir {
    parent: Dir,
    target: PathBuf,
    target_name: String,
    staging_name: String,
    dir: Dir,
    lock: File,
    published: bool,
}

impl StagedDir {
    /// Starts a folder that will become `target`, whose parent must be there.
    ///
    /// # Errors
    ///
    /// The target holds something and may not be replaced, is no folder, or the parent does not let us write.
    pub fn new(target: &Path, existing: Existing) -> Result<StagedDir, StagingError> {
        let io = |action| move |source| StagingError::Io { action, path: target.to_owned(), source };
        let target_name = match target.file_name().map(|name| name.to_str()) {
            Some(Some(name)) => name.to_owned(),
            _ => return Err(StagingError::NoName(target.to_owned())),
        };
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let parent = Dir::open_ambient_dir(parent, ambient_authority()).map_err(io("open the parent folder of"))?;
        refuse_what_is_there(&parent, &target_name, target, existing)?;

        let staging_name = format!(".{target_name}.ekv-roundtrip-partial");
        if parent.symlink_metadata(&staging_name).is_ok() {
            let stale = parent.open_dir(&staging_name).map_err(io("open the unfinished folder beside"))?;
            lock(&stale).map_err(|_| StagingError::Busy(target.to_owned()))?;
            parent.remove_dir_all(&staging_name).map_err(io("remove the unfinished folder beside"))?;
        }
        parent.create_dir(&staging_name).map_err(io("make a folder beside"))?;
        let dir = parent.open_dir(&staging_name).map_err(io("open the new folder beside"))?;
        let lock = lock(&dir).map_err(|_| StagingError::Busy(target.to_owned()))?;
        Ok(StagedDir { parent, target: target.to_owned(), target_name, staging_name, dir, lock, published: false })
    }

    /// The folder, by descriptor.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// Where the folder is until it is published, for libraries that know only paths.
    pub fn path(&self) -> PathBuf {
        self.target.with_file_name(&self.staging_name)
    }

    /// Syncs the folder's content to the disk, and puts it in the target's place in one step.
    ///
    /// # Errors
    ///
    /// The disk or the file system says no; then the target is as it was.
    pub fn publish(mut self) -> Result<(), StagingError> {
        let io = |action| {
            let path = self.target.clone();
            move |source| StagingError::Io { action, path, source }
        };
        rustix::fs::syncfs(&self.lock).map_err(std::io::Error::from).map_err(io("sync the file system of"))?;
        match self.parent.rename(&self.staging_name, &self.parent, &self.target_name) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::DirectoryNotEmpty => {
                rustix::fs::renameat_with(
                    &self.parent,
                    &self.staging_name,
                    &self.parent,
                    &self.target_name,
                    RenameFlags::EXCHANGE,
                )
                .map_err(std::io::Error::from)
                .map_err(io("replace"))?;
                self.parent.remove_dir_all(&self.staging_name).map_err(io("remove the former"))?;
            }
            Err(error) => return Err(io("rename the finished folder to")(error)),
        }
        self.published = true;
        let parent = self.parent.open(".").map_err(io("open the parent folder of"))?;
        parent.sync_all().map_err(io("sync the parent folder of"))
    }
}

impl Drop for StagedDir {
    fn drop(&mut self) {
        if !self.published {
            // The error that brought us here is the one to tell; the next run clears what is left.
            let _ = self.parent.remove_dir_all(&self.staging_name);
        }
    }
}

fn refuse_what_is_there(parent: &Dir, name: &str, target: &Path, existing: Existing) -> Result<(), StagingError> {
    let io = |source| StagingError::Io { action: "look at", path: target.to_owned(), source };
    let metadata = match parent.symlink_metadata(name) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(error)),
    };
    if metadata.is_symlink() {
        return Err(StagingError::SymbolicLink(target.to_owned()));
    }
    if !metadata.is_dir() {
        return Err(StagingError::NotAFolder(target.to_owned()));
    }
    let is_empty = parent.read_dir(name).map_err(io)?.next().is_none();
    match existing {
        _ if is_empty => Ok(()),
        Existing::Replace => Ok(()),
        Existing::Refuse => Err(StagingError::NotEmpty(target.to_owned())),
        Existing::RefuseAlways => Err(StagingError::NeverReplaced(target.to_owned())),
    }
}

/// Locks a folder. The lock ends with the descriptor, also when the process is killed. A [`Dir`] may be a mere path
/// handle, which can be neither locked nor synced, so the folder is opened anew for reading.
fn lock(dir: &Dir) -> std::io::Result<File> {
    let file = dir.open(".")?;
    rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    Ok(file)
}

/// A file under construction: written beside its target and renamed over it. A target that is no regular file, such as
/// a pipe or a terminal, is written directly, for it cannot be replaced.
pub struct StagedFile {
    target: PathBuf,
    sink: Sink,
}

enum Sink {
    Beside(std::io::BufWriter<tempfile::NamedTempFile>),
    Direct(std::io::BufWriter<std::fs::File>),
}

impl StagedFile {
    /// Starts a file that will become `target`.
    ///
    /// # Errors
    ///
    /// The folder is not there or does not let us write, or the target is a folder.
    pub fn new(target: &Path) -> Result<StagedFile, StagingError> {
        let io = |source| StagingError::Io { action: "write", path: target.to_owned(), source };
        let special = std::fs::metadata(target).is_ok_and(|metadata| !metadata.is_file());
        let sink = if special {
            Sink::Direct(std::io::BufWriter::new(std::fs::File::create(target).map_err(io)?))
        } else {
            let folder = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let mut builder = tempfile::Builder::new();
            builder.prefix(".ekv-roundtrip-").permissions(Permissions::from_mode(0o666));
            Sink::Beside(std::io::BufWriter::new(builder.tempfile_in(folder).map_err(io)?))
        };
        Ok(StagedFile { target: target.to_owned(), sink })
    }

    /// Puts the file in the target's place.
    ///
    /// # Errors
    ///
    /// The disk says no; then the target is as it was.
    pub fn publish(self) -> Result<(), StagingError> {
        let io = |source| StagingError::Io { action: "write", path: self.target.clone(), source };
        match self.sink {
            Sink::Direct(mut file) => file.flush().map_err(io),
            Sink::Beside(file) => {
                let file = file.into_inner().map_err(|error| io(error.into_error()))?;
                file.as_file().sync_all().map_err(io)?;
                file.persist(&self.target).map_err(|error| io(error.error))?;
                Ok(())
            }
        }
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.sink {
            Sink::Beside(file) => file.write(bytes),
            Sink::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.sink {
            Sink::Beside(file) => file.flush(),
            Sink::Direct(file) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
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
        assert!(matches!(StagedDir::new(&target, Existing::Refuse), Err(StagingError::Busy(_))));
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
}

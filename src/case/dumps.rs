//! The dumps of a case: made from the same records by different ways, which must lead to the same bytes, and read back.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;

use super::stop::{Stop, encoder_failure, environment, guarded, plain, unwritten};
use crate::bounds::LIST;
use crate::compare::{SideNames, compare};
use crate::database::{Database, DatabaseError, Files};
use crate::encoder::{DumpOptions, Summary, Unordered, encode_ordered};
use crate::faults::{Act, changed_records, changed_tree};
use crate::finding::{FindingKind, LeftOut, LeftOutKind};
use crate::folders::{Folder, MemoryFolder};
use crate::format::FAMILIES;
use crate::format::dump_tree::{CHECKSUMS, Manifest, REDIS_DIR, database_dir};
use crate::naive::tree;
use crate::reader::{self, Dump, MadeBy, ReadError};
use crate::records::RecordSource;
use crate::restore::{self, Records};
use crate::state::State;

/// More records than this are not dumped a second time, shuffled, nor restored.
const SHUFFLED_RECORDS: usize = 20_000;

/// The name of the dump that the others are compared with.
pub(super) const SORTED: &str = "sorted";
/// The name of the dump of what was restored from it. A fault is in it already, in what the dump says.
const RESTORED: &str = "restored";

/// A dump that the encoder made.
pub(super) struct MadeDump {
    /// What it is called in findings.
    name: &'static str,
    /// Where it is, if it is on disk.
    path: PathBuf,
    root: Root,
    pub(super) summary: Summary,
}

/// The folder of a dump.
enum Root {
    OnDisk(Dir),
    InMemory(MemoryFolder),
}

impl Root {
    fn folder(&self) -> &dyn Folder {
        match self {
            Root::OnDisk(folder) => folder,
            Root::InMemory(folder) => folder,
        }
    }
}

/// Makes the dumps of a case in its folder.
pub(super) struct Dumps<'a> {
    pub(super) folder: &'a Path,
    /// Where the dumps are. Their files are written, changed by faults and read in the same way.
    pub(super) files: Files,
    pub(super) options: DumpOptions,
    /// What is done wrong on purpose, to each dump of the store's records.
    pub(super) fault: Option<Act>,
}

/// The manifest of a database's dump. Its `last_commit_ts` is the time that the data is from. Its `wall_time_iso`, the
/// time at which a dump is made, is pinned to `now_ms`, the case's last logical time, so that the same case makes the
/// same bytes.
///
/// # Errors
///
/// What the database says.
pub fn pinned_manifest(database: &Database, now_ms: u64) -> Result<Manifest, DatabaseError> {
    let mut manifest = Manifest::new(wall_time(now_ms));
    manifest.last_commit_ts = database.clock()?.map(|clock| clock.0).filter(|clock| *clock != 0);
    Ok(manifest)
}

/// A time as the manifest has it; what is beyond the calendar stays a number.
pub fn wall_time(unix_ms: u64) -> String {
    let timestamp = i64::try_from(unix_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    timestamp.map_or_else(|| "9999-12-30T22:00:00Z".to_owned(), |timestamp| timestamp.to_string())
}

impl Dumps<'_> {
    /// Dumps a source in the order of its keys, into a folder of this name. What the encoder refuses is of kind `kind`;
    /// `expected` is what Redis shows of the source.
    pub(super) fn make(
        &self,
        name: &'static str,
        source: &dyn RecordSource,
        kind: FindingKind,
        expected: &State,
    ) -> Result<MadeDump, Stop> {
        match self.changed(source, expected)? {
            Some(records) => self.encode(name, kind, |dir| encode_ordered(&records, dir, &self.options)),
            None => self.encode(name, kind, |dir| encode_ordered(source, dir, &self.options)),
        }
    }

    /// Dumps the records of an earlier commit.
    pub(super) fn make_then(&self, view: &dyn RecordSource, expected: &State) -> Result<MadeDump, Stop> {
        let Some(Act::Then(change)) = self.fault else {
            return self.make("then", view, FindingKind::History, expected);
        };
        let changed = changed_records(view, change, &|_| true).map_err(environment)?;
        self.make("then", &changed, FindingKind::History, expected)
    }

    /// The records of the store after a fault in records.
    fn changed(&self, source: &dyn RecordSource, expected: &State) -> Result<Option<Records>, Stop> {
        let Some(Act::Records(change)) = self.fault else { return Ok(None) };
        let is_meant = |user_key: &[u8]| expected.keys.contains_key(user_key);
        changed_records(source, change, &is_meant).map(Some).map_err(environment)
    }

    /// What the reader says of a dump, as it is compared with Redis.
    pub(super) fn shown<'s>(&self, read: &'s State) -> Cow<'s, State> {
        let Some(Act::State(change)) = self.fault else { return Cow::Borrowed(read) };
        let mut shown = read.clone();
        change(&mut shown);
        Cow::Owned(shown)
    }

    fn encode(
        &self,
        name: &'static str,
        kind: FindingKind,
        encode: impl FnOnce(&dyn Folder) -> Result<Summary, crate::encoder::EncodeError>,
    ) -> Result<MadeDump, Stop> {
        let folder = if name == SORTED { "dump".to_owned() } else { format!("dump-{name}") };
        let path = self.folder.join(folder);
        let root = match self.files {
            Files::OnDisk => Root::OnDisk(make_dir(&path)?),
            Files::InMemory => Root::InMemory(MemoryFolder::new()),
        };
        let encoded = guarded(None, || encode(root.folder()))?;
        let summary = encoded.map_err(|error| encoder_failure(error, &path, kind))?;
        if let Some(fault) = self.fault.filter(|_| name != RESTORED) {
            changed_tree(root.folder(), &path, fault).map_err(unwritten(&path))?;
        }
        Ok(MadeDump { name, path, root, summary })
    }

    /// Dumps all records of a database once more, shuffled, unless there are very many.
    pub(super) fn require_same_when_shuffled(
        &self,
        database: &Database,
        sorted: &MadeDump,
        expected: &State,
        left_out: &mut LeftOut,
    ) -> Result<(), Stop> {
        let mut records = Vec::new();
        let mut rows = database.rows(b"", None);
        while let Some((key, value)) = rows.current().map_err(environment)? {
            if records.len() == SHUFFLED_RECORDS {
                left_out.add(LeftOutKind::SecondDumps, "shuffled", 1);
                return Ok(());
            }
            records.push((key.to_vec(), value.to_vec()));
            rows.step();
        }
        if let Some(changed) = self.changed(&database.snapshot(), expected)? {
            records = changed.into_iter().collect();
        }
        let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(records.len() as u64);
        records.shuffle(&mut dice);
        if let Some(Act::Shuffled(change)) = self.fault {
            change(&mut records);
        }
        let shuffled = self.make_unordered("shuffled", &records, FindingKind::Order)?;
        require_same(sorted, &shuffled, FindingKind::Order)
    }

    /// Dumps records in the order in which they are given.
    pub(super) fn make_unordered(
        &self,
        name: &'static str,
        records: &[(Vec<u8>, Vec<u8>)],
        kind: FindingKind,
    ) -> Result<MadeDump, Stop> {
        self.encode(name, kind, |dir| {
            let mut unordered = Unordered::new();
            records.iter().try_for_each(|(key, value)| unordered.push(key, value))?;
            unordered.flush(dir, &self.options)
        })
    }

    /// Restores what a dump says, and dumps that, unless it is very much.
    pub(super) fn require_same_when_restored(
        &self,
        dumped: &State,
        sorted: &MadeDump,
        left_out: &mut LeftOut,
    ) -> Result<(), Stop> {
        if sorted.summary.total() > SHUFFLED_RECORDS as u64 {
            left_out.add(LeftOutKind::SecondDumps, "restored", 1);
            return Ok(());
        }
        let mut records = restored(dumped)?;
        if let Some(Act::Restored(change)) = self.fault {
            records = changed_records(&records, change, &|_| true).map_err(environment)?;
        }
        let restored =
            self.encode(RESTORED, FindingKind::Restored, |dir| encode_ordered(&records, dir, &self.options))?;
        require_same(sorted, &restored, FindingKind::Restored)
    }
}

impl MadeDump {
    /// Reads the dump back.
    pub(super) fn read(&self) -> Result<State, Stop> {
        match guarded(None, || self.read_strictly())? {
            Ok(dump) => only_database(dump).map_err(|problem| plain(FindingKind::Tree, problem)),
            Err(error) if error.is_finding() => Err(plain(FindingKind::Tree, error.to_string())),
            Err(error) => Err(environment(error)),
        }
    }

    fn read_strictly(&self) -> Result<Dump, ReadError> {
        match &self.root {
            Root::OnDisk(_) => reader::read(&self.path, MadeBy::OurEncoder),
            Root::InMemory(root) => reader::read_opened(Box::new(root.clone()), &self.path, MadeBy::OurEncoder),
        }
    }

    /// The bytes of each file, by path.
    pub(super) fn files(&self) -> Result<tree::Files, Stop> {
        match &self.root {
            Root::OnDisk(_) => tree::files_below(&self.path).map_err(environment),
            Root::InMemory(root) => Ok(root.files()),
        }
    }

    /// How many bytes its bodies have. What else is in a dump grows with the names of its keys, not with what they hold.
    pub(super) fn body_bytes(&self) -> Result<u64, Stop> {
        let folders = FAMILIES.iter().map(|row| format!("{REDIS_DIR}/{}/{}/", database_dir(0), row.folder));
        let folders: Vec<String> = folders.collect();
        let is_body = |path: &str| folders.iter().any(|folder| path.starts_with(folder));
        let files = self.files()?;
        Ok(files.iter().filter(|(path, _)| is_body(path)).map(|(_, file)| file.len() as u64).sum())
    }

    /// Makes room.
    pub(super) fn remove(self) -> Result<(), Stop> {
        match self.root {
            Root::OnDisk(_) => std::fs::remove_dir_all(&self.path).map_err(environment),
            Root::InMemory(_) => Ok(()),
        }
    }

    fn checksums(&self) -> Result<Vec<u8>, Stop> {
        self.root.folder().read(CHECKSUMS, &LIST).map_err(environment)
    }
}

/// The records that what a dump says is restored as.
pub(super) fn restored(dumped: &State) -> Result<Records, Stop> {
    guarded(None, || restore::records(&dumped.keys))?.map_err(|error| plain(FindingKind::Restored, error.to_string()))
}

/// The lists of a dump's one database, which has the number 0; the problem, if there is another.
pub(super) fn only_database(dump: Dump) -> Result<State, String> {
    match dump.databases.keys().find(|index| **index != 0) {
        Some(index) => Err(format!("lists lie in redis/db_{index}; those of a case belong in redis/db_0")),
        None => Ok(dump.into_state(0)),
    }
}

/// Whether two dumps are the same to the byte, and whether the same was odd about both.
pub(super) fn require_same(left: &MadeDump, right: &MadeDump, kind: FindingKind) -> Result<(), Stop> {
    // The checksums cover every other file.
    let (ours, theirs) = (left.checksums()?, right.checksums()?);
    if right.summary == left.summary && ours == theirs {
        return Ok(());
    }
    let (ours, theirs) = (String::from_utf8_lossy(&ours), String::from_utf8_lossy(&theirs));
    let (left_name, right_name) = (left.name, right.name);
    let differing = ours.lines().zip(theirs.lines()).find(|(one, other)| one != other);
    let mut detail = match differing {
        Some((one, other)) => format!("{left_name:<9} {one}\n{right_name:<9} {other}"),
        None => format!("{left_name:<9} {:?}\n{right_name:<9} {:?}", left.summary, right.summary),
    };
    // The lists say more than the digests, where they differ and can be read.
    let read = |dump: &MadeDump| guarded(None, || dump.read_strictly().ok());
    if let (Some(one), Some(other)) = (read(left)?, read(right)?) {
        let comparison = compare(&one.into_state(0), &other.into_state(0), 0);
        let lists = comparison.render(SideNames { left: left_name, right: right_name });
        detail = format!("{detail}\n{lists}").trim_end().to_owned();
    }
    Err(plain(kind, detail))
}

fn make_dir(path: &Path) -> Result<Dir, Stop> {
    let failed = |error| environment(format!("make folder {}: {error}", path.display()));
    std::fs::create_dir(path).map_err(failed)?;
    Dir::open_ambient_dir(path, ambient_authority()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_dump_is_that_of_its_bodies() {
        for files in [Files::OnDisk, Files::InMemory] {
            let folder = tempfile::tempdir().expect("a folder");
            let options = DumpOptions { db_index: 0, manifest: Manifest::new(wall_time(0)) };
            let dumps = Dumps { folder: folder.path(), files, options, fault: None };
            let Ok(made) = dumps.make(SORTED, &Records::new(), FindingKind::Encoder, &State::default()) else {
                panic!("a healthy disk");
            };
            assert!(made.files().is_ok_and(|files| files.contains_key(CHECKSUMS)), "there is more than bodies");
            assert_eq!(made.body_bytes().ok(), Some(0), "{files:?}");
            for (folder, name, bytes) in [
                ("redis/db_0/lists", "a.json", 5),
                ("redis/db_0/lists", "b.json", 7),
                ("redis/db_0/lists", "c.json", 11),
                ("redis/db_0", "KEYMAP.jsonl", 13),
            ] {
                let folder = made.root.folder().make(folder).expect("a folder");
                folder.create(name).and_then(|mut file| file.write_all(&vec![b' '; bytes])).expect("a file");
            }
            assert_eq!(made.body_bytes().ok(), Some(23), "{files:?}");
        }
    }
}

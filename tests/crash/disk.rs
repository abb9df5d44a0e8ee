//! A disk whose power goes: what was synced is there, and of the rest whatever the file system happened to write.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

/// What there is below a folder: the bytes of each file, `None` for a folder.
pub type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// The number of a file or folder, whatever its name.
type Inode = usize;
const ROOT: Inode = 0;
/// What a file system writes at once.
const PAGE_BYTES: usize = 4096;

#[derive(Clone, Debug)]
enum Node {
    File(Vec<u8>),
    Folder(BTreeMap<OsString, Inode>),
}

/// A change, and the event that made it durable, if one did.
struct Change {
    effect: Effect,
    event: usize,
    durable: Option<usize>,
}

enum Effect {
    Write {
        file: Inode,
        offset: usize,
        bytes: Vec<u8>,
    },
    Resize {
        file: Inode,
        bytes: usize,
    },
    /// Names that are given or taken in one step.
    Names(Vec<(Inode, OsString, Option<Inode>)>),
}

/// What becomes of the changes that were not synced.
#[derive(Clone, Copy, Debug)]
pub enum Unsynced {
    /// None is there.
    Lost,
    /// All are there, as when the process alone is killed.
    Kept,
    /// File systems write names before the bytes behind them, or the bytes first.
    NamesKept,
    BytesKept,
    /// Names and sizes are there, and zeros for the bytes.
    SizesKept,
    /// Of the writes to a file so many of the first ones are there, the last of them perhaps by half, or with zeros for
    /// its last pages; and of the names that a
    /// folder was given so many of the first ones. File systems keep the order within one of them, and RocksDB needs that.
    Some(u64),
}

/// A folder, and all that has happened to it.
pub struct Disk {
    /// As it was before.
    start: Vec<Node>,
    now: Vec<Node>,
    changes: Vec<Change>,
    events: usize,
}

impl Disk {
    /// A folder as it is; all of it has been synced.
    pub fn of(folder: &Path) -> Disk {
        let mut start = vec![Node::Folder(BTreeMap::new())];
        take(folder, ROOT, &mut start);
        // Nodes that come later are empty until something is written to them.
        Disk { now: start.clone(), start, changes: Vec::new(), events: 0 }
    }

    /// How many changes and syncs there were.
    pub fn events(&self) -> usize {
        self.events
    }

    pub fn is_there(&self, path: &Path) -> bool {
        self.find(path).is_some()
    }

    /// How many bytes a file has.
    pub fn bytes(&self, path: &Path) -> usize {
        match self.find(path).map(|inode| &self.now[inode]) {
            Some(Node::File(bytes)) => bytes.len(),
            _ => panic!("{} is no file", path.display()),
        }
    }

    pub fn make_file(&mut self, path: &Path) {
        self.make(path, Node::File(Vec::new()));
    }

    pub fn make_folder(&mut self, path: &Path) {
        self.make(path, Node::Folder(BTreeMap::new()));
    }

    fn make(&mut self, path: &Path, node: Node) {
        self.now.push(node.clone());
        self.start.push(node);
        let (folder, name) = self.place(path);
        let made = Some(self.now.len() - 1);
        self.change(Effect::Names(vec![(folder, name, made)]));
    }

    pub fn write(&mut self, path: &Path, offset: usize, bytes: Vec<u8>) {
        let file = self.inode(path);
        self.change(Effect::Write { file, offset, bytes });
    }

    pub fn resize(&mut self, path: &Path, bytes: usize) {
        let file = self.inode(path);
        self.change(Effect::Resize { file, bytes });
    }

    pub fn remove(&mut self, path: &Path) {
        let (folder, name) = self.place(path);
        self.change(Effect::Names(vec![(folder, name, None)]));
    }

    pub fn rename(&mut self, from: &Path, to: &Path) {
        let ((from_folder, from_name), (to_folder, to_name)) = (self.place(from), self.place(to));
        let moved = Some(self.inode(from));
        self.change(Effect::Names(vec![(from_folder, from_name, None), (to_folder, to_name, moved)]));
    }

    pub fn exchange(&mut self, one: &Path, other: &Path) {
        let ((one_folder, one_name), (other_folder, other_name)) = (self.place(one), self.place(other));
        let (first, second) = (Some(self.inode(one)), Some(self.inode(other)));
        self.change(Effect::Names(vec![(one_folder, one_name, second), (other_folder, other_name, first)]));
    }

    /// The content of a file, or the names in a folder, as far as they were there at an event, become durable.
    pub fn sync(&mut self, path: &Path, until: usize) {
        // A file that has been removed meanwhile needs no sync.
        let Some(synced) = self.find(path) else { return self.tick() };
        self.make_durable(until, |effect| effect.inodes().contains(&synced));
    }

    pub fn sync_all(&mut self, until: usize) {
        self.make_durable(until, |_| true);
    }

    fn make_durable(&mut self, until: usize, is_synced: impl Fn(&Effect) -> bool) {
        self.tick();
        let changes = self.changes.iter_mut().filter(|change| change.event <= until && change.durable.is_none());
        changes.filter(|change| is_synced(&change.effect)).for_each(|change| change.durable = Some(self.events));
    }

    fn tick(&mut self) {
        self.events += 1;
    }

    fn change(&mut self, effect: Effect) {
        self.tick();
        apply(&effect, &mut self.now);
        self.changes.push(Change { effect, event: self.events, durable: None });
    }

    fn inode(&self, path: &Path) -> Inode {
        self.find(path).unwrap_or_else(|| panic!("{} is not there", path.display()))
    }

    /// The folder that a path is in, and its name there.
    fn place(&self, path: &Path) -> (Inode, OsString) {
        (self.inode(path.parent().unwrap()), path.file_name().unwrap().to_owned())
    }

    fn find(&self, path: &Path) -> Option<Inode> {
        path.components().try_fold(ROOT, |folder, name| match (&self.now[folder], name) {
            (Node::Folder(names), Component::Normal(name)) => names.get(name).copied(),
            _ => None,
        })
    }

    /// What is there if the power goes after so many events.
    pub fn after(&self, events: usize, unsynced: Unsynced) -> Tree {
        let mut nodes = self.start.clone();
        let mut stopped = BTreeSet::new();
        for change in self.changes.iter().take_while(|change| change.event <= events) {
            if change.durable.is_some_and(|durable| durable <= events) {
                apply(&change.effect, &mut nodes);
            } else {
                apply_some(change, unsynced, &mut stopped, &mut nodes);
            }
        }
        let mut tree = Tree::new();
        gather(&nodes, ROOT, Path::new(""), &mut tree);
        tree
    }
}

/// `stopped` are files and folders that nothing more is done to.
fn apply_some(change: &Change, unsynced: Unsynced, stopped: &mut BTreeSet<Inode>, nodes: &mut [Node]) {
    let is_kept = match unsynced {
        Unsynced::Lost => false,
        Unsynced::Kept => true,
        Unsynced::NamesKept => matches!(change.effect, Effect::Names(_)),
        Unsynced::BytesKept => !matches!(change.effect, Effect::Names(_)),
        Unsynced::SizesKept => {
            if let Effect::Write { file, offset, bytes } = &change.effect {
                let bytes = vec![0; bytes.len()];
                return apply(&Effect::Write { file: *file, offset: *offset, bytes }, nodes);
            }
            true
        }
        Unsynced::Some(seed) => {
            let mut dice = SmallRng::seed_from_u64(seed.wrapping_mul(1 << 20).wrapping_add(change.event as u64));
            let changed = change.effect.inodes();
            let is_kept = dice.random_bool(0.6) && changed.iter().all(|inode| !stopped.contains(inode));
            if let Effect::Write { file, offset, bytes } = &change.effect
                && !is_kept
                && !stopped.contains(file)
                && dice.random_bool(0.5)
            {
                let mut half = bytes[..bytes.len() / 2].to_vec();
                if dice.random_bool(0.5) {
                    // Where the size is there before the bytes, whole pages are missing.
                    half.truncate(((offset + half.len()) / PAGE_BYTES * PAGE_BYTES).saturating_sub(*offset));
                    half.resize(bytes.len(), 0);
                }
                apply(&Effect::Write { file: *file, offset: *offset, bytes: half }, nodes);
            }
            if !is_kept {
                stopped.extend(changed);
            }
            is_kept
        }
    };
    if is_kept {
        apply(&change.effect, nodes);
    }
}

impl Effect {
    /// The files and folders that it changes.
    fn inodes(&self) -> Vec<Inode> {
        match self {
            Effect::Write { file, .. } | Effect::Resize { file, .. } => vec![*file],
            Effect::Names(names) => names.iter().map(|(folder, ..)| *folder).collect(),
        }
    }
}

fn apply(effect: &Effect, nodes: &mut [Node]) {
    match effect {
        Effect::Write { file, offset, bytes } => {
            let Node::File(content) = &mut nodes[*file] else { panic!("a write to a folder") };
            let end = offset + bytes.len();
            if !bytes.is_empty() {
                content.resize(content.len().max(end), 0);
                content[*offset..end].copy_from_slice(bytes);
            }
        }
        Effect::Resize { file, bytes } => {
            let Node::File(content) = &mut nodes[*file] else { panic!("another size for a folder") };
            content.resize(*bytes, 0);
        }
        Effect::Names(names) => {
            for (folder, name, inode) in names {
                let Node::Folder(there) = &mut nodes[*folder] else { panic!("a name in a file") };
                match inode {
                    Some(inode) => drop(there.insert(name.clone(), *inode)),
                    None => drop(there.remove(name)),
                }
            }
        }
    }
}

fn take(path: &Path, folder: Inode, nodes: &mut Vec<Node>) {
    for entry in std::fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        let is_folder = entry.file_type().unwrap().is_dir();
        nodes.push(if is_folder {
            Node::Folder(BTreeMap::new())
        } else {
            Node::File(std::fs::read(entry.path()).unwrap())
        });
        let inode = nodes.len() - 1;
        let Node::Folder(names) = &mut nodes[folder] else { unreachable!() };
        names.insert(entry.file_name(), inode);
        if is_folder {
            take(&entry.path(), inode, nodes);
        }
    }
}

fn gather(nodes: &[Node], inode: Inode, path: &Path, tree: &mut Tree) {
    match &nodes[inode] {
        Node::File(bytes) => drop(tree.insert(path.to_owned(), Some(bytes.clone()))),
        Node::Folder(names) => {
            tree.insert(path.to_owned(), None);
            names.iter().for_each(|(name, inode)| gather(nodes, *inode, &path.join(name), tree));
        }
    }
}

/// What of a tree is at a path or below it, with paths from there.
pub fn part(tree: &Tree, path: &str) -> Tree {
    let below =
        |(file, bytes): (&PathBuf, &Option<Vec<u8>>)| Some((file.strip_prefix(path).ok()?.to_owned(), bytes.clone()));
    tree.iter().filter_map(below).collect()
}

/// A tree in a folder, which is empty.
pub fn put(tree: &Tree, folder: &Path) {
    for (path, bytes) in tree {
        let path = if path.as_os_str() == OsStr::new("") { folder.to_owned() } else { folder.join(path) };
        match bytes {
            Some(bytes) => std::fs::write(path, bytes).unwrap(),
            None => std::fs::create_dir_all(path).unwrap(),
        }
    }
}

#[test]
fn what_was_synced_is_there_and_of_the_rest_what_is_said() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("old"), "1").unwrap();
    let mut disk = Disk::of(folder.path());
    let (a, b) = (Path::new("a"), Path::new("b"));
    disk.make_file(a);
    disk.write(a, 0, b"one two ".to_vec());
    disk.sync(a, disk.events());
    disk.rename(a, b);
    disk.write(b, 8, b"three".to_vec());
    let end = disk.events();
    let files = |unsynced| -> Vec<(String, String)> {
        let tree = disk.after(end, unsynced);
        let text = |(path, bytes): (PathBuf, Option<Vec<u8>>)| {
            Some((path.display().to_string(), String::from_utf8(bytes?).unwrap()))
        };
        tree.into_iter().filter_map(text).collect()
    };
    let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    assert_eq!(files(Unsynced::Lost), [pair("old", "1")]);
    assert_eq!(files(Unsynced::Kept), [pair("b", "one two three"), pair("old", "1")]);
    assert_eq!(files(Unsynced::NamesKept), [pair("b", "one two "), pair("old", "1")]);
    assert_eq!(files(Unsynced::BytesKept), [pair("old", "1")]);
    assert_eq!(files(Unsynced::SizesKept), [pair("b", "one two \0\0\0\0\0"), pair("old", "1")]);
    let some: BTreeSet<_> = (0..100).map(|seed| files(Unsynced::Some(seed))).collect();
    for (name, text) in
        [("a", "one two th"), ("b", "one two \0\0\0\0\0"), ("a", "one two "), ("b", "one two three"), ("b", "one two ")]
    {
        assert!(some.contains(&vec![pair(name, text), pair("old", "1")]), "{name} {text}: {some:?}");
    }
    disk.sync(Path::new(""), disk.events());
    assert_eq!(disk.after(disk.events(), Unsynced::Lost)[b], Some(b"one two ".to_vec()));
}

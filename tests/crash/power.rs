//! The power goes at each call that a command makes.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use super::commands::{OUT, Place, WRITERS, Writer, asked_for};
use super::disk::{Disk, Tree, Unsynced, part, put};
use super::strace::{Replay, Sync, traced};

/// How many of the folders that a loss of power leaves the command is run in again.
const RERUNS: usize = 12;

/// A command that ran to its end, and the log of its calls.
pub struct Run<'a> {
    writer: &'a Writer,
    place: Place,
    start: Tree,
    log: String,
    old: Tree,
    new: Tree,
}

impl Run<'_> {
    pub fn of(writer: &Writer) -> Run<'_> {
        let place = Place::before(writer);
        let (start, old) = (place.tree(""), place.tree(OUT));
        let logs = tempfile::tempdir().unwrap();
        let log = logs.path().join("log");
        let output = traced(&place.command(writer.words), &log).output().expect("strace, which make setup installs");
        assert!(output.status.success(), "{}: {}", writer.name, String::from_utf8_lossy(&output.stderr));
        let (log, new) = (std::fs::read_to_string(log).unwrap(), place.tree(OUT));
        Run { writer, place, start, log, old, new }
    }

    fn replay<'a>(&self, is_left_out: &'a dyn Fn(&Sync) -> bool) -> Replay<'a> {
        let folder = tempfile::tempdir().unwrap();
        put(&self.start, folder.path());
        Replay::of(&self.log, self.place.path(), Disk::of(folder.path()), is_left_out)
    }

    /// What is wrong with the output in what a loss of power has left.
    pub fn wrong(&self, tree: &Tree, is_done: bool, looked: &mut BTreeMap<u64, Option<String>>) -> Option<String> {
        let out = part(tree, OUT);
        if is_done || out != self.old {
            if out == self.new {
                return None;
            }
            let mut hasher = DefaultHasher::new();
            out.hash(&mut hasher);
            return looked.entry(hasher.finish()).or_insert_with(|| self.unlike_the_new_one(&out)).clone();
        }
        None
    }

    /// A folder in which it has not begun.
    pub fn before(&self) -> Place {
        let place = Place::new();
        put(&self.start, place.path());
        place
    }

    /// Runs the command again: nothing that was left keeps it from its work, and nothing of that is left.
    pub fn again(&self, place: &Place) {
        let name = self.writer.name;
        let is_there = !place.tree(OUT).is_empty();
        let output = place.run(self.writer.words);
        let said = String::from_utf8_lossy(&output.stderr);
        if is_there && !self.writer.words.ends_with("--force") && output.status.code() == Some(2) {
            return;
        }
        assert!(output.status.success(), "{name}: {said}");
        let left = place.tree("");
        assert_eq!(self.wrong(&left, true, &mut BTreeMap::new()), None);
        let is_leftover = |path: &&std::path::PathBuf| path.to_string_lossy().contains("-partial");
        assert_eq!(left.keys().find(is_leftover), None, "{name}");
    }

    fn unlike_the_new_one(&self, out: &Tree) -> Option<String> {
        if out.is_empty() {
            return Some("is not there".to_owned());
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(OUT);
        put(out, &path);
        let shown = self.writer.output.shown(&path);
        let expected = self.writer.output.shown(&self.place.path().join(OUT)).unwrap();
        match shown {
            Ok(shown) if shown == expected => None,
            Ok(_) => Some(format!("is neither the old one nor the new one: {:?}", sizes(out))),
            Err(error) => Some(format!("is not whole: {error}: {:?}", sizes(out))),
        }
    }
}

fn sizes(tree: &Tree) -> Vec<(&Path, Option<usize>)> {
    tree.iter().map(|(path, bytes)| (path.as_path(), bytes.as_ref().map(Vec::len))).collect()
}

/// What may become of changes that were not synced: so many that the power goes `losses` times in all.
pub fn ways(losses: usize, disk: &Disk) -> Vec<Unsynced> {
    let ways = [Unsynced::Lost, Unsynced::Kept, Unsynced::NamesKept, Unsynced::BytesKept, Unsynced::SizesKept];
    let seeds = losses.div_ceil(disk.events() + 1).saturating_sub(ways.len()).max(2);
    ways.into_iter().chain((0..seeds as u64).map(Unsynced::Some)).collect()
}

/// The first thing that is wrong, and when.
fn first_wrong(
    run: &Run<'_>,
    replay: &Replay<'_>,
    ways: &[Unsynced],
    looked: &mut BTreeMap<u64, Option<String>>,
) -> Option<String> {
    for events in 0..=replay.disk.events() {
        for way in ways {
            let tree = replay.disk.after(events, *way);
            if let Some(wrong) = run.wrong(&tree, events == replay.disk.events(), looked) {
                let of = replay.disk.events();
                return Some(format!("{}: {way:?} after {events} of {of} calls: {OUT} {wrong}", run.writer.name));
            }
        }
    }
    None
}

/// Runs the command again in folders that a loss of power has left.
fn run_again(run: &Run<'_>, replay: &Replay<'_>) {
    let mut left: BTreeSet<Tree> = BTreeSet::new();
    for events in 0..=replay.disk.events() {
        left.extend(ways(0, &replay.disk).into_iter().map(|way| replay.disk.after(events, way)));
    }
    let step = left.len().div_ceil(RERUNS);
    for tree in left.into_iter().step_by(step) {
        let place = Place::new();
        put(&tree, place.path());
        run.again(&place);
    }
}

fn every_loss_of_power(losses: usize) {
    for writer in WRITERS {
        let run = Run::of(writer);
        let replay = run.replay(&|_| false);
        let ways = ways(losses, &replay.disk);
        assert_eq!(first_wrong(&run, &replay, &ways, &mut BTreeMap::new()), None);
        run_again(&run, &replay);
        let syncs: BTreeSet<&Sync> = replay.syncs.iter().collect();
        let notice = |is_left_out: &dyn Fn(&Sync) -> bool| {
            let wrong = first_wrong(&run, &run.replay(is_left_out), &ways, &mut BTreeMap::new());
            assert!(wrong.is_some(), "{}: a sync is left out, and nothing is wrong: {syncs:?}", writer.name);
        };
        if writer.output.is_database() {
            // RocksDB syncs its files, too, so that nothing is missed until all these are left out.
            let is_inside = |sync: &Sync| !sync.path.as_os_str().is_empty();
            notice(&is_inside);
            notice(&|sync| !is_inside(sync));
        } else {
            syncs.iter().for_each(|sync| notice(&|other| other == *sync));
        }
        let losses = ways.len() * (replay.disk.events() + 1);
        let left_out = if writer.output.is_database() { 2 } else { syncs.len() };
        println!("{}: {losses} losses of power; without a sync it is noticed, {left_out} times", writer.name);
    }
}

#[test]
fn the_power_goes_at_each_call_and_a_sync_that_is_left_out_is_noticed() {
    every_loss_of_power(100);
}

#[test]
#[ignore = "takes minutes: make crash-test"]
fn the_power_goes_as_often_as_is_asked_for() {
    every_loss_of_power(asked_for());
}

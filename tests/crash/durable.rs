//! The power goes while `apply --durable` is at work: whoever got a reply finds its step in the database, and the same command
//! goes on from there to the same end.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;
use std::rc::Rc;

use ekv_roundtrip::case::replay::{client_reply, on_store};
use ekv_roundtrip::database::{Database, History};
use ekv_roundtrip::state::State;
use ekv_roundtrip::store::{MetaWidth, Store, visible_state};
use ekv_roundtrip::workload::TraceReader;

use super::commands::{OUT, Place, asked_for};
use super::disk::{Disk, Tree, Unsynced, part, put};
use super::kills::{calls, killed_at};
use super::power::ways;
use super::strace::{Replay, Sync, traced};

const REPLIES: &str = "replies";
const APPLY: &str = "apply --trace trace --db out --durable --replies replies";
/// How many of the folders that a loss of power leaves the command is run in again.
const RERUNS: usize = 25;
/// In how many of them the power goes again.
const TWICE: usize = 5;

/// Steps of every kind; after each that writes there is another state. The last is in several pages of the log.
fn trace() -> String {
    let long = "6".repeat(10_000);
    format!("{STEPS}{{\"at_ms\":4000000000009,\"cmd\":[\"RPUSH\",\"c\",\"{long}\"]}}\n")
}

const STEPS: &str = r#"{"at_ms":4000000000000,"cmd":["RPUSH","a","1","2","3"]}
{"at_ms":4000000000001,"cmd":["LLEN","a"]}
{"at_ms":4000000000002,"cmd":["LPOP","a"]}
{"at_ms":4000000000003,"cmd":["LPUSH"]}
{"at_ms":4000000000004,"txn":[["RPUSH","b","4"],["LRANGE","b","0","-1"],["RPOP","a"]]}
{"op":"upgrade"}
{"at_ms":4000000000005,"cmd":["EXPIRE","b","100"]}
{"op":"compact","key":"a"}
{"at_ms":4000000000006,"cmd":["RENAME","a","c"]}
{"at_ms":4000000000007,"cmd":["LINSERT","b","AFTER","4","5"]}
{"at_ms":4000000000008,"cmd":["RPOPLPUSH","b","c"]}
"#;

/// What there is after each step: the lists, and how many replies clients have got.
struct Truth {
    states: Vec<(State, usize)>,
    replies: Vec<u8>,
}

impl Truth {
    fn of(place: &Place) -> Truth {
        place.holds("apply --trace trace --db whole --replies replies.whole");
        let mut store = Store::over(Database::in_memory(History::Dropped), MetaWidth::Short).unwrap();
        let mut states = vec![(State::default(), 0)];
        for step in TraceReader::new(Box::new(Cursor::new(trace()))).unwrap() {
            let step = step.unwrap();
            let answers = on_store(&mut store, &step).unwrap().answers;
            let replies = states.last().unwrap().1 + usize::from(client_reply(&step, answers).is_some());
            states.push((shown(store.database()), replies));
        }
        Truth { states, replies: std::fs::read(place.path().join("replies.whole")).unwrap() }
    }

    /// What is wrong with what a loss of power has left, if clients had got so many replies.
    fn wrong(&self, tree: &Tree, told: usize) -> Option<String> {
        let out = part(tree, OUT);
        if out.is_empty() {
            return (told > 0).then(|| format!("is not there, after {told} replies"));
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(OUT);
        put(&out, &path);
        let state = match Database::open_read_only(&path) {
            Ok(database) => shown(&database),
            Err(error) => return Some(format!("cannot be read: {error}")),
        };
        let Some((_, most)) = self.states.iter().rev().find(|(other, _)| *other == state) else {
            return Some(format!("has what there never was: {state:?}"));
        };
        let kept = lines(tree);
        match *most {
            most if most < told => Some(format!("has the steps of {most} replies, after {told}")),
            _ if kept + 1 < told => Some(format!("has {kept} replies in its file, after {told}")),
            _ => None,
        }
    }
}

fn shown(database: &Database) -> State {
    let state = visible_state(&database.snapshot(), None).unwrap();
    State { last_ms: None, ..state }
}

fn lines(tree: &Tree) -> usize {
    let replies = tree.get(Path::new(REPLIES)).and_then(Option::as_ref);
    replies.map_or(0, |replies| replies.iter().filter(|byte| **byte == b'\n').count())
}

struct Durable {
    place: Place,
    start: Tree,
    log: String,
    truth: Rc<Truth>,
}

impl Durable {
    fn new() -> Durable {
        let place = Place::new();
        std::fs::write(place.path().join("trace"), trace()).unwrap();
        let truth = Rc::new(Truth::of(&place));
        Durable::begun(place, truth)
    }

    /// A run in a folder in which there may be what another run has left.
    fn begun(place: Place, truth: Rc<Truth>) -> Durable {
        let start = place.tree("");
        let logs = tempfile::tempdir().unwrap();
        let log = logs.path().join("log");
        let output = traced(&place.command(APPLY), &log).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let log = std::fs::read_to_string(log).unwrap();
        Durable { place, start, log, truth }
    }

    fn replay<'a>(&self, is_left_out: &'a dyn Fn(&Sync) -> bool) -> Replay<'a> {
        let folder = tempfile::tempdir().unwrap();
        put(&self.start, folder.path());
        Replay::of(&self.log, self.place.path(), Disk::of(folder.path()), is_left_out)
    }

    fn first_wrong(&self, replay: &Replay<'_>, ways: &[Unsynced]) -> Option<String> {
        let mut looked = BTreeSet::new();
        for events in 0..=replay.disk.events() {
            let told = lines(&replay.disk.after(events, Unsynced::Kept));
            for way in ways {
                let tree = replay.disk.after(events, *way);
                let seen = (part(&tree, OUT), lines(&tree), told);
                let wrong = if looked.insert(seen) { self.truth.wrong(&tree, told) } else { None };
                if let Some(wrong) = wrong {
                    return Some(format!("{way:?} after {events} of {} calls: {OUT} {wrong}", replay.disk.events()));
                }
            }
        }
        None
    }

    /// A folder in which it has not begun.
    fn before(&self) -> Place {
        let place = Place::new();
        put(&self.start, place.path());
        place
    }

    fn goes_on(&self, tree: &Tree) {
        let place = Place::new();
        put(tree, place.path());
        place.holds(APPLY);
        let database = Database::open_read_only(&place.path().join(OUT)).unwrap();
        assert_eq!((shown(&database), database.warnings()), (self.truth.states.last().unwrap().0.clone(), &[][..]));
        let replies = std::fs::read(place.path().join(REPLIES)).unwrap();
        assert_eq!(String::from_utf8(replies).unwrap(), String::from_utf8(self.truth.replies.clone()).unwrap());
    }
}

fn every_loss_of_power(losses: usize, reruns: usize) {
    let durable = Durable::new();
    let replay = durable.replay(&|_| false);
    let all = ways(losses, &replay.disk);
    assert_eq!(durable.first_wrong(&replay, &all), None);

    let mut left: BTreeSet<Tree> = BTreeSet::new();
    for events in 0..=replay.disk.events() {
        left.extend(all.iter().map(|way| replay.disk.after(events, *way)));
    }
    let count = left.len();
    let step = count.div_ceil(reruns);
    left.iter().step_by(step).for_each(|tree| durable.goes_on(tree));
    let losses = all.len() * (replay.disk.events() + 1);
    println!(
        "apply --durable: {losses} losses of power, {count} different folders, {} gone on with",
        count.div_ceil(step)
    );

    // It goes again while the same command goes on.
    for tree in left.iter().step_by(count.div_ceil(TWICE)) {
        let place = Place::new();
        put(tree, place.path());
        let again = Durable::begun(place, Rc::clone(&durable.truth));
        let replay = again.replay(&|_| false);
        let ways = ways(losses / TWICE, &replay.disk);
        assert_eq!(again.first_wrong(&replay, &ways), None);
        let end = replay.disk.events();
        (0..end)
            .step_by(end.div_ceil(TWICE))
            .for_each(|events| again.goes_on(&replay.disk.after(events, Unsynced::Lost)));
    }

    // RocksDB syncs more than one loss of power shows. These count: the log of the steps, which is the one that is synced most
    // often; the replies; the database's name and those of its files.
    let count = |sync: &&Sync| replay.syncs.iter().filter(|other| other == sync).count();
    let log =
        replay.syncs.iter().filter(|sync| sync.path.extension().is_some_and(|end| end == "log")).max_by_key(count);
    let of = |call: &str, path: &str| Sync { call: call.to_owned(), path: path.into() };
    for sync in [log.unwrap().clone(), of("fdatasync", REPLIES), of("fsync", ""), of("fsync", OUT)] {
        let is_left_out = |other: &Sync| *other == sync;
        let without = durable.replay(&is_left_out);
        assert!(durable.first_wrong(&without, &all).is_some(), "nothing is wrong without {sync:?}");
    }
}

fn every_kill(kills: usize) {
    let durable = Durable::new();
    let calls = calls(&durable.before().command(APPLY));
    for kill in 0..kills {
        let (place, call) = (durable.before(), &calls[kill * calls.len() / kills]);
        killed_at(&place.command(APPLY), call);
        let tree = place.tree("");
        assert_eq!(durable.truth.wrong(&tree, lines(&tree)), None, "killed at {call:?}");
        durable.goes_on(&tree);
    }
    println!("apply --durable: {kills} kills, at {} calls", calls.len());
}

#[test]
fn the_power_goes_while_steps_are_applied_durably() {
    every_loss_of_power(1000, RERUNS);
    every_kill(10);
}

#[test]
#[ignore = "takes minutes: make crash-test"]
fn the_power_goes_while_steps_are_applied_durably_as_often_as_is_asked_for() {
    every_loss_of_power(asked_for(), asked_for());
    every_kill(asked_for());
}

//! What was restored from a dump runs on: a store opens the records, takes further commands, and must do what Redis does.
//!
//! A dump of restored records shows their items and expiries. Whether a head, a length or an expiry record is one that a store
//! can go on from shows only in what it does next.

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;

use super::changes;
use super::ended::Ended;
use crate::case::dumps::restored;
use crate::case::reference::Reference;
use crate::case::replay::{model_state, on_model, on_store};
use crate::case::stop::{Stop, environment, guarded, store_failure};
use crate::case::text::{command_text, reply_text, step_text};
use crate::command::Request;
use crate::compare::{SideNames, compare};
use crate::database::{Database, History};
use crate::faults::{Place, Reread};
use crate::finding::{Finding, FindingKind};
use crate::format::CommitTs;
use crate::model::Model;
use crate::state::{KeyState, State};
use crate::store::{Answer, MetaWidth, Store, visible_state};
use crate::workload::{Action, Step};

/// The steps, and the restored keys that they are about: so many with an expiry to come, and so many of all.
const STEPS: u64 = 24;
const EXPIRING_KEYS: usize = 2;
const ANY_KEYS: usize = 2;

/// A command by its words: `KEY` and `OTHER` are keys, `VALUE` is an item.
type Words = &'static [&'static str];

const COMMANDS: &[Words] = &[
    &["RPUSH", "KEY", "VALUE", "VALUE"],
    &["LPUSH", "KEY", "VALUE", "VALUE"],
    &["RPUSHX", "KEY", "VALUE"],
    &["LPOP", "KEY"],
    &["RPOP", "KEY", "2"],
    &["LPOP", "KEY", "1000000"],
    &["LSET", "KEY", "-1", "VALUE"],
    &["LTRIM", "KEY", "1", "-1"],
    &["LREM", "KEY", "1", "VALUE"],
    &["LMOVE", "KEY", "OTHER", "LEFT", "RIGHT"],
    &["RENAME", "KEY", "OTHER"],
    &["PEXPIRE", "KEY", "1500"],
    &["PEXPIRE", "KEY", "100", "XX", "LT"],
    &["PERSIST", "KEY"],
    &["PEXPIRETIME", "KEY"],
    &["LRANGE", "KEY", "0", "-1"],
    &["DEL", "KEY"],
];

/// How far time goes on before a step, in milliseconds.
const PAUSES_MS: &[u64] = &[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 99, 1500, 1501, 3_600_000];

/// Restores the dump, and runs on.
pub(super) fn require_same(ended: &Ended<'_>, change: Option<Reread>, dice: &mut ChaCha8Rng) -> Result<(), Stop> {
    // An oracle is a server, and has only the one past.
    let Reference::Model(model) = ended.reference else { return Ok(()) };
    let records = changes::records(change, Place::RunsOn, restored(ended.dumped)?);
    let database = Database::in_memory(History::Dropped);
    let clock = ended.database.clock().map_err(environment)?.unwrap_or_default();
    let rows = records.iter().map(|(key, value)| (key.as_slice(), Some(value.as_slice())));
    database.commit(rows, clock).map_err(environment)?;
    let steps = drawn(ended.dumped, ended.last_ms, dice);
    let (store, state) = run(database, model.clone(), &steps)?;
    let made = ended.dumps.make("runs-on", &store.database().snapshot(), FindingKind::Restored, &state)?;
    require_equal(&state, &changes::state(change, Place::RunsOnDump, made.read()?), "dump")?;
    made.remove()
}

/// Runs steps on a store over the records and on the model, and compares all that they show.
fn run(database: Database, mut model: Model, steps: &[Step]) -> Result<(Store, State), Stop> {
    let failed = |error| store_failure(error, None);
    let mut store = guarded(None, || Store::over(database, MetaWidth::Long))?.map_err(failed)?;
    for step in steps {
        let answers = guarded(None, || on_store(&mut store, step))?.map_err(failed)?.answers;
        let is_refused = |place: usize| answers.get(place).is_some_and(Answer::is_refused);
        let replies = on_model(&mut model, step, is_refused);
        for (answer, reply) in answers.into_iter().zip(replies) {
            let (Answer::Reply(ours), Some(redis)) = (answer, reply) else { continue };
            if ours != redis {
                let Action::Command(request) = &step.action else { continue };
                let (command, ours, redis) = (command_text(&request.args()), reply_text(&ours), reply_text(&redis));
                let detail = format!("restored, then {command}\nstore    {ours}\nRedis    {redis}{}", told(steps));
                let finding = Finding::new(FindingKind::Restored, detail);
                return Err(Stop::Finding(Finding { aspect: request.command_name(), ..finding }));
            }
        }
    }
    let expected = model_state(&model);
    let shown = guarded(None, || visible_state(&store.database().snapshot(), expected.last_ms))?.map_err(failed)?;
    require_equal(&expected, &shown, "store").map_err(|stop| match stop {
        Stop::Finding(finding) => {
            Stop::Finding(Finding { detail: format!("{}{}", finding.detail, told(steps)), ..finding })
        }
        stop => stop,
    })?;
    Ok((store, expected))
}

fn require_equal(expected: &State, found: &State, name: &str) -> Result<(), Stop> {
    let comparison = compare(expected, found, expected.last_ms.unwrap_or(0));
    let names = SideNames { left: "Redis", right: name };
    match Finding::of_states(FindingKind::Restored, &comparison, expected, found, names) {
        Some(finding) => Err(Stop::Finding(Finding { aspect: "runs-on", ..finding })),
        None => Ok(()),
    }
}

/// The steps, which no trace has.
fn told(steps: &[Step]) -> String {
    let line = |step: &Step| format!("\n  at {} ms: {}", step.at_ms.unwrap_or_default(), step_text(step));
    steps.iter().map(line).collect()
}

/// Steps on some of the keys of a state, from a time on.
fn drawn(state: &State, start_ms: u64, dice: &mut ChaCha8Rng) -> Vec<Step> {
    let all: Vec<&Vec<u8>> = state.keys.keys().collect();
    let is_expiring = |key: &KeyState| key.expire_at.is_some_and(|expire_at| !expire_at.is_past(start_ms));
    let expiring: Vec<&Vec<u8>> =
        state.keys.iter().filter(|(_, key)| is_expiring(key)).map(|(user_key, _)| user_key).collect();
    // How a store goes on with an expiry depends on more records than how it goes on with items.
    let mut keys: Vec<Vec<u8>> = expiring.sample(dice, EXPIRING_KEYS).map(|key| key.to_vec()).collect();
    keys.extend(all.sample(dice, ANY_KEYS).map(|key| key.to_vec()));
    keys.push(b"after the restore".to_vec());
    let mut at_ms = start_ms;
    let step = |_| {
        at_ms = at_ms.saturating_add(*PAUSES_MS.choose(dice)?).min(CommitTs::MAX_MS);
        let key = keys.choose(dice)?;
        let word = |word: &str, dice: &mut ChaCha8Rng| match word {
            "KEY" => key.clone(),
            "OTHER" => keys.choose(dice).cloned().unwrap_or_default(),
            "VALUE" => format!("later {}", dice.random_range(0..4_u32)).into_bytes(),
            word => word.as_bytes().to_vec(),
        };
        let words = COMMANDS.choose(dice)?.iter().map(|text| word(text, dice)).collect();
        let action = Action::Command(Request::parse(words).ok()?);
        Some(Step { at_ms: Some(at_ms), action })
    };
    // What was restored is read before anything happens to it.
    let words =
        state.keys.keys().next().map(|key| vec![b"LRANGE".to_vec(), key.clone(), b"0".to_vec(), b"-1".to_vec()]);
    let read = words.and_then(|words| Request::parse(words).ok());
    let first = read.map(|request| Step { at_ms: Some(start_ms), action: Action::Command(request) });
    first.into_iter().chain((0..STEPS).filter_map(step)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::told::finding_of;
    use super::*;
    use crate::format::ExpireAtMs;
    use crate::restore;

    const START_MS: u64 = 4_102_444_800_000;

    fn request(line: &str) -> Request {
        Request::parse(line.split(' ').map(|word| word.as_bytes().to_vec()).collect()).expect("known")
    }

    /// Runs commands on a restored list of three items after a change of its records.
    fn found(commands: &[&str], change: impl Fn(&mut restore::Records)) -> Option<(FindingKind, &'static str)> {
        let items = ["a", "b", "c"].map(|item| item.as_bytes().to_vec());
        let mut model = Model::new();
        model.advance_to(START_MS);
        model.execute(&request("RPUSH k a b c"));
        let mut records =
            restore::records(&[(b"k".to_vec(), KeyState::list(items.to_vec(), None))].into()).expect("short");
        change(&mut records);
        let database = Database::in_memory(History::Dropped);
        let rows = records.iter().map(|(key, value)| (key.as_slice(), Some(value.as_slice())));
        database.commit(rows, CommitTs::at_ms(START_MS)).expect("memory");
        let step = |line: &&str| Step { at_ms: Some(START_MS), action: Action::Command(request(line)) };
        let ran = run(database, model, &commands.iter().map(step).collect::<Vec<_>>()).map(drop);
        if ran.is_ok() {
            return None;
        }
        let finding = finding_of(ran);
        Some((finding.kind, finding.aspect))
    }

    #[test]
    fn records_that_a_store_cannot_go_on_from_are_a_finding() {
        let meta = |at: usize, byte: u8| {
            move |records: &mut restore::Records| {
                let meta = records.get_mut(&b"!lst|meta|k"[..]).expect("the meta");
                meta[at] = byte;
            }
        };
        assert_eq!(found(&["LPOP k", "RPUSH k d", "LRANGE k 0 -1"], |_| ()), None);
        // The length says two, the tail and the length say four, the expiry is past.
        assert_eq!(
            found(&["RPUSH k d"], |records| {
                meta(15, 2)(records);
                meta(23, 2)(records);
            }),
            Some((FindingKind::Restored, "RPUSH"))
        );
        assert_eq!(found(&["LPUSHX k d"], meta(31, 1)), Some((FindingKind::Restored, "LPUSHX")));
        let expiry = |records: &mut restore::Records| {
            drop(records.insert(b"!redis|ttl|k".to_vec(), vec![0, 1, 0, 0, 0, 0, 0, 0]))
        };
        assert_eq!(found(&["LPOP k"], expiry), None);
        assert_eq!(found(&[], |records| drop(records.pop_first())), Some((FindingKind::Restored, "runs-on")));
    }

    #[test]
    fn the_steps_are_about_the_keys_of_the_state() {
        let dice = &mut rand::SeedableRng::seed_from_u64(1);
        let keys = [(b"k".to_vec(), KeyState::list(vec![b"a".to_vec()], None))].into();
        let steps = drawn(&State { keys, last_ms: None }, START_MS, dice);
        assert_eq!(steps.len() as u64, 1 + STEPS);
        assert!(steps.iter().all(|step| step.at_ms >= Some(START_MS)), "{}", told(&steps));
        assert!(told(&steps).contains(" k "), "{}", told(&steps));
    }

    #[test]
    fn a_key_with_an_expiry_to_come_is_among_those_that_the_steps_are_about() {
        let key = |name: &str, ms| (name.into(), KeyState::list(vec![b"a".to_vec()], Some(ExpireAtMs(ms))));
        let past = (0..40).map(|number| key(&format!("past {number:02}"), START_MS - 1));
        let state = State { keys: past.chain([key("to come", START_MS + 1)]).collect(), last_ms: None };
        for seed in 0..20 {
            let steps = drawn(&state, START_MS, &mut rand::SeedableRng::seed_from_u64(seed));
            assert!(told(&steps).contains("\"to come\""), "{}", told(&steps));
        }
    }
}

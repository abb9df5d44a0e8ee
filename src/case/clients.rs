//! Clients side by side: what each has begun, what takes effect when it commits, and what goes wrong between them.
//!
//! A transaction takes effect at its commit, as of the time of its snapshot; one that writes nothing takes effect when it
//! begins. After each that has written to keys on which others have worked since it began, LLEN, LRANGE and PEXPIRETIME of them
//! must say what the model says.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::judged::Judged;
use super::replay::Landed;
use super::stop::{CaseError, Stop, guarded, store_failure};
use super::text::reply_text;
use crate::command::{Command, Reply, Request, UserKey};
use crate::finding::{Finding, FindingKind};
use crate::format::{counted, key_text};
use crate::model::{Model, ModelValue};
use crate::store::{Answer, Store};
use crate::workload::{Action, Step};

/// Lists with more items are compared by their length alone after each commit; dumps compare all of them.
const MOST_ITEMS: usize = 1000;

const LENGTH: &str = "LLEN";
const RANGE: &str = "LRANGE";
const EXPIRY: &str = "PEXPIRETIME";

/// A question about a key, and the reply.
type Said = (&'static str, Reply);

/// What the model says of a key.
fn shown(key: &UserKey, model: &Model) -> Vec<Said> {
    let Some(found) = model.get(key) else {
        return vec![(LENGTH, Reply::Integer(0)), (RANGE, Reply::bulks(Vec::new())), (EXPIRY, Reply::Integer(-2))];
    };
    let ModelValue::List(items) = &found.value;
    let mut said =
        vec![(LENGTH, Reply::length(items.len())), (EXPIRY, Reply::Integer(found.expire_at_ms.unwrap_or(-1)))];
    if items.len() <= MOST_ITEMS {
        said.push((RANGE, Reply::bulks(items.iter().cloned().collect())));
    }
    said
}

/// The commands that give elements away.
const POPS: &[&str] = &["LPOP", "RPOP", "LMPOP", "RPOPLPUSH", "LMOVE"];

/// What the clients of a case have begun.
#[derive(Debug, Default)]
pub(super) struct Clients {
    /// The step, and what they have sent.
    begun: HashMap<u32, (u64, Vec<Request>)>,
    /// The last step that took effect on each key while somebody had begun.
    touched: HashMap<UserKey, u64>,
    /// Whether a client has ever begun.
    are_several: bool,
    /// What was popped since one of those that are open has begun.
    popped: HashSet<Vec<u8>>,
    /// What the last step has popped, though it had been popped before.
    popped_twice: Option<Vec<u8>>,
    /// The keys that a compaction has read, and whether a step since was about them.
    compacting: HashMap<UserKey, bool>,
}

/// A client's transaction that takes effect in a step.
pub(super) struct Effect {
    /// As a step of one client, at the time of its snapshot.
    pub(super) step: Step,
    number: u64,
    begun: u64,
    landed: Option<Landed>,
    /// The keys on which something else has taken effect since it began.
    shared: Vec<UserKey>,
}

impl Clients {
    /// What takes effect of a client in a step, which the store shows as `stored`; nothing if it is no client's, or nothing does.
    pub(super) fn take_effect(
        &mut self,
        (number, step): (u64, &Step),
        stored: &Step,
        landed: Option<Landed>,
        judged: &mut Judged,
    ) -> Option<Effect> {
        let effect = self.effect((number, step), stored, landed, judged);
        if self.begun.is_empty() {
            self.touched.clear();
        } else {
            let action = effect.as_ref().map_or(&step.action, |effect| &effect.step.action);
            self.touched.extend(affected(action).into_iter().map(|key| (key.clone(), number)));
        }
        effect
    }

    fn effect(
        &mut self,
        (number, step): (u64, &Step),
        stored: &Step,
        landed: Option<Landed>,
        judged: &mut Judged,
    ) -> Option<Effect> {
        let is_effective = !matches!(stored.action, Action::Begin { .. } | Action::Commit { .. });
        match &step.action {
            Action::Begin { client, requests } => {
                self.are_several = true;
                if self.begun.is_empty() {
                    self.popped.clear();
                }
                if !is_effective {
                    judged.client_begins(*client, requests);
                    self.begun.insert(*client, (number, requests.clone()));
                    return None;
                }
                self.begun.remove(client);
                let step = Step { at_ms: step.at_ms, action: Action::of_requests(requests.clone()) };
                Some(Effect { step, number, begun: number, landed: None, shared: Vec::new() })
            }
            Action::Commit { client, .. } => {
                let (begun, requests) = self.begun.remove(client)?;
                let landed = landed?;
                judged.client_lands(landed);
                let step = Step { at_ms: Some(landed.read_ms), action: Action::of_requests(requests) };
                let is_shared = |key: &&UserKey| self.touched.get(*key).is_some_and(|last| *last > begun);
                let shared = affected(&step.action).into_iter().filter(is_shared).cloned().collect();
                Some(Effect { step, number, begun, landed: Some(landed), shared })
            }
            _ => None,
        }
    }
}

/// The keys on which a step takes effect.
fn affected(action: &Action) -> BTreeSet<&UserKey> {
    let commands = action.requests().iter().filter_map(|request| match request {
        Request::Valid(command) => Some(command),
        Request::Rejected { .. } => None,
    });
    match action {
        Action::Compact(key) | Action::CompactCommit(key) | Action::Seed { key, .. } => BTreeSet::from([key]),
        Action::Begin { .. } => BTreeSet::new(),
        _ => commands.flat_map(Command::keys).collect(),
    }
}

impl Effect {
    /// How it came to take effect.
    fn course(&self) -> Option<String> {
        let Landed { client, tries, gave_up, .. } = self.landed?;
        let tried = match (gave_up, tries) {
            (true, _) => format!("it conflicted {tries} times and gave up"),
            (false, 1) => "the conflict test let it pass".to_owned(),
            (false, _) => format!("it conflicted {}, and began anew", counted(u64::from(tries - 1), "time")),
        };
        Some(format!("client {client}  began at step {}, committed at step {}; {tried}", self.begun, self.number))
    }

    /// What the store and the model say of a key when they are asked.
    fn asked(key: &UserKey, store: &Store, model: &Model) -> Result<[Vec<Said>; 2], Stop> {
        let shown = shown(key, model);
        let questions = shown.iter().filter_map(|(name, _)| {
            let mut words = vec![name.as_bytes().to_vec(), key.0.clone()];
            if *name == RANGE {
                words.extend([b"0".to_vec(), b"-1".to_vec()]);
            }
            Some((*name, Request::parse(words).ok()?))
        });
        let (names, requests): (Vec<_>, Vec<_>) = questions.unzip();
        // In one transaction, so that the list is read once.
        let planned = guarded(None, || store.plan(&requests))?.map_err(|error| store_failure(error, None))?;
        let replies = planned.answers().iter().cloned().map(Answer::into_reply);
        Ok([names.into_iter().zip(replies).collect(), shown])
    }

    /// The keys of the transaction on which others have worked since it began must show what the model shows.
    pub(super) fn require_agreement(&self, store: &Store, model: &Model) -> Result<(), Stop> {
        for key in &self.shared {
            let [stored, shown] = Effect::asked(key, store, model)?;
            for ((name, ours), (_, redis)) in stored.into_iter().zip(shown) {
                if ours != redis {
                    let (ours, redis) = (reply_text(&ours), reply_text(&redis));
                    let quoted = key_text::quoted(key.as_bytes());
                    let detail = format!("after it  {name} {quoted}\nstore     {ours}\nRedis     {redis}");
                    let finding = Finding::new(FindingKind::StoreState, detail);
                    return Err(Stop::Finding(Finding {
                        user_key: Some(key.0.clone()),
                        step: Some(self.number),
                        ..finding
                    }));
                }
            }
        }
        Ok(())
    }
}

impl Clients {
    /// Keeps in mind what a step has done, for [`Clients::explained`].
    pub(super) fn note(&mut self, step: &Step, answers: &[Answer]) {
        self.popped_twice = None;
        match &step.action {
            Action::CompactRead(key) => drop(self.compacting.insert(key.clone(), false)),
            Action::CompactCommit(_) => {}
            _ if self.compacting.is_empty() => {}
            _ => keys(step).into_iter().for_each(|key| {
                self.compacting.entry(key.clone()).and_modify(|is_overtaken| *is_overtaken = true);
            }),
        }
        if !self.are_several {
            return;
        }
        for (request, answer) in step.action.requests().iter().zip(answers) {
            if !POPS.contains(&request.command_name()) {
                continue;
            }
            let mut elements = Vec::new();
            match answer {
                // The key that it popped from comes first.
                Answer::Reply(Reply::Array(parts)) if request.command_name() == "LMPOP" => {
                    parts.iter().skip(1).for_each(|part| collect_elements(part, &mut elements));
                }
                Answer::Reply(reply) => collect_elements(reply, &mut elements),
                Answer::Refused(_) => {}
            }
            for element in elements {
                if !self.popped.insert(element.clone()) {
                    self.popped_twice = Some(element);
                }
            }
        }
    }

    /// A finding of a step, with what went on between the clients.
    pub(super) fn explained(
        &self,
        result: Result<(), Stop>,
        (step, effect): (&Step, Option<&Effect>),
        store: &Store,
        model: &Model,
    ) -> Result<(), Stop> {
        let Err(Stop::Finding(finding)) = &result else { return result };
        let is_overtaken = self.is_overtaken_compaction(step);
        if !self.are_several && !is_overtaken {
            return result;
        }
        let mut lines = vec![finding.detail.clone()];
        if let Some(effect) = effect {
            lines.extend(effect.course());
        }
        let anomaly = self.anomaly(finding, (step, effect), store, model);
        lines.extend(anomaly.iter().map(|anomaly| format!("so        {anomaly}")));
        Err(Stop::Finding(Finding { detail: lines.join("\n"), anomaly, ..finding.clone() }))
    }

    fn is_overtaken_compaction(&self, step: &Step) -> bool {
        matches!(&step.action, Action::CompactCommit(key) if self.compacting.get(key) == Some(&true))
    }

    /// What a client would say of it.
    fn anomaly(
        &self,
        finding: &Finding,
        (step, effect): (&Step, Option<&Effect>),
        store: &Store,
        model: &Model,
    ) -> Option<String> {
        let landed = effect.and_then(|effect| effect.landed);
        if landed.is_some_and(|landed| landed.gave_up) {
            return Some("a client is refused for ever, and nothing stands in its way".to_owned());
        }
        let is_of_pop = finding.kind == FindingKind::Reply && POPS.contains(&finding.aspect);
        if let Some(element) = self.popped_twice.as_ref().filter(|_| is_of_pop) {
            return Some(format!("an element was popped twice: {}", key_text::quoted(element)));
        }
        let of_state = keys(step).into_iter().find_map(|key| {
            let [stored, shown] = Effect::asked(key, store, model).ok()?;
            anomaly_of(key, &stored, &shown)
        });
        of_state.or_else(|| {
            let (kind, aspect) = finding.class();
            if self.is_overtaken_compaction(step) {
                return Some("a compaction took effect on a list that had changed since it was read".to_owned());
            }
            Some(match (landed?, kind) {
                (landed, _) if landed.is_unheard => "a transaction that went out twice took effect twice".to_owned(),
                (landed, _) if landed.tries > 1 => return None,
                (_, FindingKind::Reply) => format!("the reply to {aspect} leaves out what another client has done"),
                _ if aspect == "commit-clock" => {
                    "a transaction took effect before one whose keys it writes over".to_owned()
                }
                _ => "a transaction took effect on keys that another had changed since it read them".to_owned(),
            })
        })
    }
}

/// The bulk strings of a reply, at any depth.
fn collect_elements(reply: &Reply, elements: &mut Vec<Vec<u8>>) {
    match reply {
        Reply::Bulk(bytes) => elements.push(bytes.clone()),
        Reply::Array(replies) => replies.iter().for_each(|reply| collect_elements(reply, elements)),
        _ => {}
    }
}

/// The keys that a step is about.
fn keys(step: &Step) -> BTreeSet<&UserKey> {
    match &step.action {
        Action::Compact(key) | Action::CompactRead(key) | Action::CompactCommit(key) => BTreeSet::from([key]),
        action => {
            let commands = action.requests().iter().filter_map(|request| match request {
                Request::Valid(command) => Some(command),
                Request::Rejected { .. } => None,
            });
            commands.flat_map(Command::keys).collect()
        }
    }
}

fn anomaly_of(key: &UserKey, stored: &[Said], shown: &[Said]) -> Option<String> {
    let reply = |said: &[Said], name: &str| said.iter().find(|(of, _)| *of == name).map(|(_, reply)| reply.clone());
    let items = |said: &[Said]| match reply(said, RANGE) {
        Some(Reply::Array(items)) => items,
        _ => Vec::new(),
    };
    let key = key_text::quoted(key.as_bytes());
    let (ours, redis) = (items(stored), items(shown));
    let count = |items: &[Reply], item: &Reply| items.iter().filter(|found| *found == item).count();
    let lost = redis.iter().find(|item| count(&ours, item) < count(&redis, item));
    let extra = ours.iter().find(|item| count(&ours, item) > count(&redis, item));
    if let (Some(Reply::Integer(length)), true) = (reply(stored, LENGTH), reply(stored, RANGE).is_some())
        && length != i64::try_from(ours.len()).unwrap_or(i64::MAX)
    {
        let says = counted(u64::try_from(length).unwrap_or(0), "item");
        return Some(format!("a list says that it has {says} and shows {}: {key}", ours.len()));
    }
    match (lost, extra) {
        (Some(item), None) => Some(format!("an acknowledged push is gone: {} of list {key}", reply_text(item))),
        (None, Some(item)) if count(&redis, item) > 0 => {
            Some(format!("a push is there twice: {} of list {key}", reply_text(item)))
        }
        (None, Some(item)) if redis.is_empty() => {
            Some(format!("a list that was deleted is back: {key}, with {}", reply_text(item)))
        }
        (None, Some(item)) => Some(format!("a deleted item is back: {} of list {key}", reply_text(item))),
        (Some(item), Some(other)) => Some(format!(
            "an acknowledged push is gone: {} of list {key}, which shows {} in its place",
            reply_text(item),
            reply_text(other)
        )),
        (None, None) if ours != redis => Some(format!("the items of list {key} are in another order")),
        (None, None) => match (reply(stored, EXPIRY), reply(shown, EXPIRY)) {
            (Some(Reply::Integer(ours)), Some(Reply::Integer(redis))) if ours != redis => Some(match (ours, redis) {
                (-1, _) => format!("the expiry of list {key} is gone"),
                (_, -1) => format!("list {key} has an expiry that nobody gave it"),
                _ => format!("list {key} has another expiry than it was given"),
            }),
            _ => None,
        },
    }
}

/// Steps of one client only: whoever plays them does not know of several.
pub(super) fn of_one_client(
    steps: impl Iterator<Item = Result<Step, CaseError>>,
    player: &'static str,
) -> impl Iterator<Item = Result<Step, CaseError>> {
    (1_u64..).zip(steps).map(move |(number, step)| match step {
        Ok(Step { action: Action::Begin { .. } | Action::Commit { .. }, .. }) => Err(CaseError::Input(format!(
            "step {number} is of one of several clients, and {player} plays one client at a time; leave out such steps, or play \
             the trace on this tool's own store"
        ))),
        step => step,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(length: i64, items: &[&str], expiry: i64) -> Vec<Said> {
        let items = items.iter().map(|item| item.as_bytes().to_vec()).collect();
        vec![(LENGTH, Reply::Integer(length)), (RANGE, Reply::bulks(items)), (EXPIRY, Reply::Integer(expiry))]
    }

    #[test]
    fn an_anomaly_is_what_a_client_would_say() {
        let of = |stored: Vec<Said>, shown: Vec<Said>| anomaly_of(&UserKey(b"k".to_vec()), &stored, &shown);
        let cases = [
            (said(1, &["a"], -1), said(2, &["a", "b"], -1), "an acknowledged push is gone: \"b\" of list \"k\""),
            (said(3, &["a", "b"], -1), said(2, &["a", "b"], -1), "a list says that it has 3 items and shows 2: \"k\""),
            (said(1, &[], -1), said(0, &[], -2), "a list says that it has 1 item and shows 0: \"k\""),
            (said(1, &["a"], -1), said(0, &[], -2), "a list that was deleted is back: \"k\", with \"a\""),
            (said(2, &["b", "a"], -1), said(1, &["b"], -1), "a deleted item is back: \"a\" of list \"k\""),
            (said(2, &["a", "a"], -1), said(1, &["a"], -1), "a push is there twice: \"a\" of list \"k\""),
            (said(2, &["b", "a"], -1), said(2, &["a", "b"], -1), "the items of list \"k\" are in another order"),
            (said(1, &["a"], -1), said(1, &["a"], 7), "the expiry of list \"k\" is gone"),
            (said(1, &["a"], 7), said(1, &["a"], -1), "list \"k\" has an expiry that nobody gave it"),
        ];
        for (stored, shown, says) in cases {
            assert_eq!(of(stored, shown).as_deref(), Some(says));
        }
        assert_eq!(of(said(1, &["a"], 7), said(1, &["a"], 7)), None);
    }

    #[test]
    fn what_two_clients_have_popped_is_told() {
        let mut clients = Clients { are_several: true, ..Clients::default() };
        let words = [b"LPOP".to_vec(), b"k".to_vec()].to_vec();
        let pop = Step { at_ms: Some(1), action: Action::Command(Request::parse(words).expect("a command")) };
        let answers = [Answer::Reply(Reply::Bulk(b"a".to_vec()))];
        for twice in [None, Some(b"a".to_vec())] {
            clients.note(&pop, &answers);
            assert_eq!(clients.popped_twice, twice);
        }
        let told = |kind, aspect| {
            let finding = Finding { aspect, ..Finding::new(kind, String::new()) };
            let database = crate::database::Database::in_memory(crate::database::History::Dropped);
            let store = Store::over(database, crate::store::MetaWidth::Short).expect("an empty store");
            clients.anomaly(&finding, (&pop, None), &store, &Model::new())
        };
        assert_eq!(told(FindingKind::Reply, "LPOP").as_deref(), Some("an element was popped twice: \"a\""));
        assert_eq!(told(FindingKind::Record, "item"), None);
    }
}

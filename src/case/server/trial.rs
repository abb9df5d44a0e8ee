//! The forms of commands, each tried once on a server whose database is empty, and held against the model.

use std::collections::BTreeSet;

use crate::case::hearing::{Hearing, Turn};
use crate::case::replay::model_state;
use crate::case::text::{command_text, reply_text};
use crate::command::{CommandSpec, Reply, Request, UserKey};
use crate::finding::Verdict;
use crate::format::key_text;
use crate::model::Model;
use crate::server::{Args, Connection, ExpiryReading, FORMS, Form, Patience, Server, ServerError, is_refusal_of_form};
use crate::state::{State, Value};
use crate::workload::{Action, Step};

/// The model's time, past for every server, so that the absolute expiries of trials lie ahead of both.
const MODEL_NOW_MS: u64 = 1_577_836_800_000;

/// What came of one form.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The form.
    pub form: &'static Form,
    /// What was sent before the command.
    pub setup: Vec<String>,
    /// The command that was tried.
    pub command: String,
    /// The right reply, and what the keys hold afterwards if it is that which differs.
    pub expected: String,
    /// The server's.
    pub got: String,
    /// Right, wrong, or not known to the server.
    pub verdict: Verdict,
}

/// Tries every form whose name is wanted. What it leaves behind is the server's to clear.
///
/// # Errors
///
/// A server that cannot be asked, or is not well.
pub(super) fn try_forms(
    server: &mut Server,
    patience: &Patience,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Trial>, ServerError> {
    // A connection of its own: it may be cut, or be left in a transaction.
    let mut connection = Connection::open(server.address(), patience)?;
    let mut trials = Vec::with_capacity(FORMS.len());
    for (number, form) in FORMS.iter().enumerate().filter(|(_, form)| is_wanted(form.name)) {
        trials.push(try_form(form, number, server, &mut connection, patience)?);
    }
    Ok(trials)
}

fn try_form(
    form: &'static Form,
    number: usize,
    server: &mut Server,
    connection: &mut Connection,
    patience: &Patience,
) -> Result<Trial, ServerError> {
    // Keys of its own for each form: what one leaves is nothing to the next, even where DEL does nothing.
    let keys = ["a", "b"].map(|name| UserKey(format!("ekv-roundtrip:{number}:{name}").into_bytes()));
    server.own(&keys)?;
    let known = |args: &Args| {
        let spec = args.first().and_then(|name| CommandSpec::find(name));
        spec.is_some_and(|spec| server.vocabulary().knows(spec.name))
    };
    let setup: Vec<Args> = form.setup.iter().map(|line| args_of(line, number)).filter(known).collect();
    let tried = args_of(form.tried, number);
    let mut model = Model::new();
    model.advance_to(MODEL_NOW_MS);
    for (args, reply) in setup.iter().zip(connection.pipeline(&setup)?) {
        if let Some(trouble) = connection.trouble(args, &reply) {
            return Err(trouble);
        }
        // What is refused has a row of its own.
        if !is_refusal_of_form(&reply) {
            request(args).iter().for_each(|request| drop(model.execute(request)));
        }
    }
    let requests: Vec<Request> = request(&tried).into_iter().collect();
    let action = match (form.is_transaction, requests.first()) {
        (false, Some(request)) => Action::Command(request.clone()),
        _ => Action::Transaction(requests.clone()),
    };
    let right = Hearing::of_model(&mut model, &Turn::of(1, Step { at_ms: None, action })).replies;

    let sent = match form.is_transaction {
        false => vec![tried.clone()],
        true => vec![vec![b"MULTI".to_vec()], tried.clone(), vec![b"EXEC".to_vec()]],
    };
    let told = |trial: (String, String, Verdict)| {
        let (expected, got, verdict) = trial;
        let setup = setup.iter().map(|args| command_text(args)).collect();
        Trial { form, setup, command: command_text(&tried), expected, got, verdict }
    };
    let said = match connection.pipeline(&sent) {
        Ok(said) => said,
        // Some proxies say no in this way. A server that is gone altogether does not take the next connection.
        Err(ServerError::Lost { .. }) => {
            *connection = Connection::open(server.address(), patience)?;
            return Ok(told((shown_replies(&right), "the connection is closed".to_owned(), Verdict::Unknown)));
        }
        Err(error) => return Err(error),
    };
    let is_refused = said.last().is_some_and(is_refusal_of_form) && !right.last().is_some_and(is_refusal_of_form);
    let knows_name = server.vocabulary().knows(form.command());
    if !form.is_transaction && is_refused || !knows_name {
        return Ok(told((shown_replies(&right), shown_replies(&said), Verdict::Unknown)));
    }
    for (args, reply) in sent.iter().zip(&said) {
        if let Some(trouble) = connection.trouble(args, reply) {
            return Err(trouble);
        }
    }
    if right != said {
        return Ok(told((shown_replies(&right), shown_replies(&said), Verdict::Bug)));
    }
    let reading = server.expiry_reading();
    let found = match server.state_of(BTreeSet::from(keys.clone())) {
        Ok(found) => found.state,
        Err(error @ ServerError::Unexpected { .. }) => {
            return Ok(told((shown_replies(&right), error.to_string(), Verdict::Bug)));
        }
        Err(error) => return Err(error),
    };
    let [expected, got] = [model_state(&model), found].map(|state| shown_keys(&state, &keys, reading));
    if expected != got {
        return Ok(told((expected, got, Verdict::Bug)));
    }
    Ok(told((shown_replies(&right), shown_replies(&said), Verdict::Ok)))
}

fn args_of(line: &str, number: usize) -> Args {
    let word = |word: &str| match word {
        "{a}" | "{b}" => format!("ekv-roundtrip:{number}:{}", word.trim_matches(['{', '}'])).into_bytes(),
        word => word.as_bytes().to_vec(),
    };
    line.split(' ').map(word).collect()
}

fn request(args: &Args) -> Option<Request> {
    Request::parse(args.clone()).ok()
}

fn shown_replies(replies: &[Reply]) -> String {
    // Of a transaction the last says it all.
    replies.last().map_or_else(|| "nothing".to_owned(), reply_text)
}

/// The items of the keys, and whether they expire; their times are nobody's business here.
fn shown_keys(state: &State, keys: &[UserKey], reading: ExpiryReading) -> String {
    let shown = |(name, key): (&str, &UserKey)| match state.keys.get(key.as_bytes()) {
        None => format!("{name} is gone"),
        Some(found) => {
            let Value::List(items) = &found.value;
            let items: Vec<String> = items.iter().map(|item| key_text::escaped(item)).collect();
            let expiry = match (reading, found.expire_at) {
                (ExpiryReading::Unknown, _) => "",
                (_, Some(_)) => ", expires",
                (_, None) => ", never expires",
            };
            format!("{name} = {}{expiry}", items.join(" "))
        }
    };
    let shown: Vec<String> = ["a", "b"].into_iter().zip(keys).map(shown).collect();
    shown.join("; ")
}

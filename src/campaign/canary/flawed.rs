//! Our own store as somebody else's, with a flaw.

use crate::case::TestedStore;
use crate::command::{Reply, Request};
use crate::database::{Database, History};
use crate::faults::Act;
use crate::state::State;
use crate::store::{Answer, MetaWidth, Store, visible_state};

/// What is wrong with a store.
#[derive(Clone, Copy)]
pub(super) enum Flaw {
    /// What a fault does to its replies or to what it shows.
    Act(Act),
    /// It fails, with these words, at a command or where its state is asked for.
    Fails(&'static str),
    /// It forgets the last reply of a transaction.
    Forgets,
    /// It panics.
    Panics,
    /// It is right.
    None,
}

/// Our store as somebody else's, with a flaw.
pub(super) struct Flawed {
    store: Store,
    flaw: Flaw,
}

impl Flawed {
    pub(super) fn new(flaw: Flaw) -> Result<Flawed, String> {
        let store = Store::over(Database::in_memory(History::Dropped), MetaWidth::Short);
        Ok(Flawed { store: store.map_err(|error| error.to_string())?, flaw })
    }
}

impl TestedStore for Flawed {
    fn execute(&mut self, request: &[Vec<u8>], at_ms: u64) -> Result<Reply, String> {
        let name = request.first().map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default();
        match self.flaw {
            Flaw::Fails(at) if at == name => return Err("the disk is full".to_owned()),
            #[expect(clippy::panic, reason = "that a panic is caught is what is tried")]
            Flaw::Panics => panic!("a store that panics"),
            _ => {}
        }
        let request = Request::parse(request.to_vec()).map_err(|error| error.to_string())?;
        self.store.advance_to(at_ms);
        let answers = self.store.execute(&[request]).map_err(|error| error.to_string())?;
        let mut answer = answers.into_iter().next().ok_or("no answer")?;
        if let Flaw::Act(Act::Answer(of, change)) = self.flaw
            && of == name
        {
            change(&mut answer);
        }
        Ok(Answer::into_reply(answer))
    }

    fn transact(&mut self, requests: &[Vec<Vec<u8>>], at_ms: u64) -> Result<Vec<Reply>, String> {
        let mut replies: Vec<Reply> =
            requests.iter().map(|request| self.execute(request, at_ms)).collect::<Result<_, _>>()?;
        if let Flaw::Forgets = self.flaw {
            replies.pop();
        }
        Ok(replies)
    }

    fn state(&mut self, at_ms: u64) -> Result<State, String> {
        if let Flaw::Fails("") = self.flaw {
            return Err("the disk is full".to_owned());
        }
        let shown = visible_state(&self.store.database().snapshot(), Some(at_ms));
        let mut shown = shown.map_err(|error| error.to_string())?;
        shown.retain_visible(at_ms);
        if let Flaw::Act(Act::Shown(change)) = self.flaw {
            change(&mut shown);
        }
        Ok(shown)
    }
}

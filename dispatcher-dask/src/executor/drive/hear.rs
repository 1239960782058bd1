//! What the scheduler says: calls that have been made, that failed, or whose values are lost.

use std::time::Instant;

use crossbeam_channel::RecvTimeoutError;
use dispatcher_core::remote::{Deferred, Work};

use super::super::error::{ClientErrorText, DaskError};
use super::super::form::Id;
use super::{ASK, Drive, LOOK, MOST_EVENTS, PATIENCE, Then};
use crate::client::Event;
use crate::task::{Blame, How};
use crate::wire::RemoteError;

impl<'r> Drive<'_, 'r> {
    /// Hears what the scheduler says.
    pub(super) fn listen(&mut self, work: &mut Work<'r>) {
        match self.client.events().recv_timeout(LOOK) {
            Ok(event) => {
                self.workers.missing_since = None;
                self.hear(event, work);
                for _ in 0..MOST_EVENTS {
                    let Ok(event) = self.client.events().try_recv() else { break };
                    self.hear(event, work);
                }
            }
            Err(RecvTimeoutError::Timeout) => self.look_for_workers(work),
            Err(RecvTimeoutError::Disconnected) => self.give_up(ClientErrorText::new("the client is gone"), work),
        }
    }

    /// Where nothing is heard for a while: whether there are workers at all.
    pub(super) fn look_for_workers(&mut self, work: &mut Work<'r>) {
        if self.workers.asked.is_some_and(|asked| asked.elapsed() < ASK) {
            return;
        }
        self.workers.asked = Some(Instant::now());
        match self.client.workers(PATIENCE, &mut || work.is_stopped()) {
            Ok(None) => {}
            Ok(Some(workers)) if workers.iter().any(|worker| worker.is_ours()) => self.workers.missing_since = None,
            Ok(Some(_)) => {
                let since = *self.workers.missing_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= self.options.workers {
                    let unfinished = self.calls.unfinished().first().copied();
                    let operation = unfinished.and_then(|id| self.calls.get(id)).map_or("any", |call| call.operation);
                    let error = self.no_worker(operation);
                    self.give_up(error, work);
                }
            }
            // Where the scheduler is gone, the stream says so; one connection that breaks isn't that.
            Err(error) => tracing::debug!(%error, "it isn't known who the workers are"),
        }
    }

    pub(super) fn hear(&mut self, event: Event, work: &mut Work<'r>) {
        match event {
            Event::InMemory(key) => {
                for id in self.calls.of_key(&key) {
                    self.is_made(id);
                }
            }
            Event::Erred { key, error } => {
                let ids = self.calls.of_key(&key);
                self.has_erred(&ids, &error, work);
            }
            Event::Lost(key) => {
                for id in self.calls.of_key(&key) {
                    self.calls.is_lost(id);
                }
            }
            Event::Cancelled { keys, reason } => {
                for id in keys.iter().flat_map(|key| self.calls.of_key(key)).collect::<Vec<_>>() {
                    self.fails(id, DaskError::GivenUp(reason.clone()), work);
                }
            }
            Event::Restarted => self.give_up(ClientErrorText::new("somebody has restarted the cluster"), work),
            Event::Closed(reason) => {
                let error = self.gone(&reason);
                self.give_up(error, work);
            }
        }
    }

    pub(super) fn is_made(&mut self, id: Id) {
        self.calls.is_made(id);
        if !self.kept.contains(&id) {
            self.confirm(id);
        }
        self.go_on(id);
    }

    pub(super) fn confirm(&mut self, id: Id) {
        if let Some(deferred) = self.deferred.get(&id) {
            deferred.confirm();
        }
    }

    /// Goes on with the tasks that wait for a call.
    pub(super) fn go_on(&mut self, id: Id) {
        for place in self.holding.remove(&id).unwrap_or_default() {
            let Some(held) = &mut self.held[place] else { continue };
            held.waits_for -= 1;
            if held.waits_for == 0
                && let Some(held) = self.held[place].take()
            {
                self.free.push(place);
                self.due.push((held.task, held.then));
            }
        }
    }

    /// Takes in the failure of a task that was to give what these calls give.
    pub(super) fn has_erred(&mut self, ids: &[Id], error: &RemoteError, work: &mut Work<'r>) {
        let Some(&last) = ids.last() else { return };
        let blame = error.data.as_deref().and_then(Blame::decode);
        let blamed = blame.as_ref().and_then(|blame| usize::try_from(blame.id).ok());
        let blamed = blamed.filter(|id| self.calls.get(*id).is_some());
        // Where no call says that it was the one, as when it has killed its workers, the scheduler names the task.
        let named = || error.message.split(['\'', '"', '`']).find_map(|word| self.calls.of_key(word).last().copied());
        let root = blamed.or_else(|| if error.data.is_none() { named() } else { None }).unwrap_or(last);
        let refusal = match &blame {
            // An error that was sent as text alone is a failure: there is no value to go on with.
            Some(Blame { how: How::Refused(Some(data)), .. })
                if self.calls.get(root).is_some_and(|call| call.asked) =>
            {
                Some(data)
            }
            _ => None,
        };
        if let Some(data) = refusal {
            // It is what was asked: no failure.
            self.refused.insert(root, data.clone());
            self.calls.is_made(root);
            self.confirm(root);
            self.go_on(root);
        } else {
            let panicked = matches!(&blame, Some(Blame { how: How::Panicked, .. }));
            let cause = match (&blame, &error.class) {
                (None, Some(class)) => {
                    DaskError::GivenUp(format!("{class}: {}{}", error.message, self.calls.fused_into(root)))
                }
                _ => DaskError::Failed { message: error.message.clone(), panicked },
            };
            self.fails(root, cause, work);
        }
        for &id in ids.iter().filter(|id| **id != root) {
            self.calls.has_failed(id);
            self.drop_held(id);
        }
    }

    /// Notes that a call has failed.
    pub(super) fn fails(&mut self, id: Id, cause: DaskError, work: &mut Work<'r>) {
        self.calls.has_failed(id);
        if self.deferred.get(&id).is_some_and(Deferred::is_over) {
            self.lost.insert(id, cause.to_string());
        }
        let mut waiting = Vec::new();
        for place in self.holding.remove(&id).unwrap_or_default() {
            if let Some(held) = self.held[place].take() {
                self.free.push(place);
                waiting.push(held);
            }
        }
        let mut cause = Some(cause);
        for held in waiting {
            self.done_with(&held.task);
            if let Then::Call(call) = held.then
                && call == id
                && let Some(cause) = cause.take()
            {
                work.fail(held.task, Box::new(cause));
            }
        }
        if let (Some(cause), Some(deferred)) = (cause, self.deferred.get(&id)) {
            deferred.fail(Box::new(cause));
        }
    }

    /// Lets go of the tasks that wait for a call which won't be made.
    pub(super) fn drop_held(&mut self, id: Id) {
        for place in self.holding.remove(&id).unwrap_or_default() {
            if let Some(held) = self.held[place].take() {
                self.free.push(place);
                self.done_with(&held.task);
            }
        }
    }
}

//! Values come here: what tasks need that are run here, and what the run's caller may want.

use std::collections::HashMap;

use bytes::Bytes;
use dispatcher_core::remote::{Asks, Deferred, Supplied, Task, Version, Work};

use super::super::calls::State;
use super::super::error::DaskError;
use super::super::form::{Bit, Form, Given, Id};
use super::{Drive, FOREVER, NotGathered, Then, parts_of};
use crate::client::{ClientError, Key};

impl<'r> Drive<'_, 'r> {
    /// Goes on with tasks that wait for nothing more.
    pub(super) fn finish_due(&mut self, work: &mut Work<'r>) {
        let due = std::mem::take(&mut self.due);
        let mut to_run = Vec::new();
        for (task, then) in due {
            match then {
                Then::Run => to_run.push(task),
                Then::Ask(call) => match self.refused.get(&call).cloned() {
                    None => {
                        let mut form = self.form_of(&task, 0).cloned().unwrap_or_default();
                        form.asked = None;
                        if self.goes_on(&task, work) {
                            self.pass(task, form, work);
                        } else if let Some(&(_, version)) = task.uses().first() {
                            // The value is brought here as the whole that was asked.
                            self.make_whole(call, version);
                            to_run.push(task);
                        }
                    }
                    Some(data) => {
                        let operation = self.operations[&call].0;
                        match task.supply_refusal(0, operation, &data) {
                            Ok(()) => self.run_here(task, work),
                            Err(error) => self.not_brought(task, &*error, work),
                        }
                    }
                },
                Then::Return => {
                    let form = self.form_of(&task, 0).cloned().unwrap_or_default();
                    if let Some((version, users, _)) = task.returns_to(work) {
                        let form = Form { after: Vec::new(), ..form };
                        self.there(version, form, users, false);
                    }
                    self.done_with(&task);
                    // All that it needs has been confirmed, and goes with it.
                    drop(work.defer(task));
                }
                Then::Call(call) => {
                    self.calls.awaited(call);
                    self.defer_call(task, call, work);
                    self.confirm(call);
                }
            }
        }
        if !to_run.is_empty() {
            self.run_all_here(to_run, work);
        }
    }

    /// Makes the form of what a call gave, which was asked and is no refusal, that of the whole result.
    pub(super) fn make_whole(&mut self, call: Id, version: Version) {
        let prefix = match self.operations[&call].0.asks() {
            Asks::ForNone => 1,
            _ => 0,
        };
        if let Some(there) = self.forms.get_mut(&version) {
            there.form.asked = None;
            there.form.parts.clear();
            there.form.bits.insert(0, Bit::Bytes(vec![prefix]));
        }
    }

    /// Brings what tasks need, and runs them.
    pub(super) fn run_all_here(&mut self, tasks: Vec<Task<'r>>, work: &mut Work<'r>) {
        let mut needed: Vec<Id> = Vec::new();
        for task in &tasks {
            for (_, version) in task.missing() {
                needed.extend(self.forms.get(&version).into_iter().flat_map(|there| parts_of(&there.form)));
            }
        }
        let blobs = match self.gather(needed, work) {
            Ok(blobs) => blobs,
            Err(why) => return self.not_gathered(tasks, &why, work),
        };
        for task in tasks {
            let supplied = task.missing().into_iter().try_for_each(|(index, version)| {
                // Another of these may have brought it.
                let Some(there) = self.forms.get(&version) else {
                    return Err("it isn't known where it is".into());
                };
                let bytes = there.form.bytes(|id| blobs.get(&id)).ok_or("a part of it is missing")?;
                task.supply(index, &bytes)
            });
            match supplied {
                Ok(()) => self.run_here(task, work),
                Err(error) => self.not_brought(task, &*error, work),
            }
        }
    }

    /// Goes on where values that tasks need weren't brought here.
    pub(super) fn not_gathered(&mut self, tasks: Vec<Task<'r>>, why: &NotGathered, work: &mut Work<'r>) {
        for task in tasks {
            let missing = task.missing();
            let forms = missing.iter().filter_map(|(_, version)| self.forms.get(version));
            let lost = forms.flat_map(|there| parts_of(&there.form)).find_map(|id| self.lost.get(&id).cloned());
            match (why, lost, self.broken.clone()) {
                (NotGathered::Failed(error), ..) => self.not_brought(task, error, work),
                (NotGathered::Stopped, _, Some(error)) => {
                    self.done_with(&task);
                    work.fail(task, Box::new(DaskError::Client(error)));
                }
                // The run is over, and says why.
                (NotGathered::Stopped, _, None) => self.done_with(&task),
                (NotGathered::Lost, Some(lost), _) => {
                    let why = format!("it was lost with its worker, and couldn't be computed again: {lost}");
                    self.not_brought(task, &*Box::<dyn std::error::Error>::from(why), work);
                }
                (NotGathered::Lost, None, _) => self.due.push((task, Then::Run)),
            }
        }
    }

    pub(super) fn not_brought(&mut self, task: Task<'r>, error: &dyn std::error::Error, work: &mut Work<'r>) {
        self.done_with(&task);
        work.fail(task, Box::new(DaskError::NotBrought(error.to_string())));
    }

    pub(super) fn run_here(&mut self, task: Task<'r>, work: &mut Work<'r>) {
        self.done_with(&task);
        work.run(task);
    }

    /// What calls gave. Meanwhile is heard what the scheduler says: values that are lost are waited for.
    pub(super) fn gather(
        &mut self,
        mut calls: Vec<Id>,
        work: &mut Work<'r>,
    ) -> Result<HashMap<Id, Given>, NotGathered> {
        calls.sort_unstable();
        calls.dedup();
        let places: Vec<(Id, Key, u32)> = calls
            .into_iter()
            .filter_map(|id| self.calls.place(id).map(|(key, first)| (id, Key::clone(key), first)))
            .collect();
        let mut keys: Vec<Key> = places.iter().map(|(_, key, _)| Key::clone(key)).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let client = self.client;
        let values = client.gather(&keys, FOREVER, &mut || {
            while let Ok(event) = client.events().try_recv() {
                self.hear(event, work);
            }
            self.look_for_workers(work);
            self.is_over(work) || places.iter().any(|(id, ..)| self.has_failed(*id))
        });
        match values {
            Ok(Some(values)) => {
                let values: HashMap<Key, Bytes> = keys.into_iter().zip(values).collect();
                let given = |(id, key, first)| Some((id, Given { blob: values.get(&key)?.clone(), first }));
                Ok(places.into_iter().filter_map(given).collect())
            }
            Ok(None) if self.is_over(work) => Err(NotGathered::Stopped),
            Ok(None) => Err(NotGathered::Lost),
            Err(ClientError::Closed { reason }) => {
                self.give_up(self.gone(&reason), work);
                Err(NotGathered::Stopped)
            }
            Err(error) => Err(NotGathered::Failed(error)),
        }
    }

    /// Brings the values here that the run's caller may want; true if that is to be done once more.
    pub(super) fn bring_kept(&mut self, work: &mut Work<'r>) -> bool {
        let is_made = |id: &Id| self.calls.get(*id).is_some_and(|call| call.state == State::InMemory);
        let made: Vec<Id> = self.kept.iter().copied().filter(is_made).collect();
        if made.is_empty() {
            return false;
        }
        let blobs = match self.gather(made.clone(), work) {
            Err(NotGathered::Lost) => {
                let calls = &self.calls;
                self.kept.retain(|id| calls.get(*id).is_some_and(|call| call.state != State::Failed));
                return true;
            }
            Err(NotGathered::Stopped) => {
                if let Some(error) = &self.broken {
                    for deferred in made.iter().filter_map(|id| self.deferred.get(id)) {
                        deferred.fail(Box::new(DaskError::Client(error.clone())));
                    }
                }
                self.kept.clear();
                return true;
            }
            Err(NotGathered::Failed(error)) => Err(error.to_string()),
            Ok(blobs) => Ok(blobs),
        };
        for id in made {
            self.kept.remove(&id);
            let Some(deferred) = self.deferred.get(&id) else { continue };
            let supplied = match &blobs {
                Ok(blobs) => self.supply_kept(id, deferred, blobs),
                Err(error) => Err(error.clone().into()),
            };
            match supplied {
                Ok(()) => deferred.confirm(),
                Err(error) => deferred.fail(Box::new(DaskError::NotBrought(error.to_string()))),
            }
            self.calls.awaited(id);
        }
        false
    }

    pub(super) fn supply_kept(&self, id: Id, deferred: &Deferred<'_>, blobs: &HashMap<Id, Given>) -> Supplied {
        let (operation, updates) = &self.operations[&id];
        let is_tuple = operation.is_tuple() && operation.asks() == Asks::Never;
        let count = if is_tuple { operation.parts() } else { 1 };
        let forms = std::iter::once(Form::of(id, 0, count, is_tuple))
            .chain(updates.iter().map(|rank| Form::of(id, count + *rank as usize, 1, false)));
        for (index, form) in forms.enumerate() {
            let bytes = form.bytes(|id| blobs.get(&id)).ok_or("a part of it is missing")?;
            deferred.supply(index, &bytes)?;
        }
        Ok(())
    }
}

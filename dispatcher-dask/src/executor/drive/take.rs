//! Tasks of the graph become calls: what each is, what it needs, and what has to wait.

use std::collections::hash_map::Entry;

use dispatcher_core::EdgeKind;
use dispatcher_core::remote::{Asks, Piece, Role, Task, Version, Work};

use super::super::calls::{State, Terms};
use super::super::form::{Bit, Form, Id};
use super::{Drive, Held, LARGE, Then, There, hash};
use crate::task::SAME;

impl<'r> Drive<'_, 'r> {
    /// Takes a task in: plans its call, or finds out what it has to wait for.
    pub(super) fn take(&mut self, task: Task<'r>, work: &mut Work<'r>) {
        if task.is_skipped() {
            return self.run_here(task, work);
        }
        match task.role() {
            Role::Call(_) => self.call(task, work),
            Role::Graph | Role::Own => self.here(task),
            Role::Question => match self.form_of(&task, 0).map(|form| form.asked) {
                Some(Some(call)) => self.hold(task, &[call], Then::Ask(call)),
                _ => self.here(task),
            },
            Role::Collect => {
                let collected = self
                    .goes_on(&task, work)
                    .then(|| task.collected(&|version| self.forms.contains_key(&version)).map(|argument| argument.0));
                match collected.flatten() {
                    Some(pieces) => {
                        let bits = self.bits(&pieces);
                        let mut after = self.after(&task);
                        after.extend(self.after_of(&pieces));
                        self.pass(task, Form { bits, after, ..Form::default() }, work);
                    }
                    None => self.here(task),
                }
            }
            Role::Parts => match self.form_of(&task, 0).filter(|form| !form.parts.is_empty()).cloned() {
                Some(form) if self.goes_on(&task, work) => self.pass(task, form, work),
                _ => self.here(task),
            },
            Role::Part(index) => match self.form_of(&task, 0).and_then(|form| form.part(index)) {
                Some(form) if self.goes_on(&task, work) => self.pass(task, form, work),
                _ => self.here(task),
            },
            Role::Pass => match self.form_of(&task, 0).filter(|form| form.asked.is_none()).cloned() {
                Some(mut form) if self.goes_on(&task, work) => {
                    form.after.extend(self.after(&task));
                    self.pass(task, form, work);
                }
                _ => self.here(task),
            },
            Role::Return => {
                let kept = task.returns_to(work).is_none_or(|(_, _, kept)| kept);
                match self.form_of(&task, 0) {
                    Some(form) if !kept && form.asked.is_none() => {
                        let mut needs = form.calls();
                        needs.extend(self.after(&task));
                        self.hold(task, &needs, Then::Return);
                    }
                    _ => self.here(task),
                }
            }
            _ if self.options.rest_here => self.here(task),
            _ => {
                let error = task.no_call();
                work.fail(task, Box::new(error));
            }
        }
    }

    pub(super) fn form_of(&self, task: &Task<'_>, index: usize) -> Option<&Form> {
        let (_, version) = *task.uses().get(index)?;
        self.forms.get(&version).map(|there| &there.form)
    }

    /// Whether all that is made of a task's value goes to the cluster.
    pub(super) fn goes_on(&self, task: &Task<'_>, work: &Work<'_>) -> bool {
        task.is_used_elsewhere(work)
    }

    /// The calls that a task must come after, as it waits for operations whose values it doesn't use.
    pub(super) fn after(&self, task: &Task<'_>) -> Vec<Id> {
        let orders = task.uses().into_iter().filter(|(kind, _)| *kind == EdgeKind::Order);
        orders.filter_map(|(_, version)| self.forms.get(&version)).flat_map(|there| there.form.calls()).collect()
    }

    /// The calls that must have been made before pieces count as there.
    pub(super) fn after_of(&self, pieces: &[Piece]) -> Vec<Id> {
        let forms = pieces.iter().filter_map(|piece| match piece {
            Piece::Value(version) => self.forms.get(version),
            Piece::Bytes(_) => None,
        });
        forms.flat_map(|there| there.form.after.iter().copied()).collect()
    }

    /// What pieces are made of.
    pub(super) fn bits(&self, pieces: &[Piece]) -> Vec<Bit> {
        let mut bits = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Bytes(bytes) => match bits.last_mut() {
                    Some(Bit::Bytes(last)) => last.extend_from_slice(bytes),
                    _ => bits.push(Bit::Bytes(bytes.clone())),
                },
                Piece::Value(version) => {
                    if let Some(there) = self.forms.get(version) {
                        bits.extend(there.form.bits.iter().cloned());
                    }
                }
            }
        }
        bits
    }

    /// Plans the call that a task makes.
    pub(super) fn call(&mut self, task: Task<'r>, work: &mut Work<'r>) {
        let called = task.retries().and_then(|retries| {
            Ok((
                retries,
                task.call(&|version| self.forms.get(&version).is_some_and(|there| there.form.asked.is_none()))?,
            ))
        });
        let (retries, call) = match called {
            Ok(called) => called,
            Err(error) => return work.fail(task, Box::new(error)),
        };
        let operation = call.operation;
        let asked = task.is_asked() && !task.is_kept(work);
        let mut after = self.after(&task);
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            let bits = self.bits(&argument.0);
            arguments.push(self.share(bits));
            after.extend(self.after_of(&argument.0));
        }
        let retries = retries.unwrap_or(self.options.retries);
        let terms = Terms { priority: task.priority(), retries, alone: task.catches() };
        let result = if asked || operation.asks() == Asks::Never { operation.parts() } else { 1 };
        let parts = u32::try_from(result + call.updates.len()).unwrap_or(u32::MAX);
        let id = self.calls.plan(operation.name(), asked, arguments, after, parts, terms);
        // What is updated comes behind the result, in the order of the arguments.
        let rank = |argument: &usize| call.updates.iter().filter(|other| *other < argument).count();
        let updates = call.updates.iter().map(|argument| u32::try_from(rank(argument)).unwrap_or(u32::MAX)).collect();
        self.operations.insert(id, (operation, updates));
        if task.catches() {
            self.calls.await_end(id);
            self.hold(task, &[id], Then::Call(id));
        } else {
            self.defer_call(task, id, work);
        }
    }

    /// Lets large bytes be sent once, as a value that calls use: many may be given the same.
    pub(super) fn share(&mut self, mut bits: Vec<Bit>) -> Vec<Bit> {
        for bit in &mut bits {
            let Bit::Bytes(bytes) = bit else { continue };
            if bytes.len() < LARGE {
                continue;
            }
            let terms = Terms { priority: 0, retries: 0, alone: true };
            let id = match self.shared.entry(hash(bytes)) {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => {
                    let arguments = vec![vec![Bit::Bytes(std::mem::take(bytes))]];
                    *entry.insert(self.calls.plan(SAME, false, arguments, Vec::new(), 1, terms))
                }
            };
            *bit = Bit::Part(id, 0);
        }
        bits
    }

    /// Counts a call as made.
    pub(super) fn defer_call(&mut self, task: Task<'r>, id: Id, work: &mut Work<'r>) {
        let (operation, updates) = &self.operations[&id];
        let asked = self.calls.get(id).is_some_and(|call| call.asked);
        let count = operation.parts();
        let is_whole = asked || operation.asks() == Asks::Never;
        let (count, is_tuple) = if is_whole { (count, operation.is_tuple()) } else { (1, false) };
        let mut forms = vec![Form { asked: asked.then_some(id), ..Form::of(id, 0, count, is_tuple) }];
        forms.extend(updates.iter().map(|rank| Form::of(id, count + *rank as usize, 1, false)));
        let is_kept = task.is_kept(work);
        let gives = task.gives();
        self.done_with(&task);
        self.deferred.insert(id, work.defer(task));
        if is_kept {
            self.calls.await_end(id);
            self.kept.insert(id);
        }
        for ((version, users), form) in gives.into_iter().zip(forms) {
            self.there(version, form, users, is_kept);
        }
    }

    /// Counts a task as run that gives a value which is on the cluster.
    pub(super) fn pass(&mut self, task: Task<'r>, form: Form, work: &mut Work<'r>) {
        let given = task.gives().into_iter().next();
        if let Some((version, users)) = given {
            self.there(version, form, users, false);
        }
        self.done_with(&task);
        let deferred = work.defer(task);
        // It turns out as what it is made of does.
        self.passed.push(deferred);
    }

    /// Notes a value that is on the cluster.
    pub(super) fn there(&mut self, version: Version, form: Form, users: usize, is_kept: bool) {
        self.calls.open(&form);
        if users == 0 && !is_kept {
            self.calls.close(&form);
            return;
        }
        self.forms.insert(version, There { form, users, is_kept });
    }

    /// Notes that a task won't look at what it uses any more.
    pub(super) fn done_with(&mut self, task: &Task<'_>) {
        for (_, version) in task.uses() {
            let Some(there) = self.forms.get_mut(&version) else { continue };
            there.users = there.users.saturating_sub(1);
            if there.users == 0
                && !there.is_kept
                && let Some(there) = self.forms.remove(&version)
            {
                self.calls.close(&there.form);
            }
        }
    }

    /// Lets a task be run here, once all that it needs has been computed.
    pub(super) fn here(&mut self, task: Task<'r>) {
        let mut needs = self.after(&task);
        for (_, version) in task.missing() {
            if let Some(there) = self.forms.get(&version) {
                needs.extend(there.form.calls());
            }
        }
        self.hold(task, &needs, Then::Run);
    }

    /// Keeps a task until calls have been made.
    pub(super) fn hold(&mut self, task: Task<'r>, needs: &[Id], then: Then) {
        let mut needs: Vec<Id> = needs.to_vec();
        needs.sort_unstable();
        needs.dedup();
        let state = |id: &Id| self.calls.get(*id).map(|call| call.state);
        if needs.iter().any(|id| state(id) == Some(State::Failed)) {
            // It never will be run: what it needs has failed, which is what its outputs say.
            return;
        }
        needs.retain(|id| state(id) != Some(State::InMemory));
        if needs.is_empty() {
            self.due.push((task, then));
            return;
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.held.push(None);
            self.held.len() - 1
        });
        for id in &needs {
            self.holding.entry(*id).or_default().push(place);
        }
        self.held[place] = Some(Held { task, waits_for: needs.len(), then });
    }
}

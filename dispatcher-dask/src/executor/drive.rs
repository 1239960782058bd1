//! One run: tasks of the graph become calls, and what the scheduler says of them becomes results.
//!
//! All that is ready is taken before anything is sent, and a call counts as made as soon as it is planned: so the whole graph goes to
//! the cluster at once, up to what depends on computed values. That is *held*: a function that gives a graph, a question (`?`), the
//! return of a graph's result, until the calls that it needs have been made.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossbeam_channel::RecvTimeoutError;
use dispatcher_core::EdgeKind;
use dispatcher_core::remote::{Deferred, Operation, Piece, Role, Task, Version, Work};

use super::DaskOptions;
use super::calls::{Calls, State};
use super::error::{ClientErrorText, DaskError};
use super::form::{Bit, Form, Id};
use crate::client::{Client, ClientError, Event, Key};
use crate::task::{Blame, How};
use crate::wire::RemoteError;

/// How often to look whether the run was stopped, or all workers are gone.
const LOOK: Duration = Duration::from_millis(50);
/// How often to look, while nothing is under way on the cluster, whether something here goes on.
const WAIT: Duration = Duration::from_millis(2);
/// How often to ask who the workers are, while nothing is heard.
const ASK: Duration = Duration::from_secs(2);
/// How long to wait for the scheduler to take something in, or a worker to hand something out.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many events are taken in before what they allow is done.
const MOST_EVENTS: usize = 10_000;

/// Runs what is in `work`; gives whether the client can be used again.
pub(super) fn run(client: &Client, options: &DaskOptions, work: &mut Work<'_>) -> bool {
    // What was heard for an earlier run.
    while client.events().try_recv().is_ok() {}
    let mut drive = Drive {
        client,
        options,
        calls: Calls::new(fastrand::u64(..), options.fuse),
        forms: HashMap::new(),
        deferred: HashMap::new(),
        passed: Vec::new(),
        operations: Vec::new(),
        refused: HashMap::new(),
        held: Vec::new(),
        holding: HashMap::new(),
        free: Vec::new(),
        due: Vec::new(),
        kept: Vec::new(),
        workers: Watch::default(),
        broken: None,
    };
    drive.run(work);
    let kept = drive.calls.kept();
    let released = kept.is_empty() || client.release(&kept, PATIENCE).is_ok();
    drive.broken.is_none() && released
}

/// A version of a value that is on the cluster.
struct There {
    form: Form,
    /// How many operations will still use it.
    users: usize,
    /// The run's caller may want it.
    is_kept: bool,
}

/// A task that waits for calls.
struct Held<'r> {
    task: Task<'r>,
    waits_for: usize,
    then: Then,
}

/// What is to be done with a task.
#[derive(Clone, Copy)]
enum Then {
    /// It is run here.
    Run,
    /// It asks what this call gave.
    Ask(Id),
    /// It returns a value, which is on the cluster.
    Return,
    /// It is this call, which has been made, or has failed.
    Call(Id),
}

/// Since when there have been no workers.
#[derive(Default)]
struct Watch {
    asked: Option<Instant>,
    missing_since: Option<Instant>,
}

struct Drive<'d, 'r> {
    client: &'d Client,
    options: &'d DaskOptions,
    calls: Calls,
    forms: HashMap<Version, There>,
    deferred: HashMap<Id, Deferred<'r>>,
    /// Tasks that only put values together.
    passed: Vec<Deferred<'r>>,
    /// The operation of each call, and how many values it updates.
    operations: Vec<(&'static Operation, Vec<u32>)>,
    /// The refusals of calls that were asked: the errors' bytes.
    refused: HashMap<Id, Option<Vec<u8>>>,
    held: Vec<Option<Held<'r>>>,
    /// For each call the places of those that wait for it.
    holding: HashMap<Id, Vec<usize>>,
    /// Free places among those that are held.
    free: Vec<usize>,
    /// Tasks that wait for nothing more.
    due: Vec<(Task<'r>, Then)>,
    /// Calls whose values the run's caller may want.
    kept: Vec<Id>,
    workers: Watch,
    /// Why nothing more can be done.
    broken: Option<ClientErrorText>,
}

impl<'r> Drive<'_, 'r> {
    fn run(&mut self, work: &mut Work<'r>) {
        loop {
            while let Some(task) = work.next() {
                self.take(task, work);
            }
            if work.is_stopped() {
                return;
            }
            if !self.due.is_empty() {
                self.finish_due(work);
                continue;
            }
            if self.calls.is_planned()
                && let Err(error) = self.send(work)
            {
                self.give_up(error, work);
                continue;
            }
            self.bring_kept();
            self.release();
            if self.calls.under_way() == 0 {
                if !work.is_waiting() {
                    return;
                }
                // For a future here, or for another attempt.
                std::thread::sleep(WAIT);
                continue;
            }
            self.listen(work);
        }
    }

    /// Takes a task in: plans its call, or finds out what it has to wait for.
    fn take(&mut self, task: Task<'r>, work: &mut Work<'r>) {
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

    fn form_of(&self, task: &Task<'_>, index: usize) -> Option<&Form> {
        let (_, version) = *task.uses().get(index)?;
        self.forms.get(&version).map(|there| &there.form)
    }

    /// Whether all that is made of a task's value goes to the cluster.
    fn goes_on(&self, task: &Task<'_>, work: &Work<'_>) -> bool {
        task.is_used_elsewhere(work)
    }

    /// The calls that a task must come after, as it waits for operations whose values it doesn't use.
    fn after(&self, task: &Task<'_>) -> Vec<Id> {
        let orders = task.uses().into_iter().filter(|(kind, _)| *kind == EdgeKind::Order);
        orders.filter_map(|(_, version)| self.forms.get(&version)).flat_map(|there| there.form.calls()).collect()
    }

    /// The calls that must have been made before pieces count as there.
    fn after_of(&self, pieces: &[Piece]) -> Vec<Id> {
        let forms = pieces.iter().filter_map(|piece| match piece {
            Piece::Value(version) => self.forms.get(version),
            Piece::Bytes(_) => None,
        });
        forms.flat_map(|there| there.form.after.iter().copied()).collect()
    }

    /// What pieces are made of.
    fn bits(&self, pieces: &[Piece]) -> Vec<Bit> {
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
    fn call(&mut self, task: Task<'r>, work: &mut Work<'r>) {
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
            arguments.push(self.bits(&argument.0));
            after.extend(self.after_of(&argument.0));
        }
        let terms = (task.priority(), retries.unwrap_or(self.options.retries));
        let id = self.calls.plan(operation.name(), asked, arguments, after, terms);
        // What is updated comes behind the result, in the order of the arguments.
        let rank = |argument: &usize| call.updates.iter().filter(|other| *other < argument).count();
        let updates = call.updates.iter().map(|argument| u32::try_from(rank(argument)).unwrap_or(u32::MAX)).collect();
        self.operations.push((operation, updates));
        if task.catches() {
            self.calls.await_end(id);
            self.hold(task, &[id], Then::Call(id));
        } else {
            self.defer_call(task, id, work);
        }
    }

    /// Counts a call as made.
    fn defer_call(&mut self, task: Task<'r>, id: Id, work: &mut Work<'r>) {
        let (operation, updates) = &self.operations[id];
        let asked = self.calls.get(id).is_some_and(|call| call.asked);
        let count = operation.parts();
        let is_whole = asked || operation.asks() == dispatcher_core::remote::Asks::No;
        let (count, is_tuple) = if is_whole { (count, operation.is_tuple()) } else { (1, false) };
        let mut forms = vec![Form { asked: asked.then_some(id), ..Form::of(id, 0, count, is_tuple) }];
        forms.extend(updates.iter().map(|rank| Form::of(id, count + *rank as usize, 1, false)));
        let is_kept = task.is_kept(work);
        let gives = task.gives();
        self.done_with(&task);
        self.deferred.insert(id, work.defer(task));
        if is_kept {
            self.calls.await_end(id);
            self.kept.push(id);
        }
        for ((version, users), form) in gives.into_iter().zip(forms) {
            self.there(version, form, users, is_kept);
        }
    }

    /// Counts a task as run that gives a value which is on the cluster.
    fn pass(&mut self, task: Task<'r>, form: Form, work: &mut Work<'r>) {
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
    fn there(&mut self, version: Version, form: Form, users: usize, is_kept: bool) {
        self.calls.open(&form);
        if users == 0 && !is_kept {
            self.calls.close(&form);
            return;
        }
        self.forms.insert(version, There { form, users, is_kept });
    }

    /// Notes that a task won't look at what it uses any more.
    fn done_with(&mut self, task: &Task<'_>) {
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
    fn here(&mut self, task: Task<'r>) {
        let mut needs = self.after(&task);
        for (_, version) in task.missing() {
            if let Some(there) = self.forms.get(&version) {
                needs.extend(there.form.calls());
            }
        }
        self.hold(task, &needs, Then::Run);
    }

    /// Keeps a task until calls have been made.
    fn hold(&mut self, task: Task<'r>, needs: &[Id], then: Then) {
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

    /// Goes on with tasks that wait for nothing more.
    fn finish_due(&mut self, work: &mut Work<'r>) {
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
                        let operation = self.operations[call].0;
                        let supplied = match data {
                            Some(data) => task.supply_refusal(0, operation, &data),
                            None => Err("the error was sent as text alone".into()),
                        };
                        match supplied {
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
    fn make_whole(&mut self, call: Id, version: Version) {
        let prefix = match self.operations[call].0.asks() {
            dispatcher_core::remote::Asks::Option => 1,
            _ => 0,
        };
        if let Some(there) = self.forms.get_mut(&version) {
            there.form.asked = None;
            there.form.parts.clear();
            there.form.bits.insert(0, Bit::Bytes(vec![prefix]));
        }
    }

    /// Brings what tasks need, and runs them.
    fn run_all_here(&mut self, tasks: Vec<Task<'r>>, work: &mut Work<'r>) {
        let mut needed: Vec<Id> = Vec::new();
        for task in &tasks {
            for (_, version) in task.missing() {
                needed.extend(self.forms.get(&version).into_iter().flat_map(|there| parts_of(&there.form)));
            }
        }
        let blobs = match self.gather(needed) {
            Ok(blobs) => blobs,
            Err(error) => {
                let text = error.to_string();
                for task in tasks {
                    self.not_brought(task, &*Box::<dyn std::error::Error>::from(text.clone()), work);
                }
                return;
            }
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

    fn not_brought(&mut self, task: Task<'r>, error: &dyn std::error::Error, work: &mut Work<'r>) {
        self.done_with(&task);
        work.fail(task, Box::new(DaskError::NotBrought(error.to_string())));
    }

    fn run_here(&mut self, task: Task<'r>, work: &mut Work<'r>) {
        self.done_with(&task);
        work.run(task);
    }

    /// What calls gave.
    fn gather(&self, mut calls: Vec<Id>) -> Result<HashMap<Id, Bytes>, ClientError> {
        calls.sort_unstable();
        calls.dedup();
        let keyed: Vec<(Id, Key)> =
            calls.into_iter().filter_map(|id| Some((id, self.calls.get(id)?.key.clone()?))).collect();
        if keyed.is_empty() {
            return Ok(HashMap::new());
        }
        let keys: Vec<Key> = keyed.iter().map(|(_, key)| key.clone()).collect();
        let values = self.client.gather(&keys, PATIENCE)?;
        Ok(keyed.into_iter().map(|(id, _)| id).zip(values).collect())
    }

    /// Sends what is planned.
    fn send(&mut self, work: &Work<'r>) -> Result<(), ClientErrorText> {
        self.wait_for_workers(work)?;
        let tasks = self.calls.send().map_err(|error| ClientErrorText::new(error.to_string()))?;
        self.client.submit(&tasks, PATIENCE).map_err(|error| ClientErrorText::from(&error))
    }

    /// Waits until there are workers that have the operations which are planned.
    fn wait_for_workers(&mut self, work: &Work<'r>) -> Result<(), ClientErrorText> {
        let operations = self.calls.planned_operations();
        let since = Instant::now();
        while !work.is_stopped() {
            let missing = self.missing(operations.iter().copied())?;
            let Some(operation) = missing else { return Ok(()) };
            if since.elapsed() >= self.options.workers {
                return Err(self.no_worker(operation));
            }
            std::thread::sleep(LOOK * 2);
        }
        Ok(())
    }

    /// One of the operations that no worker has.
    fn missing(
        &self,
        operations: impl IntoIterator<Item = &'static str>,
    ) -> Result<Option<&'static str>, ClientErrorText> {
        let workers = self.client.workers(PATIENCE).map_err(|error| ClientErrorText::from(&error))?;
        let has = |operation: &str| workers.iter().any(|worker| worker.is_ours() && worker.has(operation));
        Ok(operations.into_iter().find(|operation| !has(operation)))
    }

    fn no_worker(&self, operation: &str) -> ClientErrorText {
        let error = DaskError::NoWorker {
            operation: operation.to_owned(),
            scheduler: self.client.scheduler().to_string(),
            after: self.options.workers,
        };
        ClientErrorText::new(error.to_string())
    }

    /// Brings the values here that the run's caller may want.
    fn bring_kept(&mut self) {
        let is_made = |id: &Id| self.calls.get(*id).is_some_and(|call| call.state == State::InMemory);
        let made: Vec<Id> = self.kept.iter().copied().filter(is_made).collect();
        if made.is_empty() {
            return;
        }
        self.kept.retain(|id| !made.contains(id));
        let blobs = self.gather(made.clone());
        for id in made {
            let Some(deferred) = self.deferred.get(&id) else { continue };
            let supplied = match &blobs {
                Ok(blobs) => self.supply_kept(id, deferred, blobs),
                Err(error) => Err(error.to_string().into()),
            };
            match supplied {
                Ok(()) => deferred.confirm(),
                Err(error) => deferred.fail(Box::new(DaskError::NotBrought(error.to_string()))),
            }
            self.calls.awaited(id);
        }
    }

    fn supply_kept(
        &self,
        id: Id,
        deferred: &Deferred<'_>,
        blobs: &HashMap<Id, Bytes>,
    ) -> dispatcher_core::remote::Supplied {
        let (operation, updates) = &self.operations[id];
        let is_tuple = operation.is_tuple() && operation.asks() == dispatcher_core::remote::Asks::No;
        let count = if is_tuple { operation.parts() } else { 1 };
        let forms = std::iter::once(Form::of(id, 0, count, is_tuple))
            .chain(updates.iter().map(|rank| Form::of(id, count + *rank as usize, 1, false)));
        for (index, form) in forms.enumerate() {
            let bytes = form.bytes(|id| blobs.get(&id)).ok_or("a part of it is missing")?;
            deferred.supply(index, &bytes)?;
        }
        Ok(())
    }

    /// Releases what nobody will ask for.
    fn release(&mut self) {
        let keys = self.calls.to_release();
        if !keys.is_empty() {
            // Where the scheduler is gone, so are they, and the stream says so.
            let _ = self.client.release(&keys, PATIENCE);
        }
    }

    /// Hears what the scheduler says.
    fn listen(&mut self, work: &mut Work<'r>) {
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
    fn look_for_workers(&mut self, work: &mut Work<'r>) {
        if self.workers.asked.is_some_and(|asked| asked.elapsed() < ASK) {
            return;
        }
        self.workers.asked = Some(Instant::now());
        match self.client.workers(PATIENCE) {
            Ok(workers) if workers.iter().any(|worker| worker.is_ours()) => self.workers.missing_since = None,
            Ok(_) => {
                let since = *self.workers.missing_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= self.options.workers {
                    let unfinished = self.calls.unfinished().first().copied();
                    let operation = unfinished.and_then(|id| self.calls.get(id)).map_or("any", |call| call.operation);
                    let error = self.no_worker(operation);
                    self.give_up(error, work);
                }
            }
            Err(error) => self.give_up(ClientErrorText::from(&error), work),
        }
    }

    fn hear(&mut self, event: Event, work: &mut Work<'r>) {
        match event {
            Event::InMemory(key) => {
                if let Some(id) = self.calls.of_key(&key) {
                    self.is_made(id);
                }
            }
            Event::Erred { key, error } => {
                if let Some(id) = self.calls.of_key(&key) {
                    self.has_erred(id, &error, work);
                }
            }
            Event::Lost(key) => {
                if let Some(id) = self.calls.of_key(&key) {
                    self.calls.is_lost(id);
                }
            }
            Event::Cancelled { keys, reason } => {
                for id in keys.iter().filter_map(|key| self.calls.of_key(key)).collect::<Vec<_>>() {
                    self.fails(id, DaskError::GivenUp(reason.clone()), work);
                }
            }
            Event::Restarted => self.give_up(ClientErrorText::new("somebody has restarted the cluster"), work),
            Event::Closed(reason) => {
                let text = format!("the scheduler at {} is gone: {reason}", self.client.scheduler());
                self.give_up(ClientErrorText::new(text), work);
            }
        }
    }

    fn is_made(&mut self, id: Id) {
        self.calls.is_made(id);
        if !self.kept.contains(&id) {
            self.confirm(id);
        }
        self.go_on(id);
    }

    fn confirm(&mut self, id: Id) {
        if let Some(deferred) = self.deferred.get(&id) {
            deferred.confirm();
        }
    }

    /// Goes on with the tasks that wait for a call.
    fn go_on(&mut self, id: Id) {
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

    /// Takes in the failure of a task, whose last call is `id`.
    fn has_erred(&mut self, id: Id, error: &RemoteError, work: &mut Work<'r>) {
        let blame = error.data.as_deref().and_then(Blame::decode);
        let blamed = blame.as_ref().and_then(|blame| usize::try_from(blame.id).ok());
        let blamed = blamed.filter(|id| self.calls.get(*id).is_some());
        // Where no call says that it was the one, as when it has killed its workers, the scheduler names the task.
        let named = || error.message.split(['\'', '"']).find_map(|word| self.calls.of_key(word));
        let root = blamed.or_else(|| if error.data.is_none() { named() } else { None }).unwrap_or(id);
        let refusal = match &blame {
            // One that is text alone is no value that could be had here: so it is told as a failure, by what it says.
            Some(Blame { how: How::Refused(data @ Some(_)), .. })
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
                (None, Some(class)) => DaskError::GivenUp(format!("{class}: {}", error.message)),
                _ => DaskError::Failed { message: error.message.clone(), panicked },
            };
            self.fails(root, cause, work);
        }
        if id != root {
            self.calls.has_failed(id);
            self.drop_held(id);
        }
    }

    /// Notes that a call has failed.
    fn fails(&mut self, id: Id, cause: DaskError, work: &mut Work<'r>) {
        self.calls.has_failed(id);
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
    fn drop_held(&mut self, id: Id) {
        for place in self.holding.remove(&id).unwrap_or_default() {
            if let Some(held) = self.held[place].take() {
                self.free.push(place);
                self.done_with(&held.task);
            }
        }
    }

    /// Nothing more can be done: all that is left fails.
    fn give_up(&mut self, error: ClientErrorText, work: &mut Work<'r>) {
        self.broken = Some(error.clone());
        for id in self.calls.unfinished() {
            self.fails(id, DaskError::Client(error.clone()), work);
        }
        self.calls.forget_planned();
        while let Some(task) = work.next() {
            work.fail(task, Box::new(DaskError::Client(error.clone())));
        }
        for (task, _) in std::mem::take(&mut self.due) {
            work.fail(task, Box::new(DaskError::Client(error.clone())));
        }
    }
}

/// The calls whose values a form's bytes are of.
fn parts_of(form: &Form) -> impl Iterator<Item = Id> + '_ {
    form.bits.iter().filter_map(|bit| match bit {
        Bit::Part(call, _) => Some(*call),
        Bit::Bytes(_) => None,
    })
}

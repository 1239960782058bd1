//! One run: tasks of the graph become calls, and what the scheduler says of them becomes results.
//!
//! All that is ready is taken before anything is sent, and a call counts as made as soon as it is planned: so the whole graph goes to
//! the cluster at once, up to what depends on computed values. That is *held*: a function that gives a graph, a question (`?`), the
//! return of a graph's result, until the calls that it needs have been made.

use std::collections::hash_map::{Entry, RandomState};
use std::collections::{BTreeSet, HashMap};
use std::hash::BuildHasher;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossbeam_channel::RecvTimeoutError;
use dispatcher_core::EdgeKind;
use dispatcher_core::remote::{Asks, Deferred, Operation, Piece, Role, Task, Version, Work};

use super::DaskOptions;
use super::calls::{Calls, Fusion, State, Terms};
use super::error::{ClientErrorText, DaskError};
use super::form::{Bit, Form, Given, Id};
use crate::client::{Client, ClientError, Event, Key};
use crate::task::{Blame, How, SAME};
use crate::wire::RemoteError;

/// How often to look whether the run was stopped, or all workers are gone.
const LOOK: Duration = Duration::from_millis(50);
/// How often to look, while nothing is under way on the cluster, whether something here goes on.
const WAIT: Duration = Duration::from_millis(2);
/// How often to ask who the workers are, while nothing is heard.
const ASK: Duration = Duration::from_secs(2);
/// How long to wait for the scheduler to take something in.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait for values: those that are lost are computed again, which may take any time.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Arguments of so many bytes are sent once, if many calls are given the same.
const LARGE: usize = 64 << 10;
/// How many events are taken in before what they allow is done.
const MOST_EVENTS: usize = 10_000;

/// Runs what is in `work`; gives whether the client can be used again.
pub(super) fn run(client: &Client, options: &DaskOptions, fail_fast: bool, work: &mut Work<'_>) -> bool {
    // What was heard for an earlier run.
    while client.events().try_recv().is_ok() {}
    let mut drive = Drive {
        client,
        options,
        // Where one failure ends the run, others may be one's consequence.
        calls: Calls::new(fastrand::u64(..), Fusion { chains: options.fuse, batches: options.fuse && fail_fast }),
        forms: HashMap::new(),
        deferred: HashMap::new(),
        passed: Vec::new(),
        operations: HashMap::new(),
        shared: HashMap::new(),
        refused: HashMap::new(),
        held: Vec::new(),
        holding: HashMap::new(),
        free: Vec::new(),
        due: Vec::new(),
        kept: BTreeSet::new(),
        workers: Watch::default(),
        lost: HashMap::new(),
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

/// Why values weren't brought here.
enum NotGathered {
    /// The run was stopped, or nothing more can be done.
    Stopped,
    /// Some were lost, and couldn't be computed again.
    Lost,
    Failed(ClientError),
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
    operations: HashMap<Id, (&'static Operation, Vec<u32>)>,
    /// Large arguments of calls that aren't sent yet, by a hash of their bytes.
    shared: HashMap<u128, Id>,
    /// The refusals of calls that were asked: the errors' bytes.
    refused: HashMap<Id, Vec<u8>>,
    held: Vec<Option<Held<'r>>>,
    /// For each call the places of those that wait for it.
    holding: HashMap<Id, Vec<usize>>,
    /// Free places among those that are held.
    free: Vec<usize>,
    /// Tasks that wait for nothing more.
    due: Vec<(Task<'r>, Then)>,
    /// Calls whose values the run's caller may want.
    kept: BTreeSet<Id>,
    workers: Watch,
    /// The calls that had been made, whose values were lost, and that failed then: why.
    lost: HashMap<Id, String>,
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
            if self.bring_kept(work) {
                continue;
            }
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
    fn share(&mut self, mut bits: Vec<Bit>) -> Vec<Bit> {
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
    fn defer_call(&mut self, task: Task<'r>, id: Id, work: &mut Work<'r>) {
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
    fn make_whole(&mut self, call: Id, version: Version) {
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
    fn run_all_here(&mut self, tasks: Vec<Task<'r>>, work: &mut Work<'r>) {
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
    fn not_gathered(&mut self, tasks: Vec<Task<'r>>, why: &NotGathered, work: &mut Work<'r>) {
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

    fn not_brought(&mut self, task: Task<'r>, error: &dyn std::error::Error, work: &mut Work<'r>) {
        self.done_with(&task);
        work.fail(task, Box::new(DaskError::NotBrought(error.to_string())));
    }

    fn run_here(&mut self, task: Task<'r>, work: &mut Work<'r>) {
        self.done_with(&task);
        work.run(task);
    }

    /// What calls gave. Meanwhile is heard what the scheduler says: values that are lost are waited for.
    fn gather(&mut self, mut calls: Vec<Id>, work: &mut Work<'r>) -> Result<HashMap<Id, Given>, NotGathered> {
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

    /// Whether nothing more is to be done.
    fn is_over(&self, work: &Work<'r>) -> bool {
        work.is_stopped() || self.broken.is_some()
    }

    fn has_failed(&self, id: Id) -> bool {
        self.calls.get(id).is_some_and(|call| call.state == State::Failed)
    }

    /// Sends what is planned.
    fn send(&mut self, work: &Work<'r>) -> Result<(), ClientErrorText> {
        self.wait_for_workers(work)?;
        if work.is_stopped() {
            return Ok(());
        }
        self.shared.clear();
        let tasks = self.calls.send().map_err(|error| ClientErrorText::new(error.to_string()))?;
        self.client.submit(&tasks, PATIENCE).map_err(|error| ClientErrorText::from(&error))
    }

    /// Waits until there are workers that have the operations which are planned.
    fn wait_for_workers(&mut self, work: &Work<'r>) -> Result<(), ClientErrorText> {
        let operations = self.calls.planned_operations();
        let since = Instant::now();
        while !work.is_stopped() {
            let is_late = since.elapsed() >= self.options.workers;
            match self.missing(&operations, work) {
                Ok(None) => return Ok(()),
                Ok(Some(operation)) if is_late => return Err(self.no_worker(operation)),
                // One connection that breaks isn't the end of the scheduler.
                Err(error) if is_late || matches!(error, ClientError::Closed { .. }) => return Err((&error).into()),
                _ => std::thread::sleep(LOOK * 2),
            }
        }
        Ok(())
    }

    /// One of the operations that no worker has; none, also, where the run is stopped.
    fn missing(&mut self, operations: &[&'static str], work: &Work<'r>) -> Result<Option<&'static str>, ClientError> {
        let Some(workers) = self.client.workers(PATIENCE, &mut || work.is_stopped())? else { return Ok(None) };
        let ours = || workers.iter().filter(|worker| worker.is_ours());
        let threads: u64 = ours().map(|worker| worker.threads).sum();
        self.calls.has_threads(usize::try_from(threads).unwrap_or(usize::MAX));
        let has = |operation: &str| ours().any(|worker| worker.has(operation));
        Ok(operations.iter().copied().find(|operation| !has(operation)))
    }

    fn no_worker(&self, operation: &str) -> ClientErrorText {
        let error = DaskError::NoWorker {
            operation: operation.to_owned(),
            scheduler: self.client.scheduler().to_string(),
            after: self.options.workers,
        };
        ClientErrorText::new(error.to_string())
    }

    /// Brings the values here that the run's caller may want; true if that is to be done once more.
    fn bring_kept(&mut self, work: &mut Work<'r>) -> bool {
        let is_made = |id: &Id| self.calls.get(*id).is_some_and(|call| call.state == State::InMemory);
        let made: Vec<Id> = self.kept.iter().copied().filter(is_made).collect();
        if made.is_empty() {
            return false;
        }
        let blobs = match self.gather(made.clone(), work) {
            Err(NotGathered::Lost) => {
                let mut kept = std::mem::take(&mut self.kept);
                kept.retain(|id| !self.has_failed(*id));
                self.kept = kept;
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
        self.kept.retain(|id| !made.contains(id));
        for id in made {
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

    fn supply_kept(
        &self,
        id: Id,
        deferred: &Deferred<'_>,
        blobs: &HashMap<Id, Given>,
    ) -> dispatcher_core::remote::Supplied {
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

    /// Releases what nobody will ask for.
    fn release(&mut self) {
        let keys = self.calls.take_released();
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

    /// What is said of a scheduler that is gone.
    fn gone(&self, reason: &str) -> ClientErrorText {
        ClientErrorText::new(format!("the scheduler at {} is gone: {reason}", self.client.scheduler()))
    }

    fn hear(&mut self, event: Event, work: &mut Work<'r>) {
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

    /// Takes in the failure of a task that was to give what these calls give.
    fn has_erred(&mut self, ids: &[Id], error: &RemoteError, work: &mut Work<'r>) {
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
    fn fails(&mut self, id: Id, cause: DaskError, work: &mut Work<'r>) {
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

/// A hash that no two values share, by keys that nobody knows beforehand.
fn hash(bytes: &[u8]) -> u128 {
    static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
    let [high, low] = KEYS.each_ref().map(|keys| u128::from(keys.hash_one(bytes)));
    high << 64 | low
}

/// The calls whose values a form's bytes are of.
fn parts_of(form: &Form) -> impl Iterator<Item = Id> + '_ {
    form.bits.iter().filter_map(|bit| match bit {
        Bit::Part(call, _) => Some(*call),
        Bit::Bytes(_) => None,
    })
}

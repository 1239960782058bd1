//! The calls of a run: what each is, how far it has come, which are sent as one task, and which values are to be kept. Knows no
//! socket and no graph.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;

use super::form::{Bit, Form, Id};
use crate::client::{Key, Task};
use crate::task::{Payload, Piece, Step};

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It isn't sent yet.
    Planned,
    /// The scheduler has it.
    Sent,
    /// What it gave is on the cluster.
    InMemory,
    /// It failed, or won't be made.
    Failed,
}

/// A call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) operation: &'static str,
    pub(super) asked: bool,
    /// The arguments: the bytes of their bits.
    pub(super) arguments: Vec<Vec<Bit>>,
    /// Calls that must have been made before.
    pub(super) after: Vec<Id>,
    pub(super) priority: i32,
    pub(super) retries: u32,
    pub(super) state: State,
    /// Its task's key, once it is sent as a task of its own or as the last of one.
    pub(super) key: Option<Key>,
    /// How many versions of values are made of it that somebody may still use.
    pub(super) open: usize,
    /// It is waited for by itself.
    pub(super) awaited: bool,
    /// The scheduler keeps what it gives, and tells when it is there.
    pub(super) wanted: bool,
    /// How many calls use it, or come after it.
    users: usize,
}

impl Call {
    /// The calls whose values it uses.
    fn uses(&self) -> impl Iterator<Item = Id> {
        self.arguments.iter().flatten().filter_map(|bit| match bit {
            Bit::Part(call, _) => Some(*call),
            Bit::Bytes(_) => None,
        })
    }

    /// The calls that it uses, or comes after, each once.
    fn needs(&self) -> Vec<Id> {
        let mut needs: Vec<Id> = self.uses().chain(self.after.iter().copied()).collect();
        needs.sort_unstable();
        needs.dedup();
        needs
    }
}

/// All calls of a run.
#[derive(Debug)]
pub(super) struct Calls {
    all: Vec<Call>,
    by_key: HashMap<Key, Id>,
    /// Those that aren't sent yet, in order.
    planned: Vec<Id>,
    /// Those that nobody will ask for any more, but that the scheduler keeps.
    closed: Vec<Id>,
    /// How many are sent whose end will be told.
    under_way: usize,
    /// Tells the keys of this run from all others.
    run: u64,
    fuse: bool,
}

impl Calls {
    pub(super) fn new(run: u64, fuse: bool) -> Self {
        let (all, by_key, planned, closed) = Default::default();
        Self { all, by_key, planned, closed, under_way: 0, run, fuse }
    }

    pub(super) fn get(&self, id: Id) -> Option<&Call> {
        self.all.get(id)
    }

    pub(super) fn of_key(&self, key: &str) -> Option<Id> {
        self.by_key.get(key).copied()
    }

    /// Whether calls are planned.
    pub(super) fn is_planned(&self) -> bool {
        !self.planned.is_empty()
    }

    /// How many are sent whose end will be told.
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }

    /// The names of the operations that are planned.
    pub(super) fn planned_operations(&self) -> HashSet<&'static str> {
        self.planned.iter().map(|&id| self.all[id].operation).collect()
    }

    /// Plans a call.
    pub(super) fn plan(
        &mut self,
        operation: &'static str,
        asked: bool,
        arguments: Vec<Vec<Bit>>,
        after: Vec<Id>,
        (priority, retries): (i32, u32),
    ) -> Id {
        let id = self.all.len();
        let state = State::Planned;
        let (key, open, awaited, wanted, users) = (None, 0, false, false, 0);
        let call =
            Call { operation, asked, arguments, after, priority, retries, state, key, open, awaited, wanted, users };
        for need in call.needs() {
            self.all[need].users += 1;
        }
        self.all.push(call);
        self.planned.push(id);
        id
    }

    /// A version of a value is made of these calls.
    pub(super) fn open(&mut self, form: &Form) {
        for call in form.calls() {
            self.all[call].open += 1;
        }
    }

    /// Nobody uses that version any more.
    pub(super) fn close(&mut self, form: &Form) {
        for id in form.calls() {
            let call = &mut self.all[id];
            call.open -= 1;
            if call.open == 0 {
                self.closed.push(id);
            }
        }
    }

    /// The end of a call is waited for.
    pub(super) fn await_end(&mut self, id: Id) {
        self.all[id].awaited = true;
    }

    /// Nobody waits for the end of a call any more.
    pub(super) fn awaited(&mut self, id: Id) {
        self.all[id].awaited = false;
        if self.all[id].open == 0 {
            self.closed.push(id);
        }
    }

    /// Whether what a call gives is to be kept on the cluster, or at least its end to be told.
    fn is_wanted(&self, id: Id) -> bool {
        let call = &self.all[id];
        call.open > 0 || call.awaited || call.users == 0
    }

    /// What is planned, as tasks for the scheduler.
    pub(super) fn send(&mut self) -> Result<Vec<Task>, postcard::Error> {
        let planned = std::mem::take(&mut self.planned);
        let batch: HashSet<Id> = planned.iter().copied().collect();
        // Each call that is sent with the one that uses it.
        let mut before: HashMap<Id, Id> = HashMap::new();
        let mut fused: HashSet<Id> = HashSet::new();
        if self.fuse {
            for &id in &planned {
                let call = &self.all[id];
                let [need] = call.needs()[..] else { continue };
                let other = &self.all[need];
                let alike = other.priority == call.priority && other.retries == call.retries;
                if batch.contains(&need) && other.users == 1 && !self.is_wanted(need) && alike {
                    before.insert(id, need);
                    fused.insert(need);
                }
            }
        }
        let mut tasks = Vec::with_capacity(planned.len() - fused.len());
        for &id in planned.iter().filter(|id| !fused.contains(id)) {
            let mut chain = vec![id];
            while let Some(&need) = chain.last().and_then(|last| before.get(last)) {
                chain.push(need);
            }
            chain.reverse();
            let operation = self.all[id].operation;
            let name = operation.rsplit("::").next().unwrap_or(operation);
            let key: Key = format!("{name}-{:016x}-{id}", self.run).into();
            let task = self.task(&key, id, &chain)?;
            self.by_key.insert(Arc::clone(&key), id);
            for &call in &chain {
                self.all[call].state = State::Sent;
            }
            self.all[id].key = Some(key);
            self.all[id].wanted = task.wanted;
            self.under_way += usize::from(task.wanted);
            tasks.push(task);
        }
        Ok(tasks)
    }

    /// The task that makes these calls, of which `id` is the last.
    fn task(&self, key: &Key, id: Id, chain: &[Id]) -> Result<Task, postcard::Error> {
        let place: HashMap<Id, u32> = chain.iter().copied().zip(0..).collect();
        let mut inputs: Vec<&str> = Vec::new();
        let mut input_of: HashMap<Id, u32> = HashMap::new();
        let mut dependencies: Vec<Key> = Vec::new();
        let mut steps = Vec::with_capacity(chain.len());
        for &member in chain {
            let call = &self.all[member];
            let used: HashSet<Id> = call.uses().collect();
            for need in call.needs().into_iter().filter(|need| !place.contains_key(need)) {
                let used = used.contains(&need);
                let other = &self.all[need];
                // One that it only comes after, and that has been made, needn't be there any more.
                let Some(other_key) = other.key.as_ref().filter(|_| used || other.state != State::InMemory) else {
                    continue;
                };
                if let std::collections::hash_map::Entry::Vacant(entry) = input_of.entry(need) {
                    entry.insert(u32::try_from(inputs.len()).unwrap_or(u32::MAX));
                    inputs.push(other_key);
                    dependencies.push(Arc::clone(other_key));
                }
            }
        }
        for &member in chain {
            let call = &self.all[member];
            let piece = |bit| match bit {
                &Bit::Part(of, part) => match place.get(&of) {
                    Some(&step) => Piece::Step { step, part },
                    None => Piece::Input { input: input_of.get(&of).copied().unwrap_or(u32::MAX), part },
                },
                Bit::Bytes(bytes) => Piece::Bytes(bytes),
            };
            let arguments = call.arguments.iter().map(|bits| bits.iter().map(piece).collect()).collect();
            steps.push(Step { id: member as u64, operation: call.operation, asked: call.asked, arguments });
        }
        let call = &self.all[id];
        Ok(Task {
            key: Arc::clone(key),
            dependencies,
            payload: Bytes::from(Payload { inputs, steps }.encode()?),
            wanted: self.is_wanted(id),
            priority: (call.priority != 0).then_some(i64::from(call.priority)),
            retries: (call.retries > 0).then_some(call.retries),
        })
    }

    /// The keys that the scheduler keeps, and that nobody will ask for any more: they are to be released.
    pub(super) fn to_release(&mut self) -> Vec<Key> {
        let mut keys = Vec::new();
        let mut later = Vec::new();
        for id in std::mem::take(&mut self.closed) {
            let call = &mut self.all[id];
            if call.open > 0 || call.awaited || !call.wanted {
                continue;
            }
            match call.state {
                // Calls that use it, and are sent, keep it there.
                State::Sent if call.users > 0 => {
                    call.wanted = false;
                    self.under_way -= 1;
                    keys.extend(call.key.clone());
                }
                State::Planned | State::Sent => later.push(id),
                State::InMemory | State::Failed => {
                    call.wanted = false;
                    keys.extend(call.key.clone());
                }
            }
        }
        self.closed = later;
        keys
    }

    /// A call has been made.
    pub(super) fn is_made(&mut self, id: Id) {
        let call = &mut self.all[id];
        if call.state == State::Sent {
            call.state = State::InMemory;
            self.under_way -= usize::from(call.wanted);
            if call.open == 0 && !call.awaited {
                self.closed.push(id);
            }
        }
    }

    /// What a call gave is lost; it is made again.
    pub(super) fn is_lost(&mut self, id: Id) {
        let call = &mut self.all[id];
        if call.state == State::InMemory {
            call.state = State::Sent;
            self.under_way += usize::from(call.wanted);
        }
    }

    /// A call failed, or won't be made.
    pub(super) fn has_failed(&mut self, id: Id) {
        let call = &mut self.all[id];
        if call.state == State::Sent {
            self.under_way -= usize::from(call.wanted);
        }
        if call.state != State::Failed {
            call.state = State::Failed;
            if call.open == 0 && !call.awaited {
                self.closed.push(id);
            }
        }
    }

    /// Those that are under way, or are wanted.
    pub(super) fn unfinished(&self) -> Vec<Id> {
        let is_unfinished = |call: &Call| matches!(call.state, State::Planned | State::Sent);
        (0..self.all.len()).filter(|&id| is_unfinished(&self.all[id])).collect()
    }

    /// What is planned is never sent.
    pub(super) fn forget_planned(&mut self) {
        self.planned.clear();
    }

    /// All keys that the scheduler keeps for this run.
    pub(super) fn kept(&self) -> Vec<Key> {
        self.all.iter().filter(|call| call.wanted).filter_map(|call| call.key.clone()).collect()
    }
}

//! The calls of a run: what each is, how far it has come, which are sent as one task, and which values are to be kept. Knows no
//! socket and no graph.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;

use super::form::{Bit, Form, Id};
use crate::client::{Key, Task};
use crate::task::{Payload, Piece, SAME, Step};

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
    /// It is a task of its own.
    alone: bool,
    /// How many parts it gives.
    parts: u32,
    /// Where they begin among those of its task.
    first: u32,
}

/// A task that is sent.
#[derive(Debug)]
struct Sent {
    /// The calls that it makes.
    steps: Vec<Id>,
    /// Those of them whose values it gives.
    members: Vec<Id>,
    /// How many of these the scheduler keeps it for.
    kept_for: usize,
}

/// How a call is to be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) priority: i32,
    pub(super) retries: u32,
    /// Its failure isn't that of calls which are sent with it.
    pub(super) alone: bool,
}

/// What is made into one task.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fusion {
    /// Calls each of which is used by the next alone.
    pub(super) chains: bool,
    /// Many calls that are used by the same ones: one that fails takes the others of its task with it.
    pub(super) batches: bool,
}

/// So many calls that are alike are many.
const MANY: usize = 512;
/// How many tasks each of the cluster's threads gets of them at least, so that no thread is idle while others have work.
const A_THREAD: usize = 32;
/// How many calls one task gives the values of, at most.
const MOST: usize = 64;

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
    sent: HashMap<Key, Sent>,
    /// Those that aren't sent yet, in order.
    planned: Vec<Id>,
    /// Those that nobody will ask for any more, but that the scheduler keeps.
    closed: Vec<Id>,
    /// How many are sent whose end will be told.
    under_way: usize,
    /// Tells the keys of this run from all others.
    run: u64,
    fusion: Fusion,
    /// How many threads the cluster has.
    threads: usize,
}

impl Calls {
    pub(super) fn new(run: u64, fusion: Fusion) -> Self {
        let (all, sent, planned, closed) = Default::default();
        Self { all, sent, planned, closed, under_way: 0, run, fusion, threads: 1 }
    }

    /// Notes how many threads the cluster has.
    pub(super) fn has_threads(&mut self, threads: usize) {
        self.threads = threads.max(1);
    }

    pub(super) fn get(&self, id: Id) -> Option<&Call> {
        self.all.get(id)
    }

    /// The calls whose values the task of this key gives.
    pub(super) fn of_key(&self, key: &str) -> Vec<Id> {
        self.sent.get(key).map(|task| task.members.clone()).unwrap_or_default()
    }

    /// The key of the task that makes a call, and where the call's parts begin among those that the task gives.
    pub(super) fn place(&self, id: Id) -> Option<(&Key, u32)> {
        let call = self.all.get(id)?;
        Some((call.key.as_ref()?, call.first))
    }

    /// Whether calls are planned.
    pub(super) fn is_planned(&self) -> bool {
        !self.planned.is_empty()
    }

    /// How many are sent whose end will be told.
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }

    /// The names of the operations that are planned, in order.
    pub(super) fn planned_operations(&self) -> Vec<&'static str> {
        let mut seen = HashSet::new();
        let planned = self.planned.iter().map(|&id| self.all[id].operation);
        planned.filter(|operation| *operation != SAME && seen.insert(*operation)).collect()
    }

    /// Of a call that was sent as the last of several in one task, a remark that says so: nobody knows which of them it was.
    pub(super) fn fused_into(&self, id: Id) -> String {
        let task = self.all.get(id).and_then(|call| self.sent.get(call.key.as_ref()?));
        let Some(task) = task.filter(|task| task.steps.len() > 1) else { return String::new() };
        let mut names: Vec<String> = task.steps.iter().map(|&call| format!("`{}`", self.all[call].operation)).collect();
        names.dedup();
        format!(" (it is one task of {}, one after the other)", names.join(", "))
    }

    /// Plans a call.
    pub(super) fn plan(
        &mut self,
        operation: &'static str,
        asked: bool,
        arguments: Vec<Vec<Bit>>,
        after: Vec<Id>,
        parts: u32,
        Terms { priority, retries, alone }: Terms,
    ) -> Id {
        let id = self.all.len();
        let state = State::Planned;
        let (key, open, awaited, wanted, users, first) = (None, 0, false, false, 0, 0);
        let alone = alone || asked || retries > 0;
        let call = Call {
            operation,
            asked,
            arguments,
            after,
            priority,
            retries,
            state,
            key,
            open,
            awaited,
            wanted,
            users,
            alone,
            parts,
            first,
        };
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
        let chains = self.chains(&planned);
        let mut batch_of: HashMap<usize, usize> = HashMap::new();
        let batches = self.batches(&planned, &chains);
        for (batch, members) in batches.iter().enumerate() {
            batch_of.extend(members.iter().map(|&chain| (chain, batch)));
        }
        let mut done = vec![false; batches.len()];
        let mut tasks = Vec::with_capacity(chains.len());
        for (index, chain) in chains.iter().enumerate() {
            let members: Vec<&[Id]> = match batch_of.get(&index) {
                // All that they need comes before the first, and what uses one uses all.
                Some(&batch) if std::mem::replace(&mut done[batch], true) => continue,
                Some(&batch) => batches[batch].iter().map(|&chain| &chains[chain][..]).collect(),
                None => vec![chain],
            };
            tasks.push(self.send_together(&members)?);
        }
        Ok(tasks)
    }

    /// What is planned, in chains of calls each of which is used by the next alone.
    fn chains(&self, planned: &[Id]) -> Vec<Vec<Id>> {
        let batch: HashSet<Id> = planned.iter().copied().collect();
        // Each call that is sent with the one that uses it.
        let mut before: HashMap<Id, Id> = HashMap::new();
        let mut fused: HashSet<Id> = HashSet::new();
        for &id in planned.iter().filter(|_| self.fusion.chains) {
            let call = &self.all[id];
            let [need] = call.needs()[..] else { continue };
            let other = &self.all[need];
            let alike = other.priority == call.priority && other.retries == call.retries;
            if batch.contains(&need) && other.users == 1 && !self.is_wanted(need) && alike {
                before.insert(id, need);
                fused.insert(need);
            }
        }
        let lasts = planned.iter().copied().filter(|id| !fused.contains(id));
        lasts
            .map(|id| {
                let mut chain = vec![id];
                while let Some(&need) = chain.last().and_then(|last| before.get(last)) {
                    chain.push(need);
                }
                chain.reverse();
                chain
            })
            .collect()
    }

    /// Many chains that need the same and are used by the same, in groups of which each is one task.
    fn batches(&self, planned: &[Id], chains: &[Vec<Id>]) -> Vec<Vec<usize>> {
        if !self.fusion.batches || chains.len() < MANY {
            return Vec::new();
        }
        let mut users: HashMap<Id, Vec<Id>> = HashMap::new();
        for &id in planned {
            for need in self.all[id].needs() {
                users.entry(need).or_default().push(id);
            }
        }
        let mut alike: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, chain) in chains.iter().enumerate() {
            let Some(last) = chain.last().map(|&last| (last, &self.all[last])) else { continue };
            let (id, call) = last;
            let used_by = users.get(&id).map_or(&[][..], |users| users);
            // Whoever isn't known yet may need only one of them.
            if used_by.len() != call.users || chain.iter().any(|&id| self.all[id].alone) {
                continue;
            }
            let members: HashSet<Id> = chain.iter().copied().collect();
            let mut needs: Vec<Id> = chain.iter().flat_map(|&id| self.all[id].needs()).collect();
            needs.retain(|need| !members.contains(need));
            let key = (needs, used_by, call.open > 0, call.awaited, call.priority);
            alike.entry(key).or_default().push(index);
        }
        let mut groups: Vec<Vec<usize>> = alike.into_values().filter(|group| group.len() >= MANY).collect();
        groups.sort_unstable();
        let size = |group: &[usize]| (group.len() / (self.threads * A_THREAD)).clamp(1, MOST);
        groups.iter().flat_map(|group| group.chunks(size(group)).map(<[usize]>::to_vec)).collect()
    }

    /// One task of these chains, which gives what the last call of each gives.
    fn send_together(&mut self, chains: &[&[Id]]) -> Result<Task, postcard::Error> {
        let steps: Vec<Id> = chains.iter().copied().flatten().copied().collect();
        let members: Vec<Id> = chains.iter().filter_map(|chain| chain.last().copied()).collect();
        let id = members.first().copied().unwrap_or_default();
        let operation = self.all[id].operation;
        let name = operation.rsplit("::").next().filter(|_| operation != SAME).unwrap_or("data");
        let key: Key = format!("{name}-{:016x}-{id}", self.run).into();
        let task = self.task(&key, &steps, &members)?;
        for &step in &steps {
            self.all[step].state = State::Sent;
        }
        let (mut first, mut kept_for) = (0, 0);
        for &member in &members {
            let wanted = self.is_wanted(member);
            let call = &mut self.all[member];
            (call.key, call.first, call.wanted) = (Some(Arc::clone(&key)), first, wanted);
            first += call.parts;
            kept_for += usize::from(wanted);
        }
        self.under_way += kept_for;
        self.sent.insert(key, Sent { steps, members, kept_for });
        Ok(task)
    }

    /// The task that makes the calls `steps`, and gives what `members` of them give.
    fn task(&self, key: &Key, steps: &[Id], members: &[Id]) -> Result<Task, postcard::Error> {
        let place: HashMap<Id, u32> = steps.iter().copied().zip(0..).collect();
        let mut inputs: Vec<&str> = Vec::new();
        let mut input_of: HashMap<&str, u32> = HashMap::new();
        let mut dependencies: Vec<Key> = Vec::new();
        for &step in steps {
            let call = &self.all[step];
            let used: HashSet<Id> = call.uses().collect();
            for need in call.needs().into_iter().filter(|need| !place.contains_key(need)) {
                let used = used.contains(&need);
                let other = &self.all[need];
                // One that it only comes after, and that has been made, needn't be there any more.
                let Some(other_key) = other.key.as_ref().filter(|_| used || other.state != State::InMemory) else {
                    continue;
                };
                if let Entry::Vacant(entry) = input_of.entry(other_key) {
                    entry.insert(u32::try_from(inputs.len()).unwrap_or(u32::MAX));
                    inputs.push(other_key);
                    dependencies.push(Arc::clone(other_key));
                }
            }
        }
        let piece = |bit| match bit {
            &Bit::Part(of, part) => match place.get(&of) {
                Some(&step) => Piece::Step { step, part },
                None => {
                    let other = &self.all[of];
                    let input = other.key.as_deref().and_then(|key| input_of.get(key)).copied();
                    Piece::Input { input: input.unwrap_or(u32::MAX), part: other.first + part }
                }
            },
            Bit::Bytes(bytes) => Piece::Bytes(bytes),
        };
        let made = steps.iter().map(|&step| {
            let call = &self.all[step];
            let arguments = call.arguments.iter().map(|bits| bits.iter().map(piece).collect()).collect();
            Step { id: step as u64, operation: call.operation, asked: call.asked, arguments }
        });
        let made = made.collect();
        let gives = members.iter().filter_map(|member| place.get(member).copied()).collect();
        let first = members.first().map(|&first| &self.all[first]);
        Ok(Task {
            key: Arc::clone(key),
            dependencies,
            payload: Bytes::from(Payload { inputs, steps: made, gives }.encode()?),
            wanted: members.iter().any(|&member| self.is_wanted(member)),
            priority: first.filter(|call| call.priority != 0).map(|call| i64::from(call.priority)),
            retries: first.filter(|call| call.retries > 0).map(|call| call.retries),
        })
    }

    /// The keys that the scheduler keeps, and that nobody will ask for any more: they are to be released.
    pub(super) fn take_released(&mut self) -> Vec<Key> {
        let mut keys = Vec::new();
        let mut later = Vec::new();
        for id in std::mem::take(&mut self.closed) {
            let call = &mut self.all[id];
            if call.open > 0 || call.awaited || !call.wanted {
                continue;
            }
            match call.state {
                // Calls that use it, and are sent, keep it there.
                State::Sent if call.users > 0 => self.under_way -= 1,
                State::Planned | State::Sent => {
                    later.push(id);
                    continue;
                }
                State::InMemory | State::Failed => {}
            }
            call.wanted = false;
            let Some(key) = &call.key else { continue };
            if let Some(task) = self.sent.get_mut(key) {
                task.kept_for -= 1;
                if task.kept_for == 0 {
                    keys.push(Arc::clone(key));
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
        self.sent.iter().filter(|(_, task)| task.kept_for > 0).map(|(key, _)| Arc::clone(key)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms { priority: 0, retries: 0, alone: false };

    fn calls() -> Calls {
        Calls::new(7, Fusion { chains: true, batches: true })
    }

    fn part(id: Id) -> Vec<Bit> {
        vec![Bit::Part(id, 0)]
    }

    #[test]
    fn a_chain_is_one_task_that_gives_what_the_last_gives() {
        let mut calls = calls();
        let first = calls.plan("a::load", false, vec![vec![Bit::Bytes(vec![1])]], Vec::new(), 1, TERMS);
        let second = calls.plan("a::clean", false, vec![part(first)], Vec::new(), 1, TERMS);
        let last = calls.plan("a::fit", false, vec![part(second)], Vec::new(), 1, TERMS);
        let form = Form::of(last, 0, 1, false);
        calls.open(&form);
        let tasks = calls.send().unwrap();
        let [task] = &tasks[..] else { panic!("{tasks:?}") };
        assert!(task.wanted && task.key.starts_with("fit-"));
        let payload = Payload::decode(&task.payload).unwrap();
        assert_eq!(
            payload.steps.iter().map(|step| step.operation).collect::<Vec<_>>(),
            ["a::load", "a::clean", "a::fit"]
        );
        assert_eq!(payload.gives, [2]);
        assert_eq!(payload.steps[1].arguments, [[Piece::Step { step: 0, part: 0 }]]);
        calls.is_made(last);
        calls.close(&form);
        assert_eq!(calls.take_released(), [Arc::clone(&task.key)]);
        assert_eq!((calls.under_way(), calls.kept()), (0, Vec::new()));
    }

    #[test]
    fn a_value_that_somebody_may_use_is_not_fused_away() {
        let mut calls = calls();
        let first = calls.plan("load", false, Vec::new(), Vec::new(), 1, TERMS);
        calls.open(&Form::of(first, 0, 1, false));
        calls.plan("clean", false, vec![part(first)], Vec::new(), 1, TERMS);
        let tasks = calls.send().unwrap();
        assert_eq!(tasks.len(), 2);
        assert_eq!(tasks[1].dependencies, [Arc::clone(&tasks[0].key)]);
        assert!(tasks.iter().all(|task| task.wanted), "nobody uses the second, so its end is to be told");
    }

    #[test]
    fn many_that_are_used_by_one_are_few_tasks() {
        let mut calls = calls();
        calls.has_threads(2);
        let many: Vec<Id> = (0..2_000)
            .map(|n| calls.plan("square", false, vec![vec![Bit::Bytes(vec![n as u8])]], Vec::new(), 1, TERMS))
            .collect();
        let all = many.iter().flat_map(|&id| part(id)).collect();
        let last = calls.plan("total", false, vec![all], Vec::new(), 1, TERMS);
        let tasks = calls.send().unwrap();
        assert_eq!(tasks.len(), 2_000_usize.div_ceil(2_000 / 64) + 1);
        let total = tasks.last().unwrap();
        assert_eq!(total.dependencies.len(), tasks.len() - 1);
        let payload = Payload::decode(&total.payload).unwrap();
        // The parts are those of all calls, in their order.
        let parts = payload.steps[0].arguments[0].iter().map(|piece| match piece {
            Piece::Input { input, part } => (*input, *part),
            other => panic!("{other:?}"),
        });
        let expected = (0..2_000).map(|n| (n / 31, n % 31));
        assert_eq!(parts.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        assert_eq!(calls.of_key(&total.key), [last]);
        assert_eq!(calls.of_key(&tasks[0].key).len(), 31);
    }

    #[test]
    fn one_of_many_that_is_used_by_another_too_is_a_task_of_its_own() {
        let mut calls = calls();
        let many: Vec<Id> = (0..600).map(|_| calls.plan("square", false, Vec::new(), Vec::new(), 1, TERMS)).collect();
        let all = many.iter().flat_map(|&id| part(id)).collect();
        calls.plan("total", false, vec![all], Vec::new(), 1, TERMS);
        calls.plan("look", false, vec![part(many[7])], Vec::new(), 1, TERMS);
        let tasks = calls.send().unwrap();
        assert_eq!(calls.of_key(&tasks.iter().find(|task| task.key.ends_with("-7")).unwrap().key), [many[7]]);
        let count: usize = tasks.iter().map(|task| calls.of_key(&task.key).len()).sum();
        assert_eq!(count, 602);
    }

    #[test]
    fn a_task_of_many_is_kept_as_long_as_one_of_them_is_used() {
        let mut calls = calls();
        let many: Vec<Id> = (0..600).map(|_| calls.plan("square", false, Vec::new(), Vec::new(), 1, TERMS)).collect();
        let forms: Vec<Form> = many.iter().map(|&id| Form::of(id, 0, 1, false)).collect();
        forms.iter().for_each(|form| calls.open(form));
        let tasks = calls.send().unwrap();
        assert!(tasks.len() < 600);
        assert_eq!(calls.under_way(), 600);
        many.iter().for_each(|&id| calls.is_made(id));
        assert_eq!(calls.under_way(), 0);
        forms[1..].iter().for_each(|form| calls.close(form));
        let first = calls.place(many[0]).unwrap().0.clone();
        let released = calls.take_released();
        assert_eq!(released.len(), tasks.len() - 1);
        assert!(!released.contains(&first));
        calls.close(&forms[0]);
        assert_eq!(calls.take_released(), [first]);
    }
}

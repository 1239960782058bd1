//! Tasks that are to run here: asked for, waiting, ready, executing, done.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use super::State;
use super::task::{AfterFetch, AfterRun, Priority, Stage, Task};
use crate::worker::event::{Compute, Dependency, Instruction, Key, Message, Status};
use crate::worker::runner::Failure;

impl State {
    /// The scheduler wants a task computed here; perhaps it is under way, or done, already.
    pub(super) fn compute(&mut self, compute: Box<Compute>) {
        let (key, asked) = (compute.key.clone(), compute.run_id);
        let Some(task) = self.tasks.get_mut(&key) else { return self.assign(compute) };
        match &mut task.stage {
            Stage::Memory { value, ran } => {
                let (nbytes, ran) = (value.len() as u64, *ran);
                self.tell(Message::TaskFinished { key, run_id: asked, nbytes, ran });
            }
            Stage::Executing { run_id, then, .. } => (*run_id, *then) = (asked, AfterRun::Report),
            Stage::Waiting { compute: known, .. } | Stage::Ready { compute: known } => {
                known.run_id = asked;
                self.learn_holders(compute.dependencies.into_iter().map(|dep| (dep.key, dep.holders)).collect());
            }
            Stage::Flight { then, .. } => *then = AfterFetch::Compute(compute),
            Stage::Fetch | Stage::Missing | Stage::Erred => {
                self.leave(&key);
                self.assign(compute);
            }
        }
    }

    /// Makes a key a task of this worker, and wants what it needs. The key has left its stage.
    pub(super) fn assign(&mut self, mut compute: Box<Compute>) {
        let key = compute.key.clone();
        if self.status == Status::ClosingGracefully {
            self.tell(Message::Reschedule(key.clone()));
            return self.seek_or_forget(&key);
        }
        let mut seen = HashSet::new();
        compute.dependencies.retain(|dependency| seen.insert(dependency.key.clone()));
        compute.resources.retain(|(_, amount)| *amount > 0.0);
        self.generation -= 1.0;
        let priority = Priority::new(&compute.priority, self.generation);

        self.set_holders(&key, Vec::new());
        let task = self.tasks.entry(key.clone()).or_insert_with(|| Task::new(priority.clone()));
        task.priority = priority.clone();
        task.acquired = false;
        // In its stage before its dependencies are looked at: a task that needs itself waits for ever, and no worse.
        let dependencies = compute.dependencies.clone();
        self.enter(&key, Stage::Waiting { compute, missing: usize::MAX });
        let missing = dependencies.into_iter().filter(|dependency| !self.want(dependency, &key, &priority)).count();
        let Some(Task { stage: Stage::Waiting { missing: unknown, .. }, .. }) = self.tasks.get_mut(&key) else {
            return;
        };
        *unknown = missing;
        self.make_ready(&key);
    }

    /// Wants a result for a task here. Says whether it is here already.
    fn want(&mut self, dependency: &Dependency, dependent: &Key, priority: &Priority) -> bool {
        let task = self.reserve(dependency, priority);
        task.dependents.insert(dependent.clone());
        if matches!(task.stage, Stage::Memory { .. }) {
            return true;
        }
        self.seek_wanted(&dependency.key, dependency.holders.clone(), priority);
        false
    }

    /// Moves a waiting task that misses nothing to the ready ones.
    fn make_ready(&mut self, key: &Key) {
        let waits = |task: &Task| !matches!(task.stage, Stage::Waiting { missing: 0, .. });
        if self.tasks.get(key).is_none_or(waits) {
            return;
        }
        if let Some(Stage::Waiting { compute, .. }) = self.leave(key) {
            self.enter(key, Stage::Ready { compute });
        }
    }

    /// Runs ready tasks, least priority first, while there are threads. A paused worker runs one at a time: that is
    /// how it gets to hold less.
    pub(super) fn start_tasks(&mut self) {
        let limit = match self.status {
            Status::Running => self.limits.threads,
            Status::Paused => self.limits.threads.min(1),
            Status::ClosingGracefully => 0,
        };
        while self.executing < limit {
            let Some(key) = self.next_ready() else { return };
            let Some(Stage::Ready { compute }) = self.leave(&key) else { return };
            let Compute { run_id, dependencies, payload, resources, .. } = *compute;
            for (name, amount) in &resources {
                *self.available.entry(name.clone()).or_default() -= amount;
            }
            let inputs: HashMap<String, Bytes> = dependencies
                .iter()
                .filter_map(|dep| Some((String::from(&*dep.key), self.value(&dep.key)?.clone())))
                .collect();
            self.enter(&key, Stage::Executing { run_id, resources, then: AfterRun::Report });
            self.unlink(&key, &dependencies);
            self.out.push(Instruction::Execute { key, payload, inputs });
        }
    }

    /// The ready task to run next, if there is enough of what it takes.
    pub(super) fn next_ready(&self) -> Option<Key> {
        let constrained = self.constrained.first().filter(|(_, key)| self.has_resources(key));
        self.ready.first().into_iter().chain(constrained).min().map(|(_, key)| key.clone())
    }

    /// Whether enough is left of each resource that a ready task takes.
    fn has_resources(&self, key: &Key) -> bool {
        let Some(Task { stage: Stage::Ready { compute }, .. }) = self.tasks.get(key) else { return false };
        compute.resources.iter().all(|(name, amount)| self.available.get(name).is_some_and(|left| left >= amount))
    }

    /// A run has ended.
    pub(super) fn executed(&mut self, key: Key, result: Result<Bytes, Failure>, ran: (f64, f64)) {
        let Some(Task { stage: Stage::Executing { .. }, .. }) = self.tasks.get(&key) else { return };
        let Some(Stage::Executing { run_id, resources, then }) = self.leave(&key) else { return };
        self.give_back(resources);
        match (then, result) {
            (AfterRun::Report, Ok(value)) => {
                let nbytes = value.len() as u64;
                self.arrive(&key, value, Some(ran));
                self.tell(Message::TaskFinished { key, run_id, nbytes, ran: Some(ran) });
            }
            (AfterRun::Report, Err(failure)) => {
                self.enter(&key, Stage::Erred);
                self.tell(Message::TaskErred { key, run_id, failure, ran: Some(ran) });
            }
            (AfterRun::Keep, Ok(value)) => {
                self.arrive(&key, value, Some(ran));
                self.tell(Message::AddKeys(vec![key]));
            }
            (AfterRun::Keep, Err(_)) | (AfterRun::Forget, _) => self.seek_or_forget(&key),
        }
    }

    /// Gives back what a run took.
    fn give_back(&mut self, resources: Vec<(String, f64)>) {
        if self.executing == 0 && !resources.is_empty() {
            // All of it, exactly: sums of fractions drift, and a task that takes everything would wait for ever.
            self.available.clone_from(&self.limits.resources);
            return;
        }
        for (name, amount) in resources {
            *self.available.entry(name).or_default() += amount;
        }
    }

    /// A result is here: whoever waits for it misses one thing less. The key has left its stage.
    pub(super) fn arrive(&mut self, key: &Key, value: Bytes, ran: Option<(f64, f64)>) {
        self.set_holders(key, Vec::new());
        self.enter(key, Stage::Memory { value, ran });
        let Some(task) = self.tasks.get_mut(key) else { return };
        task.acquired = false;
        let dependents: Vec<Key> = task.dependents.iter().cloned().collect();
        for dependent in dependents {
            if let Some(Task { stage: Stage::Waiting { missing, .. }, .. }) = self.tasks.get_mut(&dependent) {
                *missing = missing.saturating_sub(1);
                self.make_ready(&dependent);
            }
        }
    }

    /// A result is gone from here: whoever was ready with it waits again.
    pub(super) fn depart(&mut self, key: &Key) {
        let Some(task) = self.tasks.get(key) else { return };
        let dependents: Vec<Key> = task.dependents.iter().cloned().collect();
        for dependent in dependents {
            match self.tasks.get_mut(&dependent).map(|task| &mut task.stage) {
                Some(Stage::Waiting { missing, .. }) => *missing += 1,
                Some(Stage::Ready { .. }) => {
                    if let Some(Stage::Ready { compute }) = self.leave(&dependent) {
                        self.enter(&dependent, Stage::Waiting { compute, missing: 1 });
                    }
                }
                _ => {}
            }
        }
    }

    /// A task no longer needs its dependencies: forgets those that nobody needs now and that aren't here.
    pub(super) fn unlink(&mut self, key: &Key, dependencies: &[Dependency]) {
        for dependency in dependencies {
            if let Some(task) = self.tasks.get_mut(&dependency.key) {
                task.dependents.remove(key);
                self.drop_unwanted(&dependency.key);
            }
        }
    }

    /// Gives up a task that waits or is ready. Says in which of these two states it was.
    pub(super) fn give_up(&mut self, key: &Key) -> Option<&'static str> {
        let state = match self.tasks.get(key)?.stage {
            Stage::Waiting { .. } => "waiting",
            Stage::Ready { .. } => "ready",
            _ => return None,
        };
        if let Some(Stage::Waiting { compute, .. } | Stage::Ready { compute }) = self.leave(key) {
            // Out of the way first: it may need itself.
            self.seek_or_forget(key);
            self.unlink(key, &compute.dependencies);
        }
        Some(state)
    }

    /// The scheduler would like to have a task back that another worker could run sooner.
    pub(super) fn answer_steal(&mut self, key: Key, stimulus_id: String) {
        let state = self.give_up(&key).or_else(|| match &mut self.tasks.get_mut(&key)?.stage {
            Stage::Flight { then: then @ AfterFetch::Compute(_), .. } => {
                *then = AfterFetch::Keep;
                self.drop_unwanted(&key);
                Some("waiting")
            }
            Stage::Memory { .. } => Some("memory"),
            Stage::Executing { .. } | Stage::Erred => Some("executing"),
            _ => None,
        });
        self.tell(Message::StealResponse { key, state, stimulus_id });
    }

    /// The scheduler no longer wants a task, if it hasn't started.
    pub(super) fn cancel_compute(&mut self, key: &Key) {
        self.give_up(key);
    }
}

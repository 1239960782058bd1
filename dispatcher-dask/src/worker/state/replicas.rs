//! Results that come and go at the scheduler's wish: copies, scattered values, freed keys.

use bytes::Bytes;

use super::State;
use super::task::{AfterFetch, AfterRun, Priority, Stage, Task};
use crate::worker::event::{Address, Dependency, Key, Message};

/// The place in the queue of copies that no task here waits for: after tasks of usual priority, as dask has it.
const REPLICA_PRIORITY: f64 = 1.0;

impl State {
    /// The scheduler wants nothing more of a key.
    pub(super) fn free(&mut self, key: &Key) {
        let Some(task) = self.tasks.get_mut(key) else { return };
        task.acquired = false;
        let wanted = task.is_wanted();
        match &mut task.stage {
            Stage::Waiting { .. } | Stage::Ready { .. } => drop(self.give_up(key)),
            Stage::Executing { then, .. } => *then = AfterRun::Forget,
            Stage::Flight { then, .. } => *then = if wanted { AfterFetch::Keep } else { AfterFetch::Forget },
            Stage::Memory { .. } => self.release(key),
            Stage::Fetch | Stage::Missing | Stage::Erred => {
                self.leave(key);
                self.set_holders(key, Vec::new());
                self.seek_or_forget(key);
            }
        }
    }

    /// Drops a result, and tells the scheduler so: it may just be hearing that the result is here.
    fn release(&mut self, key: &Key) {
        self.leave(key);
        self.depart(key);
        self.tell(Message::ReleaseWorkerData(key.clone()));
        self.seek_or_forget(key);
    }

    /// The scheduler thinks copies needless. Those that a task here needs stay, and the scheduler is told that.
    pub(super) fn remove_replicas(&mut self, keys: Vec<Key>) {
        let mut kept = Vec::new();
        for key in keys {
            match self.tasks.get(&key) {
                Some(task) if !matches!(task.stage, Stage::Memory { .. }) => {}
                Some(task) if task.is_wanted() => kept.push(key),
                Some(_) => self.release(&key),
                None => {}
            }
        }
        if !kept.is_empty() {
            self.tell(Message::AddKeys(kept));
        }
    }

    /// The scheduler wants copies here.
    pub(super) fn acquire_replicas(&mut self, wanted: Vec<Dependency>) {
        let priority = Priority::new(&[REPLICA_PRIORITY], 0.0);
        let mut held = Vec::new();
        for dependency in wanted {
            let task = self.reserve(&dependency, &priority);
            match task.stage {
                Stage::Memory { .. } => held.push(dependency.key),
                Stage::Waiting { .. } | Stage::Ready { .. } => {}
                _ => {
                    task.acquired = true;
                    self.seek_wanted(&dependency.key, dependency.holders, &priority);
                }
            }
        }
        if !held.is_empty() {
            self.tell(Message::AddKeys(held));
        }
    }

    /// A value was put here from outside.
    pub(super) fn store(&mut self, key: Key, value: Bytes) {
        let priority = Priority::new(&[REPLICA_PRIORITY], 0.0);
        let unknown = !self.tasks.contains_key(&key);
        let task = self.tasks.entry(key.clone()).or_insert_with(|| Task::new(priority));
        match &mut task.stage {
            Stage::Executing { then, .. } if *then == AfterRun::Forget => *then = AfterRun::Keep,
            // The same value, by the promise that keys are unique: the one that is here or will be serves.
            Stage::Executing { .. } | Stage::Memory { .. } => {}
            Stage::Flight { then, stored, .. } => {
                *stored = Some(value);
                if matches!(then, AfterFetch::Forget) {
                    *then = AfterFetch::Keep;
                }
            }
            Stage::Missing if unknown => self.enter(&key, Stage::Memory { value, ran: None }),
            Stage::Waiting { .. } | Stage::Ready { .. } => {
                let nbytes = value.len() as u64;
                let Some(Stage::Waiting { compute, .. } | Stage::Ready { compute }) = self.leave(&key) else { return };
                self.arrive(&key, value, None);
                self.unlink(&key, &compute.dependencies);
                self.tell(Message::TaskFinished { key, run_id: compute.run_id, nbytes, ran: None });
            }
            Stage::Fetch | Stage::Missing | Stage::Erred => {
                self.leave(&key);
                self.arrive(&key, value, None);
            }
        }
    }

    /// The record of a key that is wanted, made where there is none.
    pub(super) fn reserve(&mut self, dependency: &Dependency, priority: &Priority) -> &mut Task {
        if !self.tasks.contains_key(&dependency.key) {
            self.tasks.insert(dependency.key.clone(), Task::new(priority.clone()));
            self.missing.insert(dependency.key.clone());
        }
        let task = self.tasks.entry(dependency.key.clone()).or_insert_with(|| Task::new(priority.clone()));
        task.nbytes = dependency.nbytes;
        task
    }

    /// Sees to it that a key that is newly wanted comes, if it isn't on its way.
    pub(super) fn seek_wanted(&mut self, key: &Key, holders: Vec<Address>, priority: &Priority) {
        let Some(task) = self.tasks.get_mut(key) else { return };
        match &mut task.stage {
            Stage::Executing { then: then @ AfterRun::Forget, .. } => *then = AfterRun::Keep,
            Stage::Flight { then, .. } => {
                if matches!(then, AfterFetch::Forget) {
                    *then = AfterFetch::Keep;
                }
                self.set_holders(key, holders);
            }
            Stage::Fetch | Stage::Missing | Stage::Erred => {
                self.leave(key);
                if let Some(task) = self.tasks.get_mut(key)
                    && *priority < task.priority
                {
                    task.priority = priority.clone();
                }
                self.set_holders(key, holders);
                self.seek(key);
            }
            Stage::Waiting { .. } | Stage::Ready { .. } | Stage::Executing { .. } | Stage::Memory { .. } => {}
        }
    }

    /// Sends a key that has left its stage after its holders.
    pub(super) fn seek(&mut self, key: &Key) {
        let Some(task) = self.tasks.get(key) else { return };
        let stage = if task.holders.is_empty() { Stage::Missing } else { Stage::Fetch };
        self.enter(key, stage);
    }

    /// Sends a key that has left its stage after its holders where it is wanted, else forgets it.
    pub(super) fn seek_or_forget(&mut self, key: &Key) {
        match self.tasks.get(key) {
            Some(task) if task.is_wanted() => self.seek(key),
            _ => self.forget(key),
        }
    }

    /// Forgets a key that isn't here and that nobody wants.
    pub(super) fn drop_unwanted(&mut self, key: &Key) {
        let Some(task) = self.tasks.get_mut(key) else { return };
        if task.is_wanted() {
            return;
        }
        match &mut task.stage {
            Stage::Fetch | Stage::Missing => {
                self.leave(key);
                self.forget(key);
            }
            Stage::Flight { then: then @ AfterFetch::Keep, .. } => *then = AfterFetch::Forget,
            Stage::Executing { then: then @ AfterRun::Keep, .. } => *then = AfterRun::Forget,
            _ => {}
        }
    }
}

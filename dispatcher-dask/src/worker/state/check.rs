//! What always holds of the state, checked in tests after each event.

use std::collections::HashSet;

use super::State;
use super::task::Stage;
use crate::worker::event::Status;

impl State {
    /// Panics where the records contradict each other.
    pub(super) fn check(&self) {
        let counts = self.counts();
        assert_eq!(self.executing, counts.executing);
        assert!(self.executing <= self.limits.threads, "{} tasks on {} threads", self.executing, self.limits.threads);
        assert_eq!(self.settled, counts.memory + counts.erred);
        assert_eq!(self.ready.len() + self.constrained.len(), counts.ready);
        self.check_tasks();
        self.check_peers();
        self.check_resources();
        if self.status == Status::Running {
            assert!(self.executing == self.limits.threads || self.next_ready().is_none(), "a ready task isn't run");
        }
        assert!(self.missing.is_empty() || self.asked > 0, "nobody asks for what is missing");
    }

    /// Each key is in the queue of its stage and in no other, and its links are mutual.
    fn check_tasks(&self) {
        let (mut nbytes, mut fetching) = (0, 0);
        for (key, task) in &self.tasks {
            let place = (task.priority.clone(), key.clone());
            let queued = self.ready.contains(&place) || self.constrained.contains(&place);
            assert_eq!(queued, matches!(task.stage, Stage::Ready { .. }), "{key}: {task:?}");
            assert_eq!(self.missing.contains(key), matches!(task.stage, Stage::Missing), "{key}: {task:?}");
            let sought = matches!(task.stage, Stage::Fetch | Stage::Flight { .. });
            assert!(sought || task.holders.is_empty(), "{key}: {task:?}");
            assert!(!task.holders.contains(&self.address), "{key} is to be fetched from here");
            for holder in &task.holders {
                let peer = self.peers.get(holder).expect("a holder is a peer");
                assert!(peer.held.contains(key));
                assert_eq!(peer.wanted.contains(&place), matches!(task.stage, Stage::Fetch));
            }
            let mut needs = None;
            match &task.stage {
                Stage::Waiting { compute, missing } => {
                    let absent = compute.dependencies.iter().filter(|dep| self.value(&dep.key).is_none()).count();
                    assert_eq!(*missing, absent, "{key}: {task:?}");
                    assert!(*missing > 0, "{key} waits for nothing");
                    needs = Some(compute);
                }
                Stage::Ready { compute } => {
                    assert!(compute.dependencies.iter().all(|dep| self.value(&dep.key).is_some()), "{key}: {task:?}");
                    needs = Some(compute);
                }
                Stage::Fetch => {
                    fetching += 1;
                    assert!(!task.holders.is_empty() && task.is_wanted(), "{key}: {task:?}");
                }
                Stage::Missing => assert!(task.is_wanted(), "{key}: {task:?}"),
                Stage::Flight { flight, .. } => assert!(self.flights[flight].1.contains(key), "{key}: {task:?}"),
                Stage::Memory { value, .. } => nbytes += value.len() as u64,
                Stage::Executing { .. } | Stage::Erred => {}
            }
            for dependency in needs.iter().flat_map(|compute| &compute.dependencies) {
                assert!(
                    self.tasks[&dependency.key].dependents.contains(key),
                    "{key} isn't known to {}",
                    dependency.key
                );
            }
            for dependent in &task.dependents {
                let (Stage::Waiting { compute, .. } | Stage::Ready { compute }) = &self.tasks[dependent].stage else {
                    panic!("{dependent} needs nothing any more, yet {key} is kept for it")
                };
                assert!(compute.dependencies.iter().any(|dependency| dependency.key == *key));
            }
        }
        assert_eq!((self.nbytes, self.fetching), (nbytes, fetching));
        assert!(self.missing.iter().all(|key| self.tasks.contains_key(key)));
    }

    /// Peers know the keys that name them, no key is in two flights, and the limits hold.
    fn check_peers(&self) {
        for (address, peer) in &self.peers {
            assert!(peer.held.iter().all(|key| self.tasks[key].holders.contains(address)), "{address}: {peer:?}");
            assert!(peer.wanted.iter().all(|(_, key)| peer.held.contains(key)), "{address}: {peer:?}");
            assert!(!peer.held.is_empty() || peer.flights > 0 || peer.busy, "{address} is remembered for nothing");
            assert_eq!(peer.flights, self.flights.values().filter(|(of, _)| of == address).count());
            assert!(peer.flights <= self.limits.fetches_per_peer);
        }
        assert!(self.flights.len() <= self.limits.fetches);
        let flying: Vec<_> = self.flights.values().flat_map(|(_, keys)| keys).collect();
        assert_eq!(flying.len(), flying.iter().collect::<HashSet<_>>().len(), "a key is fetched twice at once");
    }

    /// What is available and what runs add up.
    fn check_resources(&self) {
        for (name, total) in &self.limits.resources {
            let taken: f64 = self.tasks.values().flat_map(|task| task.taken(name)).sum();
            let available = self.available[name];
            assert!(available >= 0.0 && (available + taken - total).abs() < 1e-9, "{name}: {available} + {taken}");
        }
    }

    /// Panics where anything is left.
    pub(super) fn check_empty(&self) {
        assert!(self.tasks.is_empty(), "{:?}", self.tasks);
        assert!(self.peers.is_empty(), "{:?}", self.peers);
        assert!(self.flights.is_empty() && self.missing.is_empty());
        assert!(self.ready.is_empty() && self.constrained.is_empty());
        assert_eq!((self.executing, self.settled, self.fetching, self.nbytes), (0, 0, 0, 0));
    }
}

impl super::Task {
    /// What the task takes of a resource at this moment.
    fn taken(&self, resource: &str) -> impl Iterator<Item = f64> {
        let resources = match &self.stage {
            Stage::Executing { resources, .. } => resources.as_slice(),
            _ => &[],
        };
        resources.iter().filter(move |(name, _)| name == resource).map(|(_, amount)| *amount)
    }
}

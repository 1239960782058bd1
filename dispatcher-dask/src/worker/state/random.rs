//! Random events, sensible and nonsensical: the records never contradict each other, nothing leaks, nothing is stuck.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Limits, State};
use crate::worker::event::*;
use crate::worker::runner::Failure;

/// How many keys and peers there are.
const KEYS: usize = 8;
const PEERS: usize = 3;

/// What happens next. Ends of runs and fetches are drawn from those that are under way.
#[derive(Clone, Debug)]
enum Step {
    /// Tell the state this, whether it makes sense or not.
    Tell(Event),
    /// End one of the runs under way, well or badly.
    EndRun { which: usize, well: bool },
    /// End one of the fetches under way; `part` says how many keys are left out of the answer.
    EndFetch { which: usize, how: u8, part: usize },
    /// Let the oldest alarm ring.
    Ring,
}

fn key(index: usize) -> Key {
    format!("key-{index}").into()
}

/// Peers; the last is the worker itself, which the scheduler may wrongly name as a holder.
fn address(index: usize) -> Address {
    if index == PEERS { "tcp://here:1".into() } else { format!("tcp://peer:{index}").into() }
}

fn any_keys() -> impl Strategy<Value = Vec<Key>> {
    vec((0..KEYS).prop_map(key), 0..4)
}

fn any_holders() -> impl Strategy<Value = Vec<Address>> {
    vec((0..=PEERS).prop_map(address), 0..3)
}

fn any_dependencies() -> impl Strategy<Value = Vec<Dependency>> {
    vec(
        (0..KEYS, any_holders(), 0..100_u64).prop_map(|(index, holders, nbytes)| Dependency {
            key: key(index),
            holders,
            nbytes,
        }),
        0..4,
    )
}

fn any_compute() -> impl Strategy<Value = Event> {
    (0..KEYS, 0..5_i64, vec(-2.0..3.0_f64, 0..3), any_dependencies(), prop_oneof![3 => Just(0.0), 1 => 0.5..2.0])
        .prop_map(|(index, run_id, priority, dependencies, amount)| {
            let resources = vec![("rs".to_owned(), 0.0), ("gpu".to_owned(), amount)];
            let payload = Some(Bytes::new());
            let key = key(index);
            Event::ComputeAsked(Box::new(Compute { key, run_id, priority, dependencies, payload, resources }))
        })
}

fn any_event() -> impl Strategy<Value = Event> {
    let stimulus = || "s".to_owned();
    let statuses = [Status::Running, Status::Paused, Status::ClosingGracefully];
    prop_oneof![
        12 => any_compute(),
        4 => any_keys().prop_map(Event::KeysFreed),
        2 => any_keys().prop_map(Event::ReplicasRemoved),
        2 => any_dependencies().prop_map(Event::ReplicasAsked),
        3 => vec(((0..KEYS).prop_map(key), any_holders()), 0..4).prop_map(Event::HoldersTold),
        2 => (0..KEYS).prop_map(move |index| Event::StealAsked { key: key(index), stimulus_id: stimulus() }),
        1 => (0..KEYS).prop_map(|index| Event::ComputeCancelled(key(index))),
        1 => (0..PEERS).prop_map(|index| Event::PeerLeft(address(index))),
        1 => prop::sample::select(statuses.to_vec())
            .prop_map(|status| Event::StatusSet { status, stimulus_id: "s".to_owned() }),
        2 => vec(((0..KEYS).prop_map(key), (0..60_usize).prop_map(|n| Bytes::from(vec![0; n]))), 0..3)
            .prop_map(Event::Stored),
        1 => (0..KEYS).prop_map(|index| {
            Event::Executed { key: key(index), result: Ok(Bytes::new()), start: 0.0, stop: 1.0 }
        }),
        1 => (0..4_u64).prop_map(|id| Event::Fetched { flight: FlightId(id + 1_000_000), result: FetchResult::Lost }),
        1 => Just(Event::Due(Alarm::AskHolders)),
        1 => (0..PEERS).prop_map(|index| Event::Due(Alarm::PeerIdle(address(index)))),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![5 => any_event().prop_map(Step::Tell), 6 => any_end()]
}

/// The end of something under way.
fn any_end() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (any::<usize>(), prop::bool::weighted(0.8)).prop_map(|(which, well)| Step::EndRun { which, well }),
        2 => (any::<usize>(), 0..6_u8, 0..2_usize).prop_map(|(which, how, part)| Step::EndFetch { which, how, part }),
        1 => Just(Step::Ring),
    ]
}

/// The state, and what it has asked for and not got yet.
struct World {
    state: State,
    running: Vec<Key>,
    fetches: Vec<(FlightId, Vec<Key>)>,
    alarms: Vec<Alarm>,
    /// What the latest `compute-task`s still owe the scheduler: an answer for each.
    asked: Vec<Key>,
}

impl World {
    fn new(threads: usize, memory: Option<u64>) -> Self {
        let mut limits = Limits::new(threads);
        limits.fetches = 3;
        limits.fetch_bytes = 120;
        limits.memory = memory;
        limits.resources = HashMap::from([("gpu".to_owned(), 2.0)]);
        let (running, fetches, alarms, asked) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        World { state: State::new(address(PEERS), limits), running, fetches, alarms, asked }
    }

    fn tell(&mut self, event: Event) {
        if let Event::ComputeAsked(compute) = &event {
            self.asked.push(compute.key.clone());
        }
        for instruction in self.state.handle(event) {
            match instruction {
                Instruction::Execute { key, .. } => {
                    assert!(!self.running.contains(&key), "{key} is run twice at once");
                    self.running.push(key);
                }
                Instruction::Fetch { flight, keys, .. } => {
                    assert!(!keys.is_empty(), "nothing is fetched");
                    self.fetches.push((flight, keys));
                }
                Instruction::Wake { alarm, .. } => self.alarms.push(alarm),
                Instruction::Tell(
                    Message::TaskFinished { key, .. } | Message::TaskErred { key, .. } | Message::Reschedule(key),
                ) => self.asked.retain(|asked| *asked != key),
                Instruction::Tell(_) => {}
            }
        }
        self.state.check();
    }

    fn end_run(&mut self, which: usize, well: bool) {
        if !self.running.is_empty() {
            let key = self.running.remove(which % self.running.len());
            // A run that the random events have ended already is told of all the same.
            let result = if well { Ok(Bytes::from(vec![1; which % 60])) } else { Err(Failure::new("bad")) };
            self.tell(Event::Executed { key, result, start: 0.0, stop: 1.0 });
        }
    }

    fn end_fetch(&mut self, which: usize, how: u8, part: usize) {
        if !self.fetches.is_empty() {
            let (flight, keys) = self.fetches.remove(which % self.fetches.len());
            let values = keys.into_iter().skip(part).map(|key| (key, Bytes::from(vec![2; which % 60]))).collect();
            let result = match how {
                0 => FetchResult::Lost,
                1 => FetchResult::Busy,
                _ => FetchResult::Got(values),
            };
            self.tell(Event::Fetched { flight, result });
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Tell(event) => {
                if let Event::Executed { key, .. } = &event {
                    self.running.retain(|running| running != key);
                }
                self.tell(event);
            }
            Step::EndRun { which, well } => self.end_run(which, well),
            Step::EndFetch { which, how, part } => self.end_fetch(which, how, part),
            Step::Ring if self.alarms.is_empty() => {}
            Step::Ring => {
                let alarm = self.alarms.remove(0);
                self.tell(Event::Due(alarm));
            }
        }
    }

    /// Ends everything under way, well, until nothing is left under way.
    fn finish(&mut self) {
        for _ in 0..10_000 {
            if self.running.is_empty() && self.fetches.is_empty() {
                return;
            }
            self.end_run(0, true);
            self.end_fetch(0, 2, 0);
        }
        panic!("it never comes to an end");
    }
}

fn all_keys() -> Vec<Key> {
    (0..KEYS).map(key).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn any_events_leave_sound_records_and_nothing_behind(
        threads in 1..4_usize,
        memory in prop::option::of(50..200_u64),
        steps in vec(any_step(), 0..150),
    ) {
        let mut world = World::new(threads, memory);
        for step in steps {
            world.step(step);
        }
        world.tell(Event::KeysFreed(all_keys()));
        world.finish();
        // What came back in the meantime, where a freed key was a copy that was on its way.
        world.tell(Event::KeysFreed(all_keys()));
        while let Some(alarm) = world.alarms.pop() {
            world.tell(Event::Due(alarm));
        }
        world.state.check_empty();
    }

    /// Layers of tasks, each of which needs some of the layer before: with peers that answer in the end, all are run.
    #[test]
    fn every_task_whose_dependencies_exist_is_run(
        threads in 1..4_usize,
        memory in prop::option::of(0..200_u64),
        needs in vec(vec(0..KEYS, 0..4), KEYS),
        ends in vec(any_end(), 0..60),
        gpu in vec(0.0..2.0_f64, KEYS),
    ) {
        let mut world = World::new(threads, memory);
        for (index, needs) in needs.iter().enumerate() {
            // Lower keys are computed here; those beyond come from peers.
            let dependencies = needs.iter().map(|need| {
                let (here, there) = (key(*need), format!("far-{need}").into());
                let key = if *need < index { here } else { there };
                Dependency { key, holders: vec![address(need % PEERS)], nbytes: 10 }
            });
            let compute = Compute {
                key: key(index),
                run_id: 1,
                priority: vec![index as f64],
                dependencies: dependencies.collect(),
                payload: Some(Bytes::new()),
                resources: vec![("gpu".to_owned(), gpu[index])],
            };
            world.tell(Event::ComputeAsked(Box::new(compute)));
        }
        for step in ends {
            // A failed task would keep its dependents waiting.
            let step = match step {
                Step::EndRun { which, .. } => Step::EndRun { which, well: true },
                step => step,
            };
            world.step(step);
        }
        for _ in 0..1_000 {
            if world.asked.is_empty() {
                break;
            }
            world.end_run(0, true);
            world.end_fetch(0, 2, 0);
            if let Some(alarm) = world.alarms.pop() {
                let everywhere: Vec<Address> = (0..PEERS).map(address).collect();
                world.tell(Event::HoldersTold((0..KEYS).map(|need| (Arc::from(format!("far-{need}")), everywhere.clone())).collect()));
                world.tell(Event::Due(alarm));
            }
        }
        prop_assert!(world.asked.is_empty(), "never run: {:?} in {:?}", world.asked, world.state);
    }
}

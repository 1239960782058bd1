//! Tells a state of events in a word each, and reads its instructions as short texts.

use bytes::Bytes;

use super::{Limits, State};
use crate::worker::event::*;
use crate::worker::runner::Failure;

/// A state that is checked after each event.
pub(super) struct Story {
    pub(super) state: State,
}

impl Story {
    pub(super) fn new(threads: usize) -> Self {
        Story::with(Limits::new(threads))
    }

    pub(super) fn with(limits: Limits) -> Self {
        Story { state: State::new("tcp://here:1".into(), limits) }
    }

    /// Tells of an event, and gives what it led to, in short.
    pub(super) fn tell(&mut self, event: Event) -> Vec<String> {
        let instructions = self.state.handle(event);
        self.state.check();
        instructions.iter().map(brief).collect()
    }

    pub(super) fn compute(&mut self, key: &str, run_id: i64, needs: &[(&str, &[&str])]) -> Vec<String> {
        self.compute_at(key, run_id, 0.0, needs)
    }

    pub(super) fn compute_at(
        &mut self,
        key: &str,
        run_id: i64,
        priority: f64,
        needs: &[(&str, &[&str])],
    ) -> Vec<String> {
        self.tell(Event::ComputeAsked(Box::new(Compute {
            key: key.into(),
            run_id,
            priority: vec![priority],
            dependencies: needs.iter().map(|(key, holders)| dependency(key, holders)).collect(),
            payload: Some(Bytes::new()),
            resources: Vec::new(),
        })))
    }

    pub(super) fn done(&mut self, key: &str) -> Vec<String> {
        let result = Ok(Bytes::from_static(b"value"));
        self.tell(Event::Executed { key: key.into(), result, start: 1.0, stop: 2.0 })
    }

    pub(super) fn failed(&mut self, key: &str) -> Vec<String> {
        self.tell(Event::Executed { key: key.into(), result: Err(Failure::new("no")), start: 1.0, stop: 2.0 })
    }

    pub(super) fn got(&mut self, flight: u64, keys: &[&str]) -> Vec<String> {
        let values = keys.iter().map(|key| (Key::from(*key), Bytes::from_static(b"value"))).collect();
        self.tell(Event::Fetched { flight: FlightId(flight), result: FetchResult::Got(values) })
    }

    pub(super) fn lost(&mut self, flight: u64) -> Vec<String> {
        self.tell(Event::Fetched { flight: FlightId(flight), result: FetchResult::Lost })
    }

    pub(super) fn free(&mut self, keys: &[&str]) -> Vec<String> {
        self.tell(Event::KeysFreed(keys.iter().map(|key| Key::from(*key)).collect()))
    }

    pub(super) fn steal(&mut self, key: &str) -> Vec<String> {
        self.tell(Event::StealAsked { key: key.into(), stimulus_id: "s".to_owned() })
    }

    pub(super) fn holders(&mut self, key: &str, holders: &[&str]) -> Vec<String> {
        self.tell(Event::HoldersTold(vec![(key.into(), holders.iter().map(|holder| Address::from(*holder)).collect())]))
    }
}

pub(super) fn dependency(key: &str, holders: &[&str]) -> Dependency {
    let holders = holders.iter().map(|holder| Address::from(*holder)).collect();
    Dependency { key: key.into(), holders, nbytes: 10 }
}

/// An instruction in short.
fn brief(instruction: &Instruction) -> String {
    match instruction {
        Instruction::Execute { key, inputs, .. } => format!("run {key} on {} inputs", inputs.len()),
        Instruction::Fetch { flight, peer, keys } => format!("fetch {} of {peer} as {}", keys.join(" "), flight.0),
        Instruction::Wake { after, alarm } => format!("wake after {} ms for {alarm:?}", after.as_millis()),
        Instruction::Tell(message) => match message {
            Message::TaskFinished { key, run_id, .. } => format!("finished {key} {run_id}"),
            Message::TaskErred { key, run_id, .. } => format!("erred {key} {run_id}"),
            Message::AddKeys(keys) => format!("add {}", keys.join(" ")),
            Message::ReleaseWorkerData(key) => format!("released {key}"),
            Message::RequestRefreshWhoHas(keys) => format!("who has {}", keys.join(" ")),
            Message::StealResponse { key, state, .. } => format!("steal {key}: {}", state.unwrap_or("unknown")),
            Message::Reschedule(key) => format!("reschedule {key}"),
            Message::StatusChange { status, .. } => status.name().to_owned(),
        },
    }
}

//! Results that lie with peers: which to ask whom for, and what to do when nobody has them.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use super::State;
use super::task::{AfterFetch, Priority, Stage, Task};
use crate::worker::event::{Address, Alarm, FetchResult, FlightId, Instruction, Key, Message, Status};

/// How long a peer that said `busy` is left alone; as dask has it.
const BUSY: Duration = Duration::from_millis(150);

/// How soon the scheduler is asked a second time about missing keys; doubled each time, up to `ASK_AT_MOST`.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// The longest wait between two such questions.
const ASK_AT_MOST: Duration = Duration::from_secs(1);

/// A peer, seen as a source of results.
#[derive(Debug, Default)]
pub(super) struct Peer {
    /// The keys in stage `Fetch` that it holds.
    pub(super) wanted: BTreeSet<(Priority, Key)>,
    /// All keys that name it as a holder: those of `wanted`, and some in flight.
    pub(super) held: HashSet<Key>,
    /// How many fetches are under way from it.
    pub(super) flights: usize,
    /// It said that it is busy, and the time to ask it again hasn't come.
    pub(super) busy: bool,
}

impl Peer {
    /// Whether there is nothing to know about it.
    fn is_idle(&self) -> bool {
        self.held.is_empty() && self.flights == 0 && !self.busy
    }
}

impl State {
    /// Starts fetches, the most urgent key first, while the limits allow. A paused worker fetches only where it has
    /// nothing else to do, and one thing at a time.
    pub(super) fn start_fetches(&mut self) {
        let stuck = self.executing == 0 && self.ready.is_empty() && self.constrained.is_empty();
        let limit = match self.status {
            Status::Running | Status::ClosingGracefully => self.limits.fetches,
            Status::Paused if stuck => self.limits.fetches.min(1),
            Status::Paused => 0,
        };
        while self.fetching > 0 && self.flights.len() < limit {
            let Some(address) = self.next_peer() else { return };
            let keys = self.next_keys(&address);
            let flight = FlightId(self.next_flight);
            self.next_flight += 1;
            for key in &keys {
                self.leave(key);
                self.enter(key, Stage::Flight { flight, then: AfterFetch::Keep, stored: None });
            }
            self.peers.entry(address.clone()).or_default().flights += 1;
            self.flights.insert(flight, (address.clone(), keys.clone()));
            self.out.push(Instruction::Fetch { flight, peer: address, keys });
        }
    }

    /// The peer to ask next: the one with the most urgent key, and of several the one with the most keys.
    fn next_peer(&self) -> Option<Address> {
        let may = |peer: &Peer| !peer.busy && peer.flights < self.limits.fetches_per_peer;
        let ranked = self.peers.iter().filter(|(_, peer)| may(peer)).filter_map(|(address, peer)| {
            let (priority, _) = peer.wanted.first()?;
            Some(((priority, peer.flights, Reverse(peer.wanted.len()), address), address))
        });
        ranked.min_by(|(a, _), (b, _)| a.cmp(b)).map(|(_, address)| address.clone())
    }

    /// The keys to ask a peer for at once: the most urgent, and as many more as the limit of bytes allows.
    fn next_keys(&self, address: &Address) -> Vec<Key> {
        let Some(peer) = self.peers.get(address) else { return Vec::new() };
        let mut bytes = 0_u64;
        let fits = |(_, key): &&(Priority, Key)| {
            let first = bytes == 0;
            // A key of no bytes counts too, or nothing would ever be the second.
            bytes = bytes.saturating_add(self.tasks.get(key).map_or(0, |task| task.nbytes).max(1));
            first || bytes <= self.limits.fetch_bytes
        };
        peer.wanted.iter().take_while(fits).map(|(_, key)| key.clone()).collect()
    }

    /// A fetch has ended.
    pub(super) fn fetched(&mut self, flight: FlightId, result: FetchResult) {
        let Some((address, keys)) = self.flights.remove(&flight) else { return };
        if let Some(peer) = self.peers.get_mut(&address) {
            peer.flights -= 1;
        }
        let (mut values, answered) = match result {
            FetchResult::Got(values) => (values, true),
            FetchResult::Busy => {
                self.leave_alone(&address);
                (Default::default(), false)
            }
            FetchResult::Lost => {
                self.lose_peer(&address);
                (Default::default(), false)
            }
        };
        let mut arrived = Vec::new();
        for key in keys {
            let in_flight = |task: &Task| matches!(task.stage, Stage::Flight { flight: of, .. } if of == flight);
            if !self.tasks.get(&key).is_some_and(in_flight) {
                continue;
            }
            if answered && !values.contains_key(&key) {
                self.drop_holder(&key, &address);
            }
            let Some(Stage::Flight { then, stored, .. }) = self.leave(&key) else { continue };
            let value = values.remove(&key).or(stored);
            match (then, value) {
                (AfterFetch::Keep, Some(value)) => {
                    self.arrive(&key, value, None);
                    arrived.push(key);
                }
                (AfterFetch::Compute(compute), Some(value)) => {
                    let nbytes = value.len() as u64;
                    self.arrive(&key, value, None);
                    self.tell(Message::TaskFinished { key, run_id: compute.run_id, nbytes, ran: None });
                }
                (AfterFetch::Compute(compute), None) => self.assign(compute),
                (AfterFetch::Keep, None) | (AfterFetch::Forget, _) => self.seek_or_forget(&key),
            }
        }
        self.forget_peer_if_idle(&address);
        if !arrived.is_empty() {
            self.tell(Message::AddKeys(arrived));
        }
    }

    /// Asks a peer for nothing for a while.
    fn leave_alone(&mut self, address: &Address) {
        self.peers.entry(address.clone()).or_default().busy = true;
        self.out.push(Instruction::Wake { after: BUSY, alarm: Alarm::PeerIdle(address.clone()) });
    }

    /// A peer that was busy may be asked again.
    pub(super) fn peer_idle(&mut self, address: &Address) {
        if let Some(peer) = self.peers.get_mut(address) {
            peer.busy = false;
            self.forget_peer_if_idle(address);
        }
    }

    /// A peer is dead, or as good as dead: it holds nothing.
    pub(super) fn lose_peer(&mut self, address: &Address) {
        let held: Vec<Key> =
            self.peers.get(address).map(|peer| peer.held.iter().cloned().collect()).unwrap_or_default();
        for key in held {
            self.drop_holder(&key, address);
        }
    }

    /// A peer has left the cluster. What was asked of it won't come, though its connection may not show that yet.
    pub(super) fn peer_left(&mut self, address: &Address) {
        self.lose_peer(address);
        let of_peer = |(flight, (from, _)): (&FlightId, &(Address, Vec<Key>))| (from == address).then_some(*flight);
        let mut flights: Vec<FlightId> = self.flights.iter().filter_map(of_peer).collect();
        flights.sort_unstable();
        flights.into_iter().for_each(|flight| self.fetched(flight, FetchResult::Lost));
    }

    /// One peer holds a key no more.
    fn drop_holder(&mut self, key: &Key, address: &Address) {
        if let Some(task) = self.tasks.get(key) {
            let others = task.holders.iter().filter(|holder| *holder != address).cloned().collect();
            self.change_holders(key, others);
        }
    }

    /// The scheduler told who holds what.
    pub(super) fn learn_holders(&mut self, told: Vec<(Key, Vec<Address>)>) {
        for (key, holders) in told {
            if self.tasks.contains_key(&key) {
                self.change_holders(&key, holders);
            }
        }
    }

    /// Changes who holds a key, and moves it between the keys to fetch and those that are missing, as need be.
    fn change_holders(&mut self, key: &Key, holders: Vec<Address>) {
        let Some(task) = self.tasks.get(key) else { return };
        match task.stage {
            Stage::Fetch | Stage::Missing => {
                self.leave(key);
                self.set_holders(key, holders);
                self.seek_or_forget(key);
            }
            Stage::Flight { .. } => self.set_holders(key, holders),
            _ => {}
        }
    }

    /// Notes who holds a key that isn't in stage `Fetch` at this moment.
    pub(super) fn set_holders(&mut self, key: &Key, mut holders: Vec<Address>) {
        let Some(task) = self.tasks.get_mut(key) else { return };
        holders.retain(|holder| *holder != self.address);
        holders.sort_unstable();
        holders.dedup();
        let before = std::mem::replace(&mut task.holders, holders.clone());
        for holder in &before {
            if let Some(peer) = self.peers.get_mut(holder) {
                peer.held.remove(key);
            }
        }
        for holder in holders {
            self.peers.entry(holder).or_default().held.insert(key.clone());
        }
        before.iter().for_each(|holder| self.forget_peer_if_idle(holder));
    }

    /// Forgets a peer about which there is nothing to know.
    fn forget_peer_if_idle(&mut self, address: &Address) {
        if self.peers.get(address).is_some_and(Peer::is_idle) {
            self.peers.remove(address);
        }
    }

    /// Asks the scheduler about missing keys, unless it was asked a short time ago.
    pub(super) fn ask_holders(&mut self) {
        if self.missing.is_empty() || self.asked > 0 {
            return;
        }
        self.asked = 1;
        self.ask_and_wait(ASK_AGAIN);
    }

    /// Asks the scheduler again where keys are still missing.
    pub(super) fn ask_holders_again(&mut self) {
        if self.asked == 0 {
            return;
        }
        if self.missing.is_empty() {
            self.asked = 0;
            return;
        }
        let wait = ASK_AGAIN.saturating_mul(1 << self.asked.min(8)).min(ASK_AT_MOST);
        self.asked = self.asked.saturating_add(1);
        self.ask_and_wait(wait);
    }

    /// Asks about all that is missing, and sets the alarm for the next time.
    fn ask_and_wait(&mut self, after: Duration) {
        let mut keys: Vec<Key> = self.missing.iter().cloned().collect();
        keys.sort_unstable();
        self.tell(Message::RequestRefreshWhoHas(keys));
        self.out.push(Instruction::Wake { after, alarm: Alarm::AskHolders });
    }
}

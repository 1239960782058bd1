//! Graphs that are prepared: run as often as one likes, each time anew.
//!
//! A [`Plan`] holds the claims on all nodes of its graph. Their bodies stay (`Port::is_prepared`), and so do the links of its last
//! run, if that went well. What else the next one needs is how nodes were before: most see to that themselves as they run (the last
//! of the events that a node waits for sets its countdown anew, its phase stays [`Phase::New`], a plain value is overwritten, one
//! that was moved is gone; see [`renews_itself`]), so that no run goes through memory twice; for the others the plan keeps it.
//! After a run that went wrong, or began elsewhere, nodes are reset and linked once more.
//!
//! Values that are there from the start and are moved or updated are had again from a clone (`GivenFns`).

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::claim::{Busy, contend, next_id};
use super::edge::{EdgeKind, Link};
use super::handle::Handle;
use super::header::{
    Anew, FREE, GivenFns, Header, Phase, discard, drop_body, edges, home_of, main_port, owner_of, update_port,
};
use super::port::{Port, holds};
use super::run::{Ready, Run};
use super::trial::Trial;

/// Why a graph can't be prepared, and the operation that is to blame.
pub(crate) enum Unprepared {
    /// It is part of a run that is under way, or of another graph that is prepared.
    Busy(Handle),
    /// It has run before, and what it was given is gone.
    HasRun(Handle),
    /// Its function is called once.
    Once(Handle),
    /// It takes a plain value of this type, of which it isn't known how to clone it.
    Takes(Handle, &'static str),
    /// Its value is to be cloned, and that panicked.
    Panicked(Handle, Box<dyn Any + Send>),
    /// It takes or updates the value of the second, of that type, of which it isn't known how to clone it.
    Uses(Handle, Handle, &'static str),
}

/// A graph that is prepared.
pub(crate) struct Plan {
    output: Handle,
    /// All nodes; those that have to be set back after each run come first, once the graph is linked.
    stations: Vec<Station>,
    /// How many have to be set back.
    set_back: usize,
    versions: Vec<Version>,
    /// Values that are there before each run, and used up in it.
    given: Vec<Given>,
    /// Whether they are as they were from the start.
    is_fresh: bool,
    /// Values that are there from the start and only read: as long as we refer to them, they stay.
    read: Vec<Handle>,
    /// The nodes that are ready from the start, the first built last.
    roots: Vec<NonNull<Header>>,
    /// Whether they may be more or less urgent than one another.
    ranked: bool,
    /// What the nodes are claimed by.
    id: u32,
    /// What `Port::turn` says of the nodes that haven't run in the present run.
    turn: bool,
    state: State,
}

/// A node, and what its countdowns are before a run.
struct Station {
    node: NonNull<Header>,
    pending: u32,
    readers: u32,
    /// Whether the value was gone beforehand: an operation that ran earlier has moved or updated it.
    spent: bool,
}

/// A version that an update leaves: as a [`Station`]'s.
struct Version {
    port: NonNull<Port>,
    readers: u32,
    spent: bool,
}

struct Given {
    node: NonNull<Header>,
    saved: Option<Handle>,
    fns: &'static GivenFns,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is linked.
    Reset,
    /// All is linked and counted, for the next run.
    Linked,
    /// A run is under way, or has been left.
    Running,
}

// SAFETY: the claims make the nodes the plan's, and what they hold is `Send`.
unsafe impl Send for Plan {}

impl Plan {
    /// Prepares all that `output` needs.
    pub(crate) fn new(output: Handle) -> Result<Self, Unprepared> {
        let mut plan = Self {
            output,
            stations: Vec::new(),
            set_back: 0,
            versions: Vec::new(),
            given: Vec::new(),
            is_fresh: true,
            read: Vec::new(),
            roots: Vec::new(),
            ranked: false,
            id: next_id(),
            turn: false,
            state: State::Reset,
        };
        plan.seize_all()?;
        plan.take_stock()?;
        for Station { node, .. } in &plan.stations {
            // SAFETY: the node is ours.
            let header = unsafe { node.as_ref() };
            header.port.set_prepared(header.phase() == Phase::New);
        }
        Ok(plan)
    }

    /// Claims all nodes.
    fn seize_all(&mut self) -> Result<(), Unprepared> {
        let mut stack = vec![self.output.owner()];
        while let Some(node) = stack.pop() {
            // SAFETY: the output keeps the node alive; once it is claimed, it is ours.
            unsafe {
                let header = node.as_ref();
                let claim = header.claim.load(Ordering::Acquire);
                if claim == self.id {
                    continue;
                }
                contend(header, self.id).map_err(|Busy| Unprepared::Busy(handle_on(node)))?;
                self.stations.push(Station { node, pending: 0, readers: 0, spent: header.port.is_spent() });
                self.versions.extend((0..header.updates()).map(|index| {
                    let port = update_port(node, index);
                    Version { port, readers: 0, spent: port.as_ref().is_spent() }
                }));
                match (header.phase(), header.vtable.anew) {
                    (Phase::Done, _) => continue,
                    (Phase::New, Anew::Runs { once, .. }) => {
                        if let Some(what) = once(node) {
                            return Err(Unprepared::Takes(handle_on(node), what));
                        }
                    }
                    (Phase::New, _) => return Err(Unprepared::Once(handle_on(node))),
                    (Phase::Failed | Phase::Expanded, _) => return Err(Unprepared::HasRun(handle_on(node))),
                }
                stack.extend(edges(node).map(|edge| owner_of(edge.port())));
            }
        }
        Ok(())
    }

    /// Finds out which values that are there from the start will be used up, and saves them.
    fn take_stock(&mut self) -> Result<(), Unprepared> {
        let mut saved = std::collections::HashSet::new();
        let mut save = |port: NonNull<Port>, by: NonNull<Header>| {
            // SAFETY: the nodes are ours.
            unsafe {
                let owner = owner_of(port);
                if owner.as_ref().phase() != Phase::Done || !saved.insert(owner) {
                    return Ok(());
                }
                match owner.as_ref().vtable.anew {
                    Anew::Given(fns) => {
                        // It clones, which is the user's code.
                        let saved = catch_unwind(AssertUnwindSafe(|| fns.save.map(|save| save(owner))));
                        let saved = saved.map_err(|panic| Unprepared::Panicked(handle_on(owner), panic))?;
                        self.given.push(Given { node: owner, saved, fns });
                        Ok(())
                    }
                    Anew::GivenOnce(what) => Err(Unprepared::Uses(handle_on(by), handle_on(owner), what())),
                    _ => Err(Unprepared::HasRun(handle_on(owner))),
                }
            }
        };
        save(self.output.port(), self.output.owner())?;
        for Station { node, .. } in &self.stations {
            // SAFETY: the nodes are ours, and their edges keep what they use alive.
            unsafe {
                if node.as_ref().phase() != Phase::New {
                    continue;
                }
                for edge in edges(*node) {
                    let (port, owner) = (edge.port(), owner_of(edge.port()));
                    let there = !port.as_ref().is_spent() && home_of(port).as_ref().port.holds(holds::VALUE) != 0;
                    if owner.as_ref().phase() == Phase::Done && edge.kind() != EdgeKind::Order && !there {
                        return Err(Unprepared::HasRun(handle_on(owner)));
                    }
                    if matches!(edge.kind(), EdgeKind::Move | EdgeKind::Update) {
                        save(port, *node)?;
                    }
                }
            }
        }
        for Station { node, .. } in &self.stations {
            // SAFETY: the node is ours.
            unsafe {
                if node.as_ref().phase() == Phase::Done && !saved.contains(node) {
                    self.read.push(handle_on(*node));
                }
            }
        }
        Ok(())
    }

    /// The output.
    pub(crate) fn output(&self) -> &Handle {
        &self.output
    }

    /// What the nodes are claimed by, and whether they are linked.
    pub(crate) fn claimed_by(&self) -> (u32, bool) {
        (self.id, self.state == State::Linked)
    }

    /// Puts the values where they are that each run finds.
    ///
    /// The error is a value whose `Clone` panicked, and the panic.
    pub(crate) fn refill(&mut self) -> Result<(), (Handle, Box<dyn Any + Send>)> {
        if std::mem::replace(&mut self.is_fresh, false) {
            return Ok(());
        }
        for Given { node, saved, fns } in &self.given {
            // SAFETY: the node is ours, and no run is under way; `fns` are its own.
            unsafe {
                discard(*node);
                catch_unwind(AssertUnwindSafe(|| (fns.refill)(*node, saved.as_ref())))
                    .map_err(|panic| (handle_on(*node), panic))?;
            }
        }
        Ok(())
    }

    /// Whether a run is under way, or has been left.
    pub(crate) fn is_running(&self) -> bool {
        self.state == State::Running
    }

    /// Unlinks all, for a run that begins elsewhere.
    pub(crate) fn unlink(&mut self) {
        if self.state != State::Reset {
            self.reset();
        }
    }

    /// Begins a run, which belongs to the plan; `whole` says that it is of the whole graph, so that its links can stay.
    pub(crate) fn begin<'r>(&mut self, run: &'r Run, whole: bool) -> Result<Vec<Ready<'r>>, Busy> {
        let linked = std::mem::replace(&mut self.state, State::Running) == State::Linked;
        if linked {
            // SAFETY: `Run::claim` has made them so; each node has set itself back since (`renews_itself`), or `rearm` has.
            return Ok(unsafe { run.begin_linked(&self.roots, self.ranked) });
        }
        let roots = run.claim()?;
        if whole {
            self.roots = roots.iter().map(Ready::node).collect();
            self.ranked = run.ranks_roots();
            // Before anything is run.
            for station in &mut self.stations {
                // SAFETY: the node is ours, and no run is under way yet.
                let header = unsafe { station.node.as_ref() };
                (station.pending, station.readers) = (header.pending.get(), header.port.readers.get());
            }
            for version in &mut self.versions {
                // SAFETY: as above.
                version.readers = unsafe { version.port.as_ref() }.readers.get();
            }
            // SAFETY: as above, and it is linked.
            self.stations.sort_by_key(|station| unsafe { renews_itself(station) });
            // SAFETY: as above.
            self.set_back = self.stations.partition_point(|station| !unsafe { renews_itself(station) });
        }
        Ok(roots)
    }

    /// Notes which operations have run, in a run that didn't go well and that others follow, or somebody asks about.
    pub(crate) fn note_done(&self) {
        for Station { node, .. } in &self.stations {
            // SAFETY: the node is ours, and no run is under way.
            let port = unsafe { &node.as_ref().port };
            if port.is_prepared() && port.phase() == Phase::New && port.turn() != self.turn {
                port.set_phase(Phase::Done);
            }
        }
    }

    /// Ends what a run left, so that there may be another. `linked_by` is the run, if it was of the whole graph and clean, and
    /// whether it cared how operations are run.
    pub(crate) fn end(&mut self, linked_by: Option<(u32, bool)>) {
        match linked_by {
            Some((id, cared)) => {
                self.id = id;
                self.turn = !self.turn;
                self.rearm(if cared { self.stations.len() } else { self.set_back });
                self.state = State::Linked;
            }
            None => self.reset(),
        }
    }

    /// Sets the first `count` nodes back to what they were before the run, but for their links.
    fn rearm(&mut self, count: usize) {
        for Station { node, pending, readers, spent } in &self.stations[..count] {
            // SAFETY: the node is ours, and no run is under way.
            unsafe {
                let header = node.as_ref();
                header.pending.set(*pending);
                header.port.readers.set(*readers);
                if header.port.is_prepared() {
                    if header.port.holds(holds::VALUE) != 0 {
                        discard(*node);
                    }
                    header.port.renew();
                }
                header.port.set_spent(*spent);
            }
        }
        for Version { port, readers, spent } in &self.versions {
            // SAFETY: as above.
            let port = unsafe { port.as_ref() };
            port.readers.set(*readers);
            port.set_spent(*spent);
        }
    }

    /// Makes all nodes such as haven't run, linked to nothing.
    fn reset(&mut self) {
        for Station { node, .. } in &self.stations {
            // SAFETY: the node is ours, and no run is under way. Subgraphs that were left go before what they may borrow.
            drop(unsafe { node.as_ref() }.take_child());
        }
        for Station { node, spent, .. } in &self.stations {
            // SAFETY: as above.
            unsafe {
                let header = node.as_ref();
                if header.port.is_prepared() {
                    discard(*node);
                    drop_body(*node);
                    header.port.renew();
                    if let Some(extra) = header.extra() {
                        *extra.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
                        *extra.trial.lock().unwrap_or_else(PoisonError::into_inner) = Trial::default();
                    }
                }
                header.pending.reset();
                header.port.reset_turn();
                unlink(main_port(*node), *spent);
                // Relaxed: it was ours before.
                header.claim.store(self.id, Ordering::Relaxed);
            }
        }
        for Version { port, spent, .. } in &self.versions {
            // SAFETY: as above.
            unsafe { unlink(*port, *spent) };
        }
        self.turn = false;
        self.state = State::Reset;
    }
}

/// Whether a run that goes well, and doesn't care how operations are run, leaves the node as it found it, but for `Port::turn`, and for a
/// plain value that is there still, which nobody asks for before there is another.
///
/// # Safety
/// The node is the caller's, alive and linked, and no run is under way.
unsafe fn renews_itself(station: &Station) -> bool {
    // SAFETY: by the caller's word; what takes the value lives as long.
    unsafe {
        let header = station.node.as_ref();
        let port = &header.port;
        let taker = NonNull::new(port.taker.get().cast_mut());
        let counts_readers = station.readers > 0 && (taker.is_some() || !port.is_plain());
        let waits_for_all = station.pending as usize == header.edge_count();
        // A plain value may stay. Any other is gone where somebody takes it, and where nobody reads it.
        let updates = header.updates() > 0 || taker.is_some_and(|taker| taker.as_ref().updates() > 0);
        port.is_prepared()
            && waits_for_all
            && !counts_readers
            && !updates
            && !station.spent
            && !port.may_be_absent()
            && !port.has_terms()
            && header.outside.get() == 0
    }
}

/// Makes a version one that nobody waits for, and that is gone if it was so beforehand.
///
/// # Safety
/// It is the caller's, and no run is under way.
unsafe fn unlink(port: NonNull<Port>, spent: bool) {
    // SAFETY: by the caller's word.
    let port = unsafe { port.as_ref() };
    port.waiting.set(Link::NONE);
    port.taker.set(ptr::null());
    port.readers.reset();
    port.set_spent(spent);
}

/// A handle on a node's result.
///
/// # Safety
/// The node is alive.
unsafe fn handle_on(node: NonNull<Header>) -> Handle {
    // SAFETY: by the caller's word; the handle counts for itself.
    unsafe {
        node.as_ref().refs().join(1);
        Handle::new(main_port(node), 0)
    }
}

impl Drop for Plan {
    fn drop(&mut self) {
        if self.state != State::Reset {
            self.reset();
        }
        if !self.is_fresh {
            for Given { node, .. } in &self.given {
                // SAFETY: the node is ours. Its value may have been updated: it is not what others expect.
                unsafe {
                    discard(*node);
                    node.as_ref().port.set_spent(true);
                }
            }
        }
        for Station { node, .. } in &self.stations {
            // SAFETY: the output keeps the node alive.
            let header = unsafe { node.as_ref() };
            header.port.set_prepared(false);
            // Release: pairs with the acquire of whoever claims next.
            header.claim.store(FREE, Ordering::Release);
        }
    }
}

//! Operations that are run elsewhere: what they use, how they are taken for run, and how that turns out.
//!
//! An operation that is [deferred](Ready::defer) tells those that wait for it that they can go on, as one that has run does, but has
//! no value, and isn't done: it counts as failed, without a failure, until it is [confirmed](Deferred::confirm), with all that it
//! needs, or [fails](Deferred::fail). So what failed is found, and told of, as in any run; and nobody ever runs it again, since what
//! it was to be given is gone. Where an operation that runs here needs a value that
//! isn't here, that is [supplied](Ready::supply) before.
//!
//! Values are looked at, supplied and dropped by one thread: an executor that defers operations runs the others itself.
//!
//! Where an `unsafe` block here doesn't say more: the token, or the handle, keeps the node alive; the run's claim makes it, and
//! what it uses, the run's; and the run is driven by this thread alone.

use std::any::TypeId;
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::body::is_to_be_skipped;
use super::edge::{EdgeKind, Link};
use super::handle::Handle;
use super::header::{Describe, Header, Phase, discard, drop_body, edges, home_of, main_port, owner_of, update_port};
use super::observe::{Event, tell};
use super::plain::{Boxed, Plain};
use super::port::{Port, holds};
use super::run::{Ready, Run, Sink};
use super::step::{complete_elsewhere, fail, finish_absent, returned_elsewhere, spend};
use super::trial::was_tried;
use crate::error::{Cause, Failure};

/// One version of a value, in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Version {
    port: usize,
    /// When the operation was built that gives it: memory is used again.
    seq: u32,
}

impl Version {
    /// # Safety
    /// The port is alive.
    unsafe fn of(port: NonNull<Port>) -> Self {
        // SAFETY: by the caller's word.
        Self { port: port.addr().get(), seq: unsafe { owner_of(port).as_ref() }.seq }
    }
}

/// How an operation uses a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Use {
    pub(crate) kind: EdgeKind,
    pub(crate) version: Version,
    /// The value's type.
    pub(crate) of: TypeId,
    pub(crate) name: &'static str,
    /// The value is here.
    pub(crate) is_here: bool,
    /// There is no value: the operation that was to give it was skipped, or gave none.
    pub(crate) is_absent: bool,
}

impl Use {
    /// # Safety
    /// The port is alive.
    unsafe fn of((kind, port): (EdgeKind, NonNull<Port>)) -> Self {
        // SAFETY: the port keeps alive what the value lives in.
        unsafe {
            let (owner, home) = (owner_of(port).as_ref(), home_of(port).as_ref());
            Self {
                kind,
                version: Version::of(port),
                of: (home.vtable.result.of)(),
                name: (home.vtable.result.name)(),
                is_here: home.port.holds(holds::VALUE) != 0,
                is_absent: owner.port.is_absent() || home.port.is_absent(),
            }
        }
    }
}

/// A node of the run, to look at.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'r>(NonNull<Header>, PhantomData<&'r Run>);

impl<'r> Seen<'r> {
    pub(crate) fn header(&self) -> &'r Header {
        // SAFETY: see above.
        unsafe { self.0.as_ref() }
    }

    /// Shows the inputs; false if they are gone.
    pub(crate) fn describe(&self, out: &mut dyn Describe) -> bool {
        if self.is_homeward() {
            out.edge();
            return true;
        }
        // SAFETY: see above.
        unsafe { (self.header().vtable.describe)(self.0, out) }
    }

    /// The versions that the operation uses now, and how: one whose subgraph is under way takes the result of that.
    fn ports(&self) -> impl Iterator<Item = (EdgeKind, NonNull<Port>)> + 'r {
        let child = self.header().child().map(|child| (EdgeKind::Move, child.port()));
        // SAFETY: see above.
        let edges = child.is_none().then(|| unsafe { edges(self.0) }.map(|edge| (edge.kind(), edge.port())));
        child.into_iter().chain(edges.into_iter().flatten())
    }

    fn port(&self, index: usize) -> Option<NonNull<Port>> {
        self.ports().nth(index).map(|(_, port)| port)
    }

    /// What the operation uses, in the order of its inputs.
    pub(crate) fn uses(&self) -> Vec<Use> {
        // SAFETY: see above.
        self.ports().map(|used| unsafe { Use::of(used) }).collect()
    }

    /// The `index`-th value that the operation uses.
    pub(crate) fn used(&self, index: usize) -> Option<Use> {
        // SAFETY: see above.
        self.ports().nth(index).map(|used| unsafe { Use::of(used) })
    }

    /// The operation that gives the `index`-th value.
    pub(crate) fn giver(&self, index: usize) -> Option<&'r Header> {
        // SAFETY: see above; a port keeps its owner alive.
        self.port(index).map(|port| unsafe { owner_of(port).as_ref() })
    }

    /// The operations of the run that use what this one gives.
    pub(crate) fn users(&self) -> Vec<Seen<'r>> {
        let mut users = Vec::new();
        let mut push = |user| users.push(Seen(user, PhantomData));
        // SAFETY: what waits for the node lives while that does.
        unsafe {
            let updates = (0..self.header().updates()).map(|index| update_port(self.0, index));
            for port in [main_port(self.0)].into_iter().chain(updates) {
                let mut link = waiting_for(port);
                while let Some((user, next)) = link.follow() {
                    push(user);
                    link = next;
                }
                NonNull::new(port.as_ref().taker.get().cast_mut()).into_iter().for_each(&mut push);
            }
        }
        users
    }

    /// Whether somebody outside of the run has a handle on the operation, or it is one of the run's outputs.
    pub(crate) fn is_kept(&self, run: &Run) -> bool {
        self.header().outside.get() > 0 || run.gives_out(self.header())
    }

    /// Whether all values that the node uses are given by operations that run elsewhere.
    pub(crate) fn is_made_elsewhere(&self) -> bool {
        let mut used = self.ports().filter(|(kind, _)| *kind != EdgeKind::Order);
        // SAFETY: see above.
        used.all(|(_, port)| unsafe { port.as_ref() }.is_elsewhere())
    }

    /// Whether the node has given a subgraph, whose result it only takes when it is ready again.
    pub(crate) fn is_homeward(&self) -> bool {
        self.header().phase() == Phase::Expanded
    }
}

impl Ready<'_> {
    /// The `index`-th value that the operation uses, if it is here.
    pub(crate) fn value(&self, index: usize) -> Option<Plain<'_>> {
        let port = self.seen().port(index)?;
        // SAFETY: the operation is about to use the value, so nobody changes it meanwhile.
        unsafe {
            let home = home_of(port);
            if home.as_ref().port.holds(holds::VALUE) == 0 { None } else { (home.as_ref().vtable.result.peek)(home) }
        }
    }

    /// Brings the `index`-th value that the operation uses here. Gives it back if there is one, or it is of another type.
    pub(crate) fn supply(&self, index: usize, value: Boxed) -> Result<(), Boxed> {
        let Some(port) = self.seen().port(index) else { return Err(value) };
        // SAFETY: the value is the operation's to use, and nobody else looks at it meanwhile: the run is this thread's.
        unsafe {
            let home = home_of(port);
            if home.as_ref().port.holds(holds::VALUE) != 0 || !port.as_ref().is_elsewhere() {
                return Err(value);
            }
            (home.as_ref().vtable.result.fill)(home, value)
        }
    }

    /// The versions that the operation gives, each with how many operations use it: its result, and what it updates, in the order
    /// of the updates.
    pub(crate) fn gives(&self) -> Vec<(Version, usize)> {
        // SAFETY: see above.
        unsafe {
            let updates = if self.seen().is_homeward() { 0 } else { self.header().updates() };
            let updates = (0..updates).map(|index| update_port(self.node(), index));
            let ports = [main_port(self.node())].into_iter().chain(updates);
            ports.map(|port| (Version::of(port), users_of(port))).collect()
        }
    }

    /// The node, to look at.
    pub(crate) fn seen(&self) -> Seen<'_> {
        Seen(self.node(), PhantomData)
    }

    /// Whether the operation won't be called, as a value that it needs isn't there.
    pub(crate) fn is_skipped(&self) -> bool {
        // SAFETY: see above.
        !self.seen().is_homeward() && unsafe { is_to_be_skipped(self.node()) }
    }

    /// Whether the operation was tried here before, with all that it needs.
    pub(crate) fn was_tried(&self) -> bool {
        !self.seen().is_homeward() && was_tried(self.header())
    }

    /// Of an operation that only takes the result of its subgraph: the version that it gives, how many operations use that, and
    /// whether somebody outside of the run may.
    pub(crate) fn destination(&self, run: &Run) -> Option<(Version, usize, bool)> {
        if !self.seen().is_homeward() {
            return None;
        }
        // SAFETY: see above.
        unsafe {
            let port = main_port(self.node());
            Some((Version::of(port), users_of(port), self.seen().is_kept(run)))
        }
    }

    /// Ends the operation, which can't be run elsewhere: what waits for it never becomes ready.
    pub(crate) fn refuse(self, run: &Run, cause: Cause) -> Deferred {
        // SAFETY: see above.
        let deferred = unsafe { Deferred::of(self.node()) };
        if self.seen().is_homeward() {
            never_returns(self.header(), run, self.failure(cause));
            deferred.is_over.set(true);
        } else {
            deferred.fail(run, cause);
        }
        deferred
    }

    /// Takes the operation for run, though it has no value, and hands on what that makes ready. What is captured, taken or updated
    /// is dropped here.
    ///
    /// What the operation gives is of the types that a registered function gives or takes, or is made of what such operations give.
    pub(crate) fn defer<'r>(self, run: &'r Run, sink: &mut impl Sink<'r>) -> Deferred {
        let node = self.node();
        debug_assert!(
            !self.header().port.is_prepared(),
            "what a node of a prepared graph holds may be of an earlier run"
        );
        run.needs_settling();
        if let Some(child) = self.header().child() {
            // SAFETY: see above; nobody else takes the result.
            return unsafe {
                discard(child.home());
                child.port().as_ref().spend();
                let deferred = Deferred::of(node);
                main_port(node).as_ref().set_elsewhere();
                returned_elsewhere(node, run, sink);
                deferred
            };
        }
        tell(self.header(), run, Event::Started { attempt: 1 });
        // SAFETY: see above. What is taken or updated is the operation's own.
        unsafe {
            for edge in edges(node) {
                if matches!(edge.kind(), EdgeKind::Move | EdgeKind::Update) {
                    discard(home_of(edge.port()));
                }
            }
            drop_body(node);
            self.header().port.set_phase(Phase::Failed);
            spend(node);
            let deferred = Deferred::of(node);
            let updates = (0..self.header().updates()).map(|index| update_port(node, index));
            [main_port(node)].into_iter().chain(updates).for_each(|port| port.as_ref().set_elsewhere());
            complete_elsewhere(node, sink);
            deferred
        }
    }

    /// Ends the operation, which has failed elsewhere; `caught` says that whoever made it has been told, so that it has only no value.
    pub(crate) fn fail_with<'r>(self, run: &'r Run, sink: &mut impl Sink<'r>, failure: Arc<Failure>, caught: bool) {
        // SAFETY: see above.
        unsafe {
            if let Some(child) = self.header().child() {
                discard(child.home());
                return never_returns(self.header(), run, failure);
            }
            // Nobody else takes them, and they may borrow from what goes before the node does.
            for edge in edges(self.node()).filter(|edge| edge.kind() == EdgeKind::Move) {
                discard(home_of(edge.port()));
            }
            if caught {
                finish_absent(self.node(), sink);
            } else {
                tell(self.header(), run, Event::Failed(&failure));
                fail(self.node(), run, failure);
            }
        }
    }

    /// The failure that the operation ends with.
    pub(crate) fn failure(&self, cause: Cause) -> Arc<Failure> {
        Arc::new(Failure::of(self.header(), cause))
    }

    /// Whether the operation has a time limit of its own.
    pub(crate) fn has_limit(&self) -> bool {
        self.header().terms().is_some_and(|terms| terms.timeout.is_some())
    }

    /// How often the operation may be tried again, if it says so itself, and whether it looks at what it gave to say when.
    pub(crate) fn retries(&self) -> Option<(u32, bool)> {
        let terms = self.header().terms()?;
        Some((terms.retries?, terms.by_predicate))
    }
}

/// Notes why an operation never takes the result of its subgraph.
fn never_returns(header: &Header, run: &Run, failure: Arc<Failure>) {
    header.set_failure(failure);
    run.note_failure();
}

/// The edges that wait for a version.
///
/// # Safety
/// The version is alive.
unsafe fn waiting_for(port: NonNull<Port>) -> Link {
    // SAFETY: by the caller's word.
    unsafe { if port.as_ref().is_main() { owner_of(port).as_ref().waiting() } else { port.as_ref().waiting.get() } }
}

/// How many operations use a version.
///
/// # Safety
/// The version, and what waits for it, is alive.
unsafe fn users_of(port: NonNull<Port>) -> usize {
    // SAFETY: by the caller's word.
    unsafe {
        let (mut count, mut link) = (usize::from(!port.as_ref().taker.get().is_null()), waiting_for(port));
        while let Some((_, next)) = link.follow() {
            count += 1;
            link = next;
        }
        count
    }
}

/// Whether it isn't known how an operation has turned out.
fn is_unknown(header: &Header) -> bool {
    header.phase() == Phase::Failed && header.failure().is_none()
}

/// An operation that was taken for run.
pub(crate) struct Deferred {
    node: Handle,
    /// Of an operation that only was to take the result of its subgraph: the result.
    result: Option<Handle>,
    /// Of such a one: whether it is known how it turned out.
    is_over: Cell<bool>,
}

impl Deferred {
    /// # Safety
    /// The node is alive.
    unsafe fn of(node: NonNull<Header>) -> Self {
        // SAFETY: by the caller's word. Not counted, hence not to be dropped.
        let node = ManuallyDrop::new(unsafe { Handle::new(main_port(node), 0) });
        let result = node.header().child().map(|child| child.share());
        Self { node: node.share(), result, is_over: Cell::new(false) }
    }

    /// The operation.
    pub(crate) fn header(&self) -> &Header {
        self.node.header()
    }

    /// Notes that the operation has been run, and with it all that it needs.
    pub(crate) fn confirm(&self, run: &Run) {
        let first = match &self.result {
            Some(_) if self.is_over.replace(true) => return,
            Some(result) => result,
            None => &self.node,
        };
        // SAFETY: the handle keeps all of these alive, and the run is this thread's.
        unsafe {
            let claim = first.header().claim.load(Ordering::Relaxed);
            let mut stack = vec![first.owner()];
            while let Some(node) = stack.pop() {
                let header = node.as_ref();
                if !is_unknown(header) || header.claim.load(Ordering::Relaxed) != claim {
                    continue;
                }
                header.port.set_phase(Phase::Done);
                tell(header, run, Event::Finished);
                stack.extend(edges(node).map(|edge| owner_of(edge.port())));
            }
        }
    }

    /// Whether the operation is known to have been run, or to have failed.
    pub(crate) fn is_over(&self) -> bool {
        if self.result.is_some() { self.is_over.get() } else { !is_unknown(self.header()) }
    }

    /// Notes that the operation has failed.
    pub(crate) fn fail(&self, run: &Run, cause: Cause) {
        if self.result.is_some() {
            self.is_over.set(true);
            return run.note_failure();
        }
        // SAFETY: as in `confirm`.
        unsafe {
            let failure = Arc::new(Failure::of(self.header(), cause));
            tell(self.header(), run, Event::Failed(&failure));
            fail(self.node.owner(), run, failure);
        }
    }

    /// The type of the `index`-th value that the operation gives.
    pub(crate) fn gives(&self, index: usize) -> Option<(TypeId, &'static str)> {
        let node = self.node.owner();
        // It is another operation's.
        if self.result.is_some() || index > self.header().updates() {
            return None;
        }
        // SAFETY: as in `confirm`.
        unsafe {
            let port = if index == 0 { main_port(node) } else { update_port(node, index - 1) };
            let result = home_of(port).as_ref().vtable.result;
            Some(((result.of)(), (result.name)()))
        }
    }

    /// Puts the operation's value into its slot, or an updated value where that lives, unless it is there, or a later operation has
    /// taken or updated it, so that nobody can ask for it.
    pub(crate) fn supply(&self, index: usize, value: Boxed) -> Result<(), Boxed> {
        if self.result.is_some() {
            return Err(value);
        }
        let node = self.node.owner();
        // SAFETY: as in `Ready::supply`.
        unsafe {
            let port = if index == 0 { main_port(node) } else { update_port(node, index - 1) };
            let home = home_of(port);
            if port.as_ref().is_spent() || home.as_ref().port.holds(holds::VALUE) != 0 {
                return Ok(());
            }
            (home.as_ref().vtable.result.fill)(home, value)
        }
    }
}

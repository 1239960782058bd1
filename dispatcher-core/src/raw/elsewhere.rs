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
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::body::is_to_be_skipped;
use super::header::{
    Describe, Handle, Header, Phase, What, discard, drop_body, edges, home_of, main_port, owner_of, update_port,
};
use super::observe::{Event, tell};
use super::plain::{Boxed, Plain};
use super::port::{Edge, EdgeKind, Port, holds};
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
    fn of(edge: &Edge) -> Self {
        let port = edge.port();
        // SAFETY: the edge keeps the port alive, and what the value lives in.
        unsafe {
            let (owner, home) = (owner_of(port).as_ref(), home_of(port).as_ref());
            Self {
                kind: edge.kind(),
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
        // SAFETY: see above.
        unsafe { (self.header().vtable.describe)(self.0, out) }
    }

    fn edge(&self, index: usize) -> Option<&'r Edge> {
        // SAFETY: see above.
        unsafe { edges(self.0) }.nth(index)
    }

    /// What the operation uses, in the order of its inputs.
    pub(crate) fn uses(&self) -> Vec<Use> {
        // SAFETY: see above.
        unsafe { edges(self.0) }.map(Use::of).collect()
    }

    /// The `index`-th value that the operation uses.
    pub(crate) fn used(&self, index: usize) -> Option<Use> {
        self.edge(index).map(Use::of)
    }

    /// The operation that gives the `index`-th value.
    pub(crate) fn giver(&self, index: usize) -> Option<&'r Header> {
        // SAFETY: the edge keeps its owner alive.
        self.edge(index).map(|edge| unsafe { owner_of(edge.port()).as_ref() })
    }

    /// The operations of the run that use what this one gives.
    pub(crate) fn users(&self) -> Vec<Seen<'r>> {
        let mut users = Vec::new();
        let mut push = |user| users.push(Seen(user, PhantomData));
        // SAFETY: what waits for the node lives while that does.
        unsafe {
            let updates = (0..self.header().updates()).map(|index| update_port(self.0, index));
            for port in [main_port(self.0)].into_iter().chain(updates) {
                let mut link = port.as_ref().waiting.get();
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
        // SAFETY: see above.
        let mut used = unsafe { edges(self.0) }.filter(|edge| edge.kind() != EdgeKind::Order);
        // SAFETY: the edge keeps the port alive.
        used.all(|edge| unsafe { edge.port().as_ref() }.is_elsewhere())
    }

    /// Whether the node brings a subgraph's result home.
    pub(crate) fn is_homeward(&self) -> bool {
        self.header().vtable.what == What::Homeward
    }
}

impl Ready<'_> {
    /// The `index`-th value that the operation uses, if it is here.
    pub(crate) fn value(&self, index: usize) -> Option<Plain<'_>> {
        let edge = self.seen().edge(index)?;
        // SAFETY: the operation is about to use the value, so nobody changes it meanwhile.
        unsafe {
            let home = home_of(edge.port());
            if home.as_ref().port.holds(holds::VALUE) == 0 { None } else { (home.as_ref().vtable.result.peek)(home) }
        }
    }

    /// Brings the `index`-th value that the operation uses here. Gives it back if there is one, or it is of another type.
    pub(crate) fn supply(&self, index: usize, value: Boxed) -> Result<(), Boxed> {
        let Some(edge) = self.seen().edge(index) else { return Err(value) };
        // SAFETY: the value is the operation's to use, and nobody else looks at it meanwhile: the run is this thread's.
        unsafe {
            let home = home_of(edge.port());
            if home.as_ref().port.holds(holds::VALUE) != 0 || !edge.port().as_ref().is_elsewhere() {
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
            let updates = (0..self.header().updates()).map(|index| update_port(self.node(), index));
            let ports = [main_port(self.node())].into_iter().chain(updates);
            ports.map(|port| (Version::of(port), users_of(port.as_ref()))).collect()
        }
    }

    /// The node, to look at.
    pub(crate) fn seen(&self) -> Seen<'_> {
        Seen(self.node(), PhantomData)
    }

    /// Whether the operation won't be called, as a value that it needs isn't there.
    pub(crate) fn is_skipped(&self) -> bool {
        // SAFETY: see above.
        unsafe { is_to_be_skipped(self.node()) }
    }

    /// Whether the operation was tried here before, with all that it needs.
    pub(crate) fn was_tried(&self) -> bool {
        was_tried(self.header())
    }

    /// Where a node which brings a result home brings it: the version that it gives there, how many operations use that, and whether
    /// somebody outside of the run may.
    pub(crate) fn destination(&self, run: &Run) -> Option<(Version, usize, bool)> {
        if !self.seen().is_homeward() {
            return None;
        }
        // SAFETY: the operation whose subgraph this is waits for it, so it is alive. What waits for that is kept by this node.
        unsafe {
            let home = super::body::destination(self.node());
            let takers = usize::from(!home.as_ref().port.taker.get().is_null());
            let users = waiting_at(&self.header().port) + takers;
            Some((Version::of(main_port(home)), users, Seen(home, PhantomData).is_kept(run)))
        }
    }

    /// Ends the operation, which can't be run elsewhere: what waits for it never becomes ready.
    pub(crate) fn refuse(self, run: &Run, cause: Cause) -> Deferred {
        // SAFETY: see above.
        let deferred = unsafe { Deferred(ManuallyDrop::new(Handle(main_port(self.node()))).share()) };
        deferred.fail(run, cause);
        deferred
    }

    /// Takes the operation for run, though it has no value, and hands on what that makes ready. What is captured, taken or updated
    /// is dropped here.
    ///
    /// What the operation gives is of the types that a registered function gives or takes, or is made of what such operations give.
    pub(crate) fn defer<'r>(self, run: &'r Run, sink: &mut impl Sink<'r>) -> Deferred {
        let node = self.node();
        run.needs_settling();
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
            let deferred = Deferred(ManuallyDrop::new(Handle(main_port(node))).share());
            let updates = (0..self.header().updates()).map(|index| update_port(node, index));
            [main_port(node)].into_iter().chain(updates).for_each(|port| port.as_ref().set_elsewhere());
            if self.seen().is_homeward() {
                let home = super::body::destination(node);
                main_port(home).as_ref().set_elsewhere();
                returned_elsewhere(home, run, sink);
            } else {
                complete_elsewhere(node, sink);
            }
            deferred
        }
    }

    /// Ends the operation, which has failed elsewhere; `caught` says that whoever made it has been told, so that it has only no value.
    pub(crate) fn fail_with<'r>(self, run: &'r Run, sink: &mut impl Sink<'r>, failure: Arc<Failure>, caught: bool) {
        // SAFETY: see above.
        unsafe {
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

/// How many edges wait for a version.
///
/// # Safety
/// What waits for it is alive.
unsafe fn waiting_at(port: &Port) -> usize {
    let (mut count, mut link) = (0, port.waiting.get());
    // SAFETY: by the caller's word.
    while let Some((_, next)) = unsafe { link.follow() } {
        count += 1;
        link = next;
    }
    count
}

/// How many operations use a version.
///
/// # Safety
/// As [`waiting_at`].
unsafe fn users_of(port: &Port) -> usize {
    // SAFETY: by the caller's word.
    unsafe { waiting_at(port) + usize::from(!port.taker.get().is_null()) }
}

/// Whether it isn't known how an operation has turned out.
fn is_unknown(header: &Header) -> bool {
    header.phase() == Phase::Failed && header.failure().is_none()
}

/// An operation that was taken for run.
pub(crate) struct Deferred(Handle);

impl Deferred {
    /// The operation.
    pub(crate) fn header(&self) -> &Header {
        self.0.header()
    }

    /// Notes that the operation has been run, and with it all that it needs.
    pub(crate) fn confirm(&self, run: &Run) {
        // SAFETY: the handle keeps all of these alive, and the run is this thread's.
        unsafe {
            let claim = self.0.header().claim.load(Ordering::Relaxed);
            let mut stack = vec![self.0.owner()];
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
        !is_unknown(self.0.header())
    }

    /// Notes that the operation has failed.
    pub(crate) fn fail(&self, run: &Run, cause: Cause) {
        // SAFETY: as in `confirm`.
        unsafe {
            let failure = Arc::new(Failure::of(self.0.header(), cause));
            tell(self.0.header(), run, Event::Failed(&failure));
            fail(self.0.owner(), run, failure);
        }
    }

    /// The type of the `index`-th value that the operation gives.
    pub(crate) fn gives(&self, index: usize) -> Option<(TypeId, &'static str)> {
        let node = self.0.owner();
        if index > self.0.header().updates() {
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
        let node = self.0.owner();
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

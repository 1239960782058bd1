//! Running one node, and what comes of it: who is told, which values go, what takes a node's place.
//!
//! The order of things when a node has run:
//!
//! 1. Its uses end: a version's last reader lets its taker go, or, if there is none, drops the value (where a type needs no
//!    drop and there is no taker, readers aren't counted down).
//! 2. Its own versions are there: where one has readers, those are told; where it has none, its taker is told; where it
//!    has neither, the value is dropped, unless somebody outside the run holds a handle on it.
//! 3. After telling the last one, the node is not touched again. For the operation that gave the subgraph (which waits, through
//!    others, for all of it) may then go on, and the subgraph is freed.
//!
//! A node that gives a subgraph is expanded: it takes the result of that, so it is ready once more when the result is there
//! ([`bring_home`]), and has run then. Where the node is itself the result of a subgraph, and lends its own
//! nothing, the new one takes the place of the old, which goes, with the node ([`hand_on`]): a tail call.
//!
//! Nothing here blocks, and nothing recurses.
//!
//! Where an `unsafe fn` here doesn't say what it asks for, it is this: the node is alive, and the caller's, by the run's claim
//! while it is being claimed, and by its token from then on.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use super::claim::{Found, claim, is_gone, next_id};
use super::claim_few::claim_few;
use super::edge::{EdgeKind, Link};
use super::handle::Handle;
use super::header::{
    Ended, FREE, Header, Phase, PollFn, Step, discard, drop_body, edges, home_of, main_port, owner_of, update_port,
};
use super::observe::during;
use super::port::Port;
use super::prefetch::prefetch;
use super::run::{Ready, Run, Sink};
use super::settle::Settled;
use super::trial::{self, needs_care};
use crate::error::{Cause, Failure};

impl<'r> Ready<'r> {
    /// Runs the node, and hands on what that makes ready.
    #[inline]
    pub(crate) fn run<S: Sink<'r>>(self, run: &'r Run, sink: &mut S) {
        let node = self.0;
        // SAFETY: the token says that the node is claimed, alive, and ready, and that we are the one to run it.
        unsafe {
            if node.as_ref().phase() != Phase::New {
                return bring_home(node, run, sink);
            }
            let table = node.as_ref().vtable;
            // All futures do.
            if needs_care(node.as_ref(), run) {
                return match table.poll {
                    Some(poll) => wait_for(node, poll, run, sink),
                    None => trial::run_with_care(node, run, sink),
                };
            }
            let step = catch_unwind(AssertUnwindSafe(|| (table.run)(node)));
            if matches!(step, Ok(Step::Done)) {
                // There is nothing in it to drop, which the compiler doesn't see.
                std::mem::forget(step);
                complete(node, sink);
            } else {
                go_on(node, step, run, sink);
            }
        }
    }
}

/// Goes on with a node that gave no value. By itself, so that what most nodes do stays small.
#[inline(never)]
unsafe fn go_on<'r>(
    node: NonNull<Header>,
    step: Result<Step, Box<dyn Any + Send>>,
    run: &'r Run,
    sink: &mut impl Sink<'r>,
) {
    // SAFETY: the node is ours.
    unsafe {
        match step {
            Ok(Step::Done) => complete(node, sink),
            Ok(Step::Expanded) => expand(node, run, sink),
            Ok(Step::Waits) => {
                run.begin_future();
                expand(node, run, sink);
            }
            Ok(Step::Ended(ended)) => match *ended {
                Ended::Failed(cause) => fail(node, run, Arc::new(Failure::of(node.as_ref(), cause))),
                Ended::Caught(tell) => {
                    tell();
                    finish_absent(node, sink);
                }
            },
            Err(panic) => {
                let failure = match panic.downcast::<Forwarded>() {
                    Ok(forwarded) => forwarded.0,
                    Err(panic) => Arc::new(Failure::of(node.as_ref(), Cause::panicked(panic))),
                };
                fail(node, run, failure);
            }
        }
    }
}

/// Goes on with an operation whose subgraph's result is there.
unsafe fn bring_home<'r>(home: NonNull<Header>, run: &'r Run, sink: &mut impl Sink<'r>) {
    // SAFETY: the operation is ours, and expanded, so its slot is ours to write. It alone takes the result, which is of its type.
    unsafe {
        let there = home.as_ref().child().is_some_and(|child| (home.as_ref().vtable.fetch)(home, child.home()));
        if there {
            returned(home, run, sink);
        } else {
            let cause = Cause::panicked(Box::new("a value is there until it is taken"));
            give_up(home, Failure::of(home.as_ref(), cause), run);
        }
    }
}

/// Goes on with an operation into whose slot the result of its subgraph has been put.
pub(super) unsafe fn returned<'r>(home: NonNull<Header>, run: &'r Run, sink: &mut impl Sink<'r>) {
    // SAFETY: the operation is ours: nobody else waits for its subgraph.
    unsafe {
        sink.leave();
        if let Some(child) = home.as_ref().take_child() {
            retire(child, run);
        }
        if needs_care(home.as_ref(), run) {
            return trial::conclude(home, run, sink);
        }
        drop_body(home);
        complete(home, sink);
    }
}

/// Ends a node that has no value, and that nothing is to come of.
pub(super) unsafe fn finish_absent<'r>(node: NonNull<Header>, sink: &mut impl Sink<'r>) {
    // SAFETY: the node is ours.
    unsafe {
        drop_body(node);
        node.as_ref().port.set_absent();
        complete(node, sink);
    }
}

/// Polls the future of a node, which sleeps if it isn't ready.
unsafe fn wait_for<'r>(node: NonNull<Header>, poll: PollFn, run: &'r Run, sink: &mut impl Sink<'r>) {
    let dormitory = run.dormitory();
    // SAFETY: the token says that the node is claimed, alive, and ours to poll; it is a future's.
    unsafe {
        let giver = trial::giver_of(node, run);
        if let Some((giver, cause)) = giver.and_then(|giver| Some((giver, trial::is_over(giver)?))) {
            run.end_future();
            return trial::abandon(giver, Ok(cause), run, sink);
        }
        let polled = || match giver {
            Some(giver) => during(giver.as_ref(), run, || poll(node, dormitory)),
            None => poll(node, dormitory),
        };
        match catch_unwind(AssertUnwindSafe(polled)) {
            Ok((Poll::Ready(()), _)) => {
                run.end_future();
                complete(node, sink);
            }
            Ok((Poll::Pending, sleeper)) => {
                if let Some(giver) = giver {
                    trial::sleeps(giver, &sleeper, run);
                }
                if !dormitory.sleep(node, &sleeper) {
                    sink.ready(Ready::of(node));
                }
            }
            Err(panic) => {
                run.end_future();
                match giver {
                    Some(giver) => trial::abandon(giver, Err(panic), run, sink),
                    None => fail(node, run, Arc::new(Failure::of(node.as_ref(), Cause::panicked(panic)))),
                }
            }
        }
    }
}

/// Frees a subgraph, of which `child` was the result: all of it has run, and told whom it had to tell.
pub(super) unsafe fn retire(child: Handle, run: &Run) {
    if run.is_unclean() {
        let id = child.header().claim.load(Ordering::Relaxed);
        // SAFETY: the subgraph is ours, and no token of it is left.
        let settled = unsafe { Settled::new(std::slice::from_ref(&child), id) };
        // SAFETY: all of the subgraph has run.
        unsafe { settled.drop_values() };
        settled.free(FREE);
    }
}

/// Starts the subgraph that a node gave.
pub(super) unsafe fn expand<'r>(node: NonNull<Header>, run: &'r Run, sink: &mut impl Sink<'r>) {
    // SAFETY: the node is expanded and ours; its child stays until it has been brought home.
    unsafe {
        let caller = tail_caller(node);
        if caller.is_some() {
            // The node was the last of its subgraph.
            sink.leave();
        }
        sink.enter();
        let id = next_id();
        // Before anything of the subgraph can run.
        let linked = || {
            if let Some(caller) = caller {
                hand_on(node, caller, run);
            }
            await_result(caller.unwrap_or(node), run);
        };
        let child = node.as_ref().child();
        if !child.is_some_and(|child| claim_few(child.owner(), id, linked, |root| sink.ready(Ready::of(root)))) {
            expand_any(node, caller, id, run, sink);
        }
    }
}

/// As [`expand`], of a subgraph of any form.
#[inline(never)]
unsafe fn expand_any<'r>(
    node: NonNull<Header>,
    caller: Option<NonNull<Header>>,
    id: u32,
    run: &'r Run,
    sink: &mut impl Sink<'r>,
) {
    // SAFETY: as in `expand`.
    unsafe {
        let header = node.as_ref();
        let child = header.child();
        let outputs = child.as_ref().map_or(&[][..], |child| std::slice::from_ref(&**child));
        let mut home = None;
        // Before anything of the subgraph can run.
        let linked = |found: &Found| {
            if found.kept {
                // They must be given free when the subgraph is done.
                run.needs_settling();
            }
            if found.broken {
                run.note_failure();
            }
            if let Some(caller) = caller {
                hand_on(node, caller, run);
            }
            home = await_result(caller.unwrap_or(node), run);
        };
        let ready = |roots: &mut Vec<_>| roots.drain(..).rev().for_each(|root| sink.ready(Ready::of(root)));
        if claim(outputs, (id, FREE), &mut None, linked, ready).is_err() {
            // Nothing of it is claimed.
            give_up(node, Failure::busy(header), run);
        } else if let Some(home) = home {
            sink.ready(Ready::of(home));
        }
    }
}

/// Ends an operation whose subgraph comes to nothing, though none of its operations failed.
unsafe fn give_up(node: NonNull<Header>, failure: Failure, run: &Run) {
    let failure = Arc::new(failure);
    // SAFETY: the node is ours, and nothing of its subgraph is under way. That goes before what it borrows.
    unsafe {
        trial::end_watch(node.as_ref());
        drop(node.as_ref().take_child());
        fail(node, run, failure);
    }
}

/// Lets an operation wait for the result of its subgraph, which has just been claimed; gives the operation if the result is there
/// already: then nothing of the subgraph is to be run.
#[inline]
unsafe fn await_result(home: NonNull<Header>, run: &Run) -> Option<NonNull<Header>> {
    // SAFETY: the operation is expanded and ours, and nobody has yet been given anything of its subgraph.
    unsafe {
        let (header, child) = (home.as_ref(), home.as_ref().child()?);
        let (result, port) = (child.header(), child.port().as_ref());
        // The operation's own handle is none from outside.
        result.outside.set(result.outside.get() - 1);
        debug_assert!(port.taker.get().is_null(), "a version is taken once");
        port.taker.set(home.as_ptr());
        header.pending.set(1);
        if result.phase() == Phase::New {
            return None;
        }
        find_result(home, run)
    }
}

/// As [`await_result`], of a result that has been computed, or never will be.
#[cold]
unsafe fn find_result(home: NonNull<Header>, run: &Run) -> Option<NonNull<Header>> {
    // SAFETY: as in `await_result`.
    unsafe {
        let (header, child) = (home.as_ref(), home.as_ref().child()?);
        match child.header().phase() {
            Phase::Done if !is_gone(child.port()) => {
                // As if the event had come.
                header.pending.set(header.waits_for_all());
                return Some(home);
            }
            Phase::Done => header.set_failure(Arc::new(Failure::gone(header, child.header()))),
            _ => {}
        }
        // It never comes.
        run.note_failure();
        None
    }
}

/// The operation that gave the subgraph which `node` is the result of, where `node` need not wait for its own subgraph: nobody
/// else refers to it, and its subgraph borrows nothing from it.
pub(super) unsafe fn tail_caller(node: NonNull<Header>) -> Option<NonNull<Header>> {
    // SAFETY: the node is ours.
    unsafe {
        let header = node.as_ref();
        let may_go = !header.vtable.lends
            && header.updates() == 0
            && header.refs().get() == 1
            // One with terms isn't done before its subgraph is.
            && !header.port.has_terms()
            // Nor is one that may be tried again.
            && !header.port.keeps();
        if may_go { destination_of(node) } else { None }
    }
}

/// The operation that gave the subgraph of which `node` is the result.
pub(super) unsafe fn destination_of(node: NonNull<Header>) -> Option<NonNull<Header>> {
    // SAFETY: the node is ours, and its taker, if the run has one, waits for it, hence lives, and nobody changes how far it has
    // come. One whose subgraph is under way waits for nothing but the result of that, so it is ours too.
    unsafe {
        let taker = NonNull::new(node.as_ref().port.taker.get().cast_mut())?;
        (taker.as_ref().phase() == Phase::Expanded).then_some(taker)
    }
}

/// Lets the subgraph of `node` take the place of the one that `node` is the result of, which is freed, with `node`. So a
/// tail call takes no more memory than the first of its kind.
///
/// # Safety
/// `caller` is what [`tail_caller`] found, and nobody has yet been given anything of the subgraph of `node`.
unsafe fn hand_on(node: NonNull<Header>, caller: NonNull<Header>, run: &Run) {
    // SAFETY: `caller` is expanded, and belongs to whoever runs the result of its subgraph, which is what the subgraph of
    // `node` gives now; the type is the same, since the value of `node` was to be moved there. What the new subgraph borrows
    // lives until `caller` has finished: nothing of it is lent by `node` (`Lending`), so it is what `node` itself could
    // borrow. All others of the old subgraph have run, and told whom they had to tell, before `node` could run; it goes
    // now, before `caller` can finish.
    unsafe {
        if let Some(child) = node.as_ref().take_child() {
            let old = caller.as_ref().take_child();
            caller.as_ref().set_child(child);
            if let Some(old) = old {
                retire(old, run);
            }
        }
    }
}

/// What an operation panics with to fail as another did.
pub(crate) struct Forwarded(pub(crate) Arc<Failure>);

/// Notes that a node failed. What waits for it never becomes ready.
pub(super) unsafe fn fail(node: NonNull<Header>, run: &Run, failure: Arc<Failure>) {
    // SAFETY: the node is ours.
    unsafe {
        node.as_ref().fail(failure);
        spend(node);
        drop_body(node);
    }
    run.note_failure();
}

/// Notes that the versions that a node takes or updates are gone.
pub(super) unsafe fn spend(node: NonNull<Header>) {
    // SAFETY: the caller has the node, and it alone takes these versions.
    for edge in unsafe { edges(node) } {
        if matches!(edge.kind(), EdgeKind::Move | EdgeKind::Update) {
            // SAFETY: the edge keeps the port alive.
            unsafe { edge.port().as_ref() }.spend();
        }
    }
}

/// Brings one event to a node.
#[inline]
unsafe fn tell<'r, S: Sink<'r>>(node: NonNull<Header>, sink: &mut S) {
    // SAFETY: the node waits, hence lives; who brings the last event has its token.
    unsafe {
        if !S::ALONE && sink.gathered().is_some_and(|gathered| gathered.take(node, node.as_ref().pending.get())) {
            return;
        }
        let ready = if S::ALONE { node.as_ref().arrive_alone() } else { node.as_ref().arrive_with(1) };
        if ready {
            sink.ready(Ready::of(node));
        }
    }
}

/// Notes that a node is done, ends its uses and hands its versions on.
#[inline]
pub(super) unsafe fn complete<'r, S: Sink<'r>>(node: NonNull<Header>, sink: &mut S) {
    // SAFETY: the node is ours until we have told the last of those that wait for it; they keep it alive. What it uses is
    // kept alive by its edges.
    unsafe {
        let header = node.as_ref();
        if header.port.is_prepared() {
            header.port.take_turn();
        }
        // In a graph that is prepared nobody asks for the phase of what lies inside, and so it needn't be set back.
        if !header.port.is_prepared() || header.outside.get() > 0 {
            header.port.set_phase(Phase::Done);
        }
        hand_over(node, sink);
    }
}

/// As [`complete`], of a node that runs elsewhere, and isn't done before that is known.
#[cfg(feature = "remote")]
pub(super) unsafe fn complete_elsewhere<'r, S: Sink<'r>>(node: NonNull<Header>, sink: &mut S) {
    // SAFETY: as this function's.
    unsafe { hand_over(node, sink) };
}

/// As [`returned`], of an operation whose subgraph's result is elsewhere: all of that has been run.
#[cfg(feature = "remote")]
pub(super) unsafe fn returned_elsewhere<'r>(home: NonNull<Header>, run: &'r Run, sink: &mut impl Sink<'r>) {
    // SAFETY: as in `returned`.
    unsafe {
        sink.leave();
        if let Some(child) = home.as_ref().take_child() {
            retire(child, run);
        }
        trial::conclude_elsewhere(home, run);
        drop_body(home);
        complete(home, sink);
    }
}

/// Ends a node's uses and hands its versions on.
#[inline(always)]
unsafe fn hand_over<'r, S: Sink<'r>>(node: NonNull<Header>, sink: &mut S) {
    // SAFETY: as in `complete`.
    unsafe {
        let header = node.as_ref();
        if header.port.uses_end() {
            end_uses(node, sink);
        }
        let updates = header.updates();
        if updates == 0 {
            let told = settle(main_port(node), header.outside.get());
            if told.readers == 0 {
                if told.waiting != Link::NONE {
                    return tell_those_who_wait(told, sink);
                }
                if let Some(taker) = NonNull::new(told.taker.cast_mut()) {
                    tell(taker, sink);
                }
            } else if told.readers < MANY {
                tell_all(told, sink);
            } else {
                tell_many(told, sink);
            }
            return;
        }
        complete_updates(node, updates, sink);
    }
}

/// Ends the uses of a node that has run.
#[inline]
unsafe fn end_uses<'r, S: Sink<'r>>(node: NonNull<Header>, sink: &mut S) {
    // SAFETY: as in `complete`.
    unsafe {
        for edge in edges(node) {
            let port = edge.port().as_ref();
            if !edge.reads() {
                if edge.updates() {
                    port.spend();
                }
                // What was taken is gone by itself: its home is empty.
                continue;
            }
            let taker = port.taker.get();
            if taker.is_null() && port.is_plain() {
                continue;
            }
            let last = if S::ALONE { port.readers.arrive_alone(0) } else { port.readers.arrive() };
            if last {
                if let Some(taker) = NonNull::new(taker.cast_mut()) {
                    tell(taker, sink);
                } else if owner_of(edge.port()).as_ref().outside.get() == 0 {
                    discard(home_of(edge.port()));
                }
            }
        }
    }
}

#[cold]
unsafe fn complete_updates<'r, S: Sink<'r>>(node: NonNull<Header>, updates: usize, sink: &mut S) {
    // Looked up before anybody is told, since the node may be gone after the last is.
    let mut few = [ToBeTold::NOBODY; 4];
    let mut many = Vec::new();
    let told = if updates < few.len() {
        &mut few[..=updates]
    } else {
        many.resize(updates + 1, ToBeTold::NOBODY);
        &mut many[..]
    };
    // SAFETY: as in `complete`.
    unsafe {
        let header = node.as_ref();
        told[0] = settle(main_port(node), header.outside.get());
        for (index, place) in told[1..].iter_mut().enumerate() {
            *place = settle(update_port(node, index), header.outside.get());
        }
        for &mut told in told {
            tell_all(told, sink);
        }
    }
}

/// Whom a version that is there now must be told to.
#[derive(Clone, Copy)]
struct ToBeTold {
    waiting: Link,
    /// How many of those read it.
    readers: u32,
    /// The taker, if nobody reads first.
    taker: *const Header,
}

impl ToBeTold {
    const NOBODY: Self = Self { waiting: Link::NONE, readers: 0, taker: ptr::null() };
}

/// Whom a version that is there now must be told to: those who wait, and the taker if nobody reads first. Where nobody
/// wants it, the value goes.
#[inline(always)]
unsafe fn settle(port: NonNull<Port>, outside: u32) -> ToBeTold {
    // SAFETY: as in `complete`.
    unsafe {
        let version = port.as_ref();
        let (waiting, readers) = (version.waiting.get(), version.readers.get());
        if readers > 0 {
            return ToBeTold { waiting, readers, taker: ptr::null() };
        }
        let taker = version.taker.get();
        if taker.is_null() && outside == 0 {
            discard(home_of(port));
        }
        ToBeTold { waiting, readers, taker }
    }
}

/// From how many readers on a version has many.
const MANY: u32 = 64;

/// How many nodes further on the next one to be told is looked for, of many.
const AHEAD: isize = 8;

/// How many bytes after a node that is told the next one to be told is looked for: in a grid that is some columns further on in the same
/// row, which was built after it.
const BESIDE: usize = 448;

/// Tells those who read a version, who are many. They were mostly built one after the other, and so lie at equal distances: the
/// processor is let fetch what would be some further on, since the links alone tell it of one after the other.
#[inline(never)]
unsafe fn tell_many<'r, S: Sink<'r>>(told: ToBeTold, sink: &mut S) {
    sink.expect(told.readers as usize);
    // SAFETY: as in `tell_all`.
    unsafe {
        let (mut link, mut before) = (told.waiting, None);
        while let Some((owner, next)) = link.follow() {
            let here = owner.addr().get().cast_signed();
            let step = here.wrapping_sub(before.replace(here).unwrap_or(here));
            prefetch(owner.as_ptr().wrapping_byte_offset(step.wrapping_mul(AHEAD)));
            tell(owner, sink);
            link = next;
        }
    }
}

/// As [`tell_all`], of a version that nobody reads, but some wait for. By itself, since they are few.
#[inline(never)]
unsafe fn tell_those_who_wait<'r, S: Sink<'r>>(told: ToBeTold, sink: &mut S) {
    // SAFETY: as in `tell_all`.
    unsafe { tell_all(told, sink) };
}

#[inline]
unsafe fn tell_all<'r, S: Sink<'r>>(told: ToBeTold, sink: &mut S) {
    // SAFETY: as in `tell`; the next link is read before this one's owner is told, and so may run and go.
    unsafe {
        let mut link = told.waiting;
        while let Some((owner, next)) = link.follow() {
            prefetch(owner.as_ptr().wrapping_byte_add(BESIDE));
            tell(owner, sink);
            link = next;
        }
        if let Some(taker) = NonNull::new(told.taker.cast_mut()) {
            tell(taker, sink);
        }
    }
}

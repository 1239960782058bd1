//! Running nodes: who waits for whom, who runs next, when values go.
//!
//! A [`Run`] holds its outputs. [`Run::claim`] walks from them to everything that has not run yet, claims it, and links
//! each port forward to the edges that wait for it; the nodes that wait for nothing come back as [`Ready`] tokens. Each
//! claimed node becomes `Ready` exactly once, through the one event that its countdown waited for last, so a token is the
//! right to run the node, and running it gives the tokens of those that it made ready. What an executor does with tokens
//! (in which order, on which thread) is its own affair, and safe code.
//!
//! The order of things when a node has run:
//!
//! 1. Its uses end: a version's last reader lets its taker go, or, if there is none, drops the value (where a type needs no
//!    drop and there is no taker, readers aren't counted down).
//! 2. Its own versions are there: where one has readers, those are told; where it has none, its taker is told; where it
//!    has neither, the value is dropped, unless somebody outside the run holds a handle on it.
//! 3. After telling the last one, the node is not touched again. For the node that brings a subgraph's result home
//!    (which waits, through others, for all of them) may then run, and the subgraph is freed.
//!
//! A node that gives a subgraph has run when that is done. Where the node is itself the result of a subgraph, and lends its own
//! nothing, the new one takes the place of the old, which goes, with the node ([`hand_on`]): a tail call.
//!
//! Nothing here blocks, and nothing recurses.
//!
//! Where an `unsafe fn` here doesn't say what it asks for, it is this: the node is alive, and the caller's, by the run's claim
//! while it is being claimed, and by its token from then on.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use once_cell::race::OnceBox;

use super::body::{clear, destination, redirect, take_result};
use super::claim::{Busy, Found, Graves, claim, next_id};
use super::header::{
    Handle, Header, Phase, PollFn, Step, What, discard, drop_body, edges, home_of, main_port, owner_of, update_port,
};
use super::observe::{Observer, during};
use super::port::{EdgeKind, Link, Port};
use super::settle::Settled;
use super::sync::Countdown;
use super::trial::{self, needs_care};
use super::wake::{self, Bell, Dormitory};
use crate::cancel::Listen;
use crate::error::{Cause, Failure};
use crate::node::Node;
use crate::policy::Settings;

/// The right to run a node, once.
pub(crate) struct Ready<'r>(NonNull<Header>, PhantomData<&'r Run>);

// SAFETY: whoever holds the token is the only one to run the node, whose closure and values are `Send`; what made it ready
// happened before (`Countdown::arrive`).
unsafe impl Send for Ready<'_> {}

impl Ready<'_> {
    /// The token of a node.
    ///
    /// # Safety
    /// The node is claimed, and can run; nobody else has its token.
    pub(super) unsafe fn of(node: NonNull<Header>) -> Self {
        Self(node, PhantomData)
    }

    /// The head of the node.
    #[inline]
    pub(crate) fn header(&self) -> &Header {
        // SAFETY: a node with a token lives while the run does, and shared access to a header is always allowed.
        unsafe { self.0.as_ref() }
    }

    /// How urgent the operation is.
    #[inline]
    pub(crate) fn priority(&self) -> i32 {
        self.header().priority()
    }

    /// Whether it is a future that is under way.
    pub(crate) fn is_future(&self) -> bool {
        self.header().vtable.poll.is_some()
    }

    /// When the node was built, in relation to others of its thread and to those it depends on.
    pub(crate) fn seq(&self) -> u32 {
        self.header().seq
    }
}

/// Takes the nodes that become ready.
pub(crate) trait Sink<'r> {
    /// `node` can run now.
    fn ready(&mut self, node: Ready<'r>);
    /// The nodes that come next belong to a subgraph, until [`leave`](Self::leave).
    fn enter(&mut self) {}
    /// The subgraph entered last is done.
    fn leave(&mut self) {}
    /// Whether this is the only thread that runs nodes of the run.
    const ALONE: bool = false;
}

/// Why nothing more of a run is to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Halt {
    /// An operation failed, and the run is one that stops at the first failure.
    Failed = 1,
    /// An operation took too long whose subgraph is under way.
    Late = 2,
    Cancelled = 3,
    /// The run took too long.
    TimedOut = 4,
}

impl<'r, S: Sink<'r>> Sink<'r> for &mut S {
    const ALONE: bool = S::ALONE;
    fn ready(&mut self, node: Ready<'r>) {
        (**self).ready(node);
    }
    fn enter(&mut self) {
        (**self).enter();
    }
    fn leave(&mut self) {
        (**self).leave();
    }
}

/// Some outputs being computed.
pub(crate) struct Run {
    outputs: Vec<Handle>,
    id: u32,
    settings: Settings,
    /// Who hears what happens.
    observer: Option<Arc<dyn Observer>>,
    /// Whether each operation has to be looked at before it is run.
    cares: bool,
    /// Whether somebody outside, or the clock, may stop the run.
    watched: bool,
    /// When the run must be over.
    deadline: Option<Instant>,
    /// A [`Halt`], or nothing.
    halt: AtomicU8,
    failed: AtomicBool,
    /// Whether nodes may have to be given free when the run ends: some outlive it, or something went wrong.
    unclean: AtomicBool,
    graves: Mutex<Option<Graves>>,
    /// What is to be given free, once `settle` has been there.
    settled: Option<Settled>,
    /// Where nodes sleep, once there is one.
    dormitory: OnceBox<Dormitory>,
    /// How many futures are under way.
    futures: AtomicUsize,
}

impl Run {
    /// A run for these outputs, which must be over by `deadline`. Nothing is claimed yet.
    pub(crate) fn new(
        outputs: Vec<Handle>,
        settings: &Settings,
        deadline: Option<Instant>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        let run = Self {
            outputs,
            id: next_id(),
            cares: settings.retries_any() || observer.is_some(),
            observer,
            watched: settings.cancel.is_some() || deadline.is_some(),
            deadline,
            settings: settings.clone(),
            halt: AtomicU8::new(0),
            failed: AtomicBool::new(false),
            unclean: AtomicBool::new(true),
            graves: Mutex::new(None),
            settled: None,
            dormitory: OnceBox::new(),
            futures: AtomicUsize::new(0),
        };
        if let Some(cancel) = &run.settings.cancel {
            let bell: Weak<Bell> = Arc::downgrade(run.dormitory().bell());
            let bell: Weak<dyn Listen> = bell;
            cancel.tell(bell);
        }
        run
    }

    /// Notes that an operation gave a future.
    pub(super) fn begin_future(&self) {
        self.futures.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that a future is over.
    fn end_future(&self) {
        self.futures.fetch_sub(1, Ordering::Relaxed);
    }

    /// Claims all that the outputs need, and gives those nodes that are ready, the first built last.
    pub(crate) fn claim(&self) -> Result<Vec<Ready<'_>>, Busy> {
        let mut roots = Vec::new();
        let mut graves = Some(Graves::new());
        // SAFETY: the run holds the outputs, and lives as long as the tokens.
        let found =
            unsafe { claim(&self.outputs, self.id, &mut graves, |_| {}, |root| roots.push(Ready(root, PhantomData))) }?;
        *self.graves.lock().unwrap_or_else(PoisonError::into_inner) = graves;
        self.unclean.store(found.kept || found.broken, Ordering::Relaxed);
        if found.broken {
            self.failed.store(true, Ordering::Relaxed);
            if self.settings.fail_fast {
                self.halt(Halt::Failed);
            }
        }
        if let Some(observer) = self.observer() {
            let _ = catch_unwind(AssertUnwindSafe(|| observer.began(self)));
        }
        Ok(roots)
    }

    /// What the run was told.
    #[inline]
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Who hears what happens, if somebody does.
    #[inline]
    pub(super) fn observer(&self) -> Option<&dyn Observer> {
        self.observer.as_deref()
    }

    /// Whether each operation has to be looked at before it is run.
    #[inline]
    pub(super) fn cares(&self) -> bool {
        self.cares
    }

    /// Where nodes sleep.
    pub(super) fn dormitory(&self) -> &Dormitory {
        self.dormitory.get_or_init(|| Box::new(Dormitory::new()))
    }

    /// Whether a node sleeps, or was woken and hasn't been taken.
    pub(crate) fn is_waiting(&self) -> bool {
        self.dormitory.get().is_some_and(Dormitory::is_used)
    }

    /// An operation that was woken, if there is one.
    #[inline]
    pub(crate) fn woken(&self) -> Option<Ready<'_>> {
        self.found(self.dormitory.get()?.take()?)
    }

    fn found(&self, found: wake::Found) -> Option<Ready<'_>> {
        match found {
            wake::Found::Node(node) => Some(Ready(node, PhantomData)),
            wake::Found::Late => {
                self.note_failure();
                self.halt(Halt::Late);
                None
            }
        }
    }

    /// Waits for an operation that is woken; none if none sleeps, or the run was stopped.
    pub(crate) fn wait(&self) -> Option<Ready<'_>> {
        let dormitory = self.dormitory.get()?;
        loop {
            if self.stopped() {
                return None;
            }
            if let Some(node) = self.woken() {
                return Some(node);
            }
            if !dormitory.is_used() {
                return None;
            }
            if let Some(node) = self.doze(None) {
                return Some(node);
            }
        }
    }

    /// Waits until an operation is woken, somebody rings, or it is time to look, at the latest `until`; gives the operation, if
    /// there is one.
    pub(crate) fn doze(&self, until: Option<Instant>) -> Option<Ready<'_>> {
        let until = [self.deadline, until].into_iter().flatten().min();
        let woken = self.woken();
        woken.or_else(|| self.dormitory().wait(until).and_then(|found| self.found(found)))
    }

    /// Wakes a task where it would wake whoever waits, once.
    pub(crate) fn wake_task(&self, task: &Waker) {
        self.listen();
        self.dormitory().bell().wake_task_later(task);
    }

    /// When it is time to look at the run, though nobody has rung.
    pub(crate) fn next_look(&self) -> Option<Instant> {
        let alarm = self.dormitory.get().and_then(Dormitory::next_alarm);
        [self.deadline, alarm].into_iter().flatten().min()
    }

    /// How many futures are under way.
    pub(crate) fn futures(&self) -> usize {
        self.futures.load(Ordering::Relaxed)
    }

    /// Whoever waits from now on can be rung for.
    pub(crate) fn listen(&self) {
        self.dormitory();
        // Pairs with the fence in `halt`.
        fence(Ordering::SeqCst);
    }

    /// Wakes whoever waits.
    pub(crate) fn ring(&self) {
        if let Some(dormitory) = self.dormitory.get() {
            dormitory.ring();
        }
    }

    /// Whether nothing more should start.
    #[inline]
    pub(crate) fn stopped(&self) -> bool {
        self.halt.load(Ordering::Relaxed) != 0 || (self.watched && self.look())
    }

    /// Whether somebody outside, or the clock, has stopped the run.
    #[cold]
    fn look(&self) -> bool {
        if self.settings.cancel.as_ref().is_some_and(crate::CancelToken::is_cancelled) {
            self.halt(Halt::Cancelled);
        } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.halt(Halt::TimedOut);
        }
        self.halt.load(Ordering::Relaxed) != 0
    }

    /// Stops the run, if it wasn't stopped before.
    fn halt(&self, why: Halt) {
        if self.halt.compare_exchange(0, why as u8, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.unclean.store(true, Ordering::Relaxed);
            // Pairs with the fence in `listen`: either we find whoever waits, or it sees that the run is stopped.
            fence(Ordering::SeqCst);
            self.ring();
            if let Some(observer) = self.observer() {
                let _ = catch_unwind(AssertUnwindSafe(|| observer.halted(why)));
            }
        }
    }

    /// Why nothing more is to start, if so.
    pub(crate) fn halted(&self) -> Option<Halt> {
        match self.halt.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Halt::Failed),
            2 => Some(Halt::Late),
            3 => Some(Halt::Cancelled),
            _ => Some(Halt::TimedOut),
        }
    }

    /// Why an output of a run that was stopped from outside isn't there.
    pub(crate) fn cause(&self) -> Option<Cause> {
        match self.halted()? {
            Halt::Failed | Halt::Late => None,
            Halt::Cancelled => Some(Cause::Cancelled),
            Halt::TimedOut => Some(Cause::RunTimedOut(self.settings.timeout.unwrap_or(Duration::ZERO))),
        }
    }

    pub(crate) fn outputs(&self) -> &[Handle] {
        &self.outputs
    }

    /// Whether the `index`-th output has been computed. For when all tokens are gone.
    pub(crate) fn is_done(&self, index: usize) -> bool {
        self.outputs[index].header().phase() == Phase::Done
    }

    /// Notes that nodes have to be looked at before they are freed.
    pub(super) fn needs_settling(&self) {
        self.unclean.store(true, Ordering::Relaxed);
    }

    fn note_failure(&self) {
        self.unclean.store(true, Ordering::Relaxed);
        self.failed.store(true, Ordering::Relaxed);
        if self.settings.fail_fast {
            self.halt(Halt::Failed);
        }
    }

    /// Clears away what a failure left, while the claims are still held: subgraphs that are under way may borrow from
    /// values, and dropping them runs user code. After that results can be taken.
    fn settle(&mut self) {
        if *self.unclean.get_mut() && self.settled.is_none() {
            // SAFETY: no token is left: they borrow the run.
            self.settled = Some(unsafe { Settled::new(&self.outputs, self.id) });
        }
    }

    /// Takes the result of the `index`-th output; nothing if it wasn't computed.
    ///
    /// # Safety
    /// The output is a `Node<T>`'s, all tokens of the run are gone, and the run is settled.
    unsafe fn take<T>(&mut self, index: usize) -> Option<T> {
        let output = &self.outputs[index];
        // An output has one handle, the run's: what else refers to the node are operations that were not asked for.
        if output.header().phase() != Phase::Done || port(output).spent.replace(true) {
            return None;
        }
        // SAFETY: by the caller's word.
        unsafe { take_result(output) }
    }
}

fn port(handle: &Handle) -> &Port {
    // SAFETY: the handle keeps the port alive.
    unsafe { &*handle.port().as_ptr() }
}

/// A run whose outputs are of one type.
pub(crate) struct TypedRun<'g, T> {
    run: Run,
    of: PhantomData<Node<'g, T>>,
}

impl<'g, T> TypedRun<'g, T> {
    /// A run for these outputs.
    pub(crate) fn new(
        outputs: impl IntoIterator<Item = Node<'g, T>>,
        settings: &Settings,
        deadline: Option<Instant>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        let outputs = outputs.into_iter().map(Node::into_handle).collect();
        Self { run: Run::new(outputs, settings, deadline, observer), of: PhantomData }
    }

    /// The run, to be driven by an executor.
    pub(crate) fn run(&self) -> &Run {
        &self.run
    }

    /// The outputs again, with the results of the run: a value, or the node where there is none.
    pub(crate) fn into_nodes(mut self) -> Vec<Result<T, Node<'g, T>>> {
        let results: Vec<Option<T>> = self.results().collect();
        let outcomes = results.into_iter().zip(&self.run.outputs);
        let outcomes =
            outcomes.map(|(result, output)| result.ok_or_else(|| Node::from_handle(output.share()))).collect();
        let outcomes: Vec<Result<T, Node<'g, T>>> = outcomes;
        if outcomes.iter().any(Result::is_err) {
            // Somebody refers to the nodes still.
            *self.run.graves.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
        }
        outcomes
    }

    /// The results, in order; nothing where one wasn't computed. Exclusive access means that no token is left.
    pub(crate) fn results(&mut self) -> impl Iterator<Item = Option<T>> + '_ {
        if !(0..self.run.outputs.len()).all(|index| self.run.is_done(index)) {
            // Something failed, or the executor has left something.
            *self.run.unclean.get_mut() = true;
        }
        self.run.settle();
        // SAFETY: the outputs were `Node<T>`s.
        (0..self.run.outputs.len()).map(|index| unsafe { self.run.take(index) })
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.settle();
        if let Some(settled) = self.settled.take() {
            settled.free();
            return;
        }
        let graves = self.graves.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let done = |output: &Handle| output.header().phase() == Phase::Done && output.header().updates() == 0;
        if let Some(graves) = graves.filter(|_| self.outputs.iter().all(done)) {
            // SAFETY: the outputs are done, hence all that they need; nobody else refers to any of it (the run isn't
            // unclean), so bodies are used up, and values taken or dropped, but for the outputs' own.
            unsafe {
                for output in &self.outputs {
                    clear(output.owner());
                    clear(output.home());
                }
                self.outputs.drain(..).for_each(std::mem::forget);
                graves.free();
            }
        }
    }
}

impl<'r> Ready<'r> {
    /// Runs the node, and hands on what that makes ready.
    pub(crate) fn run(self, run: &'r Run, sink: &mut impl Sink<'r>) {
        let node = self.0;
        // SAFETY: the token says that the node is claimed, alive, and ready, and that we are the one to run it.
        unsafe {
            let table = node.as_ref().vtable;
            if let Some(poll) = table.poll {
                return wait_for(node, poll, run, sink);
            }
            if needs_care(node.as_ref(), run) {
                return trial::run_with_care(node, run, sink);
            }
            match catch_unwind(AssertUnwindSafe(|| (table.run)(node))) {
                Ok(Step::Done) => complete(node, sink),
                Ok(Step::Expanded) => expand(node, run, sink),
                Ok(Step::Waits) => {
                    run.begin_future();
                    expand(node, run, sink);
                }
                Ok(Step::Returned(home)) => returned(home, run, sink),
                Ok(Step::Failed(cause)) => fail(node, run, Arc::new(Failure::of(node.as_ref(), cause))),
                Ok(Step::Caught(tell)) => {
                    tell();
                    finish_absent(node, sink);
                }
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
                    sink.ready(Ready(node, PhantomData));
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

/// Frees a subgraph, of which `child` was to bring the result home, or has: all others have run, and told whom they had to
/// tell.
pub(super) unsafe fn retire(child: Handle, run: &Run) {
    if run.unclean.load(Ordering::Relaxed) {
        let id = child.header().claim.load(Ordering::Relaxed);
        // SAFETY: the subgraph is ours, and no token of it is left.
        unsafe { Settled::new(std::slice::from_ref(&child), id) }.free();
    }
}

/// Starts the subgraph that a node gave.
pub(super) unsafe fn expand<'r>(node: NonNull<Header>, run: &'r Run, sink: &mut impl Sink<'r>) {
    // SAFETY: the node is expanded and ours; its child stays until it has been brought home.
    unsafe {
        let header = node.as_ref();
        let caller = tail_caller(node);
        if caller.is_some() {
            // The node was the last of its subgraph.
            sink.leave();
        }
        sink.enter();
        let child = header.child();
        let outputs = child.as_ref().map_or(&[][..], |child| std::slice::from_ref(&**child));
        // Before anything of the subgraph can run.
        let linked = |found: &Found| {
            if found.kept {
                // They must be given free when the subgraph is done.
                run.unclean.store(true, Ordering::Relaxed);
            }
            if found.broken {
                run.note_failure();
            }
            if let Some(caller) = caller {
                hand_on(node, caller, run);
            }
        };
        if claim(outputs, next_id(), &mut None, linked, |root| sink.ready(Ready(root, PhantomData))).is_err() {
            // Nothing of it is claimed; and it goes before what it borrows.
            trial::end_watch(header);
            drop(header.take_child());
            drop_body(node);
            header.fail(Arc::new(Failure::busy(header)));
            spend(node);
            run.note_failure();
        }
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
    // SAFETY: the node is ours, and its taker, if the run has one, waits for it, hence lives. One that brings a result home
    // waits for nothing else, so it is ours too.
    unsafe {
        let homeward = NonNull::new(node.as_ref().port.taker.get().cast_mut())?;
        (homeward.as_ref().vtable.what == What::Homeward).then(|| destination(homeward))
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
            redirect(child.owner(), caller);
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
            unsafe { edge.port().as_ref() }.spent.set(true);
        }
    }
}

/// Brings one event.
#[inline]
fn arrive<'r, S: Sink<'r>>(countdown: &Countdown) -> bool {
    if S::ALONE { countdown.arrive_alone() } else { countdown.arrive() }
}

/// Brings one event to a node.
#[inline]
unsafe fn tell<'r, S: Sink<'r>>(node: NonNull<Header>, sink: &mut S) {
    // SAFETY: the node waits, hence lives.
    if arrive::<S>(&unsafe { node.as_ref() }.pending) {
        sink.ready(Ready(node, PhantomData));
    }
}

/// Ends the node's uses and hands its versions on.
#[inline]
pub(super) unsafe fn complete<'r, S: Sink<'r>>(node: NonNull<Header>, sink: &mut S) {
    // SAFETY: the node is ours until we have told the last of those that wait for it; they keep it alive. What it uses is
    // kept alive by its edges.
    unsafe {
        let header = node.as_ref();
        header.port.set_phase(Phase::Done);
        if header.port.uses_end() {
            end_uses(node, sink);
        }
        let updates = header.updates();
        if updates == 0 {
            let (waiting, taker) = settle(main_port(node), header.outside.get());
            tell_all(waiting, taker, sink);
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
            match edge.kind() {
                // What was taken is gone by itself: its home is empty.
                EdgeKind::Move | EdgeKind::Order => {}
                EdgeKind::Update => edge.port().as_ref().spent.set(true),
                EdgeKind::Read => {
                    let port = edge.port().as_ref();
                    let taker = port.taker.get();
                    if taker.is_null() && port.is_plain() {
                        continue;
                    }
                    if arrive::<S>(&port.readers) {
                        if let Some(taker) = NonNull::new(taker.cast_mut()) {
                            tell(taker, sink);
                        } else if owner_of(edge.port()).as_ref().outside.get() == 0 {
                            discard(home_of(edge.port()));
                        }
                    }
                }
            }
        }
    }
}

#[cold]
unsafe fn complete_updates<'r, S: Sink<'r>>(node: NonNull<Header>, updates: usize, sink: &mut S) {
    // Looked up before anybody is told, since the node may be gone after the last is.
    let mut few = [(Link::NONE, ptr::null()); 4];
    let mut many = Vec::new();
    let told = if updates < few.len() {
        &mut few[..=updates]
    } else {
        many.resize(updates + 1, (Link::NONE, ptr::null()));
        &mut many[..]
    };
    // SAFETY: as in `complete`.
    unsafe {
        let header = node.as_ref();
        told[0] = settle(main_port(node), header.outside.get());
        for (index, place) in told[1..].iter_mut().enumerate() {
            *place = settle(update_port(node, index), header.outside.get());
        }
        for &mut (waiting, taker) in told {
            tell_all(waiting, taker, sink);
        }
    }
}

/// Whom a version that is there now must be told to: those who wait, and the taker if nobody reads first. Where nobody
/// wants it, the value goes.
#[inline]
unsafe fn settle(port: NonNull<Port>, outside: u32) -> (Link, *const Header) {
    // SAFETY: as in `complete`.
    unsafe {
        let version = port.as_ref();
        let waiting = version.waiting.get();
        if version.readers.get() > 0 {
            return (waiting, ptr::null());
        }
        let taker = version.taker.get();
        if taker.is_null() && outside == 0 {
            discard(home_of(port));
        }
        (waiting, taker)
    }
}

#[inline]
unsafe fn tell_all<'r, S: Sink<'r>>(waiting: Link, taker: *const Header, sink: &mut S) {
    // SAFETY: as in `tell`; the next link is read before this one's owner is told, and so may run and go.
    unsafe {
        let mut link = waiting;
        while let Some((owner, next)) = link.follow() {
            tell(owner, sink);
            link = next;
        }
        if let Some(taker) = NonNull::new(taker.cast_mut()) {
            tell(taker, sink);
        }
    }
}

//! Running nodes: who waits for whom, who runs next, when values go.
//!
//! A [`Run`] holds its outputs. [`Run::claim`] walks from them to everything that has not run yet, claims it, and links
//! each port forward to the edges that wait for it; the nodes that wait for nothing come back as [`Ready`] tokens. Each
//! claimed node becomes `Ready` exactly once, through the one event that its countdown waited for last, so a token is the
//! right to run the node, and running it gives the tokens of those that it made ready. What an executor does with tokens
//! (in which order, on which thread) is its own affair, and safe code.
//!
//! What running a node does is told in `step.rs`.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Waker;
use std::time::{Duration, Instant};

use once_cell::race::OnceBox;

use super::body::{clear, take_result};
use super::claim::{self, Busy, Graves, claim, next_id};
use super::handle::Handle;
use super::header::{FREE, Header, Phase};
use super::observe::Observer;
use super::port::Port;
use super::settle::Settled;
use super::wake::{self, Bell, Dormitory};
use crate::cancel::Listen;
use crate::error::Cause;
use crate::policy::Settings;

/// The right to run a node, once.
pub(crate) struct Ready<'r>(pub(super) NonNull<Header>, PhantomData<&'r Run>);

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

    /// The node.
    pub(super) fn node(&self) -> NonNull<Header> {
        self.0
    }

    /// Whom the node will tell that its value is there; nobody, if that isn't just one.
    #[inline]
    fn tells(&self) -> *const Header {
        let port = &self.header().port;
        if self.is_future() {
            // It may not be ready for long.
            return std::ptr::null();
        }
        // SAFETY: what waits for the node lives while the node does.
        match unsafe { self.header().waiting().follow() } {
            Some((owner, _)) => owner.as_ptr(),
            None => port.taker.get(),
        }
    }

    /// How many operations of the run read the node's result.
    #[inline]
    pub(crate) fn readers(&self) -> u32 {
        self.header().port.readers.get()
    }

    /// How urgent the operation is.
    #[inline]
    pub(crate) fn priority(&self) -> i32 {
        self.header().priority()
    }

    /// Whether the operation may be more or less urgent than others.
    #[inline]
    pub(crate) fn has_terms(&self) -> bool {
        self.header().port.has_terms()
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
    /// About so many nodes may be ready soon.
    fn expect(&mut self, _count: usize) {}
    /// The nodes that come next belong to a subgraph, until [`leave`](Self::leave).
    fn enter(&mut self) {}
    /// The subgraph entered last is done.
    fn leave(&mut self) {}
    /// Whether this is the only thread that runs nodes of the run.
    const ALONE: bool = false;
    /// Where events for a node that waits for many are gathered; none where they are brought one by one.
    fn gathered(&mut self) -> Option<&mut Gathered> {
        None
    }
}

/// Events that a thread has for one node, which waits for many, and hasn't brought yet: each thread that brings one by itself takes
/// the count's cache line from the others.
///
/// Whoever has one brings the events before it runs anything that the node doesn't wait for too. So nobody ever waits for an
/// operation that isn't among those that the node waits for anyway.
#[derive(Default)]
pub(crate) struct Gathered {
    node: Option<NonNull<Header>>,
    count: u32,
}

/// A node that waits for fewer is told of each at once.
const MANY: u32 = 64;

impl Gathered {
    /// Takes an event for `node`, whose countdown stands at `left`; false if it is to be brought at once.
    #[inline]
    pub(super) fn take(&mut self, node: NonNull<Header>, left: u32) -> bool {
        if self.node != Some(node) && (self.node.is_some() || left < MANY) {
            return false;
        }
        self.node = Some(node);
        self.count += 1;
        true
    }

    /// Brings the events, unless the node waits for `next` too, which is about to be run. Gives the node if it is ready.
    #[inline]
    pub(crate) fn bring<'r>(&mut self, run: &'r Run, next: Option<&Ready<'r>>) -> Option<Ready<'r>> {
        let node = self.node?;
        if next.is_some_and(|next| next.tells() == node.as_ptr()) {
            return None;
        }
        self.bring_all(run)
    }

    #[inline(never)]
    fn bring_all<'r>(&mut self, _: &'r Run) -> Option<Ready<'r>> {
        let (node, count) = (self.node.take()?, std::mem::take(&mut self.count));
        // SAFETY: the node waits for these events, hence lives; who brings the last one has its token.
        unsafe { node.as_ref().arrive_with(count).then(|| Ready::of(node)) }
    }
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

/// Instead of a [`Halt`]: whoever is about to begin something has to look whether the run is to be stopped.
const WATCHED: u8 = 8;

impl<'r, S: Sink<'r>> Sink<'r> for &mut S {
    const ALONE: bool = S::ALONE;
    fn ready(&mut self, node: Ready<'r>) {
        (**self).ready(node);
    }
    fn expect(&mut self, count: usize) {
        (**self).expect(count);
    }
    fn enter(&mut self) {
        (**self).enter();
    }
    fn leave(&mut self) {
        (**self).leave();
    }
    fn gathered(&mut self) -> Option<&mut Gathered> {
        (**self).gathered()
    }
}

/// Some outputs being computed.
pub(crate) struct Run {
    pub(super) outputs: Vec<Handle>,
    id: u32,
    /// Whom the nodes belong to when the run is over: the graph that is prepared, or nobody.
    home: u32,
    settings: Settings,
    /// Who hears what happens.
    observer: Option<Arc<dyn Observer>>,
    /// Whether each operation has to be looked at before it is run.
    cares: bool,
    /// When the run must be over.
    deadline: Option<Instant>,
    /// A [`Halt`], if the run is stopped; [`WATCHED`], if it isn't, and somebody outside, or the clock, may stop it; else nothing.
    halt: AtomicU8,
    failed: AtomicBool,
    /// Whether nodes may have to be given free when the run ends: some outlive it, or something went wrong.
    pub(super) unclean: AtomicBool,
    /// Whether some of the nodes that were ready when it began have terms of their own.
    ranked: AtomicBool,
    pub(super) graves: Mutex<Option<Graves>>,
    /// What is to be given free, once `settle` has been there.
    settled: Option<Settled>,
    /// Where nodes sleep, once there is one.
    dormitory: OnceBox<Dormitory>,
    /// How many futures are under way.
    futures: AtomicUsize,
    /// The keys of the outputs' nodes, once somebody asks.
    #[cfg(feature = "remote")]
    givers: std::sync::OnceLock<std::collections::HashSet<usize>>,
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
            home: FREE,
            cares: settings.retries_any() || observer.is_some(),
            observer,
            halt: AtomicU8::new(if settings.cancel.is_some() || deadline.is_some() { WATCHED } else { 0 }),
            deadline,
            settings: settings.clone(),
            failed: AtomicBool::new(false),
            unclean: AtomicBool::new(true),
            ranked: AtomicBool::new(false),
            graves: Mutex::new(None),
            settled: None,
            dormitory: OnceBox::new(),
            futures: AtomicUsize::new(0),
            #[cfg(feature = "remote")]
            givers: std::sync::OnceLock::new(),
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
    pub(super) fn end_future(&self) {
        self.futures.fetch_sub(1, Ordering::Relaxed);
    }

    /// Claims all that the outputs need, and gives those nodes that are ready, the first built last.
    pub(crate) fn claim(&self) -> Result<Vec<Ready<'_>>, Busy> {
        let mut roots = Vec::new();
        let mut graves = (!self.is_prepared()).then(Graves::new);
        let ready = |found: &mut Vec<_>| {
            // In the memory that they were found in.
            found.reverse();
            roots = std::mem::take(found).into_iter().map(|root| Ready(root, PhantomData)).collect();
        };
        // SAFETY: the run holds the outputs, and lives as long as the tokens.
        let found = unsafe { claim(&self.outputs, (self.id, self.home), &mut graves, |_| {}, ready) }?;
        self.ranked.store(found.ranked, Ordering::Relaxed);
        *self.graves.lock().unwrap_or_else(PoisonError::into_inner) = graves;
        self.unclean.store(found.kept && !self.is_prepared() || found.broken, Ordering::Relaxed);
        if found.broken {
            self.failed.store(true, Ordering::Relaxed);
            if self.settings.fail_fast {
                self.halt(Halt::Failed);
            }
        }
        self.tell_that_it_began();
        Ok(roots)
    }

    fn tell_that_it_began(&self) {
        if let Some(observer) = self.observer() {
            let _ = catch_unwind(AssertUnwindSafe(|| observer.began(self)));
        }
    }

    /// Makes this a run of a graph that is prepared, whose nodes `home` has claimed; `linked` says that they are linked, as
    /// they were in its last run. Before anything is claimed.
    pub(super) fn belong_to(&mut self, home: u32, linked: bool) {
        self.home = home;
        if linked {
            self.id = home;
        }
    }

    /// Whether the graph is prepared, so that it stays.
    pub(super) fn is_prepared(&self) -> bool {
        self.home != FREE
    }

    /// What the run's nodes are claimed by.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// As [`claim`](Self::claim), of a graph that is claimed and linked already, of which `roots` are ready; `ranked` as
    /// [`ranks_roots`](Self::ranks_roots) said when it was linked.
    ///
    /// # Safety
    /// They are, and all that the outputs need is in the state that `claim` would leave.
    pub(super) unsafe fn begin_linked(&self, roots: &[NonNull<Header>], ranked: bool) -> Vec<Ready<'_>> {
        self.ranked.store(ranked, Ordering::Relaxed);
        self.unclean.store(false, Ordering::Relaxed);
        self.tell_that_it_began();
        let mut tokens = claim::take_memory();
        tokens.extend_from_slice(roots);
        tokens.into_iter().map(|root| Ready(root, PhantomData)).collect()
    }

    /// Takes back the memory of the nodes that were ready when it began, for the next run that this thread begins.
    pub(crate) fn keep_memory(&self, mut memory: Vec<Ready<'_>>) {
        memory.clear();
        // In the same memory.
        claim::keep_memory(memory.into_iter().map(|root| root.0).collect());
    }

    /// Whether some of the nodes that were ready when it began may be more or less urgent than others.
    pub(crate) fn ranks_roots(&self) -> bool {
        self.ranked.load(Ordering::Relaxed)
    }

    /// Whether all outputs have been computed, and nothing is left to clear away. For when all tokens are gone.
    pub(crate) fn is_clean(&self) -> bool {
        !self.is_unclean() && (0..self.outputs.len()).all(|index| self.is_done(index))
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
    pub(crate) fn cares(&self) -> bool {
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

    /// As [`doze`](Self::doze), and takes nothing.
    pub(crate) fn wait_for_news(&self, until: Option<Instant>) {
        self.dormitory().wait_for_news([self.deadline, until].into_iter().flatten().min());
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
        let halt = self.halt.load(Ordering::Relaxed);
        halt != 0 && (halt != WATCHED || self.look())
    }

    /// Whether somebody outside, or the clock, has stopped the run. For a run that is [`WATCHED`].
    #[cold]
    fn look(&self) -> bool {
        if self.settings.cancel.as_ref().is_some_and(crate::CancelToken::is_cancelled) {
            self.halt(Halt::Cancelled);
        } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.halt(Halt::TimedOut);
        }
        self.halt.load(Ordering::Relaxed) != WATCHED
    }

    /// Stops the run, if it wasn't stopped before.
    fn halt(&self, why: Halt) {
        let stop = |halt| matches!(halt, 0 | WATCHED).then_some(why as u8);
        if self.halt.fetch_update(Ordering::Relaxed, Ordering::Relaxed, stop).is_ok() {
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
            0 | WATCHED => None,
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

    /// Whether a node gives one of the outputs.
    #[cfg(feature = "remote")]
    pub(crate) fn gives_out(&self, node: &Header) -> bool {
        self.givers.get_or_init(|| self.outputs.iter().map(Handle::key).collect()).contains(&node.key())
    }

    /// Whether the `index`-th output has been computed. For when all tokens are gone.
    pub(crate) fn is_done(&self, index: usize) -> bool {
        self.outputs[index].header().phase() == Phase::Done
    }

    /// Whether nodes have to be looked at before they are freed.
    pub(super) fn is_unclean(&self) -> bool {
        self.unclean.load(Ordering::Relaxed)
    }

    /// Notes that nodes have to be looked at before they are freed.
    pub(super) fn needs_settling(&self) {
        self.unclean.store(true, Ordering::Relaxed);
    }

    pub(super) fn note_failure(&self) {
        self.unclean.store(true, Ordering::Relaxed);
        self.failed.store(true, Ordering::Relaxed);
        if self.settings.fail_fast {
            self.halt(Halt::Failed);
        }
    }

    /// Clears away what a failure left, while the claims are still held: subgraphs that are under way may borrow from
    /// values, and dropping them runs user code. After that results can be taken.
    pub(super) fn settle(&mut self) {
        if *self.unclean.get_mut() && self.settled.is_none() {
            // SAFETY: no token is left: they borrow the run.
            self.settled = Some(unsafe { Settled::new(&self.outputs, self.id) });
        }
    }

    /// Takes the result of the `index`-th output; nothing if it wasn't computed.
    ///
    /// # Safety
    /// The output is a `Node<T>`'s, all tokens of the run are gone, and the run is settled.
    pub(super) unsafe fn take<T>(&mut self, index: usize) -> Option<T> {
        let output = &self.outputs[index];
        // An output has one handle, the run's: what else refers to the node are operations that were not asked for.
        if output.header().phase() != Phase::Done || port(output).spend() {
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

impl Drop for Run {
    fn drop(&mut self) {
        if self.is_prepared() && !self.is_clean() {
            *self.unclean.get_mut() = true;
        }
        self.settle();
        if let Some(settled) = self.settled.take() {
            settled.free(self.home);
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

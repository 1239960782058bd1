//! Versions of values: what is known of each, and who waits for it.
//!
//! A [`Port`] is one version of a value: an operation has one for its result and one for each value that it updates in
//! place. Uses of versions are in `edge.rs`. Only while a run holds them are ports linked forward to the nodes that wait on them, by
//! [`Link`]s.

use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU8, Ordering};

use super::edge::Link;
use super::header::{Header, Phase};
use super::sync::Countdown;

/// One version of a value.
#[repr(C)]
pub(super) struct Port {
    /// The edges of the run that wait for this version. Of a node whose subgraph is under way: the subgraph's result
    /// (`Header::set_child`).
    pub(super) waiting: Cell<Link>,
    /// The node that takes or updates this version, if the run has one; it waits for all readers too.
    pub(super) taker: Cell<*const Header>,
    /// The readers of the run that aren't done.
    pub(super) readers: Countdown,
    /// What holds from the start ([`MAIN`], [`PLAIN`], [`USES_END`], [`MAY_BE_ABSENT`], [`HAS_TERMS`]), whether it is `ELSEWHERE`, and how
    /// needed the node is ([`Need`]).
    traits: AtomicU8,
    /// What else happens to it, and of a main port what its block is like: [`SPENT`], [`TURN`], [`SMALL`].
    fate: AtomicU8,
    /// Of a main port: what the block holds ([`holds`]), and how far the node has come ([`Phase`]).
    state: Cell<u8>,
    /// Of a main port: how many update ports the block has.
    pub(super) updates: u8,
}

/// What a block holds that has to be dropped.
pub(super) mod holds {
    pub(crate) const CALL: u8 = 1;
    pub(crate) const INPUTS: u8 = 2;
    pub(crate) const VALUE: u8 = 4;
    pub(crate) const ANYTHING: u8 = CALL | INPUTS | VALUE;
}

/// In `state`: the node has finished without a value, so that what needs it finishes so too.
const ABSENT: u8 = 1 << 5;
/// In `state`: the node may be tried again, so running it must not use up what it would need.
const KEEPS: u8 = 1 << 6;

/// In `state`: the node is part of a graph that is prepared, so its body stays.
const PREPARED: u8 = 1 << 7;

/// In `fate`: the version is gone, taken or updated.
const SPENT: u8 = 1;
/// In `fate`, of a main port: whether the node of a graph that is prepared has run once more. Changes each time.
const TURN: u8 = 2;

/// In `fate`, of a main port: the block is a small one, whatever lies before the header.
pub(super) const SMALL: u8 = 4;

/// Where in `state` the phase is.
const PHASE: u8 = 3;

/// The port of a node's own result.
pub(super) const MAIN: u8 = 1;
/// The value needs no drop.
pub(super) const PLAIN: u8 = 2;
/// Of a main port: the operation's uses end when it has run. Where it only takes values, or only waits, there is nothing to
/// end.
pub(super) const USES_END: u8 = 4;

/// Of a main port: the operation may finish without a value, or needs one that may.
pub(super) const MAY_BE_ABSENT: u8 = 8;

/// Of a main port: the operation has terms of its own, which say how it is run, or is a future, which is polled.
const HAS_TERMS: u8 = 16;

/// The version was given by an operation that runs elsewhere, so its value may be brought here.
#[cfg(feature = "remote")]
const ELSEWHERE: u8 = 32;

/// What holds of a port from the start, read once.
#[derive(Clone, Copy)]
pub(super) struct Traits(u8);

impl Traits {
    #[inline]
    pub(super) fn is_main(self) -> bool {
        self.0 & MAIN != 0
    }

    /// Whether somebody will ask whether the node is needed.
    #[inline]
    pub(super) fn is_watched(self) -> bool {
        self.0 >> NEED != 0
    }

    /// [`MAY_BE_ABSENT`], if it holds.
    #[inline]
    pub(super) fn absence(self) -> u8 {
        self.0 & MAY_BE_ABSENT
    }
}

/// Whether an operation that will run needs a node, where somebody will ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Need {
    /// Nobody will ask.
    Unwatched = 0,
    /// No operation uses the node yet.
    Watched = 1 << NEED,
    /// An operation uses the node.
    Needed = 2 << NEED,
    /// The node only passes values on: what it uses is needed when it is itself, and no operation uses it yet.
    Passes = 3 << NEED,
}

/// Where in `traits` the need is.
const NEED: u8 = 6;

impl Port {
    #[inline]
    pub(super) fn new(traits: u8, block: u8, (held, phase): (u8, Phase), updates: u8) -> Self {
        Self {
            waiting: Cell::new(Link::NONE),
            taker: Cell::new(ptr::null()),
            readers: Countdown::new(0),
            traits: AtomicU8::new(traits),
            fate: AtomicU8::new(block),
            state: Cell::new(held | (phase as u8) << PHASE),
            updates,
        }
    }

    /// What holds from the start. Relaxed: those bits never change.
    #[inline]
    fn traits(&self) -> u8 {
        self.traits.load(Ordering::Relaxed)
    }

    /// What holds from the start, and how needed the node is.
    #[inline]
    pub(super) fn read_traits(&self) -> Traits {
        Traits(self.traits())
    }

    #[inline]
    pub(super) fn is_main(&self) -> bool {
        self.traits() & MAIN != 0
    }

    /// Whether the value needs no drop, so that nobody has to know when its last reader is done.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.traits() & PLAIN != 0
    }

    /// [`PLAIN`], if it holds.
    #[inline]
    pub(super) fn plain(&self) -> u8 {
        self.traits() & PLAIN
    }

    /// Whether the operation's uses end when it has run.
    #[inline]
    pub(super) fn uses_end(&self) -> bool {
        self.traits() & USES_END != 0
    }

    #[inline]
    pub(super) fn need(&self) -> Need {
        match self.traits() >> NEED {
            0 => Need::Unwatched,
            1 => Need::Watched,
            2 => Need::Needed,
            _ => Need::Passes,
        }
    }

    /// Relaxed: it orders nothing; it is asked by whoever built the graph.
    #[inline]
    pub(super) fn set_need(&self, need: Need) {
        let changed = |traits| Some(traits & !(3 << NEED) | need as u8);
        // Not a load and a store, since whoever runs the node may set another bit meanwhile.
        let _ = self.traits.fetch_update(Ordering::Relaxed, Ordering::Relaxed, changed);
    }

    /// Which of `what` the block holds.
    #[inline]
    pub(super) fn holds(&self, what: u8) -> u8 {
        self.state.get() & what
    }

    /// The block holds `what` from now on.
    #[inline]
    pub(super) fn hold(&self, what: u8) {
        self.state.set(self.state.get() | what);
    }

    /// The block doesn't hold `what` any more; gives what it did hold of it.
    #[inline]
    pub(super) fn release(&self, what: u8) -> u8 {
        let before = self.state.get();
        self.state.set(before & !what);
        before & what
    }

    #[inline]
    pub(super) fn phase(&self) -> Phase {
        match self.state.get() >> PHASE & 3 {
            0 => Phase::New,
            1 => Phase::Expanded,
            2 => Phase::Done,
            _ => Phase::Failed,
        }
    }

    #[inline]
    pub(super) fn set_phase(&self, phase: Phase) {
        self.state.set(self.state.get() & !(3 << PHASE) | (phase as u8) << PHASE);
    }

    /// Relaxed: what changes of it belongs to the run that holds the claim; others ask only for what never does.
    #[inline]
    fn fate(&self) -> u8 {
        self.fate.load(Ordering::Relaxed)
    }

    #[inline]
    fn set_fate(&self, fate: u8) {
        self.fate.store(fate, Ordering::Relaxed);
    }

    /// Whether the version is gone: taken, or updated.
    #[inline]
    pub(super) fn is_spent(&self) -> bool {
        self.fate() & SPENT != 0
    }

    /// The version is gone from now on; gives whether it was so before.
    #[inline]
    pub(super) fn spend(&self) -> bool {
        let before = self.is_spent();
        self.set_spent(true);
        before
    }

    /// Says whether the version is gone.
    #[inline]
    pub(super) fn set_spent(&self, yes: bool) {
        self.set_fate(self.fate() & !SPENT | if yes { SPENT } else { 0 });
    }

    /// Whether the node's block is a small one.
    #[inline]
    pub(super) fn is_small(&self) -> bool {
        self.fate() & SMALL != 0
    }

    /// Notes that a node of a graph that is prepared has run once more.
    #[inline]
    pub(super) fn take_turn(&self) {
        self.set_fate(self.fate() ^ TURN);
    }

    /// Whether a node of a graph that is prepared has run an odd number of times.
    #[inline]
    pub(super) fn turn(&self) -> bool {
        self.fate() & TURN != 0
    }

    /// The node of a graph that is prepared has run an even number of times.
    pub(super) fn reset_turn(&self) {
        self.set_fate(self.fate() & !TURN);
    }

    /// Whether the operation has terms of its own, or is a future.
    #[inline]
    pub(super) fn has_terms(&self) -> bool {
        self.traits() & HAS_TERMS != 0
    }

    /// The operation has terms of its own, or is a future. For its maker, before anybody else uses it.
    pub(super) fn set_has_terms(&self) {
        self.traits.fetch_or(HAS_TERMS, Ordering::Relaxed);
    }

    /// Whether the version was given by an operation that runs elsewhere.
    #[cfg(feature = "remote")]
    pub(super) fn is_elsewhere(&self) -> bool {
        self.traits() & ELSEWHERE != 0
    }

    /// The version is given by an operation that runs elsewhere. For whoever runs that.
    #[cfg(feature = "remote")]
    pub(super) fn set_elsewhere(&self) {
        self.traits.fetch_or(ELSEWHERE, Ordering::Relaxed);
    }

    /// Whether running the node must leave what another attempt would need.
    #[inline]
    pub(super) fn keeps(&self) -> bool {
        self.state.get() & KEEPS != 0
    }

    /// Says whether running the node must leave what another attempt would need.
    pub(super) fn set_keeps(&self, yes: bool) {
        self.state.set(self.state.get() & !KEEPS | if yes { KEEPS } else { 0 });
    }

    /// Whether running the node must leave its body, for another attempt or for another run.
    #[inline]
    pub(super) fn leaves_body(&self) -> bool {
        self.state.get() & (KEEPS | PREPARED) != 0
    }

    /// Whether the node is part of a graph that is prepared.
    #[inline]
    pub(super) fn is_prepared(&self) -> bool {
        self.state.get() & PREPARED != 0
    }

    /// Says whether the node is part of a graph that is prepared.
    pub(super) fn set_prepared(&self, yes: bool) {
        self.state.set(self.state.get() & !PREPARED | if yes { PREPARED } else { 0 });
    }

    /// Makes an operation one that hasn't run, as far as this port tells.
    #[inline]
    pub(super) fn renew(&self) {
        self.state.set(self.state.get() & !(ABSENT | KEEPS | 3 << PHASE) | (Phase::New as u8) << PHASE);
    }

    /// Whether the operation may finish without a value.
    #[inline]
    pub(super) fn may_be_absent(&self) -> bool {
        self.traits() & MAY_BE_ABSENT != 0
    }

    /// Whether the operation has finished without a value. For whoever may look at the value.
    #[inline]
    pub(super) fn is_absent(&self) -> bool {
        self.state.get() & ABSENT != 0
    }

    /// Notes that the operation has a value after all.
    pub(super) fn clear_absent(&self) {
        self.state.set(self.state.get() & !ABSENT);
    }

    /// Notes that the operation has finished without a value.
    #[inline]
    pub(super) fn set_absent(&self) {
        self.state.set(self.state.get() | ABSENT);
    }
}

/// The version of a value that an updating operation leaves.
#[repr(C)]
pub(super) struct UpdatePort {
    pub(super) port: Port,
    /// The operation that updates.
    pub(super) owner: NonNull<Header>,
    /// The node that the value lives in.
    pub(super) home: NonNull<Header>,
}

//! The peer's scheduler: the workers of one run, what they share, and how one follows a chain.

use std::hint;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use rayon::{Scope, ThreadPool};

use super::arena::{FanOut, Graph};

/// Runs every node once, on the calling thread and on `pool`, and gives the output's value.
pub(super) fn run(pool: &ThreadPool, graph: &Graph) -> u64 {
    let run = Run::new(pool.current_num_threads(), graph);
    pool.in_place_scope(|scope| {
        if graph.roots.iter().map(ExactSizeIterator::len).sum::<usize>() > 1 {
            run.call_helper(scope);
        }
        Worker::new(&run, scope).work_to_the_end();
    });
    graph.nodes[run.output as usize].result()
}

/// What the workers of one run share.
struct Run<'g> {
    graph: &'g Graph,
    threads: usize,
    output: u32,
    shared: Mutex<Shared<'g>>,
    /// Whether `shared` may hold work. Written under its lock; read without, as a hint.
    anything: AtomicBool,
    /// How many workers there are, the calling thread included.
    working: AtomicUsize,
    /// Set once the output has run. It waits for every node, so nothing is left to do then.
    done: AtomicBool,
}

/// Work that any worker may take.
struct Shared<'g> {
    wide: Vec<Wide<'g>>,
    /// Ready nodes that a worker had no time for.
    exposed: Vec<u32>,
}

/// Work by the thousand, from which chunks are cut.
enum Wide<'g> {
    /// Nodes that are ready.
    Roots(Range<u32>),
    /// Nodes at each of which one arrival is due.
    Successors(&'g [u32]),
}

/// How many ready nodes a worker exposes at once.
const EXPOSED_AT_ONCE: usize = 16;
/// The most nodes that are cut from wide work at once.
const LARGEST_CHUNK: usize = 256;
/// Arrivals at a node that still waits for more than this many are held back.
const WIDE_FAN_IN: u32 = 8;
/// No node has this id.
const NOWHERE: u32 = u32::MAX;
/// How often an idle helper looks for work before it leaves (some tens of microseconds).
const LOOKS_BEFORE_LEAVING: u32 = 2_000;

impl<'g> Run<'g> {
    fn new(threads: usize, graph: &'g Graph) -> Self {
        let wide = graph.roots.iter().cloned().map(Wide::Roots).collect();
        Self {
            graph,
            threads,
            output: graph.nodes.len() as u32 - 1,
            shared: Mutex::new(Shared { wide, exposed: Vec::new() }),
            anything: AtomicBool::new(true),
            working: AtomicUsize::new(1),
            done: AtomicBool::new(false),
        }
    }

    /// Starts one more worker, if there is room for one.
    fn call_helper<'s>(&'s self, scope: &Scope<'s>) {
        let room = |working| (working < self.threads).then_some(working + 1);
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        if self.working.load(fetch) < self.threads && self.working.fetch_update(set, fetch, room).is_ok() {
            scope.spawn(|scope| Worker::new(self, scope).help());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared<'g>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes a wide fan-out.
    fn publish(&self, successors: &'g [u32]) {
        let mut shared = self.lock();
        shared.wide.push(Wide::Successors(successors));
        self.anything.store(true, Ordering::Relaxed);
    }

    /// Exposes the oldest few of a worker's ready nodes.
    fn expose(&self, ready: &mut Vec<u32>) {
        let mut shared = self.lock();
        shared.exposed.extend(ready.drain(..ready.len().min(EXPOSED_AT_ONCE)));
        self.anything.store(true, Ordering::Relaxed);
    }

    /// Takes a chunk of wide work, or moves exposed nodes to `ready`. `None` if there was nothing.
    fn take(&self, ready: &mut Vec<u32>) -> Option<Wide<'g>> {
        if !self.anything.load(Ordering::Relaxed) {
            return None;
        }
        let mut shared = self.lock();
        let Shared { wide, exposed } = &mut *shared;
        let chunk = if exposed.is_empty() {
            let widest = wide.last_mut()?;
            let chunk = widest.cut(self.threads);
            if widest.is_empty() {
                wide.pop();
            }
            chunk
        } else {
            ready.extend(exposed.drain(..exposed.len().div_ceil(2)));
            Wide::Successors(&[])
        };
        self.anything.store(!wide.is_empty() || !exposed.is_empty(), Ordering::Relaxed);
        Some(chunk)
    }
}

impl Wide<'_> {
    fn is_empty(&self) -> bool {
        match self {
            Wide::Roots(run) => run.is_empty(),
            Wide::Successors(list) => list.is_empty(),
        }
    }

    /// Cuts a chunk off the front: smaller ones towards the end, so that the workers end together.
    fn cut(&mut self, threads: usize) -> Self {
        let size = |rest: usize| (rest / (8 * threads)).clamp(1, LARGEST_CHUNK).min(rest);
        match self {
            Wide::Roots(run) => {
                let end = run.start + size(run.len()) as u32;
                let chunk = run.start..end;
                run.start = end;
                Wide::Roots(chunk)
            }
            Wide::Successors(list) => {
                let (chunk, rest) = list.split_at(size(list.len()));
                *list = rest;
                Wide::Successors(chunk)
            }
        }
    }
}

/// One worker's side of a run.
struct Worker<'s, 'r, 'g> {
    run: &'s Run<'g>,
    scope: &'r Scope<'s>,
    ready: Vec<u32>,
    held: Held,
}

/// Arrivals at one wide fan-in that its counter doesn't know of yet.
///
/// While any are held its counter can't come to 0, so nobody takes it for ready before they are released.
struct Held {
    at: u32,
    arrivals: u32,
}

impl<'s, 'r, 'g> Worker<'s, 'r, 'g> {
    fn new(run: &'s Run<'g>, scope: &'r Scope<'s>) -> Self {
        Self { run, scope, ready: Vec::new(), held: Held { at: NOWHERE, arrivals: 0 } }
    }

    /// The calling thread's part: works until the output has run.
    fn work_to_the_end(mut self) {
        let mut looks = 0;
        while !self.run.done.load(Ordering::Acquire) {
            if self.work() {
                looks = 0;
            } else {
                pause(&mut looks);
            }
        }
    }

    /// A helper's part: works until there has been nothing to do for a while.
    fn help(mut self) {
        let mut looks = 0;
        while looks < LOOKS_BEFORE_LEAVING && !self.run.done.load(Ordering::Acquire) {
            if self.work() {
                looks = 0;
            } else {
                pause(&mut looks);
            }
        }
        // Who exposes work looks for it himself before he leaves, so none is lost by leaving now.
        self.run.working.fetch_sub(1, Ordering::Relaxed);
    }

    /// Takes shared work and does it with all that follows from it. `false` if there was none.
    fn work(&mut self) -> bool {
        let Some(chunk) = self.run.take(&mut self.ready) else {
            // Nothing to do for the moment: what is held back may be what all wait for.
            let Some(id) = self.release() else {
                return false;
            };
            self.follow(id);
            self.empty_stack();
            return true;
        };
        match chunk {
            Wide::Roots(run) => {
                for id in run {
                    self.follow(id);
                    self.empty_stack();
                }
            }
            Wide::Successors(list) => {
                for &id in list {
                    if self.arrive(id) {
                        self.follow(id);
                    }
                    self.empty_stack();
                }
            }
        }
        self.empty_stack();
        true
    }

    fn empty_stack(&mut self) {
        while let Some(id) = self.ready.pop() {
            self.follow(id);
        }
    }

    /// Runs a ready node, then the first successor that this makes ready, and so on.
    fn follow(&mut self, mut id: u32) {
        let graph = self.run.graph;
        loop {
            let node = &graph.nodes[id as usize];
            node.compute(&graph.nodes);
            let [first, second] = node.successors;
            id = match node.fan_out {
                FanOut::One if self.arrive(first) => first,
                FanOut::Two => match (self.arrive(first), self.arrive(second)) {
                    (true, true) => {
                        self.keep(second);
                        first
                    }
                    (true, false) => first,
                    (false, true) => second,
                    (false, false) => return,
                },
                FanOut::One => return,
                FanOut::List => {
                    self.run.publish(&graph.lists[first as usize]);
                    self.run.call_helper(self.scope);
                    return;
                }
                FanOut::Nobody => {
                    if id == self.run.output {
                        // Pairs with the acquiring loads in `work_to_the_end` and `help`.
                        self.run.done.store(true, Ordering::Release);
                    }
                    return;
                }
            };
        }
    }

    /// Tells a node that one predecessor has run. `true` if it was the last.
    #[inline(always)]
    fn arrive(&mut self, id: u32) -> bool {
        if id == self.held.at {
            self.held.arrivals += 1;
            return false;
        }
        let pending = &self.run.graph.nodes[id as usize].pending;
        // Acquires what earlier arrivals released. Alone left, nobody else will look: leave it at 1.
        let left = pending.load(Ordering::Acquire);
        if left == 1 {
            true
        } else if left > WIDE_FAN_IN {
            self.hold(id);
            false
        } else {
            pending.fetch_sub(1, Ordering::AcqRel) == 1
        }
    }

    /// Holds back an arrival at `id`, and those to come.
    fn hold(&mut self, id: u32) {
        if let Some(ready) = self.release() {
            self.keep(ready);
        }
        self.held = Held { at: id, arrivals: 1 };
    }

    /// Subtracts the arrivals held back. Gives their node if it is ready now.
    fn release(&mut self) -> Option<u32> {
        let Held { at, arrivals } = self.held;
        if arrivals == 0 {
            return None;
        }
        self.held.arrivals = 0;
        let pending = &self.run.graph.nodes[at as usize].pending;
        (pending.fetch_sub(arrivals, Ordering::AcqRel) == arrivals).then_some(at)
    }

    /// Keeps a ready node for later, or for somebody else.
    fn keep(&mut self, id: u32) {
        self.ready.push(id);
        if self.run.threads > 1 && !self.run.anything.load(Ordering::Relaxed) {
            self.run.expose(&mut self.ready);
            self.run.call_helper(self.scope);
        }
    }
}

/// Waits a moment, and lets another thread have the processor now and then.
fn pause(looks: &mut u32) {
    *looks += 1;
    if looks.is_multiple_of(64) {
        thread::yield_now();
    } else {
        hint::spin_loop();
    }
}

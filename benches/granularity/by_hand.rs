//! The same by hand, for these workloads and nothing else: an array of tasks, each with a countdown, its value and the lists of those
//! that it reads and of those that read it, in a cache line of its own; a queue for each of two threads, of which one is rayon's.
//!
//! It goes through what is ready nearly as the library does where little is: a task that has become ready is run next by whoever brought its last value; of
//! several, the one that most others read, and of those one thread takes the first, the other the last. It has nothing else of what
//! the library does: it frees nothing, can't fail, and can't be stopped. So it shows what is to be had on a machine.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crossbeam_deque::{Steal, Stealer, Worker};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::contender::{Contender, Ran};
use crate::kernel::work;
use crate::workload::Workload;

/// The version by hand, running a graph again.
pub(crate) struct ByHand;

/// A task, in an array of them.
#[repr(align(64))]
struct Task {
    /// How many of those that it reads aren't done.
    pending: AtomicU32,
    value: AtomicU64,
    seed: u64,
    reads: Box<[u32]>,
    readers: Box<[u32]>,
}

/// The tasks of a workload.
pub(crate) struct Tasks {
    tasks: Vec<Task>,
    turns: u32,
    /// How many are done.
    done: AtomicUsize,
}

impl Tasks {
    fn new(workload: &Workload) -> Self {
        let Workload::Steps { plan, turns } = workload else { unreachable!("only steps work") };
        let (mut tasks, mut readers) = (Vec::new(), vec![Vec::new(); plan.tasks()]);
        let mut before = 0;
        for step in &plan.steps {
            let here = tasks.len();
            for (i, task) in step.iter().enumerate() {
                let reads: Box<[u32]> = task.reads.iter().map(|&read| (before + read) as u32).collect();
                for &read in &reads {
                    readers[read as usize].push((here + i) as u32);
                }
                let (pending, value) = (AtomicU32::new(reads.len() as u32), AtomicU64::new(0));
                tasks.push(Task { pending, value, seed: i as u64, reads, readers: Box::default() });
            }
            before = here;
        }
        for (task, readers) in tasks.iter_mut().zip(readers) {
            task.readers = readers.into();
        }
        Self { tasks, turns: *turns, done: AtomicUsize::new(0) }
    }

    fn value(&self, task: u32) -> u64 {
        // Relaxed: the countdown orders it.
        self.tasks[task as usize].value.load(Ordering::Relaxed)
    }

    /// Runs what there is until all is done. One thread goes `up`, the other down.
    fn work(&self, up: bool, shared: &Worker<u32>, other: &Stealer<u32>, roots: VecDeque<u32>) {
        let distance = |task: u32| if up { task } else { !task };
        let rank = |task: u32| (Reverse(self.tasks[task as usize].readers.len()), distance(task));
        let (mut next, mut local, mut ran) = (None, roots, 0);
        loop {
            let mine = next.take().or_else(|| local.pop_back()).or_else(|| shared.pop());
            let Some(at) = mine.or_else(|| self.steal(&mut ran, other)) else { return };
            if shared.is_empty() {
                local.drain(..).for_each(|task| shared.push(task));
            }
            let before = local.len();
            let task = &self.tasks[at as usize];
            let seed = task.reads.iter().fold(0_u64, |sum, &read| sum.wrapping_add(self.value(read)));
            let value = work(self.turns, if task.reads.is_empty() { task.seed } else { seed });
            task.value.store(value, Ordering::Relaxed);
            ran += 1;
            for &reader in task.readers.iter().rev() {
                let to_run = &self.tasks[reader as usize];
                let pending = &to_run.pending;
                if pending.load(Ordering::Acquire) != 1 && pending.fetch_sub(1, Ordering::AcqRel) != 1 {
                    continue;
                }
                // For the next run.
                pending.store(to_run.reads.len() as u32, Ordering::Relaxed);
                let later = match next {
                    None => {
                        next = Some(reader);
                        continue;
                    }
                    Some(first) if rank(first) < rank(reader) => reader,
                    Some(first) => {
                        next = Some(reader);
                        first
                    }
                };
                let is_nearer = |&last: &u32| distance(last) < distance(later);
                let swaps = local.len() > before && local.back().is_some_and(is_nearer);
                let last = if swaps { local.pop_back() } else { None };
                local.push_back(later);
                local.extend(last);
            }
        }
    }

    /// Takes a task from the other thread; none if all are done. `ran` is how many this one has run and not yet said so.
    fn steal(&self, ran: &mut usize, other: &Stealer<u32>) -> Option<u32> {
        self.done.fetch_add(std::mem::take(ran), Ordering::AcqRel);
        while self.done.load(Ordering::Acquire) < self.tasks.len() {
            if !other.is_empty()
                && let Steal::Success(task) = other.steal()
            {
                return Some(task);
            }
            spin_loop();
        }
        None
    }

    fn run(&self, pool: &ThreadPool) -> u64 {
        self.done.store(0, Ordering::Relaxed);
        let queues = [Worker::new_lifo(), Worker::new_lifo()];
        let others = [queues[1].stealer(), queues[0].stealer()];
        let ([first, second], [of_second, of_first]) = (queues, others);
        let roots = (0..self.tasks.len() as u32).take_while(|&task| self.tasks[task as usize].reads.is_empty());
        let roots: Vec<u32> = roots.collect();
        pool.in_place_scope(|scope| {
            scope.spawn(move |_| self.work(false, &second, &of_first, VecDeque::new()));
            self.work(true, &first, &of_second, roots.into_iter().rev().collect());
        });
        let ends = (0..self.tasks.len() as u32).filter(|&task| self.tasks[task as usize].readers.is_empty());
        ends.fold(0_u64, |sum, task| sum.wrapping_add(self.value(task)))
    }
}

impl Contender for ByHand {
    const NAME: &'static str = "by hand, again";

    type Pool = ThreadPool;
    type Ready<'a> = Tasks;

    fn pool(threads: usize) -> ThreadPool {
        assert_eq!(threads, 2, "it is for two threads");
        ThreadPoolBuilder::new().num_threads(1).build().expect("there are threads")
    }

    fn ready(_: &ThreadPool, workload: &Workload) -> Tasks {
        Tasks::new(workload)
    }

    fn run(pool: &ThreadPool, tasks: &mut Tasks, times: usize) -> Vec<Ran> {
        (0..times).map(|_| Ran::timed(|| tasks.run(pool))).collect()
    }
}

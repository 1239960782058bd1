//! Work of a known length: a loop that stays in registers, and how long a turn of it takes at the moment.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

/// What a task does: `turns` turns, on what it has read.
#[inline(never)]
pub(crate) fn work(turns: u32, seed: u64) -> u64 {
    let mut x = seed | 1;
    for _ in 0..turns {
        x = x.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ (x >> 29);
    }
    x
}

/// How fast the machine works at the moment.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// What a turn takes, in ns, while two threads work.
    pub(crate) turn: f64,
    /// By how much that is more than with one thread.
    pub(crate) slowdown: f64,
}

impl Pace {
    /// Takes about two milliseconds.
    pub(crate) fn measure() -> Self {
        const TURNS: u32 = 400_000;
        let one = || {
            let start = Instant::now();
            black_box(work(TURNS, black_box(1)));
            start.elapsed().as_nanos() as f64 / f64::from(TURNS)
        };
        let alone = one();
        let barrier = Barrier::new(2);
        let turn = thread::scope(|scope| {
            let other = scope.spawn(|| {
                barrier.wait();
                one()
            });
            barrier.wait();
            let mine = one();
            mine.max(other.join().expect("the kernel doesn't panic"))
        });
        Self { turn, slowdown: turn / alone }
    }
}

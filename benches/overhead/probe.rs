//! The concurrency probe: are there two processors at this moment?
//!
//! On a shared machine two processors sometimes act like two threads of one core, or one of them is
//! taken away. A figure for two threads means something only while both are there. The probe runs a
//! kernel that stays in registers on one thread, then on two at once, and gives the slowdown: 1 with two
//! free processors, 2 with one.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// A figure for two threads counts only under this slowdown.
pub(crate) const LIMIT: f64 = 1.3;

const STEPS: u32 = 1_000_000;

/// Measures the slowdown of two kernels at once against one alone. Takes about two milliseconds.
pub(crate) fn slowdown() -> f64 {
    let alone = kernel();
    let barrier = Barrier::new(2);
    let both = thread::scope(|scope| {
        let other = scope.spawn(|| {
            barrier.wait();
            kernel()
        });
        barrier.wait();
        let mine = kernel();
        mine.max(other.join().expect("the kernel doesn't panic"))
    });
    both.as_secs_f64() / alone.as_secs_f64()
}

fn kernel() -> Duration {
    let start = Instant::now();
    let mut x = black_box(0x9E37_79B9_7F4A_7C15_u64);
    let mut y = black_box(0xD1B5_4A32_D192_ED03_u64);
    for _ in 0..STEPS {
        x = x.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ (x >> 29);
        y = y.rotate_left(7).wrapping_add(x);
    }
    black_box((x, y));
    start.elapsed()
}

//! What it costs to hand a cache line to the other processor. On a machine that is shared, it changes with where the two processors
//! lie at the moment, and small tasks that need each other's results can't be faster than that.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use crate::rounds::median;

/// Shows the median of what it took, and before it the least where that is far less: then the two processors were threads of one core for
/// a while, which share their caches.
pub(crate) fn show(nanos: &[f64]) -> String {
    let (usual, least) = (median(nanos.iter().copied()), nanos.iter().copied().fold(f64::INFINITY, f64::min));
    if least < 0.6 * usual { format!("{least:.0}-{usual:.0}") } else { format!("{usual:.0}") }
}

/// The ns that a word takes from one thread to another, there and back again by the thousand.
pub(crate) fn nanos() -> f64 {
    const TURNS: u32 = 10_000;
    let word = AtomicU32::new(0);
    // Waits for the word to come, and hands it back.
    let pass = |turns: std::ops::Range<u32>, mine: u32| {
        for turn in turns {
            while word.load(Ordering::Acquire) != 2 * turn + mine {
                spin_loop();
            }
            word.store(2 * turn + mine + 1, Ordering::Release);
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| pass(0..TURNS, 1));
        // So that the other thread has begun.
        pass(0..1, 0);
        let start = Instant::now();
        pass(1..TURNS, 0);
        start.elapsed().as_nanos() as f64 / f64::from(2 * (TURNS - 1))
    })
}

//! How much faster two threads are than one, beside what the machine gives.
//!
//! The probe's kernel takes its turn in each round, longer than the looks that decide whether a round counts. Its slowdown is `probe`;
//! the speed-up times that is `by probe`.

use std::iter;

use crate::probe;
use crate::rounds::{Contender, Probed, interleave, median};

/// How often the probe runs in a round: a tenth of a second.
const PROBES: usize = 25;

pub(crate) fn print_header() {
    println!(
        "{:<24} {:>12} {:>13} {:>9}  {:<6} {:>8}",
        "", "1 thread, ms", "2 threads, ms", "speed-up", "probe", "by probe"
    );
}

/// Measures and prints one thread's work beside that of two; both give seconds.
pub(crate) fn print<'a>(name: &str, rounds: usize, one: Contender<'a>, two: Contender<'a>) {
    let probe: Contender<'a> = Box::new(|| median(iter::repeat_with(probe::slowdown).take(PROBES)));
    let measured = interleave(rounds, vec![one, two, probe]);
    let [one, two, slowdown] = measured.medians[..] else { unreachable!("there are three contenders") };
    let speed_up = 1.0 / measured.ratios[1];
    let probe = Probed { slowdown, ..measured.probe };
    println!(
        "{name:<24} {:>12.1} {:>13.1} {speed_up:>9.2}  {probe:<6} {:>8.2}",
        one * 1e3,
        two * 1e3,
        speed_up * slowdown
    );
}

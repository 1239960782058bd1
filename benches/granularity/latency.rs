//! How long a small graph takes from the call that builds it to its value, one graph after the other.

use crate::contender::Contender;
use crate::workload::Workload;

/// How many runs say how long one takes; then there are as many as a second has room for.
const FIRST: usize = 20;

pub(crate) fn print_header() {
    println!("{:<10} {:>5} {:>7}  {:<16} {:>9} {:>9}", "latency", "nodes", "threads", "by", "median µs", "99 % µs");
}

/// Measures and prints one graph.
pub(crate) fn print<C: Contender>(workload: &Workload, threads: usize, quick: bool) {
    let pool = C::pool(threads);
    let expected = workload.expected();
    let mut ready = C::ready(&pool, workload);
    let first: f64 = C::run(&pool, &mut ready, FIRST).iter().map(|ran| ran.nanos).sum();
    let times = if quick { FIRST } else { (1e9 * FIRST as f64 / first).clamp(100.0, 20_000.0) as usize };
    let ran = C::run(&pool, &mut ready, times);
    assert!(ran.iter().all(|ran| ran.value == expected), "{} computed wrong", C::NAME);
    let mut taken: Vec<f64> = ran.iter().map(|ran| ran.nanos / 1e3).collect();
    taken.sort_by(f64::total_cmp);
    println!(
        "{:<10} {:>5} {threads:>7}  {:<16} {:>9.2} {:>9.2}",
        workload.name(),
        workload.nodes(),
        C::NAME,
        taken[times / 2],
        taken[times * 99 / 100]
    );
}

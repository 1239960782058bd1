//! The operations of the example `dask_cluster`, and the function that calls them.
//!
//! They are a library of their own, since the program and its workers (the example `dask_worker`) must both have them: an operation's
//! name begins with its crate's, and so is the same in both.

use dispatcher::prelude::*;

/// How many series there are.
pub const SERIES: usize = 100;

/// So many pairs of different rolls to compare, the same each time.
#[must_use]
pub fn fixed_pairs(count: usize) -> Vec<(usize, usize)> {
    // There are two fewer than series.
    let rolls = SERIES - 2;
    (0..count).map(|i| (31 * i % rolls, (31 * i + 1 + i % (rolls - 1)) % rolls)).collect()
}

/// All that makes the graph; without its attribute it computes the same number. The graph has what the result needs: a roll that no
/// pair has drawn is not in it.
#[dispatch]
pub fn cluster(pairs: &[(usize, usize)], work: u64) -> f64 {
    let reference = load_reference(work);
    let processed: Vec<f64> = (0..SERIES)
        .map(|n| {
            let series = load(n, work);
            process(series, &reference, work)
        })
        .collect();
    let rolled: Vec<f64> = processed.windows(3).map(|near| roll(&near[0], &near[1], &near[2], work)).collect();
    let compared: Vec<f64> = pairs.iter().map(|&(a, b)| compare(&rolled[a], &rolled[b], work)).collect();
    reduce(compared)
}

#[remote]
fn load(n: usize, work: u64) -> f64 {
    spend(work, n as f64 / SERIES as f64)
}

#[remote]
fn load_reference(work: u64) -> f64 {
    spend(work, 0.5)
}

#[remote]
fn process(series: f64, reference: &f64, work: u64) -> f64 {
    spend(work, (series + reference) / 2.0)
}

#[remote]
fn roll(before: &f64, here: &f64, after: &f64, work: u64) -> f64 {
    spend(work, (before + here + after) / 3.0)
}

#[remote]
fn compare(a: &f64, b: &f64, work: u64) -> f64 {
    spend(work, (a - b).abs())
}

#[remote]
fn reduce(compared: Vec<f64>) -> f64 {
    compared.iter().sum::<f64>() / compared.len() as f64
}

/// Spends rounds of arithmetic, each of which needs the one before, and gives another number from 0 to 1.
fn spend(rounds: u64, x: f64) -> f64 {
    (0..rounds).fold(x, |x, _| 3.9 * x * (1.0 - x))
}

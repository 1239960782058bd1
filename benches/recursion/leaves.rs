//! What both kinds of recursion share: what is done below the cut-off, and between two calls.

pub(crate) fn add(left: u64, right: u64) -> u64 {
    left.wrapping_add(right)
}

pub(crate) fn sum_alone(xs: &[u64]) -> u64 {
    xs.iter().copied().fold(0, add)
}

pub(crate) fn fib_alone(n: u64) -> u64 {
    if n < 2 { n } else { fib_alone(n - 1) + fib_alone(n - 2) }
}

pub(crate) fn sort_alone(xs: &mut [u32]) {
    xs.sort_unstable();
}

/// Puts what is less than some element before it and the rest after it, and says where it is.
pub(crate) fn partition(xs: &mut [u32]) -> usize {
    let last = xs.len() - 1;
    // The median of three.
    let mut candidates = [0, last / 2, last];
    candidates.sort_unstable_by_key(|&at| xs[at]);
    xs.swap(candidates[1], last);
    let pivot = xs[last];
    let mut less = 0;
    for at in 0..last {
        if xs[at] < pivot {
            xs.swap(at, less);
            less += 1;
        }
    }
    xs.swap(less, last);
    less
}

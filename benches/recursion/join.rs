//! The same recursion with `rayon::join`.

use crate::leaves::{add, fib_alone, partition, sort_alone, sum_alone};

pub(crate) fn sum(xs: &[u64], cut: usize) -> u64 {
    if let [x] = xs {
        return *x;
    }
    if xs.len() <= cut {
        return sum_alone(xs);
    }
    let (left, right) = xs.split_at(xs.len() / 2);
    let (left, right) = rayon::join(|| sum(left, cut), || sum(right, cut));
    add(left, right)
}

pub(crate) fn fib(n: u64, cut: u64) -> u64 {
    if n < 2 {
        return n;
    }
    if n < cut {
        return fib_alone(n);
    }
    let (left, right) = rayon::join(|| fib(n - 1, cut), || fib(n - 2, cut));
    add(left, right)
}

pub(crate) fn quicksort(xs: &mut [u32], cut: usize) {
    if xs.len() < 2 {
        return;
    }
    if xs.len() <= cut {
        sort_alone(xs);
        return;
    }
    let middle = partition(xs);
    let (left, right) = xs.split_at_mut(middle);
    rayon::join(|| quicksort(left, cut), || quicksort(&mut right[1..], cut));
}

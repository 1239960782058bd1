//! Plain recursion under `#[dispatch]`.

use dispatcher::prelude::*;

use crate::leaves::{add, fib_alone, partition, sort_alone, sum_alone};

/// The sum of numbers, halved until at most `cut` are left.
#[dispatch]
pub(crate) fn sum(xs: &[u64], cut: usize) -> u64 {
    if let [x] = xs {
        return *x;
    }
    if xs.len() <= cut {
        return sum_alone(xs);
    }
    let (left, right) = xs.split_at(xs.len() / 2);
    add(sum(left, cut), sum(right, cut))
}

/// A Fibonacci number, by recursion down to numbers below `cut`.
#[dispatch]
pub(crate) fn fib(n: u64, cut: u64) -> u64 {
    if n < 2 {
        return n;
    }
    if n < cut {
        return fib_alone(n);
    }
    add(fib(n - 1, cut), fib(n - 2, cut))
}

/// Sorts in place, by recursion down to at most `cut` numbers.
#[dispatch]
pub(crate) fn quicksort(xs: &mut [u32], cut: usize) {
    if xs.len() < 2 {
        return;
    }
    if xs.len() <= cut {
        sort_alone(xs);
        return;
    }
    let middle = eager!(partition(xs));
    let (left, right) = xs.split_at_mut(middle);
    quicksort(left, cut);
    quicksort(&mut right[1..], cut);
}

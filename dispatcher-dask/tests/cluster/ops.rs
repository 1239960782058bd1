//! The operations that the tests run on workers, and the functions that call them.

use dispatcher::prelude::*;
use serde::{Deserialize, Serialize};
use std::num::ParseIntError;
use std::time::Duration;

use crate::within::{arrive, wait};

#[remote]
pub fn square(n: u64) -> u64 {
    n * n
}
#[remote]
pub fn add(a: u64, b: u64) -> u64 {
    a + b
}
#[remote]
pub fn total(xs: Vec<u64>) -> u64 {
    xs.iter().sum()
}
#[remote]
pub fn load(name: &str, n: usize) -> Vec<f64> {
    (0..n).map(|i| (name.len() * i) as f64).collect()
}
#[remote]
pub fn mean(xs: &[f64]) -> f64 {
    xs.iter().sum::<f64>() / xs.len() as f64
}
#[remote]
pub fn push(xs: &mut Vec<f64>, x: f64) -> usize {
    xs.push(x);
    xs.len()
}
#[remote]
pub fn halves(n: u64) -> (u64, u64) {
    (n / 2, n - n / 2)
}
#[remote]
pub fn sum_of(xs: Vec<f64>) -> f64 {
    xs.iter().sum()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Refusal {
    Odd(u64),
}
impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Odd(n) = self;
        write!(f, "{n} is odd")
    }
}

#[remote]
pub fn half(n: u64) -> Result<u64, Refusal> {
    if n.is_multiple_of(2) { Ok(n / 2) } else { Err(Refusal::Odd(n)) }
}
#[remote]
pub fn parse(text: &str) -> Result<u64, ParseIntError> {
    text.parse()
}
#[remote]
pub fn panics(n: u64) -> u64 {
    panic!("no {n} today")
}
#[remote]
pub fn slow(n: u64, ms: u64) -> u64 {
    std::thread::sleep(Duration::from_millis(ms));
    n
}

/// Waits at a gate, and gives `n`.
#[remote]
pub fn gate(gates: &str, name: &str, n: u64) -> u64 {
    arrive(gates, name);
    wait(gates, name);
    n
}
/// Passes a gate, and gives `n`.
#[remote]
pub fn pass(gates: &str, name: &str, n: u64) -> u64 {
    arrive(gates, name);
    n
}
/// So many bytes.
#[remote]
pub fn large(n: u64, size: usize) -> Vec<u8> {
    (0..size as u64).map(|i| (i.wrapping_mul(31) ^ n) as u8).collect()
}
/// As [`large`], and says that it has been there.
#[remote]
pub fn noted(gates: &str, name: &str, n: u64, size: usize) -> Vec<u8> {
    arrive(gates, name);
    (0..size as u64).map(|i| (i.wrapping_mul(31) ^ n) as u8).collect()
}
#[remote]
pub fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(bytes.len() as u64, |sum, byte| sum.rotate_left(5) ^ u64::from(*byte))
}
/// Ends its worker.
#[remote]
pub fn dies(n: u64) -> u64 {
    if n < u64::MAX {
        std::process::abort();
    }
    n
}
/// Panics the first times.
#[remote]
pub fn flaky(gates: &str, name: &str, times: usize, n: u64) -> u64 {
    let count = arrive(gates, name);
    assert!(count > times, "attempt {count} fails");
    n
}
/// Gives an `Err` the first times.
#[remote]
pub fn flaky_half(gates: &str, name: &str, times: usize, n: u64) -> Result<u64, Refusal> {
    if arrive(gates, name) > times { Ok(n / 2) } else { Err(Refusal::Odd(n)) }
}
#[remote]
pub fn first(xs: &[u64]) -> Option<u64> {
    xs.first().copied()
}
#[remote]
pub fn list(n: u64) -> Vec<u64> {
    (0..n).collect()
}
#[remote]
pub fn mix(a: u64, b: u64, k: u64) -> u64 {
    (a.rotate_left(7) ^ b).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(k)
}
/// As [`mix`], of what is lent; takes a millisecond or so.
#[remote]
pub fn blend(a: &u64, b: &u64, k: u64) -> u64 {
    std::thread::sleep(Duration::from_micros(k % 2048));
    mix(*a, *b, k)
}
#[remote]
pub fn append(xs: &mut Vec<u64>, x: u64) -> u64 {
    xs.push(x);
    xs.len() as u64
}
#[remote]
pub fn fold(xs: Vec<u64>) -> u64 {
    xs.iter().fold(xs.len() as u64, |sum, x| mix(sum, *x, 3))
}
#[remote]
pub fn peek(xs: &[u64], at: u64) -> u64 {
    xs.get(at as usize % xs.len().max(1)).copied().unwrap_or(at)
}
#[remote]
pub fn split(n: u64) -> (u64, Vec<u64>) {
    (n >> 1, vec![n & 1, n % 7])
}
#[remote]
pub fn even(n: u64) -> Result<u64, Refusal> {
    if n % 4 == 3 { Err(Refusal::Odd(n)) } else { Ok(n / 2) }
}
#[remote]
pub fn or(given: Option<u64>, other: u64) -> u64 {
    given.unwrap_or(other)
}
#[remote]
pub fn fold_all(all: Vec<Vec<u64>>) -> u64 {
    all.into_iter().fold(7, |sum, xs| mix(sum, fold(xs), 4))
}
#[remote]
pub fn extend(mut xs: Vec<u64>, x: u64) -> Vec<u64> {
    xs.extend([x, 1, x]);
    xs
}
#[remote]
pub fn settle(given: Result<u64, Refusal>) -> u64 {
    given.unwrap_or_else(|Refusal::Odd(n)| !n)
}

#[dispatch]
pub fn squares(n: u64) -> u64 {
    let squares: Vec<u64> = (0..n).map(|n| square(n)).collect();
    total(squares)
}
#[dispatch]
pub fn chain(n: u64) -> u64 {
    let mut x = add(0, 1);
    for i in 0..n {
        x = add(x, i);
    }
    x
}
#[dispatch]
pub fn report(names: &[String], n: usize) -> f64 {
    let means: Vec<f64> = names
        .iter()
        .map(|name| {
            let data = load(name, n);
            mean(&data)
        })
        .collect();
    sum_of(means)
}
#[dispatch]
pub fn updates(n: usize) -> f64 {
    let mut xs = load("abc", n);
    push(&mut xs, 4.5);
    let before = mean(&xs);
    push(&mut xs, before);
    mean(&xs)
}
#[dispatch]
pub fn parts(n: u64) -> u64 {
    let (a, b) = halves(n);
    let (c, d) = halves(a);
    let all = vec![add(b, c), d];
    total(all)
}
#[dispatch]
pub fn fib(n: u64) -> u64 {
    if n < 2 { n } else { add(fib(n - 1), fib(n - 2)) }
}
#[dispatch]
pub fn by_value(n: u64) -> u64 {
    let x = square(n);
    spread(x, n)
}
#[dispatch]
pub fn spread(x: u64, n: u64) -> u64 {
    let all: Vec<u64> = (0..x.min(n)).map(|i| add(i, x)).collect();
    total(all)
}
#[dispatch]
pub fn halved(n: u64) -> Result<u64, Refusal> {
    let once = half(n)?;
    let twice = half(once)?;
    Ok(add(once, twice))
}
#[dispatch]
pub fn fails(n: u64) -> u64 {
    let a = square(n);
    let b = panics(a);
    add(b, 1)
}
#[dispatch]
pub fn pairs(n: u64) -> (u64, Vec<u64>) {
    let a = square(n);
    let b: Vec<u64> = (0..n).map(|i| add(i, 1)).collect();
    (a, b)
}
#[dispatch]
pub fn gated(gates: &str, n: u64) -> u64 {
    let a = gate(gates, "a", n);
    add(a, 1)
}
#[dispatch]
pub fn kept_and_gated(gates: &str, n: u64, size: usize) -> u64 {
    let early = noted(gates, "early", n, size);
    let open = gate(gates, "a", n);
    let digest = digest(&early);
    add(digest, open)
}
#[dispatch]
pub fn passed_on(gates: &str, count: u64, size: usize) -> u64 {
    let large: Vec<Vec<u8>> = (0..count).map(|n| large(n, size)).collect();
    let mut digests: Vec<u64> = Vec::new();
    for a in &large {
        digests.push(digest(a));
    }
    let there = fold(digests);
    let open = gate(gates, "a", there);
    let mut again: Vec<u64> = Vec::new();
    for a in &large {
        again.push(digest_after(a, open));
    }
    fold(again)
}
#[remote]
pub fn digest_after(bytes: &[u8], n: u64) -> u64 {
    digest(bytes) ^ n
}
#[dispatch]
pub fn deadly(n: u64) -> u64 {
    let a = square(n);
    let b = dies(a);
    add(b, 1)
}
#[dispatch]
pub fn retried(gates: &str, n: u64) -> u64 {
    #[retry(3)]
    let a = flaky(gates, "flaky", 2, n);
    add(a, 1)
}
#[dispatch]
pub fn retried_by_the_executor(gates: &str, times: usize, n: u64) -> u64 {
    let a = flaky(gates, "flaky", times, n);
    add(a, 1)
}
#[dispatch]
pub fn retried_result(gates: &str, n: u64) -> Result<u64, Refusal> {
    #[retry(3)]
    let a = flaky_half(gates, "half", 2, n)?;
    Ok(add(a, 1))
}
#[dispatch]
pub fn parsed(a: &str, b: &str) -> Result<u64, ParseIntError> {
    let a = parse(a)?;
    let b = parse(b)?;
    Ok(add(a, b))
}
#[dispatch]
pub fn optional(n: u64) -> Option<u64> {
    let xs = list(n);
    let x = first(&xs)?;
    Some(add(x, 1))
}
#[dispatch]
pub fn whole_result(n: u64) -> u64 {
    let half = even(n);
    settle(half)
}
#[dispatch]
pub fn many_readers(gates: &str, count: u64, size: usize) -> u64 {
    let value = noted(gates, "early", 3, size);
    let open = gate(gates, "a", 5);
    let mut digests: Vec<u64> = Vec::new();
    for k in 0..count {
        digests.push(digest_of(&value, open, k));
    }
    fold(digests)
}
#[remote]
pub fn digest_of(bytes: &[u8], n: u64, k: u64) -> u64 {
    digest(bytes) ^ mix(n, k, 1)
}
/// Its values are brought where the graph is run, once the gate is open.
#[dispatch]
pub fn spread_later(gates: &str, n: u64) -> u64 {
    let early = pass(gates, "early", n);
    let open = gate(gates, "a", n);
    spread(early, open)
}

#[remote]
pub fn sum_all(xs: &[u64], n: u64) -> u64 {
    xs.iter().sum::<u64>() + n
}
#[dispatch]
pub fn large_arguments(xs: &[u64], n: u64) -> u64 {
    let sums: Vec<u64> = (0..n).map(|i| sum_all(xs, i)).collect();
    let all = total(sums);
    more(xs, &all)
}
#[dispatch]
pub fn more(xs: &[u64], n: &u64) -> u64 {
    let n = *n;
    let sums: Vec<u64> = (0..3).map(|i| sum_all(xs, n + i)).collect();
    total(sums)
}

#[remote]
pub fn panics_at(gates: &str, n: u64) -> u64 {
    wait(gates, "a");
    panic!("no {n} today")
}
#[dispatch]
pub fn fails_at(gates: &str, n: u64) -> u64 {
    panics_at(gates, n)
}
/// Gives `n` the first time.
#[remote]
pub fn once(gates: &str, name: &str, n: u64) -> u64 {
    assert!(arrive(gates, name) == 1, "only once");
    n
}
#[dispatch]
pub fn spread_once(gates: &str, n: u64) -> u64 {
    let early = once(gates, "early", n);
    let open = gate(gates, "a", n);
    spread(early, open)
}

#[dispatch]
pub fn many_chains(n: u64) -> u64 {
    let three = add(1, 2);
    let all: Vec<u64> = (0..n)
        .map(|i| {
            let x = add(i, three);
            square(x)
        })
        .collect();
    total(all)
}
#[remote]
pub fn note(n: u64) {
    assert!(n < 1_000_000);
}
#[dispatch]
pub fn many_effects(n: u64) -> u64 {
    for i in 0..n {
        note(i);
    }
    add(n, 1)
}
#[remote]
pub fn odd_only(n: u64) -> u64 {
    assert!(n % 2 == 1 || n < 1_002, "{n} is even");
    n
}

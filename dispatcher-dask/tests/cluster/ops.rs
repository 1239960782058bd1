//! The operations that the tests run on workers, and the functions that call them.

use dispatcher::prelude::*;
use serde::{Deserialize, Serialize};
use std::num::ParseIntError;
use std::time::Duration;

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
    if n % 2 == 0 { Ok(n / 2) } else { Err(Refusal::Odd(n)) }
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

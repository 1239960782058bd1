use dispatcher::prelude::*;

fn pair(n: u64) -> (u64, u64) {
    (n, n + 1)
}
fn double(n: u64) -> u64 {
    2 * n
}
fn add(a: u64, b: u64) -> u64 {
    a + b
}

#[dispatch]
fn taken_apart(n: u64) -> u64 {
    let pairs: Vec<(u64, u64)> = (0..n).map(|i| pair(i)).collect();
    let mut sum = 0;
    for (a, b) in pairs {
        sum = add(sum, add(a, b));
    }
    sum
}

#[dispatch]
fn in_a_closure(n: u64) -> Vec<u64> {
    let pairs: Vec<(u64, u64)> = (0..n).map(|i| pair(i)).collect();
    pairs.iter().enumerate().map(|(at, (a, b))| add(add(*a, *b), at as u64)).collect()
}

#[dispatch]
fn by_reference(n: u64) -> u64 {
    let list: Vec<u64> = (0..n).map(|i| double(i)).collect();
    let mut sum = 0;
    for &x in &list {
        sum = add(sum, x);
    }
    sum
}

fn main() {}

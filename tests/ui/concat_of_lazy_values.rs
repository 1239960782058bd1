use dispatcher::prelude::*;

fn load(n: u64) -> Vec<u64> {
    vec![n; 2]
}

#[dispatch]
fn collected(n: u64) -> Vec<u64> {
    let all: Vec<Vec<u64>> = (0..n).map(|i| load(i)).collect();
    all.concat()
}

#[dispatch]
fn listed(n: u64) -> Vec<u64> {
    let (a, b) = (load(n), load(n + 1));
    [a, b].concat()
}

fn main() {}

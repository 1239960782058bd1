use dispatcher::prelude::*;

fn load(n: u64) -> u64 {
    n
}

fn sort(all: &mut Vec<u64>) {
    all.sort();
}

#[dispatch]
fn sorted(n: u64) -> Vec<u64> {
    let mut all: Vec<u64> = (0..n).map(|i| load(i)).collect();
    sort(&mut all);
    all
}

fn main() {}

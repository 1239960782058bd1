use dispatcher::prelude::*;

fn low(n: u64) -> u64 {
    n
}

fn high(n: u64) -> u64 {
    n + 1
}

#[dispatch]
fn between(n: u64, wanted: bool) -> u64 {
    let a = low(n);
    let b = high(n);
    if a <= b && wanted { 1 } else { 2 }
}

fn main() {}

use dispatcher::prelude::*;

fn index(x: f64) -> usize {
    x as usize
}

#[dispatch]
fn sum(x: f64) -> usize {
    let n = index(x);
    (0..n).sum()
}

fn main() {}

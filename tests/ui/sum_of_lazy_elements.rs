use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn sum(xs: &[f64]) -> f64 {
    xs.iter().map(|x| twice(*x)).sum()
}

fn main() {}

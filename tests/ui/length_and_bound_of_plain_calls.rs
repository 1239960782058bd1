use dispatcher::prelude::*;

fn count() -> usize {
    3
}

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn zeros() -> Vec<f64> {
    vec![0.0; count()]
}

#[dispatch]
fn first(xs: &[f64]) -> Vec<f64> {
    let n = std::cmp::min(xs.len(), 3);
    xs[..n].iter().map(|x| twice(*x)).collect()
}

#[dispatch]
fn third(xs: &[f64]) -> f64 {
    xs[count()]
}

fn main() {}

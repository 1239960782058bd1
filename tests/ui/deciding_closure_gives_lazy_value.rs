use dispatcher::prelude::*;

fn check(x: f64) -> bool {
    x > 0.0
}

#[dispatch]
fn some(xs: &[f64]) -> Vec<f64> {
    xs.iter().copied().filter(|x| check(*x)).collect()
}

fn main() {}

use dispatcher::prelude::*;

fn count() -> usize {
    3
}

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn some(xs: &[f64]) -> Vec<f64> {
    let n = count();
    xs.iter().take(n).map(|x| twice(*x)).collect()
}

fn main() {}

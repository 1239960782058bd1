use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn doubled(xs: &[f64]) -> Vec<f64> {
    let mut all = Vec::new();
    for x in xs {
        all.push(twice(*x));
    }
}

fn main() {}

use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn fill(x: f64, mut v: Vec<f64>) -> Vec<f64> {
    v[0] = twice(x);
    v
}

fn main() {}

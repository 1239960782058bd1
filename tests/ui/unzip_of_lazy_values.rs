use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn pairs(xs: &[f64]) -> (Vec<f64>, Vec<f64>) {
    xs.iter().map(|x| (twice(*x), twice(*x))).unzip()
}

fn main() {}

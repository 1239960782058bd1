use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn show(xs: &[f64]) -> Vec<f64> {
    let all: Vec<f64> = xs.iter().map(|x| twice(*x)).collect();
    println!("{all:?}");
    all
}

fn main() {}

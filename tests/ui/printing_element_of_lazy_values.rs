use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn shown(xs: &[f64]) -> f64 {
    let all: Vec<f64> = xs.iter().map(|x| twice(*x)).collect();
    println!("{}", all[0]);
    1.0
}

fn main() {}

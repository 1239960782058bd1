use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn filled(mut v: Vec<f64>, x: f64) -> Vec<f64> {
    v.push(twice(x));
    v
}

#[dispatch]
fn fill(v: &mut Vec<f64>, xs: &[f64]) {
    v.extend(xs.iter().map(|x| twice(*x)));
}

fn main() {}

use dispatcher::prelude::*;

fn load(n: usize) -> f64 {
    n as f64
}
fn total(xs: Vec<f64>) -> f64 {
    xs.iter().sum()
}

#[dispatch]
fn all(n: usize) -> f64 {
    let xs = (0..n).map(|i| load(i)).collect();
    total(xs)
}

fn main() {}

use dispatcher::prelude::*;

fn load(n: u64) -> Vec<f64> {
    vec![1.0; n as usize]
}

fn add(a: f64, b: f64) -> f64 {
    a + b
}

#[dispatch]
fn sums(xs: &[f64]) -> Vec<f64> {
    let ys = load(3);
    xs.iter().zip(ys).map(|(x, y)| add(*x, y)).collect()
}

fn main() {}

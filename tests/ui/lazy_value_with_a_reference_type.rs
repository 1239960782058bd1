use dispatcher::prelude::*;

fn load(n: u64) -> Vec<f64> {
    vec![1.0; n as usize]
}

fn mean(xs: &[f64]) -> f64 {
    xs[0]
}

#[dispatch]
fn average() -> f64 {
    let v = load(3);
    let s: &[f64] = &v;
    mean(s)
}

fn main() {}

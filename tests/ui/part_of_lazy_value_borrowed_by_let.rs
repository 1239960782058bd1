use dispatcher::prelude::*;

fn load(n: u64) -> Vec<f64> {
    vec![1.0; n as usize]
}

fn mean(xs: &[f64]) -> f64 {
    xs[0]
}

struct Sample {
    values: Vec<f64>,
}

fn sample() -> Sample {
    Sample { values: load(2) }
}

#[dispatch]
fn slice() -> f64 {
    let v = load(3);
    let s = &v[1..];
    mean(s)
}

#[dispatch]
fn field() -> f64 {
    let b = sample();
    let (r, n) = (&b.values, 1.0);
    mean(r) + n
}

fn main() {}

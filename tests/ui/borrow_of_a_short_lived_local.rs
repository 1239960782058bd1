use dispatcher::prelude::*;

fn mean(xs: &[f64]) -> f64 {
    xs[0]
}

fn make(xs: &[f64]) -> &[f64] {
    xs
}

#[dispatch]
fn part(path: &str) -> f64 {
    let d = path.to_owned();
    let bytes = d.as_bytes();
    longest(bytes)
}

fn longest(bytes: &[u8]) -> f64 {
    bytes.len() as f64
}

fn unused() -> f64 {
    mean(make(&[1.0]))
}

fn main() {}

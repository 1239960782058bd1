use dispatcher::prelude::*;

fn touch(xs: &mut Vec<f64>) {
    xs.clear();
}

fn mean(xs: &[f64]) -> f64 {
    xs[0]
}

#[dispatch]
fn fill() -> f64 {
    let mut v = vec![1.0];
    touch(&mut v);
    mean(&v)
}

fn main() {}

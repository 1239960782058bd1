use dispatcher::prelude::*;

fn touch(xs: &mut Vec<f64>) {
    xs.clear();
}

fn mean(xs: &[f64]) -> f64 {
    xs[0]
}

fn make() -> Vec<f64> {
    vec![1.0]
}

#[dispatch]
fn fill() -> f64 {
    #[eager]
    let mut v = make();
    touch(&mut v);
    mean(&v)
}

fn main() {}

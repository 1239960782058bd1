use dispatcher::prelude::*;

fn load(path: &str) -> Vec<f64> {
    vec![path.len() as f64]
}

fn mean(xs: &[f64]) -> f64 {
    xs[0]
}

fn eat(xs: Vec<f64>) -> f64 {
    xs[0]
}

#[dispatch]
fn both(path: &str) -> f64 {
    let d = load(path);
    let a = eat(d);
    a + mean(&d)
}

fn main() {}

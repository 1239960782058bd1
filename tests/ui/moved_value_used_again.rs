use dispatcher::prelude::*;

fn load(path: &str) -> Vec<f64> {
    vec![path.len() as f64]
}

fn eat(xs: Vec<f64>) -> f64 {
    xs[0]
}

#[dispatch]
fn both(path: &str) -> f64 {
    let d = load(path);
    eat(d) + eat(d)
}

fn main() {}

use dispatcher::prelude::*;

fn load(path: &str) -> Vec<f64> {
    vec![path.len() as f64]
}

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn wrong(path: &str) -> f64 {
    let d = load(path);
    twice(d)
}

fn main() {}

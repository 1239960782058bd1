use dispatcher::prelude::*;

fn load(path: &str) -> Vec<f64> {
    vec![path.len() as f64]
}

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn each(path: &str) -> f64 {
    let mut last = 0.0;
    for x in load(path) {
        last = twice(x);
    }
    last
}

fn main() {}

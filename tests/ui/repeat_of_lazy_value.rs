use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn many(x: f64) -> Vec<f64> {
    let v = vec![twice(x); 3];
    v
}

fn main() {}

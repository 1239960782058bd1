use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

fn add(a: f64, b: f64) -> f64 {
    a + b
}

#[dispatch]
fn doubled(x: f64) -> f64 {
    let (a, b) = twice(x);
    add(a, b)
}

fn main() {}

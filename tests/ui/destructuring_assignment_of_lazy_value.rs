use dispatcher::prelude::*;

fn pair(x: f64) -> (f64, f64) {
    (x, x)
}

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn swap(x: f64) -> f64 {
    let (a, b);
    (a, b) = pair(x);
    twice(a) + twice(b)
}

fn main() {}

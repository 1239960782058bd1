use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn through(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    f(twice(x))
}

fn main() {}

use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn largest(x: f64) -> f64 {
    let a = twice(x);
    x.max(a)
}

fn main() {}

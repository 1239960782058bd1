use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn at(x: f64) -> f64 {
    let p = &raw const x;
    twice(x)
}

fn main() {}

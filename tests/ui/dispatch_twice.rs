use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
#[dispatch]
fn doubled(x: f64) -> f64 {
    twice(x)
}

fn main() {}

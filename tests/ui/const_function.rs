use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
const fn early(x: f64) -> f64 {
    x
}

fn main() {}

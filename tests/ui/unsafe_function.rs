use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
unsafe fn risky(x: f64) -> f64 {
    twice(x)
}

fn main() {}

use dispatcher::prelude::*;

fn check(x: f64) -> bool {
    x > 0.0
}

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn grow(x: f64) -> f64 {
    let mut y = x;
    while check(y) {
        y = twice(y);
    }
    y
}

fn main() {}

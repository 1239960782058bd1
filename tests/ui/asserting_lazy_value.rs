use dispatcher::prelude::*;

fn check(x: f64) -> bool {
    x > 0.0
}

#[dispatch]
fn sure(x: f64) -> f64 {
    assert!(check(x));
    x
}

fn main() {}

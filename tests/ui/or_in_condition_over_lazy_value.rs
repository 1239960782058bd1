use dispatcher::prelude::*;

fn check(x: f64) -> bool {
    x > 0.0
}

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn either(x: f64, sure: bool) -> f64 {
    if sure || check(x) { twice(x) } else { x }
}

fn main() {}

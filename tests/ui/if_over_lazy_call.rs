use dispatcher::prelude::*;

fn check(x: f64) -> bool {
    x > 0.0
}

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn choose(x: f64) -> f64 {
    if check(x) { twice(x) } else { x }
}

fn main() {}

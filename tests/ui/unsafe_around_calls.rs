use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn risky(x: f64) -> f64 {
    unsafe { twice(x) }
}

fn main() {}

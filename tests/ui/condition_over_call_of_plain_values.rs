use dispatcher::prelude::*;

fn limit() -> f64 {
    3.0
}

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn limited(x: f64) -> f64 {
    if x > limit() { twice(x) } else { x }
}

#[dispatch]
fn between(x: f64) -> f64 {
    if x < twice(limit()) && x > limit() { twice(x) } else { x }
}

#[dispatch]
fn home() -> f64 {
    match std::env::var("HOME") {
        Ok(_) => 1.0,
        Err(_) => 0.0,
    }
}

fn main() {}

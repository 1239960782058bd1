use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

struct Meters(f64);

#[dispatch]
fn meters(x: f64) -> Meters {
    Meters(twice(x))
}

fn main() {}

use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn doubled(x: f64) -> f64 {
    let y = twice(x);;
    y
}

fn main() {}

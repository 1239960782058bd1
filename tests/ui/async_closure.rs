use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn later(x: f64) -> f64 {
    let _task = async |y: f64| y;
    twice(x)
}

fn main() {}

use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn lend(x: f64) -> f64 {
    let ref y = twice(x);
    twice(*y)
}

fn main() {}

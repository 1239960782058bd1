use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn doubled(x: f64) -> f64 {
    let f = |y: f64| y + 1.0;
    let y = op!(f(x));
    twice(y)
}

fn main() {}

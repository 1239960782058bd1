use dispatcher::prelude::*;

struct Point {
    x: f64,
}

fn make(x: f64) -> Point {
    Point { x }
}

#[dispatch]
fn take(x: f64) -> f64 {
    let Point { x: y } = make(x);
    y
}

fn main() {}

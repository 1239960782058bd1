use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

struct Point {
    x: f64,
}

#[dispatch]
fn point(x: f64) -> Point {
    Point { x: twice(x) }
}

fn main() {}

use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

struct Point {
    x: f64,
}

impl Point {
    fn scale(&mut self, by: f64) {
        self.x *= by;
    }
}

#[dispatch]
fn scaled(x: f64) -> f64 {
    let mut p = Point { x };
    p.scale(twice(x));
    p.x
}

fn main() {}

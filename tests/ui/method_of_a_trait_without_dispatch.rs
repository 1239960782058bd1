use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

trait Area {
    fn area(&self, scale: f64) -> f64;
}

struct Square(f64);

impl Area for Square {
    #[dispatch]
    fn area(&self, scale: f64) -> f64 {
        twice(scale) + self.0
    }
}

fn main() {}

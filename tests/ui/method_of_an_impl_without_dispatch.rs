use dispatcher::prelude::*;

trait Area {
    #[dispatch]
    fn area(&self, scale: f64) -> f64;
}

struct Square(f64);

impl Area for Square {
    fn area(&self, scale: f64) -> f64 {
        self.0 * scale
    }
}

fn main() {}

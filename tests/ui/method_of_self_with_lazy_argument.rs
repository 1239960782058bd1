use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

struct Model;

impl Model {
    fn predict(&self, x: f64) -> f64 {
        x
    }

    #[dispatch]
    fn both(&self, x: f64) -> f64 {
        let a = twice(x);
        self.predict(a)
    }
}

fn main() {}

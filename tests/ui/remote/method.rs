use dispatcher::prelude::*;

struct Model(f64);

impl Model {
    #[remote]
    fn predict(&self, x: f64) -> f64 {
        self.0 * x
    }
}

fn main() {}

use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

struct Model;

impl Model {
    fn predict(&self, x: f64) -> f64 {
        x
    }
}

#[dispatch]
fn predict(model: &Model, x: f64) -> f64 {
    let y = twice(x);
    model.predict(y)
}

fn main() {}

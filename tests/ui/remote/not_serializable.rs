use dispatcher::prelude::*;

struct Model(f64);

#[remote]
fn fit(xs: &[f64]) -> Model {
    Model(xs[0])
}

#[remote]
fn predict(model: &Model, x: f64) -> f64 {
    model.0 * x
}

fn main() {}

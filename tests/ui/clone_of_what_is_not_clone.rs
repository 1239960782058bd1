use dispatcher::prelude::*;

struct Model(f64);

fn fit(x: f64) -> Model {
    Model(x)
}

fn value(model: Model) -> f64 {
    model.0
}

fn best(models: &[Model]) -> f64 {
    models[0].0
}

#[dispatch]
fn cloned(x: f64) -> f64 {
    let model = fit(x);
    let a = value(model.clone());
    a + value(model)
}

#[dispatch]
fn lent_together(xs: &[f64]) -> f64 {
    let models: Vec<Model> = xs.iter().map(|x| fit(*x)).collect();
    best(&models)
}

fn main() {}

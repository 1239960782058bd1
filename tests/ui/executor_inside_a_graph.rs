use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn inner(x: f64) -> f64 {
    twice(x)
}

#[dispatch]
fn outer(x: f64) -> f64 {
    SerialExecutor::new().run(inner(x)).unwrap()
}

fn main() {}

use dispatcher::prelude::*;

fn find(x: f64) -> Option<f64> {
    Some(x)
}

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn choose(x: f64) -> f64 {
    let Some(y) = find(x) else { return x };
    twice(y)
}

fn main() {}

use dispatcher::prelude::*;

fn find(x: f64) -> Option<f64> {
    Some(x)
}

fn add(a: f64, b: f64) -> f64 {
    a + b
}

#[dispatch]
fn sum(x: Option<f64>, n: f64) -> f64 {
    let a = find(n);
    match (x, a) {
        (Some(x), Some(a)) => add(x, a),
        _ => 0.0,
    }
}

fn main() {}

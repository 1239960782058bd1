use dispatcher::prelude::*;

fn find(x: f64) -> Option<f64> {
    Some(x)
}

fn add(a: f64, b: f64) -> f64 {
    a + b
}

#[dispatch]
fn sum(x: f64, y: f64) -> f64 {
    if let (Some(a), Some(b)) = (find(x), find(y)) { add(a, b) } else { 0.0 }
}

fn main() {}

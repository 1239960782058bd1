use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn first(x: f64, xs: &[f64]) -> f64 {
    let mut a = x;
    for _ in xs {
        a = twice(a);
        if a > 1.0 {
            return a;
        }
    }
    0.0
}

fn main() {}

use dispatcher::prelude::*;

fn pair(x: f64) -> (f64, f64) {
    (x, x)
}

#[dispatch]
fn first(x: f64) -> f64 {
    let (a, ..) = pair(x);
    a
}

fn main() {}

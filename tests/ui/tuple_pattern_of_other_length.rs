use dispatcher::prelude::*;

fn pair(x: f64) -> (f64, f64) {
    (x, x)
}

#[dispatch]
fn three(x: f64) -> f64 {
    let (a, b, c) = pair(x);
    a + b + c
}

#[dispatch]
fn of_a_local(x: f64) -> f64 {
    let y = f64::max(pair(x).0, x);
    let (a, b) = y;
    a + b
}

fn main() {}

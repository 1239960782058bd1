use dispatcher::prelude::*;

fn apply(x: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
    f(x)
}

#[dispatch]
fn count(x: f64) -> f64 {
    let mut calls = 0.0;
    let y = apply(x, |v| {
        calls += 1.0;
        v
    });
    y + calls
}

fn main() {}

use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    2.0 * x
}

#[dispatch]
fn no_semicolon(x: f64) -> f64 {
    let a = twice(x)
    twice(a)
}

#[dispatch]
fn no_comma(x: f64, y: f64) -> f64 {
    f64::max(x twice(y))
}

fn main() {}

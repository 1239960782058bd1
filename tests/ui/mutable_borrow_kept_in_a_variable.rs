use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

fn halve(x: &mut f64) {
    *x /= 2.0;
}

#[dispatch]
fn quarter(x: f64) -> f64 {
    let mut y = twice(x);
    let r = &mut y;
    halve(r);
    y
}

fn main() {}

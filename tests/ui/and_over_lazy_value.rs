use dispatcher::prelude::*;

fn check(x: f64) -> bool {
    x > 0.0
}

#[dispatch]
fn both(x: f64, sure: bool) -> bool {
    let b = check(x);
    sure && b
}

fn main() {}

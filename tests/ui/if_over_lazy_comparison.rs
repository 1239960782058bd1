use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn choose(x: f64) -> f64 {
    let y = twice(x);
    if y > 1.0 { y } else { x }
}

fn main() {}

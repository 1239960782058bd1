use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn slow(x: f64) -> f64 {
    #[timeout("soon")]
    let y = twice(x);
    y
}

fn main() {}

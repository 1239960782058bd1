use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
#[test]
fn doubles() {
    twice(1.0);
}

fn main() {}

use dispatcher::prelude::*;

fn find(x: f64) -> Option<f64> {
    Some(x)
}

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn shrink(x: f64) -> f64 {
    let mut last = x;
    while let Some(y) = find(x) {
        last = twice(y);
    }
    last
}

fn main() {}

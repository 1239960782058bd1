use dispatcher::prelude::*;

fn find(x: f64) -> Option<f64> {
    Some(x)
}

#[dispatch]
fn found(x: f64) -> bool {
    let y = find(x);
    matches!(y, Some(_))
}

fn main() {}

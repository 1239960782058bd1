use dispatcher::prelude::*;

fn find(x: f64) -> Option<f64> {
    Some(x)
}

#[dispatch]
fn choose(x: f64) -> f64 {
    match find(x) {
        Some(y) => y,
        None => x,
    }
}

fn main() {}

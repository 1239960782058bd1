use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn show(x: f64) -> String {
    format!("{}", twice(x))
}

fn main() {}

use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn show(x: f64) -> f64 {
    let y = twice(x);
    println!("{}", y);
    y
}

fn main() {}

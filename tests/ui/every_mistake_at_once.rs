use dispatcher::prelude::*;

fn check(x: f64) -> bool {
    x > 0.0
}

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn many(x: f64) -> f64 {
    let b = check(x);
    println!("{}", b);
    if b { twice(x) } else { x }
}

#[dispatch]
fn caller(x: f64) -> f64 {
    many(x)
}

fn main() {}

use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn later(x: f64) -> f64 {
    let a = twice(x);
    let b = eager!(twice(a));
    #[eager]
    let c = twice(a);
    b + c
}

fn main() {}

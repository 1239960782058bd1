use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn careful(x: f64) -> f64 {
    #[retry(3)]
    let y = twice(x);
    #[timeout("5s")]
    let z = twice(y);
    #[priority(1)]
    twice(z)
}

fn main() {}

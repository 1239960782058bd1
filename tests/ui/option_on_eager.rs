use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn plain(x: f64) -> f64 {
    #[eager]
    #[label("twice")]
    let y = twice(x);
    y
}

fn main() {}

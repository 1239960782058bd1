use dispatcher::prelude::*;

#[dispatch]
fn plain(x: f64) -> f64 {
    #[label("sum")]
    let y = x + 1.0;
    y
}

fn main() {}

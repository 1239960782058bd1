use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[allow(unused_macros)]
macro_rules! same {
    ($x:expr) => {
        $x
    };
}

#[dispatch]
fn through(x: f64) -> f64 {
    let y = twice(x);
    same!(y)
}

fn main() {}

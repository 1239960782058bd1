use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

fn outer(x: f64) -> f64 {
    let node = graph! {
        if x > 0.0 {
            return 1.0;
        }
        twice(x)
    };
    drop(node);
    x
}

fn main() {}

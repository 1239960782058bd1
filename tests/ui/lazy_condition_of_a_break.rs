use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn grown(x: f64) -> f64 {
    let mut a = x;
    loop {
        a = twice(a);
        if a > 100.0 {
            break a;
        }
    }
}

fn main() {}

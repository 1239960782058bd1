use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    2.0 * x
}

#[dispatch]
fn calculated(x: f64) -> f64 {
    let more = |y| y + 1.0;
    more(twice(x))
}

#[dispatch]
fn printed(x: f64) -> String {
    let show = |y| format!("{y}");
    show(twice(x))
}

fn main() {}

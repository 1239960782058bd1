use dispatcher::prelude::*;

fn index(x: f64) -> usize {
    x as usize
}

#[dispatch]
fn pick(v: &[f64], x: f64) -> f64 {
    let i = index(x);
    v[i]
}

fn main() {}

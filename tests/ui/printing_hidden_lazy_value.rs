use dispatcher::prelude::*;

fn load(n: usize) -> f64 {
    n as f64
}
fn total(xs: Vec<f64>) -> f64 {
    xs.iter().sum()
}

#[dispatch]
fn all(n: usize) -> f64 {
    let xs: Vec<f64> = (0..n).map(|i| load(i)).collect();
    for x in &xs {
        println!("{x:?}");
    }
    total(xs)
}

fn main() {}

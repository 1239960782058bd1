use dispatcher::prelude::*;

fn load(n: u64) -> Vec<f64> {
    vec![1.0; n as usize]
}

#[dispatch]
fn all(ns: &[u64]) -> Vec<f64> {
    ns.iter().flat_map(|n| load(*n)).collect()
}

fn main() {}

use dispatcher::prelude::*;

fn load(path: &str) -> Vec<f64> {
    vec![path.len() as f64]
}

#[dispatch]
fn lengths(paths: &[String]) -> Vec<usize> {
    let all: Vec<Vec<f64>> = paths.iter().map(|path| load(path)).collect();
    all.iter().map(|d| d.len()).collect()
}

fn main() {}

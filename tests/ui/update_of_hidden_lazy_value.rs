use dispatcher::prelude::*;

fn row(n: u64) -> Vec<f64> {
    vec![n as f64]
}
fn total(rows: Vec<Vec<f64>>) -> f64 {
    rows.concat().iter().sum()
}

#[dispatch]
fn by_index(n: u64) -> f64 {
    let mut rows: Vec<Vec<f64>> = (0..n).map(|i| row(i)).collect();
    rows[0].push(1.0);
    rows[1].extend([2.0, 3.0]);
    total(rows)
}

#[dispatch]
fn in_a_loop(n: u64) -> f64 {
    let mut rows: Vec<Vec<f64>> = (0..n).map(|i| row(i)).collect();
    for row in rows.iter_mut() {
        row.push(1.0);
    }
    total(rows)
}

fn main() {}

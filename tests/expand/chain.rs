// A chain of calls: each operation takes what the one before gives. A plain argument is captured.

fn load(count: usize) -> Vec<f64> {
    (0..count).map(|n| n as f64).collect()
}
fn scaled(xs: Vec<f64>, by: f64) -> Vec<f64> {
    xs.into_iter().map(|x| x * by).collect()
}
fn total(xs: Vec<f64>) -> f64 {
    xs.iter().sum()
}

#[dispatch]
pub fn chain(count: usize) -> f64 {
    let xs = load(count);
    total(scaled(xs, 2.0))
}

// `&x` reads, the last `x` moves, and an `x` before the last copies.

fn load(count: usize) -> Vec<f64> {
    (0..count).map(|n| n as f64).collect()
}
fn mean(xs: &[f64]) -> f64 {
    xs.iter().sum::<f64>() / xs.len() as f64
}
fn shifted(xs: Vec<f64>, by: f64) -> Vec<f64> {
    xs.into_iter().map(|x| x - by).collect()
}
fn both(xs: Vec<f64>, mean: f64) -> (Vec<f64>, f64) {
    (xs, mean)
}

#[dispatch]
pub fn reads_and_moves(count: usize) -> (Vec<f64>, f64) {
    let xs = load(count);
    let mean = mean(&xs);
    let xs = shifted(xs, mean);
    both(xs, mean)
}

// Where operations may be run in other processes, each says which function it calls; the call in that closure is never made.

fn scale(xs: &[f64], by: f64, times: u32) -> Vec<f64> {
    xs.iter().map(|x| x * by * f64::from(times)).collect()
}
fn total(xs: Vec<f64>) -> f64 {
    xs.iter().sum()
}

#[dispatch]
pub fn remote(xs: &[f64]) -> f64 {
    let scaled = scale(xs, 0.5, 3);
    total(scaled)
}

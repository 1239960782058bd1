// A loop runs while the graph is built; what it assigns lazy values to is a node from the start.

fn square(x: f64) -> f64 {
    x * x
}
fn add(a: f64, b: f64) -> f64 {
    a + b
}

#[dispatch]
pub fn accumulator(xs: &[f64]) -> f64 {
    let mut sum = 0.0;
    for &x in xs {
        sum = add(sum, square(x));
    }
    sum
}

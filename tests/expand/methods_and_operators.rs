// A chain of methods, operators and indices on a lazy value is one operation.

fn load(count: usize) -> Vec<f64> {
    (0..count).map(|n| n as f64).collect()
}

#[dispatch]
pub fn methods_and_operators(count: usize) -> (usize, f64) {
    let mut xs = load(count);
    xs.push(0.5);
    let length = xs.len();
    let ends = xs[0] + xs[1] * 2.0;
    (length, ends.sqrt())
}

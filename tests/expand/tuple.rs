// A tuple taken apart: one operation, and a node for each element.

fn halves(xs: &[i64]) -> (Vec<i64>, Vec<i64>) {
    let (left, right) = xs.split_at(xs.len() / 2);
    (left.to_vec(), right.to_vec())
}
fn dot(left: &[i64], right: &[i64]) -> i64 {
    left.iter().zip(right).map(|(x, y)| x * y).sum()
}

#[dispatch]
pub fn tuple(xs: &[i64]) -> i64 {
    let (left, right) = halves(xs);
    dot(&left, &right)
}

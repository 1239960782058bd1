// Options go on a `let` or on a statement.

fn load(count: usize) -> Vec<usize> {
    (0..count).collect()
}
fn total(xs: &[usize]) -> usize {
    xs.iter().sum()
}

#[dispatch]
pub fn label(count: usize) -> usize {
    #[label("first pass")]
    let xs = load(count);
    #[label(format!("total of {count}"))]
    let sum = total(&xs);
    sum
}

// A call in a closure is lifted like any other: what is collected are nodes, and the operation gets their values.

fn load(count: u64) -> Vec<u64> {
    (0..count).collect()
}
fn total(xs: &[u64]) -> u64 {
    xs.iter().sum()
}
fn greatest(totals: Vec<u64>) -> u64 {
    totals.into_iter().max().unwrap_or(0)
}

#[dispatch]
pub fn collection(counts: &[u64]) -> u64 {
    let totals: Vec<u64> = counts.iter().map(|&count| total(&load(count))).collect();
    greatest(totals)
}

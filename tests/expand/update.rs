// `&mut x` updates in place: later uses of `x` see the new version.

fn load(count: i64) -> Vec<i64> {
    (0..count).rev().collect()
}
fn sort(xs: &mut Vec<i64>) {
    xs.sort();
}
fn first(xs: &[i64]) -> i64 {
    xs[0]
}

#[dispatch]
pub fn update(count: i64) -> (i64, Vec<i64>) {
    let mut xs = load(count);
    sort(&mut xs);
    let least = first(&xs);
    (least, xs)
}

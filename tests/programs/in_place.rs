fn fresh(n: usize) -> Vec<i64> {
    (0..n as i64).rev().collect()
}
fn keep(xs: Vec<i64>) -> Vec<i64> {
    xs
}
fn sort(xs: &mut Vec<i64>) {
    xs.sort();
}
fn first(xs: &[i64]) -> i64 {
    xs[0]
}
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}
fn scale(xs: &mut [i64], by: i64) {
    for x in xs {
        *x *= by;
    }
}
fn push(xs: &mut Vec<i64>, x: i64) -> usize {
    xs.push(x);
    xs.len()
}
fn three(a: i64, b: i64, c: i64) -> [i64; 3] {
    [a, b, c]
}

#[dispatch]
pub fn sort_then_read(xs: Vec<i64>) -> i64 {
    let mut xs = keep(xs);
    sort(&mut xs);
    first(&xs)
}

#[dispatch]
pub fn read_update_read(xs: Vec<i64>) -> [i64; 3] {
    let mut xs = keep(xs);
    let before = sum(&xs);
    scale(&mut xs, 10);
    let between = sum(&xs);
    let n = push(&mut xs, 7);
    let after = sum(&xs);
    let _ = n;
    three(before, between, after)
}

#[dispatch]
pub fn update_chain(n: usize) -> (i64, Vec<i64>) {
    let mut xs = fresh(2);
    let mut sums = Vec::new();
    for i in 0..n {
        sums.push(sum(&xs));
        push(&mut xs, i as i64);
    }
    let all = sum_all(sums);
    (all, xs)
}
fn sum_all(sums: Vec<i64>) -> i64 {
    sums.iter().sum()
}

fn one(x: i64) -> Vec<i64> {
    vec![x]
}
fn swap(a: &mut Vec<i64>, b: &mut Vec<i64>) {
    std::mem::swap(a, b);
}

#[dispatch]
pub fn swap_two(x: i64, y: i64) -> (Vec<i64>, Vec<i64>, i64) {
    let mut a = one(x);
    let mut b = one(y);
    let before = first(&a);
    swap(&mut a, &mut b);
    push(&mut a, 9);
    (a, b, before)
}

fn touch(tile: &mut Vec<i64>, with: &[i64]) {
    for (a, b) in tile.iter_mut().zip(with) {
        *a += b;
    }
}

#[dispatch]
pub fn tiles(n: usize) -> Vec<Vec<i64>> {
    let mut tiles: Vec<Vec<i64>> = (0..n).map(|i| fresh(i + 2)).collect();
    for k in 1..n {
        let (done, rest) = tiles.split_at_mut(k);
        for tile in rest.iter_mut() {
            touch(tile, &done[k - 1]);
        }
    }
    tiles
}

#[dispatch]
pub fn update_in_loop(by: &[i64]) -> Vec<i64> {
    let mut xs = fresh(4);
    for b in by {
        scale(&mut xs, *b);
    }
    xs
}

fn meanf(xs: &[f64]) -> f64 {
    xs.iter().sum::<f64>() / xs.len() as f64
}
fn own(xs: Vec<f64>) -> Vec<f64> {
    xs
}
fn consume(mut xs: Vec<f64>, a: f64, b: f64) -> Vec<f64> {
    xs.push(a);
    xs.push(b);
    xs
}

#[dispatch]
pub fn readers_before_move(xs: Vec<f64>) -> Vec<f64> {
    let xs = own(xs);
    let a = meanf(&xs);
    let b = meanf(&xs);
    consume(xs, a, b)
}

#[dispatch]
pub fn clone_before_update(xs: Vec<i64>) -> (Vec<i64>, Vec<i64>) {
    let mut xs = keep(xs);
    let old = keep(xs.clone());
    scale(&mut xs, 3);
    (old, xs)
}

fn reverse(xs: &mut [i32]) {
    xs.reverse();
}
fn done() -> bool {
    true
}

#[dispatch]
pub fn slices(xs: &mut [i32]) -> bool {
    let (left, right) = xs.split_at_mut(2);
    reverse(left);
    reverse(right);
    done()
}

use dispatcher::prelude::*;

struct Point {
    x: f64,
    tags: Vec<u64>,
}
fn point(n: u64) -> Point {
    Point { x: n as f64, tags: vec![n] }
}
fn twice(x: f64) -> f64 {
    2.0 * x
}
fn count(tags: &[u64]) -> usize {
    tags.len()
}

#[dispatch]
fn in_a_closure(n: u64) -> Vec<f64> {
    let points: Vec<Point> = (0..n).map(|i| point(i)).collect();
    points.iter().map(|p| twice(p.x)).collect()
}

#[dispatch]
fn of_an_element(n: u64) -> usize {
    let points: Vec<Point> = (0..n).map(|i| point(i)).collect();
    count(&points[0].tags)
}

fn main() {}

use dispatcher::prelude::*;

fn touch(xs: &mut Vec<f64>) {
    xs.clear();
}

#[dispatch]
fn often_touched(xs: &mut Vec<f64>, n: usize) {
    for _ in 0..n {
        touch(xs);
    }
}

fn main() {}

use dispatcher::prelude::*;

fn make(n: usize) -> Vec<usize> {
    (0..n).collect()
}
fn fill(list: &mut [usize]) {
    list.fill(0)
}

#[dispatch]
fn split(n: usize) -> Vec<usize> {
    let mut list = make(n);
    let (a, b) = list.split_at_mut(2);
    fill(a);
    fill(b);
    list
}

fn main() {}

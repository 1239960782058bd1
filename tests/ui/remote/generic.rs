use dispatcher::prelude::*;

#[remote]
fn first<T: Clone>(xs: &[T]) -> T {
    xs[0].clone()
}

fn main() {}

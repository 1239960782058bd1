use dispatcher::prelude::*;

fn touch(xs: &mut Vec<f64>) {
    xs.clear();
}

#[dispatch]
fn twice_touched(xs: &mut Vec<f64>) {
    touch(xs);
    touch(xs);
}

fn main() {}

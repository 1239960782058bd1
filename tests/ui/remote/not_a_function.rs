use dispatcher::prelude::*;

#[remote]
struct Model(f64);

fn main() {}

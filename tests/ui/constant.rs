use dispatcher::prelude::*;

#[dispatch]
const X: f64 = 1.0;

fn main() {}

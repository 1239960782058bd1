use dispatcher::prelude::*;

#[dispatch]
struct Maker;

fn main() {}

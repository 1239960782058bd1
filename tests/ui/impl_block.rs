use dispatcher::prelude::*;

struct Maker;

#[dispatch]
impl Maker {
    fn make() {}
}

fn main() {}

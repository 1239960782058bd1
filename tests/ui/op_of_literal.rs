use dispatcher::prelude::*;

fn outer() {
    let _ = op!(3);
}

fn main() {}

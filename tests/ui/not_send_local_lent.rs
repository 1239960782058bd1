use std::cell::Cell;

use dispatcher::prelude::*;

fn bump(c: &Cell<u64>) -> u64 {
    c.set(c.get() + 1);
    c.get()
}

#[dispatch]
fn counted(n: u64) -> u64 {
    let count = Cell::new(n);
    bump(&count)
}

fn main() {}

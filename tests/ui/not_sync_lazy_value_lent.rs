use std::cell::Cell;

use dispatcher::prelude::*;

fn make(n: u64) -> Cell<u64> {
    Cell::new(n)
}
fn read(cell: &Cell<u64>) -> u64 {
    cell.get()
}
fn shown<T: Send>(_: &T) -> u64 {
    1
}

#[dispatch]
fn lent(n: u64) -> u64 {
    let cell = make(n);
    read(&cell)
}

#[dispatch]
fn generic<T: Send + Default>() -> u64 {
    let value = T::default();
    let node = same(value);
    shown(&node)
}
fn same<T>(value: T) -> T {
    value
}

fn main() {}

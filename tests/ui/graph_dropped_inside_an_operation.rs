use dispatcher::prelude::*;

fn load(n: u64) -> Vec<u64> {
    (0..n).collect()
}
fn record(n: u64) {
    println!("{n}");
}

#[dispatch]
fn note(n: u64) {
    record(n);
}

#[dispatch]
fn notes(n: u64) {
    let v = load(n);
    v.iter().for_each(|x| {
        note(*x);
    });
}

fn main() {}

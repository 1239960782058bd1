use dispatcher::prelude::*;

#[remote]
fn longest(words: Vec<&str>) -> &str {
    words[0]
}

#[remote]
fn pick(all: &[u64], index: impl Into<usize>) -> u64 {
    all[index.into()]
}

fn main() {}
